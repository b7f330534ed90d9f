//go:build !chaos_ack_first

package stream

// ackFirst is false: a frame is answered SUCCESS when a store has it. The build
// tag chaos_ack_first turns it round.
const ackFirst = false
