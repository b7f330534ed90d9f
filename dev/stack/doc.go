// Package stack is dakasync on one machine: PostgreSQL, Temporal with its Web UI, the simulator where no DingTalk
// credentials are set, worker and starter.
//
// It guarantees that what Start began is ended by Stop, in reverse order and within 15 seconds, and that simulated and
// real data never meet: each company has a data folder of its own. Data stays; the next start goes on from it.
//
// The programs are the ones that users deploy, built from the root module alone. One that dies is reported with its last
// lines and started again; when settings or PostgreSQL are at fault, Done is closed and Err says why.
package stack
