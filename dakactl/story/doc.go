// Package story puts what the ledger knows of one user's work date into the order
// in which it happened: hints and what became of them, questions, decisions,
// versions and what changed between them, approvals, blind times, differences.
//
// It is a pure function of the facts: the same facts tell the same story. It holds
// no words in a language; whoever shows it chooses them. It invents nothing: what
// the ledger does not know (what a run asked and was answered) is in the run, whose
// id stands beside each entry.
package story
