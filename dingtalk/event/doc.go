// Package event reads what DingTalk pushes: the data of a Stream frame, and the
// elements of the failed-push list, which wrap the same data in several ways.
//
// It guarantees that one happening becomes the same attendance.Hint (and so the
// same key) whichever way it came, that a record which cannot be read spoils
// neither its neighbours nor the frame, and that any bytes are answered without
// a panic. Nothing is dropped because it is odd: what is not a hint comes back
// as a BadRecord or as ErrUnreadable, for the caller to keep. An event whose
// content DingTalk took out, because the month's pushes are used up, is told
// apart: ErrMuted, and Muted for events of other types.
//
// A hint is not the truth. A record may name a corp other than its envelope
// does; the hint then carries the record's, and the caller compares both with
// the corp it serves. Personal data is removed from payloads and kept elements
// under privacy.Minimal. The package calls nobody and knows no clock.
package event
