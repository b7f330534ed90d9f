package path

import (
	"bufio"
	"cmp"
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

	"dakasync/dev/bench/rig"
	"dakasync/dev/bench/rounds"
	"dakasync/dev/process"
	"dakasync/workflows"
)

// emptyRuns is the file in which the empty workflows' worker writes down what ran.
const emptyRuns = "empty-runs"

// startEmptyWorker runs the empty workflows' worker as a process of its own, as the product's is.
func startEmptyWorker(r *rig.Rig) (*process.Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	arguments := []string{EmptyWorkerArgument, r.Cluster.Temporal.Address(), r.Cluster.Temporal.Namespace(), filepath.Join(r.Folder(), emptyRuns)}
	return r.Run("empty-worker", self, arguments, os.Environ())
}

// empties starts runs of an empty workflow and finds out when their last step ran.
type empties struct {
	rig      *rig.Rig
	workflow string
	inFlight int
	started  int
}

// even starts runs at an even pace.
func (e *empties) even(ctx context.Context, count, perSecond int) (rounds.Round, error) {
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
func (e *empties) burst(ctx context.Context, count int) (rounds.Round, error) {
	return e.series(ctx, count, e.inFlight, func() error { return nil })
}

func (e *empties) series(ctx context.Context, count, inFlight int, paceFunc func() error) (rounds.Round, error) {
	first := e.started
	e.started += count
	samples := make(rounds.Round, count)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(inFlight)
	for i := range count {
		group.Go(func() error {
			id := e.workflow + "/" + strconv.Itoa(first+i)
			began := time.Now()
			_, err := e.rig.Temporal.ExecuteWorkflow(groupCtx, emptyOptions(id), e.workflow, filler(inputSize))
			samples[i] = rounds.Sample{Run: id, Pushed: began, Durable: time.Since(began)}
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
func (e *empties) collect(ctx context.Context, samples rounds.Round) error {
	var finished map[string]time.Time
	var failure error
	err := e.rig.Until(ctx, "the empty runs", runsTimeout, func(context.Context) bool {
		finished, failure = e.finished()
		return failure != nil || len(finished) >= e.started
	})
	if err := cmp.Or(failure, err); err != nil {
		return err
	}
	for i := range samples {
		var ran bool
		if samples[i].Row, ran = finished[samples[i].Run]; !ran {
			return fmt.Errorf("run %s never came to its last step", samples[i].Run)
		}
	}
	return nil
}

func (e *empties) finished() (map[string]time.Time, error) {
	file, err := os.Open(filepath.Join(e.rig.Folder(), emptyRuns))
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
		if !strings.HasPrefix(id, e.workflow+"/") {
			continue
		}
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

// runsTimeout is how long the runs of a round are waited for.
const runsTimeout = 4 * time.Minute

// The sizes of what a punch's run keeps in its history.
const (
	inputSize  = 640
	recallSize = 256
	answerSize = 736
)

// filler is text of a size.
func filler(size int) string { return strings.Repeat("x", size) }

func emptyPriority() temporal.Priority { return temporal.Priority{PriorityKey: workflows.PriorityLive} }
