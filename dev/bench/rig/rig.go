// Package rig brings up what the chapters measure: a private PostgreSQL server with fsync, an embedded Temporal server that keeps its
// data in it, simulated companies, and dakasync's programs, built as users get them and run as processes of their own.
//
// PostgreSQL keeps the time of every commit. What is started is stopped in reverse order by Stop; where something cannot be started,
// nothing is left running. It measures no chapter's figures, but reads memory and CPU time of processes, from /proc: Linux only.
package rig

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"golang.org/x/sync/errgroup"

	"dakasync/dev/binary"
	"dakasync/dev/cluster"
	"dakasync/dev/process"
)

// The programs.
const (
	Worker  = "worker"
	Starter = "starter"
)

const (
	patience     = 12 * time.Second // more than the programs' own ten
	readyTimeout = 90 * time.Second
	pollInterval = 50 * time.Millisecond
	dirMode      = 0o755 // the database server's account passes through
)

// Place is where a chapter works.
type Place struct {
	Root string // the repository
	Dir  string // an empty folder of the chapter's, which the database server's account may use
}

// Options say what is brought up.
type Options struct {
	Programs   []string          // to build; of the root module
	Parameters map[string]string // PostgreSQL's settings to add to ours
	Dynamic    map[string]any    // Temporal's dynamic configuration
}

// Rig is everything that is measured, running.
type Rig struct {
	Cluster  *cluster.Cluster
	Temporal client.Client

	place   Place
	sources int
	order   []*process.Process
	after   []func() error // in reverse
}

// Start builds the programs and brings up the servers.
func Start(ctx context.Context, place Place, options Options) (_ *Rig, err error) {
	r := &Rig{place: place}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Stop(context.WithoutCancel(ctx)))
		}
	}()
	Sayf("building the programs, starting PostgreSQL and Temporal")
	parameters := map[string]string{"track_commit_timestamp": "on"}
	maps.Copy(parameters, options.Parameters)
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return binary.Build(groupCtx, place.Root, filepath.Join(place.Dir, "bin"), false, options.Programs...)
	})
	group.Go(func() error {
		var err error
		r.Cluster, err = cluster.Start(groupCtx, cluster.Options{Dir: place.Dir, NoUI: true, Parameters: parameters, Dynamic: options.Dynamic})
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	silent := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	r.Temporal, err = client.DialContext(ctx, client.Options{
		HostPort: r.Cluster.Temporal.Address(), Namespace: r.Cluster.Temporal.Namespace(), Logger: silent,
		ConnectionOptions: client.ConnectionOptions{GrpcCompression: &client.GrpcCompressionNone{}}, // as the product's
	})
	if err != nil {
		return nil, fmt.Errorf("connect to Temporal: %w", err)
	}
	return r, nil
}

// Run starts a program; the log goes to a file of the program's name.
func (r *Rig) Run(name, path string, arguments, environment []string) (*process.Process, error) {
	program, err := process.Start(process.Spec{
		Name: name, Path: path, Args: arguments, Env: environment, Dir: r.place.Dir, LogFile: filepath.Join(r.place.Dir, name+".log"),
		WarnFunc: func(line string) { Sayf("%s: %s", name, line) },
	})
	if err != nil {
		return nil, err
	}
	r.order = append(r.order, program)
	return program, nil
}

// Folder is the chapter's.
func (r *Rig) Folder() string { return r.place.Dir }

// After has something ended when the programs are, the last first.
func (r *Rig) After(end func() error) { r.after = append(r.after, end) }

// Until waits for a condition, and gives up when a program ends meanwhile or it takes too long.
func (r *Rig) Until(ctx context.Context, what string, longest time.Duration, holds func(context.Context) bool) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for !holds(ctx) {
		for _, program := range r.order {
			select {
			case <-program.Done():
				return fmt.Errorf("waited for %s: %w", what, errors.Join(program.Err(), errEnded))
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

var errEnded = errors.New("a program is not running any more")

// End stops a program before the others.
func (r *Rig) End(program *process.Process) error {
	r.order = slices.DeleteFunc(r.order, func(p *process.Process) bool { return p == program })
	return program.Stop(patience)
}

// Stop ends everything in reverse order.
func (r *Rig) Stop(ctx context.Context) error {
	var failures []error
	for _, program := range slices.Backward(r.order) {
		failures = append(failures, program.Stop(patience))
	}
	for _, end := range slices.Backward(r.after) {
		failures = append(failures, end())
	}
	if r.Temporal != nil {
		r.Temporal.Close()
	}
	if r.Cluster != nil {
		failures = append(failures, r.Cluster.Stop(ctx))
	}
	return errors.Join(failures...)
}

// Sayf tells the person at the terminal what is going on.
func Sayf(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", arguments...)
}
