package event

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
	"dakasync/privacy"
)

// Element is an element of the failed-push list, understood.
type Element struct {
	Envelope
	Known bool // whether its type is one that Decode reads; if not there are no hints
	Decoded
}

// DecodeElement understands one element of the failed-push list, in any of the
// shapes that were seen or documented: the payload lies under a key equal to
// the tag, in callbackData, bpmsCallBackData or data or directly, as JSON or as
// JSON in a string, or in the newer API's callBackData. No element is known to
// carry an event id, so that its event time stands in for the birth.
func DecodeElement(raw []byte, receivedAt time.Time, loc *time.Location, policy privacy.Policy) (Element, error) {
	o, ok := loose.ParseObject(raw)
	if !ok {
		return Element{}, fmt.Errorf("the element is not a JSON object: %w", ErrUnreadable)
	}
	e := Element{Envelope: Envelope{
		Type: tagOf(o), ID: o.String("eventid"), CorpID: o.String("corpid"),
		BornAt: eventTimeOf(o), ReceivedAt: receivedAt, Channel: attendance.ChannelFailedPush,
	}}
	if e.Type == "" {
		return e, fmt.Errorf("the element has no call_back_tag: %w", ErrUnreadable)
	}
	payload := payloadOf(o, raw, e.Type)
	outer := e.Envelope
	if inner, ok := loose.ParseObject(payload); ok && inner.String("corpid") != "" {
		e.CorpID = inner.String("corpid")
	}
	if e.Known = Known(e.Type); !e.Known {
		return e, nil
	}
	var err error
	e.Decoded, err = Decode(outer, payload, loc, policy)
	return e, err
}

// payloadOf is the value under the key equal to the tag, or else the element
// itself, which may hold callBackData or the fields.
func payloadOf(o loose.Object, raw []byte, tag string) json.RawMessage {
	if payload := o.Get(strings.ToLower(strings.ReplaceAll(tag, "_", ""))); payload != nil {
		return payload
	}
	return raw
}
