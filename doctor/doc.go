// Package doctor examines an installation: the app in DingTalk's console, the
// company's attendance settings, PostgreSQL and Temporal. Each finding says what
// was seen, why it matters, and the next step of a person.
//
// It guarantees that nothing is changed in DingTalk or Temporal. It asks DingTalk at most Calls
// billed questions, one for each API that dakasync uses, and none at all without
// a DingTalk in [Doctor]. One cause is one finding: a wrong secret is not also
// twelve missing permissions, and what could therefore not be checked is said to
// be so ([Skipped]), which is not the same as well.
//
// Asking goes through ports; judging is pure: the functions whose names begin
// with judge know only what was answered. DingTalk is authoritative for its
// side, the ledger for what came and what was spent.
//
// A question that fails is a finding, never an error: the other checks go on.
//
// It does not read the failed-push list, since reading destroys it; whether that
// works is taken from the worker's last reading. It cannot see which events are
// ticked, only which have come. Of people and shifts it looks at a sample of up
// to 50 users.
package doctor
