// Package budget decides how much of what DingTalk meters may be spent, and how
// events are answered so that it lasts: at once, in batches, by the nightly
// sweep alone, or not at all until the month turns.
//
// It is pure: no clock, no I/O, the standard library and package attendance
// only. The same facts always give the same decision, and every decision says
// why in one sentence with its figures. The ledger is authoritative for what
// was spent; this package only calculates.
//
// What editions allow and cost is in edition.go, with sources and dates, and
// nowhere else.
package budget
