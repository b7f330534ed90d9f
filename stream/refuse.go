package stream

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/client"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/utils"

	"dakasync/privacy"
)

// errClosed says that a connection went, however long it lived: DingTalk closes one now and then.
var errClosed = errors.New("the connection was lost, or the gateway closed it")

// Refusal is one push that was answered LATER.
type Refusal struct {
	EventID   string
	EventType string
	BornAt    time.Time // zero, where the frame does not say
}

// Refuse opens one connection, answers every event on it LATER, tells heard of each,
// and keeps it up until ctx ends or it is lost. Whatever comes is stored nowhere: it is
// DingTalk's to send again, and it may lose it. It is for somebody who looks what
// becomes of it.
func Refuse(ctx context.Context, apiURL, clientID string, secret privacy.Secret, heard func(Refusal)) error {
	watchDials()
	s := &refuser{heard: heard, gone: make(chan struct{})}
	s.wire = &wire{observer: s}
	s.client = newClient(apiURL, clientID, secret,
		client.WithKeepAlive(keepAlive),
		client.WithSubscription(utils.SubscriptionTypeKEvent, "*", s.onEvent),
	)
	defer s.client.Close()
	dial, cancel := context.WithTimeout(context.WithValue(ctx, wireKey{}, s.wire), dialTime)
	defer cancel()
	if err := explain(s.client.Start(dial)); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case <-s.gone:
		return errClosed
	}
}

// refuser takes nothing.
type refuser struct {
	client *client.StreamClient
	heard  func(Refusal)
	gone   chan struct{}
	wire   *wire
}

// read implements observer.
func (r *refuser) read() {}

// closed implements observer.
func (r *refuser) closed() { close(r.gone) }

func (r *refuser) onEvent(_ context.Context, frame *payload.DataFrame) (*payload.DataFrameResponse, error) {
	r.wire.unread.Store(0)
	refused := Refusal{EventID: frame.Headers["eventId"], EventType: frame.Headers["eventType"]}
	if born, err := strconv.ParseInt(frame.Headers["eventBornTime"], 10, 64); err == nil {
		refused.BornAt = time.UnixMilli(born).UTC()
	}
	r.heard(refused)
	return outcomeLater.answer()
}
