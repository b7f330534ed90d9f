// Package activities holds the steps that runs are made of: LedgerSteps on the
// database queue, DingTalkSteps on the queue of calls, TaskSteps within the
// workflow tasks of the former. A step is one question or
// one write, so that a person reads a run in the Temporal UI as question,
// answer and decision, and so that a retry repeats no more than it must.
//
// What it guarantees: every step may be repeated at any point, but for the one
// that reads the failed pushes, which runs once under a recorded intent. Errors
// of DingTalk, and refusals of the ledger, are translated in one place
// (translate.go) into what Temporal needs to know: whether a retry can succeed, and
// when.
//
// Who is authoritative: the ports (ports.go) say what is asked of DingTalk and
// of PostgreSQL; what an answer means is decided in package attendance.
//
// What it does not do: no step retries by itself what Temporal can retry, and
// none sleeps until a quota returns.
package activities
