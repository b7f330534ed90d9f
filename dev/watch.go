package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"dakasync/dev/screen"
	"dakasync/dev/stack"
	"dakasync/dev/status"
)

const (
	eager = 100 * time.Millisecond // until the first row, so that its time is right
	usual = time.Second
	// share is how many times the cost of a look is waited between two.
	share = 20
)

// watch draws the live line until something ends.
func watch(ctx context.Context, out *screen.Screen, running *stack.Stack, began time.Time) {
	reader := status.NewReader(running.DatabaseURL())
	defer func() { reader.Close(context.WithoutCancel(ctx)) }()
	first := firstRow{began: began}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-running.Done():
			return
		case <-timer.C:
		}
		asked := time.Now()
		now, err := reader.Read(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, status.ErrNoSchema):
			first.looked = true
			out.Live("waiting for the worker to make the tables …")
		case err != nil:
			out.Live(err.Error())
		default:
			first.see(out, now, time.Now())
			out.Live(now.String())
		}
		timer.Reset(pause(first.seen, time.Since(asked)))
	}
}

// pause keeps the looks at a big ledger from becoming its load.
func pause(seen bool, cost time.Duration) time.Duration {
	if !seen {
		return max(eager, share*cost/2)
	}
	return max(usual, share*cost)
}

// firstRow tells once how long the first row took, where there was none before.
type firstRow struct {
	began  time.Time
	looked bool
	seen   bool
}

func (f *firstRow) see(out *screen.Screen, now status.Status, at time.Time) {
	if !f.looked && now.Punches > 0 {
		f.seen = true
		out.Print(fmt.Sprintf("going on with %d punches from before", now.Punches))
	}
	f.looked = true
	if !f.seen && now.Punches > 0 {
		f.seen = true
		out.Print(fmt.Sprintf("first row after %.1f s", at.Sub(f.began).Seconds()))
	}
}

// watchParent ends the run when `go run` is gone: a signal that ends it does not reach the program that it built.
func watchParent(ctx context.Context, cancel context.CancelFunc) {
	if !strings.Contains(os.Args[0], "go-build") {
		return
	}
	parent := os.Getppid()
	ticker := time.NewTicker(usual)
	defer ticker.Stop()
	for os.Getppid() == parent {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
	cancel()
}
