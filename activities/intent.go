//go:build !chaos_no_intent

package activities

// recordsIntents is false only in builds that show that the reliability tests
// notice: those destroy the failed pushes without having said so before.
const recordsIntents = true
