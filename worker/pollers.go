package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"dakasync/activities"
	"dakasync/config"
	"dakasync/dingtalk"
	"dakasync/ledger"
	"dakasync/temporal"
	"dakasync/workflows"
)

// Bounds of one worker, so that it stays within 128 MiB: what it cannot take
// waits in Temporal, or for another worker.
const (
	cachedRuns      = 256
	workflowTasks   = 64
	localSteps      = 32
	ledgerSteps     = 32
	callSteps       = 20
	backgroundSteps = 12 // calls that nobody waits for: places of their own, as their answers are big and their turns come late
	taskCalls       = 16 // within workflow tasks; half of the local steps, so that the others go on, and not more than a second's calls
	pollersEach     = 4
	stopTime        = 7 * time.Second // of the ten that a process has
	callsPerSecond  = 2               // × QPS: see options
	beatApart       = 3 * time.Second // signs of life of a step: several fit the time after which it counts as dead
)

// pollers are the three Temporal workers of this process: one of the queue of
// workflows and database steps, one of the queue of DingTalk calls that somebody
// waits for, one of that of the others.
type pollers struct {
	config   config.Config
	log      *slog.Logger
	client   client.Client
	store    *ledger.Store
	dingtalk *dingtalk.Client

	polling atomic.Bool
	failed  chan error // a worker that cannot go on

	mu      sync.Mutex
	workers []worker.Worker
}

var errNotPolling = errors.New("the workers are not polling yet; the log says what they wait for")

// check is nil while tasks are polled for.
func (p *pollers) check(ctx context.Context) error {
	if !p.polling.Load() {
		return errNotPolling
	}
	return temporal.Health(ctx, p.client, p.config.Temporal.Options) // It names the address.
}

// start starts all workers or none; it may be called again after an error.
func (p *pollers) start(ctx context.Context) error {
	if err := temporal.Health(ctx, p.client, p.config.Temporal.Options); err != nil {
		return err // It names the address.
	}
	worker.SetStickyWorkflowCacheSize(cachedRuns)
	calls := &activities.DingTalkSteps{Settings: p.settings(), DingTalk: p.dingtalk, Ledger: p.store}
	queue := p.config.Temporal.TaskQueue
	all := []worker.Worker{
		p.newLedgerWorker(calls),
		p.newCallWorker(calls, workflows.DingTalkQueue(queue), callSteps), p.newCallWorker(calls, workflows.BackgroundQueue(queue), backgroundSteps),
	}
	for i, w := range all {
		if err := w.Start(); err != nil {
			for _, started := range all[:i] {
				started.Stop()
			}
			return fmt.Errorf("start polling in the Temporal namespace %s: %w", p.config.Temporal.Options.Namespace, err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.workers = all
	p.polling.Store(true)
	return nil
}

// wait returns when ctx ends, or when a worker cannot go on.
func (p *pollers) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-p.failed:
		return fmt.Errorf("a worker cannot go on: %w", err)
	}
}

// stop lets what is under way end.
func (p *pollers) stop(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.polling.Store(false)
	var group sync.WaitGroup
	for _, w := range p.workers {
		group.Go(w.Stop)
	}
	group.Wait()
	return nil
}

func (p *pollers) newLedgerWorker(calls *activities.DingTalkSteps) worker.Worker {
	o := p.options()
	o.MaxConcurrentActivityExecutionSize = ledgerSteps
	w := worker.New(p.client, p.config.Temporal.TaskQueue, o)
	workflows.Register(w)
	drains := temporal.Drains{Schedules: p.client.ScheduleClient()}
	(&activities.LedgerSteps{
		Settings: p.settings(), Ledger: p.store, Starter: p.client, Drains: drains, InTask: p.config.Sync.LiveCalls == config.InTask,
	}).Register(w)
	activities.NewTaskSteps(calls, p.store, min(taskCalls, p.config.Sync.QPS)).Register(w)
	return w
}

// newCallWorker's queues have a rate so that calls do not pile up in the workers,
// waiting for the client's limiter with their time-outs running. The limiter
// holds the rate of each single API; several of them are in use at once.
func (p *pollers) newCallWorker(calls *activities.DingTalkSteps, queue string, steps int) worker.Worker {
	o := p.options()
	o.MaxConcurrentActivityExecutionSize = steps
	o.TaskQueueActivitiesPerSecond = float64(callsPerSecond * p.config.Sync.QPS)
	o.DisableWorkflowWorker = true
	w := worker.New(p.client, queue, o)
	calls.Register(w)
	return w
}

func (p *pollers) options() worker.Options {
	o := worker.Options{
		MaxConcurrentWorkflowTaskExecutionSize:  workflowTasks,
		MaxConcurrentLocalActivityExecutionSize: localSteps,
		MaxConcurrentWorkflowTaskPollers:        pollersEach,
		MaxConcurrentActivityTaskPollers:        pollersEach,
		WorkerStopTimeout:                       stopTime,
		MaxHeartbeatThrottleInterval:            beatApart,
		OnFatalError: func(err error) {
			select {
			case p.failed <- err:
			default: // one reason is enough
			}
		},
	}
	if t := p.config.Temporal; t.Deployment != "" {
		o.DeploymentOptions = worker.DeploymentOptions{
			UseVersioning: true,
			Version:       worker.WorkerDeploymentVersion{DeploymentName: t.Deployment, BuildID: t.BuildID},
		}
	}
	return o
}

func (p *pollers) settings() activities.Settings {
	return activities.Settings{
		CorpID: p.config.Company.CorpID, Location: p.config.Company.Location(), SettleDelays: p.config.Sync.SettleDelays,
		RecoveryDelay: p.config.Sync.RecoveryDelay, Budget: p.config.Sync.Budget(),
		TaskQueue: p.config.Temporal.TaskQueue, Policy: p.config.Company.PII, NowFunc: time.Now,
	}
}
