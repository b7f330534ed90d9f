package platform

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// States of a delivery.
const (
	StatePending = "pending"
	StateAcked   = "acked"
	StateFailed  = "failed" // on the failed list
	StateDropped = "dropped"
)

// Attempt is one push of an event.
type Attempt struct {
	At         time.Time     `json:"at"`
	Connection string        `json:"connection,omitempty"`
	MessageID  string        `json:"message_id,omitempty"`
	Outcome    string        `json:"outcome"`
	Latency    time.Duration `json:"latency"`
}

// Delivery is the history of one event.
type Delivery struct {
	EventID   string    `json:"event_id"`
	EventType string    `json:"event_type"`
	BornAt    time.Time `json:"born_at"`
	Data      string    `json:"data"`
	State     string    `json:"state"`
	AckedAt   time.Time `json:"acked_at,omitzero"`
	// Latency is the time from the write of the frame to its ack.
	Latency  time.Duration `json:"latency,omitempty"`
	Attempts []Attempt     `json:"attempts"`
}

type delivery struct {
	Delivery
	event     event
	attempt   int // of the present round
	lot       string
	duplicate bool
	replaced  bool // by Redeliver: what comes of it does not matter any more
	settled   bool
}

// maxDeliveries bounds the memory of what was pushed, unless Options.Remembered does; the older half is forgotten.
const maxDeliveries = 200_000

// publish takes an event in. It never blocks.
func (p *Platform) publish(e event) {
	text, err := json.Marshal(e.data)
	if err != nil {
		p.logger.Error("event cannot be encoded", "type", e.kind, "error", err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	e.data = nil // the text is kept instead
	d := &delivery{event: e, Delivery: Delivery{
		EventID: e.id, EventType: e.kind, BornAt: p.now(), Data: string(text), State: StatePending,
	}}
	if len(p.deliveries) >= p.remembered {
		p.deliveries = slices.Clone(p.deliveries[p.remembered/2:])
	}
	p.deliveries = append(p.deliveries, d)
	p.unsettled++
	switch {
	case p.roll(p.settings.DropChance):
		p.settle(d, StateDropped)
	case p.settings.FailNext > 0:
		p.settings.FailNext--
		p.fail(d)
	case p.settings.DelayMax > 0:
		p.readyAfter(d, p.jitter(p.settings.DelayMax))
	default:
		p.ready = append(p.ready, d)
		p.wake.Broadcast()
	}
}

// readyAfter needs the lock.
func (p *Platform) readyAfter(d *delivery, delay time.Duration) {
	time.AfterFunc(delay, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ready = append(p.ready, d)
		p.wake.Broadcast()
	})
}

// settle needs the lock.
func (p *Platform) settle(d *delivery, state string) {
	d.State = state
	if !d.settled {
		d.settled = true
		p.unsettled--
	}
}

// dispatch starts attempts in the order of readiness, a bounded number at a time.
func (p *Platform) dispatch() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.closed {
		if len(p.ready) == 0 || p.inFlight >= max(1, p.settings.InFlight) {
			p.wake.Wait()
			continue
		}
		next := p.ready[0]
		p.ready = p.ready[1:]
		if next.replaced {
			p.callOff()
			continue
		}
		p.inFlight++
		p.loops.Go(func() {
			outcome := p.push(next)
			p.mu.Lock()
			defer p.mu.Unlock()
			p.inFlight--
			p.conclude(next, outcome)
			p.wake.Broadcast()
		})
	}
}

// callOff ends a delivery that was replaced; it needs the lock.
func (p *Platform) callOff() {
	p.unsettled--
	p.wake.Broadcast()
}

