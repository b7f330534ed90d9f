// Package privacy keeps what nobody needs to see out of sight: secrets, and the
// personal data that DingTalk sends along with every punch.
//
// It guarantees that a Secret prints as <secret> by every usual way of
// printing, and that what Scrub lets through holds none of the keys in Keys, at
// any depth, also inside strings that are JSON themselves. Everything else is
// let through with its value unchanged, big numbers and unknown keys included.
//
// The list in Keys is authoritative. Removal goes by name only: a coordinate
// inside free text is not found. What is not JSON at all comes back unchanged from
// Scrub, which says so; ScrubText does what can be done about it.
package privacy
