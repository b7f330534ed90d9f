package stream

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	sdkevent "github.com/open-dingtalk/dingtalk-stream-sdk-go/event"

	"dakasync/attendance"
	"dakasync/dingtalk/event"
	"dakasync/privacy"
)

// read sorts what a frame says into what shall become runs and what can only
// be kept.
func (in *Intake) read(header *sdkevent.EventHeader, data []byte, arrived time.Time) batch {
	if !event.Known(header.EventType) {
		if event.Muted(data) {
			return batch{became: outcomeMuted}
		}
		return batch{became: outcomeOther}
	}
	envelope := event.Envelope{
		Type: header.EventType, ID: header.EventId, CorpID: header.EventCorpId,
		ReceivedAt: arrived, Channel: attendance.ChannelStream,
	}
	if header.EventBornTime > 0 {
		envelope.BornAt = time.UnixMilli(header.EventBornTime)
	}
	decoded, err := event.Decode(envelope, data, in.Location, in.Policy)
	if errors.Is(err, event.ErrMuted) {
		return batch{became: outcomeMuted} // it says nothing but that, and will not be told again
	}
	if err != nil {
		return batch{kept: []Row{in.unreadable(envelope, data, err.Error())}, became: outcomeUnreadable}
	}
	var b batch
	for i, hint := range decoded.Hints {
		hint.CorpID = event.CorpOf(decoded.Corps[i], in.CorpID) // if nobody was named, nobody else was
		in.sort(&b, hint, decoded.Payloads[i])
	}
	for _, bad := range decoded.Bad {
		b.kept = append(b.kept, in.unreadable(envelope, bad.Raw, bad.Why))
		b.became = outcomeUnreadable
	}
	if len(b.starts)+len(b.kept) == 0 {
		b.became = outcomeEmpty
	}
	return b
}

func (in *Intake) sort(b *batch, hint attendance.Hint, record json.RawMessage) {
	if hint.CorpID != in.CorpID {
		b.kept = append(b.kept, Row{Key: hint.Key(), Hint: hint, Payload: record, Outcome: attendance.OutcomeRefused})
		b.became = outcomeRefused
		return
	}
	b.starts = append(b.starts, Happening{Hint: hint, Payload: record})
}

// unreadable keeps what could not be read, and why. Its key is that of the
// bytes: the same delivery again is the same row.
func (in *Intake) unreadable(envelope event.Envelope, raw []byte, why string) Row {
	outcome := attendance.OutcomeUnreadable
	corp := envelope.CorpID
	if corp == "" {
		corp = in.CorpID
	}
	if corp != in.CorpID {
		outcome = attendance.OutcomeRefused
	}
	sum := sha256.Sum256(raw)
	return Row{
		Key: "unreadable/" + url.PathEscape(shorten(corp)) + "/" + envelope.Type + "/" + hex.EncodeToString(sum[:16]),
		Hint: attendance.Hint{
			CorpID: shorten(corp), EventType: envelope.Type, EventID: shorten(envelope.ID), Channel: envelope.Channel,
			BornAt: envelope.BornAt, ReceivedAt: envelope.ReceivedAt,
		},
		Payload: keepRaw(raw, why, in.Policy),
		Outcome: outcome,
	}
}

// keepRaw wraps bytes that may be anything as JSON.
func keepRaw(raw []byte, why string, policy privacy.Policy) json.RawMessage {
	kept := struct {
		Why  string          `json:"why"`
		Data json.RawMessage `json:"data,omitempty"`
		Text string          `json:"text,omitempty"`
	}{Why: why}
	if scrubbed, ok := policy.Scrub(raw); ok {
		kept.Data = scrubbed
	} else {
		kept.Text = strings.ToValidUTF8(string(policy.ScrubAny(raw)), "\uFFFD")
	}
	b, err := json.Marshal(kept)
	if err != nil { // Data is valid JSON and the rest are strings
		return nil
	}
	return b
}

// shorten bounds a header that somebody else wrote.
func shorten(s string) string {
	const most = 200
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "")
	}
	return s
}
