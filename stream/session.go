package stream

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/client"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/utils"

	"dakasync/attendance"
	"dakasync/ops"
)

const (
	// keepAlive is how long a silent connection is trusted, and the shortest that
	// the SDK knows; a dead one is noticed after this and the SDK's 5 s.
	keepAlive = 3 * time.Second
	// A connection that is gone and was not heard for this long was half-open.
	halfOpen = keepAlive + 3*time.Second
	// writeTime is what the SDK gets to write an answer before its connection
	// is closed.
	writeTime = 200 * time.Millisecond
	// sdkFrames is how many frames of a connection the SDK hands over at once, and
	// above which it leaves them unanswered without a word. It is more than there is
	// room for, so that it is we who turn them away, say so, and have their days swept.
	sdkFrames = 2 * mostFrames
)

// errHungUp says that a dial was for nothing.
var errHungUp = errors.New("the gateway closed the connection at once")

// session is the life of one websocket: an SDK client that dials once, and what
// came through it.
type session struct {
	listener *Listener
	client   *client.StreamClient
	frames   *inflight
	track    *track
	vitals   *vitals
	wire     *wire
	openedAt moment

	gone     chan struct{} // closed with the connection
	recycled chan struct{} // closed when DingTalk says that it will close it
	retired  chan struct{} // closed when the last frame is answered

	recycleOnce sync.Once
}

// open dials, no faster than all connections together may.
func (l *Listener) open(ctx context.Context) (*session, error) {
	if err := l.dials.Wait(ctx); err != nil {
		return nil, err
	}
	s := l.newSession()
	dial, cancel := context.WithTimeout(context.WithValue(ctx, wireKey{}, s.wire), dialTime)
	defer cancel()
	err := explain(s.client.Start(dial))
	l.countDial(err)
	if err != nil {
		s.client.Close()
		return nil, err
	}
	s.openedAt = l.keeper.now()
	s.vitals.open(s.openedAt)
	l.keeper.opened(s.track)
	if s.isGone() {
		l.keeper.tracker.closed(s.track, attendance.ProofLost)
		s.client.Close()
		return nil, errHungUp
	}
	return s, nil
}

func (l *Listener) newSession() *session {
	s := &session{
		listener: l, frames: newInflight(), track: &track{}, vitals: &vitals{all: &l.events, age: ops.Jitter(l.tempo.age)},
		gone: make(chan struct{}), recycled: make(chan struct{}), retired: make(chan struct{}),
	}
	s.wire = &wire{observer: s}
	s.client = newClient(l.options.APIURL, l.options.ClientID, l.options.ClientSecret,
		client.WithKeepAlive(keepAlive),
		client.WithMaxPendingHandlers(sdkFrames),
		client.WithSubscription(utils.SubscriptionTypeKEvent, "*", s.onEvent),
		client.WithSubscription(utils.SubscriptionTypeKSystem, "ping", s.onPing),
		client.WithSubscription(utils.SubscriptionTypeKSystem, "disconnect", s.onDisconnect),
	)
	return s
}

// read implements observer.
func (s *session) read() { s.listener.keeper.tracker.heard(s.track, s.listener.keeper.now()) }

// closed implements observer.
func (s *session) closed() {
	close(s.gone)
	keeper := s.listener.keeper
	how := attendance.ProofLost
	if keeper.tracker.silence(s.track, keeper.now()) > halfOpen {
		how = attendance.ProofSilent
	}
	keeper.tracker.closed(s.track, how)
}

func (s *session) isGone() bool {
	select {
	case <-s.gone:
		return true
	default:
		return false
	}
}

// overlaps reports whether something came when its successor had been up a while.
func (s *session) overlaps(next *session) bool {
	return s.listener.keeper.tracker.silence(s.track, next.openedAt+moment(overlapMargin)) <= 0
}

// frame notes that one came out whole.
func (s *session) frame(event bool) {
	s.wire.unread.Store(0)
	s.vitals.frame(s.listener.keeper.now(), event)
}

func (s *session) onEvent(ctx context.Context, frame *payload.DataFrame) (*payload.DataFrameResponse, error) {
	s.frame(true)
	if !s.frames.enter() { // this connection is going; another one will get the frame
		s.listener.keeper.answered(outcomeBusy)
		return outcomeBusy.answer()
	}
	defer s.frames.leave()
	became := s.listener.options.Intake.handle(ctx, frame)
	s.listener.keeper.answered(became)
	return became.answer()
}

// onPing answers as the SDK does.
func (s *session) onPing(_ context.Context, frame *payload.DataFrame) (*payload.DataFrameResponse, error) {
	s.frame(false)
	pong := payload.NewDataFrameAckPong(frame.GetMessageId())
	pong.Data = frame.Data
	return pong, nil
}

// onDisconnect holds the answer back, after which the SDK closes the connection,
// until the successor is up and everything before it is answered.
func (s *session) onDisconnect(ctx context.Context, _ *payload.DataFrame) (*payload.DataFrameResponse, error) {
	s.frame(false)
	s.recycleOnce.Do(func() { close(s.recycled) })
	limit := time.NewTimer(s.listener.tempo.recycle)
	defer limit.Stop()
	select {
	case <-s.retired:
	case <-ctx.Done():
	case <-limit.C:
	}
	return payload.NewSuccessDataFrameResponse(), nil
}

// retire lets the frames under way be answered, then closes the connection; it
// is proven no further. The SDK writes an answer after its handler has returned
// and tells nobody when; what is cut off is delivered again.
func (s *session) retire(ctx context.Context, how attendance.ProofEnd) {
	s.listener.keeper.tracker.closed(s.track, how)
	drain, cancel := context.WithTimeout(ctx, AnswerTime)
	defer cancel()
	s.frames.drain(drain)
	close(s.retired)
	ops.Sleep(drain, writeTime)
	s.client.Close()
}

// discard closes a session that takes nobody's place.
func (s *session) discard() {
	s.listener.keeper.tracker.disprove(s.track, attendance.ProofStopped, 0)
	s.client.Close()
}
