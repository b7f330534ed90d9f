// Package attendance is the domain: what a punch, a work date, an approval and
// an answer from DingTalk are, and every decision that dakasync takes about
// them. It is pure: no clock, no I/O, standard library only, and it imports
// nothing of ours. The same input always gives the same decision, so the
// decisions are tested by tables, properties and fuzzing, and a workflow may
// call them.
//
// DingTalk is authoritative for what happened; an event (Hint) only says where
// to look. Two answers about one user-day never conflict: they are merged by
// rules that do not depend on the order in which they arrive (see DayState and
// PunchState), which is what makes the ledger's rows the same for any
// interleaving and any repetition of the same deliveries.
//
// What this package does not do: it fetches nothing, stores nothing, and drops
// nothing because it is odd. Unknown enum strings pass through unchanged.
package attendance
