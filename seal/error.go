package seal

import "fmt"

// UnknownKeyError says that a payload was sealed with a key that this process
// was not given.
type UnknownKeyError struct {
	ID string // of the missing key
}

// Error says which key is missing and where it belongs.
func (e *UnknownKeyError) Error() string {
	return fmt.Sprintf("a payload is sealed with the key %q, which this process does not have: add it to DAKASYNC_PAYLOAD_KEYS (behind the first, which seals) and start again", e.ID)
}

// BrokenError says that a payload does not open with the key that it names.
type BrokenError struct {
	ID    string // of the key
	Cause error
}

// Error says what may be the reason.
func (e *BrokenError) Error() string {
	return fmt.Sprintf("a payload does not open with the key %q that it names: that id stands for another key in DAKASYNC_PAYLOAD_KEYS than when it was sealed, or it is another company's (DINGTALK_CORP_ID), or it was changed: %v", e.ID, e.Cause)
}

// Unwrap is the cause.
func (e *BrokenError) Unwrap() error { return e.Cause }
