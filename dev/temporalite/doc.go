// Package temporalite runs a Temporal server and its Web UI inside this process, on PostgreSQL, as production does:
// plugin postgres12_pgx, databases temporal and temporal_visibility, the server module's own schema.
//
// It guarantees that after Start the frontend answers, the namespace exists with the product's search attributes, and
// nothing listens beyond loopback. PostgreSQL is authoritative: histories outlive the server, and the next Start goes on
// from them, bringing the schema up when the server module has a newer one.
//
// On failure Start leaves nothing running. A fault that Temporal itself treats as fatal panics, with the server's words.
//
// It is for development and tests: one node, no authorization, no TLS, no archival. Production runs Temporal's own images.
package temporalite
