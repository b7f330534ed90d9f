// Package workflows holds the durable runs: one for every thing that happened
// (PunchEvent, DayEvent, ApprovalEvent), the drain of the failed-push list, the
// standing manual re-sync, the backfill and the nightly sweep.
//
// What it guarantees: a run's input is its whole state, so a run survives the
// death of every process and continues as new without forgetting; a paid answer
// of DingTalk stays in the run's history until PostgreSQL has taken it; the
// natural key of what happened is the run's ID, so deliveries of one happening
// meet in one run. contract.go is the one place that spells names.
//
// Who is authoritative: DingTalk for what happened, the ledger for what is
// known of it. Every decision between the two is a pure function of package
// attendance; a workflow only asks, decides by it, and writes.
//
// What happens on failure: steps that cost nothing run as local activities and
// fall back to regular ones when PostgreSQL is away; steps that cost a call run
// on the DingTalk task queue, are retried as the typed error says, and end in
// the outcome unexplained, with the reason, where a retry cannot succeed. A punch
// is first asked about within its task (AskDay), whose answer is in PostgreSQL together
// with the event, or in the history, before the task ends. Where its result is lost the
// run asks the ledger, and DingTalk a second time only for what that does not know.
//
// What it does not do: it never touches the network, a database or the clock.
package workflows
