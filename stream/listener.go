package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"dakasync/privacy"
)

// ListenerOptions are what a Listener needs.
type ListenerOptions struct {
	ClientID     string
	ClientSecret privacy.Secret
	APIURL       string // the gateway's host
	Connections  int
	Intake       *Intake
	Metrics      *Metrics
	Log          *slog.Logger
}

// Listener keeps several Stream connections of one app up. DingTalk gives each
// push to one of them at random, so that one going is covered by the others.
type Listener struct {
	options     ListenerOptions
	connections []*connection
}

// NewListener makes a Listener; Run connects it.
func NewListener(o ListenerOptions) *Listener {
	setSDKLogger(o.Log)
	l := &Listener{options: o}
	for i := range o.Connections {
		l.connections = append(l.connections, &connection{listener: l, number: i + 1})
	}
	return l
}

// Run keeps the connections up until ctx ends. It returns when every frame that
// was being handled then is answered, at most AnswerTime later.
func (l *Listener) Run(ctx context.Context) {
	var group sync.WaitGroup
	for _, c := range l.connections {
		group.Go(func() { c.run(ctx) })
	}
	group.Wait()
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

func (l *Listener) countDial(err error) {
	result := "ok"
	if err != nil {
		result = "error"
	}
	l.options.Metrics.dials.WithLabelValues(result).Inc()
}
