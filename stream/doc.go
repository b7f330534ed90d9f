// Package stream takes DingTalk's events off the Stream and makes them durable
// before they are acknowledged.
//
// What it guarantees: a frame is answered SUCCESS only after Temporal has
// accepted a run for every record in it, or PostgreSQL has committed a row for
// each that Temporal did not take; otherwise it is answered LATER and DingTalk
// delivers it again. Every frame is answered within AnswerTime, whatever
// Temporal and PostgreSQL do. No bytes that arrive can end the process.
//
// Who is authoritative: Temporal for what is being worked on, PostgreSQL for
// what still has to reach it (the relay's backlog), DingTalk for what was
// never acknowledged. Nothing is kept in memory only, except the counts of
// repeated deliveries and of the last seconds' pushes, which are best effort, and the
// latest second of coverage, which is made up for when it is lost.
//
//	frame ─ decode ─┬─ another type, nothing in it ──────────────▶ SUCCESS
//	                ├─ refused, unreadable ──▶ row in PostgreSQL ─▶ SUCCESS
//	                └─ hints ─┬─ a run each in Temporal ──────────▶ SUCCESS
//	                          └─ the rest: rows in PostgreSQL ────▶ SUCCESS
//	                                 └─ relayed when Temporal is back
//	  neither store takes it ────────────────────────────────────▶ LATER
//
// What happens on failure: a start that Temporal refuses or delays sends the
// next frames to PostgreSQL at once, until Temporal answers again; so does a
// crowd of frames, whose rows then share statements. A frame for which there is
// no room, by number or by bytes, is answered LATER: a flood costs bounded
// memory, and nothing that was acknowledged.
//
// # Connections
//
// A connection is one session after another, and the next is up before the last
// goes, whenever that is possible:
//
//	dial ─▶ up ─┬─ disconnect: DingTalk says that it will close it ─┐
//	            ├─ age: 6 h, give or take                           ├─▶ successor up ─▶ proven once more
//	            ├─ silence: no frame for 30 min                     │     ─▶ drained ─▶ closed
//	            ├─ zombie: the others bring events, it does not ────┘   no successor: kept, tried again
//	            └─ lost, or half-open (noticed 8 s after its last byte) ─▶ dialled again at once
//
// What fails is tried again with back-off, and all dials of a process have one
// rate. A frame without end closes its connection.
//
// # Coverage
//
// The SDK tells nobody that a pong came or that a connection went, so its bytes
// are watched below it. Bytes that come in are a proof of life; a silent far side
// is asked for one every 3 s. Proofs of one connection that are at most 12 s
// apart make a stretch, in which nothing that DingTalk sent can have been missed
// unnoticed. Stretches are written to PostgreSQL every second, and kept in memory
// while it is away. A stretch ends
//
//	stopped    when the process is told to stop
//	replaced   when its successor is up
//	lost       when the connection breaks
//	silent     when nothing came, or, for a zombie, no frame
//	asleep     when the process or its machine stood still, or a clock jumped
//	no_store   when neither Temporal nor PostgreSQL takes events
//
// and what is proven afterwards begins another. In doubt less is claimed: time
// that is called blind costs a sweep, time that is wrongly called covered costs
// somebody's pay. When the process starts, when its own coverage had a hole, and
// when a frame was answered LATER or may have been lost in a zombie, recovery is
// requested from Temporal, until it is heard.
//
// # What it does not do
//
// It calls no DingTalk API but the gateway, decides nothing about attendance, and
// shows neither tickets nor frames in its log. It does not prove that DingTalk
// sends what happens, only that it could have.
//
// The build tag chaos_ack_first takes the first guarantee away, for the chaos
// suite to show that it notices.
package stream
