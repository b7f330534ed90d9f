package ops

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// tallyPause is how long something counted may be missing from where it is
// written to. What a killed process counted since is lost to the count.
const tallyPause = 3 * time.Second

// Tally adds up what happens and writes the sums now and then: a row for each
// happening would cost more than it tells.
type Tally[K comparable, S any] struct {
	what      string
	addFunc   func(a, b S) S
	writeFunc func(ctx context.Context, sums map[K]S) error
	log       *slog.Logger

	mu   sync.Mutex
	sums map[K]S
}

// NewTally makes a tally of what, for messages. write gets the sums since it last
// succeeded.
func NewTally[K comparable, S any](
	what string, add func(a, b S) S, write func(ctx context.Context, sums map[K]S) error, log *slog.Logger,
) *Tally[K, S] {
	return &Tally[K, S]{what: what, addFunc: add, writeFunc: write, log: log, sums: map[K]S{}}
}

// Add never blocks.
func (t *Tally[K, S]) Add(key K, s S) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if sum, ok := t.sums[key]; ok {
		s = t.addFunc(sum, s)
	}
	t.sums[key] = s
}

// Run flushes until ctx ends.
func (t *Tally[K, S]) Run(ctx context.Context) {
	for Sleep(ctx, tallyPause) {
		if err := t.Flush(ctx); err != nil && ctx.Err() == nil {
			t.log.DebugContext(ctx, "counted "+t.what+" wait for their ledger", "error", err)
		}
	}
}

// Flush writes the sums; what could not be written is kept.
func (t *Tally[K, S]) Flush(ctx context.Context) error {
	t.mu.Lock()
	sums := t.sums
	t.sums = map[K]S{}
	t.mu.Unlock()
	if len(sums) == 0 {
		return nil
	}
	if err := t.writeFunc(ctx, sums); err != nil {
		for key, s := range sums {
			t.Add(key, s)
		}
		return fmt.Errorf("write the count of %s: %w", t.what, err)
	}
	return nil
}
