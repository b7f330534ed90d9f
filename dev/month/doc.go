// Package month lets a simulated company live through a month in minutes, with the real product beside it, and counts what DingTalk
// would bill: real workflows and activities, the real DingTalk client against the simulator, a real ledger in PostgreSQL. Only Temporal's
// server is missing: a run is a run of the SDK's test environment.
//
// It guarantees that time is virtual everywhere: what a run sleeps, what a schedule waits and what the company does happen in the order of one
// clock, to the second (Options.Step), and nothing happens in between. A run that sleeps until its batch has answered is there all the while, and finds
// what it would have found. Two things stand at the real time: PostgreSQL's own clock, by which nothing is decided here but when a drain
// was requested, and how long a step may take.
//
// The simulated platform's count of billed calls and of pushes is authoritative; package oracle judges the ledger in the end.
//
// A pushed event takes about 6 ms of CPU time, a half of it PostgreSQL's, however many employees there are. What stays in memory is the company's
// history and the platform's record of what it pushed, some 2 kB an event; to judge, the largest table is in memory twice.
//
// What it does not do: rates and their limits (calls take no time), several workers, outages.
package month
