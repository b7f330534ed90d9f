package privacy

import "regexp"

// pairPattern finds what looks like a member of a JSON object, in JSON or in
// JSON in a string, with a value that is a text (perhaps cut off) or a scalar.
var pairPattern = regexp.MustCompile(`\\*"([A-Za-z_]{2,40})\\*"\s*:\s*(?:\\*"[^"]*"?|[-+.\w]+)`)

// ScrubText is Scrub for what is not JSON, such as JSON that was cut off: what
// looks like a personal key with a text or number is removed, its comma stays.
// It does what it can. A personal object or array is not found, and the rest of
// a text after a quotation mark in it stays.
func ScrubText(b []byte) []byte {
	return pairPattern.ReplaceAllFunc(b, func(pair []byte) []byte {
		if Personal(string(pairPattern.FindSubmatch(pair)[1])) {
			return nil
		}
		return pair
	})
}
