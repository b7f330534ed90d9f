package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"golang.org/x/sync/errgroup"

	"dakasync/config"
	"dakasync/dingtalk"
	"dakasync/ledger"
	"dakasync/ops"
	"dakasync/stream"
)

// ProgramArgument makes the bench's program the side on River; what follows is the job's form.
const ProgramArgument = "queue-worker"

// The forms of the job.
const (
	formWhole   = "whole"
	formStepped = "stepped"
)

// How River is set up. A user who wants speed shortens the cooldown, whose default of 100 ms is the time to the row; who wants a dead
// process's jobs back soon shortens the rescue, whose default is an hour.
const (
	cooldown     = 5 * time.Millisecond
	rescueAfter  = 2 * time.Minute // more than a job's own minute
	workersMost  = 32
	connections  = 12 // of each of the two pools; the product's worker has as many
	callsSpread  = 1100 * time.Millisecond
	stopPatience = 10 * time.Second
)

var errForm = errors.New("this program starts itself so; start it without arguments")

// RunProgram is the child process: the stream's connections and the jobs' workers in one, with the settings of dakasync.
func RunProgram(ctx context.Context, arguments []string) error {
	if len(arguments) != 1 || !slices.Contains([]string{formWhole, formStepped}, arguments[0]) {
		return errForm
	}
	c, err := config.Load(config.ForWorker)
	if err != nil {
		return err
	}
	return serve(ctx, c, arguments[0], slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
}

// serve runs until ctx ends.
func serve(ctx context.Context, c config.Config, form string, log *slog.Logger) error {
	store, err := ledger.Open(context.WithoutCancel(ctx), ledger.Options{
		URL: c.Database.URL.Reveal(), CorpID: c.Company.CorpID, Location: c.Company.Location(), Logger: log, MaxConns: connections,
	})
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	defer store.Close()
	pool, err := openPool(ctx, c.Database.URL.Reveal())
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := prepare(ctx, store, pool); err != nil {
		return err
	}
	ask, err := newAsker(c, store, log)
	if err != nil {
		return err
	}
	client, err := newClient(pool, form, &puncher{
		ledger: store, dingtalk: ask, zone: c.Company.Location(), delays: c.Sync.SettleDelays, nowFunc: time.Now,
	}, log)
	if err != nil {
		return err
	}
	return listen(ctx, c, &jobs{client: client, store: store}, log)
}

func openPool(ctx context.Context, url string) (*pgxpool.Pool, error) {
	settings, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read DATABASE_URL: %w", err)
	}
	settings.MaxConns = connections
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), settings)
	if err != nil {
		return nil, fmt.Errorf("prepare the queue's connections: %w", err)
	}
	return pool, nil
}

// prepare makes the tables of the ledger and of River, in one database.
func prepare(ctx context.Context, store *ledger.Store, pool *pgxpool.Pool) error {
	if err := store.Migrate(ctx); err != nil {
		return fmt.Errorf("make the ledger: %w", err)
	}
	if err := store.SaveCompany(ctx); err != nil {
		return err
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("prepare River's tables: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("make River's tables: %w", err)
	}
	return nil
}

// newAsker spaces calls over the fleet with the ledger's slots, as the product's worker does.
func newAsker(c config.Config, store *ledger.Store, log *slog.Logger) (*dingtalk.Client, error) {
	apart := callsSpread / time.Duration(c.Sync.QPS)
	return dingtalk.New(dingtalk.Options{
		ClientID: c.App.ClientID, ClientSecret: c.App.ClientSecret, APIURL: string(c.App.APIURL), OAPIURL: string(c.App.OAPIURL),
		Location: c.Company.Location(), OperatorUserID: c.App.OperatorUserID, Policy: c.Company.PII, Logger: log,
		GateFunc: func(ctx context.Context, api string) error {
			pause, err := store.ReserveCall(ctx, api, apart)
			if err == nil && pause > 0 && !ops.Sleep(ctx, pause) {
				err = ctx.Err()
			}
			return err
		},
	})
}

func newClient(pool *pgxpool.Pool, form string, p *puncher, log *slog.Logger) (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	if form == formStepped {
		river.AddWorker(workers, &stepped{puncher: p, pool: pool})
	} else {
		river.AddWorker(workers, &whole{puncher: p})
	}
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workersMost}}, Workers: workers, Logger: log,
		FetchCooldown: cooldown, RescueStuckJobsAfter: rescueAfter,
	})
	if err != nil {
		return nil, fmt.Errorf("make River's client: %w", err)
	}
	return client, nil
}

// listen takes frames and works jobs until ctx ends; frames under way are answered first.
func listen(ctx context.Context, c config.Config, j *jobs, log *slog.Logger) error {
	if err := j.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start River's workers: %w", err)
	}
	metrics := stream.NewMetrics(prometheus.NewRegistry())
	intake := stream.NewIntake(stream.Options{
		CorpID: c.Company.CorpID, Location: c.Company.Location(), Policy: c.Company.PII, Starter: j, Inbox: j, Metrics: metrics, Log: log,
	})
	listener := stream.NewListener(stream.ListenerOptions{
		ClientID: c.App.ClientID, ClientSecret: c.App.ClientSecret, APIURL: string(c.App.APIURL), Connections: c.App.StreamConnections,
		Intake: intake, Metrics: metrics, Log: log, Coverage: coverage{j.store}, Recovery: noRecovery{},
	})
	relay, stopRelay := context.WithCancel(context.WithoutCancel(ctx))
	var group errgroup.Group
	group.Go(func() error { intake.Run(relay); return nil })
	group.Go(func() error { listener.Run(ctx); stopRelay(); return nil })
	err := group.Wait()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer cancel()
	return errors.Join(err, j.client.Stop(stop))
}
