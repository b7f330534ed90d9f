// Package dingtalk asks DingTalk: attendance, approvals, contacts and the
// failed-push list, over both generations of its API.
//
// It guarantees that every answer is judged by one classifier and every failure
// is an *Error, whose Kind says whether asking again can help, when, and what a
// person can do about it; that one token is shared by all calls and fetched by
// one of them at a time; that every call sent is reported to CountFunc once,
// with whether DingTalk bills it; that no body is read beyond a limit; and that
// neither a token nor the secret stands in any error or log.
//
// DingTalk is authoritative, and an empty answer of it proves nothing. What it
// says is decoded tolerantly: a row that cannot be read is logged by its kind
// and left out, and its neighbours stay.
//
//	call ── refused here? ── gate ── token ── HTTP ── classify ── count
//	           │                       ▲                 │
//	           └ quota, throttle, ban  └──── once ───────┘ invalid token
//
// On failure nothing is repeated here, except a call whose token was refused,
// once, with a fresh token. After the quota is spent, or while a throttle lasts,
// calls are refused without being sent, with the same error; the quota is
// probed once an hour.
//
// The package keeps no data, schedules nothing and does not wait, except in
// GateFunc and for the token.
package dingtalk
