// Package platform is DingTalk's outside, for a simulated company: the Stream gateway and its websocket, tokens, the attendance,
// approval, contact and failed-push APIs of both generations, with their limits, error bodies and vagaries.
//
// It guarantees that what it answers and pushes is derived from the company, which is authoritative; that limits are enforced as
// documented (tickets good for 90 s and one connection, 20 calls a second to one API, 50 users, 7 days, 180 days, 200 failed pushes);
// and that every wait, limit and vagary is a [Settings] knob that can be turned while it runs.
//
// # Pushes
//
// An event goes to one connection chosen at random. Without an ack in 3 s (code 200, status SUCCESS or none) it is pushed again
// after 10 s and 30 s with the same event id and a new message id, and then goes to the failed list, whose elements come in six
// shapes:
//
//	pending ──ack──▶ acked (and, by chance, pushed once more)
//	   │ no ack, LATER, connection lost: retry
//	   ├──retries spent──▶ failed: on the list until a read after the one that answered it
//	   └──drop chance, quota spent, nobody connected (policy drop)──▶ dropped: nobody will ever tell
//
// The stretches of real time in which no connection could deliver are kept ([Platform.BlindTimes]; their sum is in the status).
//
// The real clock rules the platform (tickets, tokens, limits, retries, the month of the quotas, an event's born time), the company's
// own clock the world (punch times, approvals, the 180 days). The platform's clock may be wrong: [Platform.StepClock].
//
// # Control
//
// Everything can be done in Go ([Platform.Configure], [Platform.AddFault], [Platform.PushRaw], and the company's verbs) and by HTTP with
// JSON under /control/, which also serves an index:
//
//	GET  truth calls deliveries settings connections now status employees
//	POST advance {"by":"1h"} or {"to":"2026-11-02T09:00:00+08:00"}
//	POST punch {"user":"…","at":"…","source":"ATM","invalid":"reason"}
//	POST make-up {"user","at","work_date","shape","decision"}
//	POST leave {"user","begin","end","unit","decision"}
//	POST overtime {"user","users":[],"begin","end"}
//	POST trip, out {"user","companions":[],"begin","end"}
//	POST other {"user"}
//	POST revoke {"instance"}, modify {"instance","begin","end","at","work_date"}
//	POST decide {"instance","decision"}, refuse, terminate, delete {"instance"}
//	POST boss-edit {"user","work_date","check_type","time_result","at"}
//	POST reschedule {"users":[],"work_date","shift"}
//	POST hire {"group","user_id","name"} (user_id: somebody who left), resign {"user"}
//	POST set {"ack_deadline":"500ms","qps":"100","lag":"5s"}
//	POST fault {"path":"/topapi/*","times":3,"status":200,"body":"…"} or {"kind":"ban|punish|global","path","times"}
//	           or {"path","times","lose_answer":true}
//	POST step-clock {"by":"-90s"}, redeliver
//	POST clear-faults, invalidate-token, disconnect, cut, silence
//	POST push-event {"type","corp_id","data":{}}, push-raw <frame>, fail-event {"count":3}, fail-raw <element>
//
// A decision is agree (the default), refuse, terminate or none. Personal data that punches carry has recognisable values:
// [PersonalValues].
//
// # What it does not do
//
// TLS, HTTP callbacks, robots, cards, writing attendance, leave balances; it does not persist its failed list or counters.
package platform
