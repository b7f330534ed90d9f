package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"dakasync/workflows"
)

// empties starts runs of the empty workflow and finds out when their last step ran.
type empties struct {
	rig     *rig
	file    string
	started int
}

const emptyWorker = "empty worker"

// startEmpties runs the empty workflow's worker as a process of its own, as the product's is.
func startEmpties(r *rig) (*empties, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	e := &empties{rig: r, file: filepath.Join(r.dir, "empty-runs")}
	arguments := []string{emptyWorkerArgument, r.cluster.Temporal.Address(), r.cluster.Temporal.Namespace(), e.file}
	return e, r.startProgram(emptyWorker, self, arguments, os.Environ())
}

// even starts runs at an even pace.
func (e *empties) even(ctx context.Context, count, perSecond int) (round, error) {
	ticker := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticker.Stop()
	return e.series(ctx, count, count, func() error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			return nil
		}
	})
}

// burst starts them as fast as their starts allow.
func (e *empties) burst(ctx context.Context, count, inFlight int) (round, error) {
	return e.series(ctx, count, inFlight, func() error { return nil })
}

func (e *empties) series(ctx context.Context, count, inFlight int, paceFunc func() error) (round, error) {
	first := e.started
	e.started += count
	samples := make(round, count)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(inFlight)
	for i := range count {
		group.Go(func() error {
			id := "empty/" + strconv.Itoa(first+i)
			began := time.Now()
			_, err := e.rig.temporal.ExecuteWorkflow(groupCtx, emptyOptions(id), emptyWorkflow, filler(inputSize))
			samples[i] = sample{Run: id, Pushed: began, Durable: time.Since(began)}
			return err
		})
		if err := paceFunc(); err != nil {
			break
		}
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("start empty runs: %w", err)
	}
	return samples, e.collect(ctx, samples)
}

// collect waits for the last steps.
func (e *empties) collect(ctx context.Context, samples round) error {
	var finished map[string]time.Time
	var failure error
	err := e.rig.until(ctx, "the empty runs", workTimeout, func(context.Context) bool {
		finished, failure = e.finished()
		return failure != nil || len(finished) >= e.started
	})
	if err := firstError(failure, err); err != nil {
		return err
	}
	for i := range samples {
		samples[i].Row = finished[samples[i].Run]
	}
	return nil
}

func (e *empties) finished() (map[string]time.Time, error) {
	file, err := os.Open(e.file)
	if os.IsNotExist(err) {
		return map[string]time.Time{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what the empty runs did: %w", err)
	}
	defer func() { _ = file.Close() }()
	finished := map[string]time.Time{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		id, text, _ := strings.Cut(lines.Text(), " ")
		if nanoseconds, err := strconv.ParseInt(text, 10, 64); err == nil {
			finished[id] = time.Unix(0, nanoseconds)
		}
	}
	return finished, lines.Err()
}

// emptyOptions are those of a punch's run: the same search attributes, priority and policies.
func emptyOptions(id string) client.StartWorkflowOptions {
	options := workflows.StartOptions(emptyQueue, emptyHint())
	options.ID = id
	return options
}

// The sizes of what a punch's run keeps in its history.
const (
	inputSize  = 640
	recallSize = 256
	answerSize = 736
)

// filler is text of a size.
func filler(size int) string { return strings.Repeat("x", size) }

func emptyPriority() temporal.Priority { return temporal.Priority{PriorityKey: workflows.PriorityLive} }
