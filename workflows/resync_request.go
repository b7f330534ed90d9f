package workflows

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"dakasync/attendance"
)

// Bounds of the standing run's state, which travels as one payload: Temporal
// refuses those of 2 MB, and the run would end as it hands over. Sizes are in
// bytes; those of what is kept are before JSON escapes it.
const (
	keptFinished  = 50         // finished requests that the query still shows
	keptUsers     = 100        // users that a finished request still names
	keptUserBytes = 2048       // and the size of their ids
	keptProblem   = 500        // size of its error
	maxUsers      = 1000       // users that one request may name
	maxQueued     = 100        // requests that may wait
	maxQueuedSize = 700 * 1024 // of them all, as JSON
	maxSignalSize = 64 * 1024  // of one request
)

// newRequest reads a signal. Whatever it holds becomes a request: one that
// cannot be read or run is refused, and says why.
func newRequest(payload *commonpb.Payload, before []Request) Request {
	q, err := readRequest(payload)
	switch {
	case err != nil:
	case waiting(before) >= maxQueued:
		err = fmt.Errorf("%d requests are waiting already: ask again when some are done", maxQueued)
	case waitingSize(append(slices.Clone(before), q)) > maxQueuedSize:
		err = errors.New("the requests that are waiting name too many users: ask again when some are done, or leave user_ids out to take everybody")
	}
	if err != nil {
		return q.end(RequestRefused, err.Error())
	}
	q.State = RequestQueued
	return q
}

func readRequest(payload *commonpb.Payload) (Request, error) {
	signal, err := decodeSignal(payload)
	if err != nil {
		return Request{}, err
	}
	q := Request{UserIDs: distinctIDs(signal.UserIDs), From: signal.From, To: signal.To, Reason: signal.Reason}
	if len(q.UserIDs) > maxUsers {
		return q, fmt.Errorf("%d users are named, at most %d fit: leave user_ids out to take everybody", len(q.UserIDs), maxUsers)
	}
	if slices.Contains(q.UserIDs, "") {
		return q, errors.New("user_ids holds an empty user id")
	}
	_, err = attendance.ParseDates(q.From, q.To) // what today allows is judged when its turn comes
	return q, err
}

// decodeSignal reads the signal's JSON. An unknown key is refused: a mistyped
// user_ids would ask for everybody.
func decodeSignal(payload *commonpb.Payload) (ResyncRequest, error) {
	var signal ResyncRequest
	if payload == nil || string(payload.GetMetadata()[converter.MetadataEncoding]) != converter.MetadataEncodingJSON {
		return signal, errors.New(`the signal holds no JSON: send {"from":"2026-11-01","to":"2026-11-03"}`)
	}
	if n := len(payload.GetData()); n > maxSignalSize {
		return signal, fmt.Errorf("the signal has %d bytes, at most %d fit", n, maxSignalSize)
	}
	decoder := json.NewDecoder(bytes.NewReader(payload.GetData()))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&signal); err != nil {
		return signal, fmt.Errorf("the signal cannot be read: %w", err)
	}
	return signal, nil
}

// distinctIDs drops repetitions and keeps the order.
func distinctIDs(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	distinct := make([]string, 0, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			distinct = append(distinct, id)
		}
	}
	return distinct
}

func waiting(requests []Request) int {
	n := 0
	for _, q := range requests {
		if !q.finished() {
			n++
		}
	}
	return n
}

// waitingSize is about how many bytes the requests that wait or run take as JSON.
func waitingSize(requests []Request) int {
	n := 0
	for _, q := range requests {
		if q.finished() {
			continue
		}
		n += requestSize + escapedSize(q.From) + escapedSize(q.To) + escapedSize(q.Reason)
		for _, id := range q.UserIDs {
			n += 2 * escapedSize(id) // once more where the request is walked
		}
	}
	return n
}

// requestSize is what a request takes without its texts.
const requestSize = 3000

// escapedSize is how long a text is in JSON at most.
func escapedSize(s string) int {
	const quotes, escape = 3, 5 // with a comma; \u003c for a byte
	n := len(s) + quotes
	for _, b := range []byte(s) {
		if b < ' ' || b > '~' || strings.IndexByte(`"\<>&`, b) >= 0 {
			n += escape
		}
	}
	return n
}

// forget drops the oldest finished requests. Nothing that waits or runs is
// ever dropped.
func forget(requests []Request) []Request {
	excess := len(requests) - waiting(requests) - keptFinished
	return slices.DeleteFunc(requests, func(q Request) bool {
		if excess <= 0 || !q.finished() {
			return false
		}
		excess--
		return true
	})
}

func (q Request) finished() bool { return q.State == RequestDone || q.State == RequestRefused }

// end finishes a request; what it no longer needs does not travel on.
func (q Request) end(state, problem string) Request {
	q.State, q.Error, q.Walk = state, cut(problem, keptProblem), nil
	size := 0
	for i, id := range q.UserIDs {
		if size += len(id); i == keptUsers || size > keptUserBytes {
			q.UserIDs = q.UserIDs[:i]
			break
		}
	}
	q.From, q.To, q.Reason = keywordValue(q.From), keywordValue(q.To), keywordValue(q.Reason)
	return q
}

func (q Request) progress() RequestProgress {
	return RequestProgress{
		UserIDs: append([]string{}, q.UserIDs...), From: q.From, To: q.To, Reason: q.Reason,
		State: q.State, Error: q.Error, Done: q.Done, Total: q.Total,
	}
}
