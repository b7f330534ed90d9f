package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"dakasync/privacy"
)

// ListenerOptions are what a Listener needs.
type ListenerOptions struct {
	ClientID     string
	ClientSecret privacy.Secret
	APIURL       string // the gateway's host
	Connections  int
	Intake       *Intake
	Coverage     Coverage
	Recovery     Recovery
	Metrics      *Metrics
	Log          *slog.Logger
}

// Dials of all connections together: a gateway that hangs up at once, or an
// address that many starters share, is not stormed.
const (
	dialPause   = time.Second
	spareDials  = 2 // above one for each connection
	lookPause   = time.Second
	oldAge      = 6 * time.Hour // DingTalk's own period is not documented
	longSilence = 30 * time.Minute
	// zombieSilence is short: it counts only while the others do bring events.
	zombieSilence = time.Minute
	// DingTalk closes a connection 10 s after it has said so.
	disconnectTime = 9 * time.Second
)

// tempo is how soon a connection is replaced; tests are in a hurry.
type tempo struct {
	look    time.Duration // between looks
	age     time.Duration // then it is replaced anyway
	silence time.Duration // without a frame, as in a quiet night: replaced without suspicion
	zombie  time.Duration // without a frame while others bring many
	recycle time.Duration // for a successor, before DingTalk closes it
}

// Listener keeps several Stream connections of one app up. DingTalk gives each
// push to one of them at random, so that one going is covered by the others.
type Listener struct {
	options     ListenerOptions
	tempo       tempo
	connections []*connection
	keeper      *keeper
	dials       *rate.Limiter
	events      atomic.Int64 // EVENT frames of all connections
}

// NewListener makes a Listener; Run connects it.
func NewListener(o ListenerOptions) *Listener {
	setSDKLogger(o.Log)
	watchDials()
	l := &Listener{
		options: o,
		tempo:   tempo{look: lookPause, age: oldAge, silence: longSilence, zombie: zombieSilence, recycle: disconnectTime},
		keeper:  newKeeper(o),
		dials:   rate.NewLimiter(rate.Every(dialPause), o.Connections+spareDials),
	}
	for i := range o.Connections {
		l.connections = append(l.connections, &connection{listener: l, number: i + 1})
	}
	return l
}

// Run keeps the connections up, and the record of what is proven of them, until
// ctx ends. It returns when every frame that was being handled then is answered,
// at most AnswerTime later, and the last proof is written, or cannot be.
func (l *Listener) Run(ctx context.Context) {
	keep, stopKeeping := context.WithCancel(context.WithoutCancel(ctx))
	var keeping, connecting sync.WaitGroup
	keeping.Go(func() { l.keeper.run(keep) })
	keeping.Go(func() { l.keeper.requests.run(keep) })
	for _, c := range l.connections {
		connecting.Go(func() { c.run(ctx) })
	}
	connecting.Wait()
	stopKeeping()
	keeping.Wait()
	l.keeper.finish(context.WithoutCancel(ctx))
}

// Up counts the connections that are there.
func (l *Listener) Up() int {
	up := 0
	for _, c := range l.connections {
		if c.up.Load() {
			up++
		}
	}
	return up
}

// errDown says that no frame can arrive.
var errDown = errors.New("no Stream connection is up")

// Check is nil while at least one connection is up.
func (l *Listener) Check(context.Context) error {
	if l.Up() == 0 {
		return fmt.Errorf("%w (0 of %d); the log says why", errDown, len(l.connections))
	}
	return nil
}

func (l *Listener) connectionChanged() { l.options.Metrics.connected.Set(float64(l.Up())) }

// Results of a dial.
const (
	dialSucceeded = "ok"
	dialFailed    = "error"
)

func (l *Listener) countDial(err error) {
	result := dialSucceeded
	if err != nil {
		result = dialFailed
	}
	l.options.Metrics.dials.WithLabelValues(result).Inc()
}
