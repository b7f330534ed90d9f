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
// never acknowledged. Nothing is kept in memory only, except the count of
// repeated deliveries, which is best effort.
//
//	frame ─ decode ─┬─ another type, nothing in it ──────────────▶ SUCCESS
//	                ├─ refused, unreadable ──▶ row in PostgreSQL ─▶ SUCCESS
//	                └─ hints ─┬─ a run each in Temporal ──────────▶ SUCCESS
//	                          └─ the rest: rows in PostgreSQL ────▶ SUCCESS
//	                                 └─ relayed when Temporal is back
//	  neither store takes it ────────────────────────────────────▶ LATER
//
// What happens on failure: a start that Temporal refuses or delays sends the
// next frames to PostgreSQL at once, until Temporal answers again. A lost
// connection is dialled again at once, then with back-off; a connection that
// DingTalk is about to recycle is replaced before it goes.
//
// What it does not do: it calls no DingTalk API but the gateway, decides
// nothing about attendance, and shows neither tickets nor frames in its log.
package stream
