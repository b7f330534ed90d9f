package queue

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"dakasync/attendance"
	"dakasync/ledger"
	"dakasync/stream"
)

// jobs makes happenings durable as jobs: it is both of the stores that package stream knows, as River has but one.
type jobs struct {
	client *river.Client[pgx.Tx]
	store  *ledger.Store
}

var (
	_ stream.Starter = (*jobs)(nil)
	_ stream.Inbox   = (*jobs)(nil)
)

func jobOf(hint attendance.Hint, payload []byte) (punchJob, error) {
	if hint.Kind != attendance.KindPunch {
		return punchJob{}, fmt.Errorf("%s: there are jobs for punches only", hint.Key())
	}
	return punchJob{Key: hint.Key(), Hint: hint, Payload: payload}, nil
}

// Start implements stream.Starter.
func (j *jobs) Start(ctx context.Context, h stream.Happening) (started bool, err error) {
	args, err := jobOf(h.Hint, h.Payload)
	if err != nil {
		return false, err
	}
	result, err := j.client.Insert(ctx, args, nil)
	if err != nil {
		return false, fmt.Errorf("insert the job %s: %w", args.Key, err)
	}
	return !result.UniqueSkippedAsDuplicate, nil
}

// Health implements stream.Starter.
func (j *jobs) Health(ctx context.Context) error { return j.store.Ping(ctx) }

// Insert implements stream.Inbox: of a crowd of frames, the jobs of many are inserted at once.
func (j *jobs) Insert(ctx context.Context, rows []stream.Row) error {
	var starts []river.InsertManyParams
	var kept []ledger.EventRow
	for _, r := range rows {
		if r.Outcome != attendance.OutcomePending {
			kept = append(kept, ledger.EventRow{Key: r.Key, Hint: r.Hint, Payload: r.Payload, Outcome: r.Outcome})
			continue
		}
		args, err := jobOf(r.Hint, r.Payload)
		if err != nil {
			return err
		}
		starts = append(starts, river.InsertManyParams{Args: args})
	}
	if len(kept) > 0 {
		if err := j.store.InsertEvents(ctx, kept); err != nil {
			return err
		}
	}
	if len(starts) == 0 {
		return nil
	}
	_, err := j.client.InsertMany(ctx, starts)
	return err
}

// CountDelivery implements stream.Inbox.
func (j *jobs) CountDelivery(ctx context.Context, h attendance.Hint) error {
	return j.store.CountDelivery(ctx, h)
}

// Relay implements stream.Inbox: nothing waits to be handed from one store to another.
func (*jobs) Relay(context.Context, int, func(context.Context, stream.Happening) error) (int, error) {
	return 0, nil
}

// Backlog implements stream.Inbox.
func (*jobs) Backlog(context.Context) (int, error) { return 0, nil }

// Ping implements stream.Inbox.
func (j *jobs) Ping(ctx context.Context) error { return j.store.Ping(ctx) }

// coverage keeps what is proven of the connections, as the starter does.
type coverage struct{ store *ledger.Store }

// Prove implements stream.Coverage.
func (c coverage) Prove(ctx context.Context, proofs []attendance.Proof) (broken []string, err error) {
	if len(proofs) == 0 {
		return nil, c.store.Ping(ctx)
	}
	return c.store.SaveCoverage(ctx, "queue", proofs)
}

// noRecovery stands for the workflow that looks for what did not arrive: this side has none.
type noRecovery struct{}

// Request implements stream.Recovery.
func (noRecovery) Request(context.Context, string) error { return nil }
