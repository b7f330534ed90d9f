//go:build chaos_no_intent

package activities

const recordsIntents = false
