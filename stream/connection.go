package stream

import (
	"context"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/client"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/utils"

	"dakasync/ops"
)

const (
	lookPause    = 500 * time.Millisecond // between looks whether the connection is there
	dialTime     = 10 * time.Second
	firstBackoff = time.Second
	mostBackoff  = 30 * time.Second
	// A connection that lived this long ended for a reason of its own: the next
	// one is dialled at once.
	goodLife = 10 * time.Second
	// keepAlive is how long a silent connection is trusted; a dead one is noticed
	// after this and the SDK's 5 s.
	keepAlive = 20 * time.Second
	repeatLog = time.Minute
	// writeTime is what the SDK gets to write an answer before its connection
	// is closed.
	writeTime = 200 * time.Millisecond
)

// connection keeps one Stream connection up. The SDK tells nobody that a
// connection was lost, and its own reconnecting leaves at least 3 s dark; but
// its Start does nothing on a connection that is there and dials when there is
// none, so calling Start regularly both notices and mends.
type connection struct {
	listener *Listener
	number   int
	up       atomic.Bool

	mu      sync.Mutex
	current *session
}

// session is one SDK client with the frames that came through it.
type session struct {
	client *client.StreamClient
	frames *inflight
}

// drain waits until the frames under way are answered. The SDK writes an answer
// after its handler has returned and tells nobody when; what is cut off is
// delivered again.
func (s *session) drain(ctx context.Context) {
	s.frames.drain(ctx)
	ops.Sleep(ctx, writeTime)
}

func (c *connection) newSession(ctx context.Context) *session {
	s := &session{frames: newInflight()}
	options := c.listener.options
	s.client = client.NewStreamClient(
		client.WithAppCredential(client.NewAppCredentialConfig(options.ClientID, options.ClientSecret.Reveal())),
		client.WithOpenApiHost(options.APIURL),
		client.WithAutoReconnect(false),
		client.WithKeepAlive(keepAlive),
		client.WithSubscription(utils.SubscriptionTypeKEvent, "*", func(ctx context.Context, frame *payload.DataFrame) (*payload.DataFrameResponse, error) {
			if !s.frames.enter() { // this connection is going; another one will get the frame
				return outcomeLater.answer()
			}
			defer s.frames.leave()
			return options.Intake.OnFrame(ctx, frame)
		}),
		client.WithSubscription(utils.SubscriptionTypeKSystem, "disconnect", func(context.Context, *payload.DataFrame) (*payload.DataFrameResponse, error) {
			c.succeed(ctx, s)
			return payload.NewSuccessDataFrameResponse(), nil // the SDK sends this and closes the connection
		}),
	)
	return s
}

// run keeps the connection up until ctx ends, then lets the frames under way be
// answered before it closes.
func (c *connection) run(ctx context.Context) {
	c.set(c.newSession(ctx))
	wait, said, saidAt, openedAt := firstBackoff, "", time.Time{}, time.Time{}
	for ctx.Err() == nil {
		dialled, err := c.ensure(ctx)
		now := time.Now()
		if err != nil && ctx.Err() == nil {
			if reason := err.Error(); reason != said || now.Sub(saidAt) >= repeatLog {
				c.listener.options.Log.WarnContext(ctx, "no Stream connection; trying again", "connection", c.number, "error", reason)
				said, saidAt = reason, now
			}
		}
		if err == nil && dialled {
			c.listener.options.Log.InfoContext(ctx, "Stream connection is up", "connection", c.number)
			said = ""
		}
		switch shortLived := now.Sub(openedAt) < goodLife; {
		case err != nil || (dialled && shortLived):
			ops.Sleep(ctx, ops.Jitter(wait))
			wait = min(2*wait, mostBackoff)
		default:
			if !shortLived {
				wait = firstBackoff
			}
			ops.Sleep(ctx, lookPause)
		}
		if dialled && err == nil {
			openedAt = now
		}
	}
	c.close(context.WithoutCancel(ctx))
}

// ensure dials if there is no connection.
func (c *connection) ensure(ctx context.Context) (dialled bool, err error) {
	s := c.get()
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	dialled, err = start(ctx, s.client, func() {
		if c.up.Load() {
			c.listener.options.Log.InfoContext(ctx, "a Stream connection was lost; dialling again", "connection", c.number)
		}
		c.setUp(false)
	})
	if dialled {
		c.listener.countDial(err)
	}
	c.setUp(err == nil)
	return dialled, err
}

// start calls the SDK's Start; its HTTP requests tell that it dials.
func start(ctx context.Context, cl *client.StreamClient, onDial func()) (dialled bool, err error) {
	var once sync.Once
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GetConn: func(string) {
		once.Do(func() { dialled = true; onDial() })
	}})
	if err := cl.Start(ctx); err != nil {
		return true, explain(err)
	}
	return dialled, nil
}

// succeed opens the next connection before the one that DingTalk recycles goes,
// and waits until the old one has answered what it was asked.
func (c *connection) succeed(ctx context.Context, old *session) {
	if c.get() != old || ctx.Err() != nil {
		return
	}
	c.listener.options.Log.InfoContext(ctx, "DingTalk recycles a Stream connection; opening its successor", "connection", c.number)
	next := c.newSession(ctx)
	dial, cancel := context.WithTimeout(ctx, dialTime/2) // the server waits 10 s
	defer cancel()
	_, err := start(dial, next.client, func() {})
	c.listener.countDial(err)
	if err != nil {
		c.setUp(false)
		c.listener.options.Log.WarnContext(ctx, "the successor could not be opened yet", "connection", c.number, "error", err)
	}
	c.set(next)
	drain, cancelDrain := context.WithTimeout(ctx, AnswerTime)
	defer cancelDrain()
	old.drain(drain)
}

func (c *connection) close(ctx context.Context) {
	s := c.get()
	drain, cancel := context.WithTimeout(ctx, AnswerTime)
	defer cancel()
	s.drain(drain)
	s.client.Close()
	c.setUp(false)
}

func (c *connection) get() *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current
}

func (c *connection) set(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current = s
}

func (c *connection) setUp(up bool) {
	if c.up.Swap(up) != up {
		c.listener.connectionChanged()
	}
}
