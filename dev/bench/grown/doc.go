// Package grown measures what years in the ledger cost: the chapter on ten million punches.
//
// It guarantees that a filled ledger is what the product would have written: the product's own ledger writes two dozen user-days, events,
// approvals and the nightly sweep included; their rows are multiplied over people and dates; and samples of what came of it are compared,
// row by row, with what the ledger writes for just these people and dates. A difference is an error.
//
// Every ratio is of one program's two ledgers on one server, which took turns. It measures no Temporal and no DingTalk, and says nothing of
// a disk: what is read is in the machine's memory, as the recent part of a ledger is.
package grown
