// Package e2e holds the end-to-end tests: the programs as users get them, on a real Temporal server and a real PostgreSQL,
// against the simulated DingTalk, whose truth is the oracle.
//
// One cluster serves the package. Each test is a deployment of its own: database, Temporal namespace, company, processes.
// Nothing waits for time to pass: every wait is for a condition, and one that does not come fails the test with the processes'
// last lines.
//
// The company's clock starts some days ago and is driven to now as fast as the events are taken; everything else runs by the
// wall clock. So punches lie in the past, while events are born and answers are asked for in the present.
//
// With -sealed every test runs with what runs carry in Temporal encrypted.
//
// With -record the test TestRecordHistories writes the histories that the replay tests of package workflows read.
package e2e
