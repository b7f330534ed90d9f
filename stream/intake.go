package stream

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	sdkevent "github.com/open-dingtalk/dingtalk-stream-sdk-go/event"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"golang.org/x/sync/semaphore"

	"dakasync/attendance"
	"dakasync/privacy"
)

// Time budget of a frame. DingTalk waits 3 s
// (appendix-b-proposals-for-rational-use-of-resources); the rest is for the way
// there and back.
const (
	// AnswerTime is the longest that a frame goes unanswered.
	AnswerTime = 2500 * time.Millisecond

	workTime  = 2300 * time.Millisecond // both stores together
	firstTime = 1200 * time.Millisecond // the store that is asked first
)

const (
	// bulk is the number of records above which a frame is not started in time,
	// but stored, acknowledged and relayed.
	bulk = 100
	// Starts under way at once: of one frame, and of all.
	frameStarts = 16
	allStarts   = 64
	// crowd is the number of frames under way above which the next one is stored
	// and relayed: Temporal has more than it can start in time, and PostgreSQL
	// takes the frames of many in one statement.
	crowd = allStarts
	// Frames and bytes under way at once, also of frames given up whose work has
	// not ended; above them a frame is answered LATER. It is all the memory that
	// a flood can take.
	mostFrames = 512
	mostBytes  = 64 << 20
	// repeats that wait to be counted; more are not counted.
	repeatQueue = 1000
	repeatTime  = 5 * time.Second
)

// Options are what an Intake needs.
type Options struct {
	CorpID   string
	Location *time.Location
	Policy   privacy.Policy
	Starter  Starter
	Inbox    Inbox
	Metrics  *Metrics
	Pushes   Pushes // nil: nobody counts them
	Log      *slog.Logger
	Tracer   trace.Tracer     // begins a trace with each frame; nil: there are none
	NowFunc  func() time.Time // nil means time.Now
}

// Pushes counts what DingTalk's monthly quota of pushes is spent on, and hears what
// each frame shows of it. Count must not block.
type Pushes interface {
	Count(eventType string, content Content, at time.Time)
}

// Intake makes frames durable and says how they are answered.
type Intake struct {
	Options
	breaker breaker
	starts  *semaphore.Weighted
	frames  *semaphore.Weighted
	bytes   *semaphore.Weighted
	working atomic.Int64 // frames under way
	rows    *grouper
	repeats chan attendance.Hint
	wake    chan struct{} // tells the relay that there is work

	relayTrouble trouble // only the relay's
}

// NewIntake makes an Intake. Run must be running for the relay and for the
// count of repeated deliveries.
func NewIntake(o Options) *Intake {
	if o.NowFunc == nil {
		o.NowFunc = time.Now
	}
	if o.Tracer == nil {
		o.Tracer = noop.NewTracerProvider().Tracer("")
	}
	in := &Intake{
		Options: o,
		starts:  semaphore.NewWeighted(allStarts),
		frames:  semaphore.NewWeighted(mostFrames),
		bytes:   semaphore.NewWeighted(mostBytes),
		repeats: make(chan attendance.Hint, repeatQueue),
		wake:    make(chan struct{}, 1),

		relayTrouble: trouble{says: relayFails},
	}
	in.rows = newGrouper(func(ctx context.Context, rows []Row) error { return in.Inbox.Insert(ctx, rows) })
	return in
}

// OnFrame answers one EVENT frame within AnswerTime. The given context is the
// connection's and ends with it; a frame that has arrived is made durable all
// the same.
func (in *Intake) OnFrame(ctx context.Context, frame *payload.DataFrame) (*payload.DataFrameResponse, error) {
	return in.handle(ctx, frame).answer()
}

// handle says what became of a frame.
func (in *Intake) handle(ctx context.Context, frame *payload.DataFrame) outcome {
	arrived := in.NowFunc()
	if frame == nil {
		return outcomeLater
	}
	header := sdkevent.NewEventHeaderFromDataFrame(frame)
	ctx, span := in.begin(ctx, header)
	defer span.End()
	became := in.await(ctx, header, []byte(frame.Data), arrived)
	took := in.NowFunc().Sub(arrived)
	if in.Pushes != nil {
		in.Pushes.Count(label(header.EventType), became.content(), arrived)
	}
	in.Metrics.answered(header.EventType, became, took, arrived)
	answered(span, became)
	in.Log.DebugContext(ctx, "frame answered", "type", header.EventType, "event_id", header.EventId, "outcome", string(became), "took", took)
	return became
}

