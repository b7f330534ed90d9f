package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"dakasync/attendance"
)

const (
	committers = 4    // statements under way at once; starter's pool has room for them
	groupRows  = 1000 // above which the next frames make another statement
)

// grouper commits the rows of several frames by one statement when frames come
// faster than commits. A frame that comes alone waits for nobody.
type grouper struct {
	insertFunc func(context.Context, []Row) error
	slots      chan struct{}

	mu      sync.Mutex
	forming *group // that the next frame joins
}

// group is some frames' rows.
type group struct {
	rows   []Row
	frames int
	done   chan struct{} // closed when err is known
	err    error
}

func newGrouper(insert func(context.Context, []Row) error) *grouper {
	return &grouper{insertFunc: insert, slots: make(chan struct{}, committers)}
}

// insert returns nil when the rows are committed.
func (g *grouper) insert(ctx context.Context, rows []Row) error {
	if slices.ContainsFunc(rows, func(r Row) bool { return r.Hint.Kind == attendance.KindApproval }) {
		return g.alone(ctx, rows) // they cost a transaction each: see Inbox.Insert
	}
	mine, leads := g.join(rows)
	if leads {
		g.commit(ctx, mine)
	}
	select {
	case <-mine.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if mine.err != nil && mine.frames > 1 && ctx.Err() == nil {
		return g.alone(ctx, rows) // another frame's rows, or time, may be at fault
	}
	return mine.err
}

// join adds the rows to the group that forms; who begins one commits it.
func (g *grouper) join(rows []Row) (mine *group, leads bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.forming == nil || len(g.forming.rows)+len(rows) > groupRows {
		g.forming, leads = &group{done: make(chan struct{})}, true
	}
	g.forming.rows = append(g.forming.rows, rows...)
	g.forming.frames++
	return g.forming, leads
}

// errNotCommitted is the fate of a group whose leader went away.
var errNotCommitted = errors.New("not committed")

// commit waits for a slot; meanwhile others join.
func (g *grouper) commit(ctx context.Context, mine *group) {
	mine.err = errNotCommitted
	defer close(mine.done)
	free, err := g.slot(ctx)
	g.mu.Lock()
	if g.forming == mine {
		g.forming = nil
	}
	g.mu.Unlock()
	if err != nil {
		mine.err = fmt.Errorf("%w: %w", errNotCommitted, err)
		return
	}
	defer free()
	mine.err = g.insertFunc(ctx, mine.rows)
}

func (g *grouper) alone(ctx context.Context, rows []Row) error {
	free, err := g.slot(ctx)
	if err != nil {
		return err
	}
	defer free()
	return g.insertFunc(ctx, rows)
}

func (g *grouper) slot(ctx context.Context) (free func(), err error) {
	select {
	case g.slots <- struct{}{}:
		return func() { <-g.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