// conclude decides what follows an attempt; it needs the lock.
func (p *Platform) conclude(d *delivery, outcome Attempt) {
	if d.replaced {
		p.callOff()
		return
	}
	d.Attempts = append(d.Attempts, outcome)
	if d.duplicate {
		p.unsettled-- // the event was acked before: the platform does not care
		return
	}
	switch {
	case outcome.Outcome == outcomeAcked:
		d.AckedAt, d.Latency = outcome.At.Add(outcome.Latency), outcome.Latency
		p.settle(d, StateAcked)
		if p.roll(p.settings.DuplicateChance) {
			d.duplicate = true
			p.unsettled++
			p.readyAfter(d, p.jitter(time.Second))
		}
	case outcome.Outcome == outcomeOverQuota:
		p.settle(d, StateDropped)
	case outcome.Outcome == outcomeNobody && p.lot(d) == NoConnectionDrop:
		p.settle(d, StateDropped)
	case outcome.Outcome == outcomeNobody && p.lot(d) == NoConnectionFailed:
		p.fail(d)
	case d.attempt < len(p.settings.RetryDelays):
		d.attempt++
		p.readyAfter(d, p.settings.RetryDelays[d.attempt-1])
	case p.settings.RefusedPushes == "lost":
		p.settle(d, StateDropped)
	default:
		p.fail(d)
	}
}

const (
	outcomeAcked     = "acked"
	outcomeNobody    = "no connection"
	outcomeTimeout   = "no ack in time"
	outcomeGone      = "connection lost"
	outcomeOverQuota = "push quota spent"
)

// push is one attempt on one connection chosen at random.
func (p *Platform) push(d *delivery) Attempt {
	attempt := Attempt{At: p.now(), MessageID: unique(12)}
	c := p.anyConnection()
	if c == nil {
		attempt.Outcome = outcomeNobody
		return attempt
	}
	attempt.Connection = c.id
	data, ok := p.charge(d)
	if !ok {
		attempt.Outcome = outcomeOverQuota
		return attempt
	}
	started := time.Now()
	answered, err := c.send(d.frame(c.id, attempt, data, p.company.CorpID()))
	if err != nil {
		attempt.Outcome = outcomeGone
		return attempt
	}
	defer c.forget(attempt.MessageID)
	deadline := time.NewTimer(p.Settings().AckDeadline)
	defer deadline.Stop()
	select {
	case r := <-answered:
		_, attempt.Outcome = r.accepts()
	case <-deadline.C:
		attempt.Outcome = outcomeTimeout
	case <-c.gone:
		attempt.Outcome = outcomeGone
	case <-p.stopped:
		attempt.Outcome = "simulator stopped"
	}
	attempt.Latency = time.Since(started)
	return attempt
}

func (p *Platform) anyConnection() *connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	var live []*connection
	for _, c := range p.connections {
		if c.available() {
			live = append(live, c)
		}
	}
	if len(live) == 0 {
		return nil
	}
	return live[p.dice().IntN(len(live))]
}

func (d *delivery) frame(connectionID string, attempt Attempt, data, corpID string) frame {
	return frame{
		SpecVersion: "1.0", Type: "EVENT", Data: data,
		Headers: map[string]string{
			"topic": "*", "messageId": attempt.MessageID, "contentType": "application/json",
			"time": strconv.FormatInt(attempt.At.UnixMilli(), 10), "appId": "1305d5f5-5e5b-4d0b-9b3f-51a1c0ffee00",
			"connectionId": connectionID, "eventType": d.EventType, "eventId": d.EventID,
			"eventCorpId": orText(d.event.corpID, corpID), "eventBornTime": strconv.FormatInt(d.BornAt.UnixMilli(), 10),
			"eventUnifiedAppId": "bbb381b6-f01a-4d1e-a6f1-000058daac00",
		},
	}
}

func orText(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// Deliveries is a copy of the history of every event, oldest first.
func (p *Platform) Deliveries() []Delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Delivery, len(p.deliveries))
	for index, d := range p.deliveries {
		list[index] = d.Delivery
		list[index].Attempts = slices.Clone(d.Attempts)
	}
	return list
}

// Unsettled counts the events that are neither acked, failed nor dropped.
func (p *Platform) Unsettled() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unsettled
}

// AwaitSettled waits until no event is unsettled.
func (p *Platform) AwaitSettled(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.wake.Broadcast()
	})
	defer stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.unsettled > 0 && !p.closed {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%d events are not settled: %w", p.unsettled, err)
		}
		p.wake.Wait()
	}
	return nil
}
