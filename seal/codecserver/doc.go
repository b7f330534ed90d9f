// Package codecserver opens sealed payloads for those who may read them: it is
// what Temporal calls a codec server, which the Web UI and the temporal command
// ask to show a run in clear.
//
// It guarantees that nothing is opened, or sealed, for a request that no Guard
// lets in, nor for a page of another origin than those given; that a shared
// secret is compared in constant time; that a request is bounded in size; and
// that payloads are neither logged nor kept. What is logged is who asked, from
// where, and what became of it.
//
// The guards are authoritative for who may read, the codec for what can be
// opened. A payload whose key is missing fails its whole request: the UI then
// shows it sealed, and the answer names the key.
//
// It does not encrypt the way to the browser unless it is given a certificate.
// The Temporal UI hands its user's token on to an https address only.
package codecserver
