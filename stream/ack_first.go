//go:build chaos_ack_first

package stream

// ackFirst takes a protection away so that the chaos suite can show that it
// would be noticed: every frame is answered SUCCESS before a store has it.
const ackFirst = true