// await does the work in its own time and waits for it as long as it may.
func (in *Intake) await(ctx context.Context, header *sdkevent.EventHeader, data []byte, arrived time.Time) outcome {
	leave, admitted := in.enter(int64(len(data)))
	if !admitted {
		return outcomeBusy
	}
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), workTime)
	done := make(chan outcome, 1)
	go func() {
		defer leave()
		defer cancel()
		done <- in.guarded(work, header, data, arrived)
	}()
	if ackFirst {
		return outcomeStarted
	}
	limit := time.NewTimer(AnswerTime - 50*time.Millisecond)
	defer limit.Stop()
	select {
	case became := <-done:
		return became
	case <-limit.C: // somebody ignores the context
		return outcomeLater
	}
}

// enter admits a frame of so many bytes if there is room.
func (in *Intake) enter(size int64) (leave func(), admitted bool) {
	if !in.frames.TryAcquire(1) {
		return nil, false
	}
	if !in.bytes.TryAcquire(size) {
		in.frames.Release(1)
		return nil, false
	}
	in.working.Add(1)
	return func() {
		in.working.Add(-1)
		in.bytes.Release(size)
		in.frames.Release(1)
	}, true
}

// guarded turns a panic into LATER: no frame ends the process, and none is
// acknowledged that was not understood to its end.
func (in *Intake) guarded(ctx context.Context, header *sdkevent.EventHeader, data []byte, arrived time.Time) (became outcome) {
	defer func() {
		if p := recover(); p != nil {
			// The value may quote the frame; its type and the stack do not.
			in.Log.ErrorContext(ctx, "a frame could not be handled; DingTalk will deliver it again",
				"type", header.EventType, "event_id", header.EventId, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			became = outcomeLater
		}
	}()
	return in.take(ctx, header, data, arrived)
}

// batch is a frame, read: what shall become runs, and what can only be kept.
type batch struct {
	starts []Happening
	kept   []Row
	// became is the outcome if all goes well; "" when it depends on the stores.
	became outcome
}

func (in *Intake) take(ctx context.Context, header *sdkevent.EventHeader, data []byte, arrived time.Time) outcome {
	b := in.read(header, data, arrived)
	if b.became == outcomeOther || b.became == outcomeEmpty || b.became == outcomeMuted {
		return b.became
	}
	stored, err := in.makeDurable(ctx, b)
	if err != nil {
		in.Log.WarnContext(ctx, "neither Temporal nor PostgreSQL took a frame; DingTalk will deliver it again",
			"type", header.EventType, "event_id", header.EventId, "records", len(b.starts)+len(b.kept), "error", err)
		return outcomeLater
	}
	switch {
	case b.became != "":
		return b.became
	case stored:
		return outcomeStored
	default:
		return outcomeStarted
	}
}

// makeDurable returns nil when every part of the batch is in one store or the
// other; stored says that some of it waits in PostgreSQL for the relay.
func (in *Intake) makeDurable(ctx context.Context, b batch) (stored bool, err error) {
	if in.breaker.open() || len(b.starts) > bulk || in.working.Load() > crowd {
		first, cancel := context.WithTimeout(ctx, firstTime)
		defer cancel()
		if err := in.insert(first, b.starts, b.kept); err == nil {
			return len(b.starts) > 0, nil
		}
		// PostgreSQL is away. Temporal may be back, or be quick.
		left, startErr := in.startAll(ctx, b.starts)
		if len(left) == 0 && len(b.kept) == 0 {
			return false, nil
		}
		return false, fmt.Errorf("%d records in no store: %w", len(left)+len(b.kept), firstOf(startErr, err, ctx.Err()))
	}
	first, cancel := context.WithTimeout(ctx, firstTime)
	defer cancel()
	left, startErr := in.startAll(first, b.starts)
	if len(left) == 0 && len(b.kept) == 0 {
		return false, nil
	}
	if err := in.insert(ctx, left, b.kept); err != nil {
		return false, fmt.Errorf("%d records in no store: %w", len(left)+len(b.kept), firstOf(err, startErr))
	}
	return len(left) > 0, nil
}

func (in *Intake) insert(ctx context.Context, starts []Happening, kept []Row) error {
	rows := make([]Row, 0, len(starts)+len(kept))
	for _, h := range starts {
		rows = append(rows, Row{Key: h.Hint.Key(), Hint: h.Hint, Payload: h.Payload, Outcome: attendance.OutcomePending})
	}
	rows = append(rows, kept...)
	if len(rows) == 0 {
		return nil
	}
	if err := in.rows.insert(ctx, rows); err != nil {
		return fmt.Errorf("store %d events in PostgreSQL: %w", len(rows), err)
	}
	if len(starts) > 0 {
		in.wakeRelay()
	}
	return nil
}

func (in *Intake) wakeRelay() {
	select {
	case in.wake <- struct{}{}:
	default: // it is awake already
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
