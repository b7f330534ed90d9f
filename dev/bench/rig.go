package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"golang.org/x/sync/errgroup"

	"dakasync/dev/binary"
	"dakasync/dev/cluster"
	"dakasync/dev/process"
	"dakasync/postgres"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

const (
	worker  = "worker"
	starter = "starter"

	patience     = 12 * time.Second // more than the programs' own ten
	readyTimeout = 90 * time.Second
	workTimeout  = 4 * time.Minute
	pollInterval = 50 * time.Millisecond
	dirMode      = 0o755 // the database server's account passes through
)

// rig is everything that is measured, running.
type rig struct {
	dir      string
	cluster  *cluster.Cluster
	temporal client.Client
	database *pgx.Conn
	company  *company.Company
	platform *platform.Platform
	programs map[string]*process.Process
	order    []string
}

func startRig(ctx context.Context, root, dir string, plan Plan) (_ *rig, err error) {
	r := &rig{dir: dir, programs: map[string]*process.Process{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.stop(context.WithoutCancel(ctx)))
		}
	}()
	sayf("building the programs, starting PostgreSQL and Temporal")
	if err := r.startServers(ctx, root); err != nil {
		return nil, err
	}
	if err := r.connect(ctx); err != nil {
		return nil, err
	}
	if err := r.startPlatform(ctx, plan); err != nil {
		return nil, err
	}
	sayf("starting worker and starter")
	for _, name := range []string{worker, starter} {
		if err := r.startProduct(ctx, name); err != nil {
			return nil, err
		}
	}
	return r, r.until(ctx, "a Stream connection", readyTimeout, func(context.Context) bool { return r.platform.Connections() > 0 })
}

func (r *rig) startServers(ctx context.Context, root string) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return binary.Build(groupCtx, root, filepath.Join(r.dir, "bin"), false, worker, starter) })
	group.Go(func() error {
		if err := recordCommitTimes(groupCtx, r.dir); err != nil {
			return err
		}
		started, err := cluster.Start(groupCtx, cluster.Options{Dir: r.dir, NoUI: true})
		r.cluster = started
		return err
	})
	return group.Wait()
}

// recordCommitTimes makes the server keep the time of every commit, which it can only begin to do at a start.
func recordCommitTimes(ctx context.Context, dir string) error {
	server, err := postgres.Start(ctx, postgres.Options{Dir: filepath.Join(dir, "postgres")})
	if err != nil {
		return err
	}
	connection, err := pgx.Connect(ctx, server.URL("postgres"))
	if err == nil {
		_, err = connection.Exec(ctx, "ALTER SYSTEM SET track_commit_timestamp = on")
		err = errors.Join(err, connection.Close(ctx))
	}
	return errors.Join(err, server.Stop(ctx))
}

func (r *rig) connect(ctx context.Context) error {
	silent := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	var err error
	r.temporal, err = client.DialContext(ctx, client.Options{
		HostPort: r.cluster.Temporal.Address(), Namespace: r.cluster.Temporal.Namespace(), Logger: silent,
	})
	if err != nil {
		return fmt.Errorf("connect to Temporal: %w", err)
	}
	if r.database, err = pgx.Connect(ctx, r.cluster.DatabaseURL()); err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	return nil
}

// startPlatform gives the company a quiet past, long enough to punch in.
func (r *rig) startPlatform(ctx context.Context, plan Plan) error {
	now := time.Now()
	r.company = company.New(company.Options{Seed: 1, Employees: plan.Employees, Start: now.AddDate(0, 0, -pastDays), Quiet: true})
	r.company.Advance(now)
	settings := platform.Defaults()
	settings.QPS, settings.InFlight = 0, plan.InFlight
	r.platform = platform.New(platform.Options{Company: r.company, Settings: &settings})
	return r.platform.Start(ctx, "127.0.0.1:0")
}

// startProduct runs a program as a user would, and waits until it is ready.
func (r *rig) startProduct(ctx context.Context, name string) error {
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	if err := r.startProgram(name, filepath.Join(r.dir, "bin", name), nil, r.environment(address)); err != nil {
		return err
	}
	return r.until(ctx, name+" to be ready", readyTimeout, func(ctx context.Context) bool { return answersOK(ctx, "http://"+address+"/readyz") })
}

func (r *rig) startProgram(name, path string, arguments, environment []string) error {
	program, err := process.Start(process.Spec{
		Name: name, Path: path, Args: arguments, Env: environment, Dir: r.dir, LogFile: filepath.Join(r.dir, name+".log"),
		WarnFunc: func(line string) { sayf("%s: %s", name, line) },
	})
	if err != nil {
		return err
	}
	r.programs[name], r.order = program, append(r.order, name)
	return nil
}

// environment tells a program where everything is, and nothing of what the user has set for another installation.
func (r *rig) environment(address string) []string {
	environment := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return name == "DATABASE_URL" || strings.HasPrefix(name, "DAKASYNC_") || strings.HasPrefix(name, "DINGTALK_") ||
			strings.HasPrefix(name, "TEMPORAL_")
	})
	return append(environment,
		"DATABASE_URL="+r.cluster.DatabaseURL(), "DAKASYNC_HTTP_ADDR="+address, "DAKASYNC_QPS=1000", "DAKASYNC_EDITION=unlimited",
		"TEMPORAL_ADDRESS="+r.cluster.Temporal.Address(), "TEMPORAL_NAMESPACE="+r.cluster.Temporal.Namespace(),
		"TEMPORAL_CONFIG_FILE="+os.DevNull,
		"DINGTALK_API_URL="+r.platform.URL(), "DINGTALK_OAPI_URL="+r.platform.URL(), "DINGTALK_CORP_ID="+r.company.CorpID(),
		"DINGTALK_CLIENT_ID="+r.platform.ClientID(), "DINGTALK_CLIENT_SECRET="+r.platform.ClientSecret(),
		"DINGTALK_OP_USER_ID="+company.AdminUserID,
	)
}

// until waits for a condition, and gives up when a program ends meanwhile or it takes too long.
func (r *rig) until(ctx context.Context, what string, longest time.Duration, holds func(context.Context) bool) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for !holds(ctx) {
		for _, name := range r.order {
			select {
			case <-r.programs[name].Done():
				return fmt.Errorf("waited for %s: %w", what, errors.Join(r.programs[name].Err(), errors.New(name+" is not running")))
			default:
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited for %s: %w (use -keep and read the logs)", what, ctx.Err())
		case <-ticker.C:
		}
	}
	return nil
}

// stop ends everything in reverse order.
func (r *rig) stop(ctx context.Context) error {
	var failures []error
	for _, name := range slices.Backward(r.order) {
		failures = append(failures, r.programs[name].Stop(patience))
	}
	if r.platform != nil {
		failures = append(failures, r.platform.Close())
	}
	if r.temporal != nil {
		r.temporal.Close()
	}
	if r.database != nil {
		failures = append(failures, r.database.Close(ctx))
	}
	if r.cluster != nil {
		failures = append(failures, r.cluster.Stop(ctx))
	}
	return errors.Join(failures...)
}

func answersOK(ctx context.Context, address string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	response, err := (&http.Client{Timeout: time.Second}).Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

func freeAddress(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	address := listener.Addr().String()
	return address, listener.Close()
}
