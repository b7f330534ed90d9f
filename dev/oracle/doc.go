// Package oracle compares the tables of a ledger with what the simulated company knows and what the simulated DingTalk delivered, row by
// row and column by column. The end-to-end tests and the simulated months judge by it.
//
// It guarantees that a row too many, a row too few and a wrong value are all found, and knows nothing of the product but its tables: keys
// and shapes are spelt here once more. The company is authoritative. Where DingTalk itself says the one thing here and the other there, a
// column may hold either; each such place says why.
//
// A ledger differs as long as work is under way, and before the sweeps that settle a day: compare at rest.
package oracle
