package stack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"dakasync/dev/binary"
	"dakasync/dev/cluster"
	"dakasync/dev/process"
	"dakasync/dev/status"
)

// The product's two processes.
const (
	Worker  = "worker"
	Starter = "starter"
)

const (
	// patience is what a program gets to end by itself: three of them and the servers fit into 15 seconds.
	patience         = 4 * time.Second
	serverPatience   = 3 * time.Second
	simulatorTimeout = 60 * time.Second
	schemaPatience   = 10 * time.Second
)

// Stack is everything, running.
type Stack struct {
	settings   Settings
	ports      ports
	printFunc  func(line string)
	cluster    *cluster.Cluster
	programs   []*process.Supervisor // in the order of their start
	done       chan struct{}
	failOnce   sync.Once
	err        error
	stopOnce   sync.Once
	stopErr    error
	watchGroup sync.WaitGroup
}

// Start brings everything up. printFunc hears what a person should see; it is called from several goroutines. When the
// context ends, Start gives up; later on only Stop ends anything.
func Start(ctx context.Context, settings Settings, printFunc func(line string)) (*Stack, error) {
	if err := os.MkdirAll(settings.Dir, 0o755); err != nil { //nolint:gosec // The database server's account passes through.
		return nil, fmt.Errorf("make the data folder (DAKASYNC_DEV_DIR says where): %w", err)
	}
	stack := &Stack{settings: settings, printFunc: printFunc, done: make(chan struct{})}
	if err := stack.start(ctx); err != nil {
		return nil, errors.Join(err, stack.Stop(context.WithoutCancel(ctx)))
	}
	return stack, nil
}

func (s *Stack) start(ctx context.Context) error {
	if err := s.startServers(ctx); err != nil {
		return err
	}
	s.watchGroup.Go(s.watchPostgres)
	if s.settings.Simulated {
		if err := s.startSimulator(ctx); err != nil {
			return err
		}
	}
	if err := s.startProduct(ctx, Worker, &s.ports.worker, workerPort); err != nil {
		return err
	}
	s.waitForSchema(ctx)
	if err := s.startProduct(ctx, Starter, &s.ports.starter, starterPort); err != nil {
		return err
	}
	return ctx.Err()
}

// startServers brings up PostgreSQL and Temporal while the programs are being built.
func (s *Stack) startServers(ctx context.Context) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		// The group's context ends with the group, which bounds no more than this start.
		started, err := cluster.Start(groupCtx, cluster.Options{
			Dir: s.settings.Dir, PostgresPort: postgresPort, TemporalPort: temporalPort, UIPort: uiPort,
			Logger: slog.New(messageHandler{s.printFunc}),
		})
		s.cluster = started
		return err
	})
	group.Go(func() error {
		names := []string{Starter, Worker, "dakactl"}
		if s.settings.Simulated {
			names = append(names, "simulator")
		}
		return binary.Build(groupCtx, s.settings.Root, s.binDir(), false, names...)
	})
	return group.Wait()
}

func (s *Stack) startProduct(ctx context.Context, name string, port *int, wanted int) error {
	free, err := freePort(ctx, wanted)
	if err != nil {
		return err
	}
	*port = free
	return s.startProgram(name, nil, s.productEnvironment(free))
}

func (s *Stack) startSimulator(ctx context.Context) error {
	free, err := freePort(ctx, simulatorPort)
	if err != nil {
		return err
	}
	s.ports.simulator = free
	arguments := []string{
		"-addr", local(s.ports.simulator), "-corp", simulatedCorp, "-client-id", simulatedID, "-client-secret", simulatedSecret,
		"-state", filepath.Join(s.settings.Dir, "simulator.state"),
	}
	if err := s.startProgram("simulator", arguments, nil); err != nil {
		return err
	}
	return s.waitForSimulator(ctx)
}

// waitForSimulator spares the starter its first failed connection and the pause after it.
func (s *Stack) waitForSimulator(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, simulatorTimeout)
	defer cancel()
	simulator := s.programs[len(s.programs)-1]
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !answers(ctx, s.SimulatorURL()) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the simulator did not answer at %s: %w", s.SimulatorURL(), ctx.Err())
		case <-simulator.Done():
			return simulator.Err()
		case <-ticker.C:
		}
	}
	return nil
}

// waitForSchema gives the worker a while to make the tables, so that the starter need not warn that there are none. It
// waits by itself too, so nothing comes of it when they do not come.
func (s *Stack) waitForSchema(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.settings.schemaPatience)
	defer cancel()
	reader := status.NewReader(s.DatabaseURL())
	defer reader.Close(context.WithoutCancel(ctx))
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		if _, err := reader.Read(ctx); err == nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-s.done:
			return
		case <-ticker.C:
		}
	}
}

func answers(ctx context.Context, address string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	response, err := (&http.Client{Timeout: time.Second}).Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil
}

func (s *Stack) startProgram(name string, arguments []string, environment map[string]string) error {
	supervisor, err := process.Supervise(process.Spec{
		Name: name, Path: filepath.Join(s.binDir(), name), Args: arguments, Dir: s.settings.Dir,
		Env: s.settings.programEnvironment(environment), LogFile: s.LogFile(name),
		WarnFunc: func(line string) { s.printFunc(name + ": " + line) },
	}, s.printFunc)
	if err != nil {
		return err
	}
	s.programs = append(s.programs, supervisor)
	s.watchGroup.Go(func() {
		<-supervisor.Done()
		s.fail(supervisor.Err())
	})
	return nil
}

// productEnvironment tells a program of ours where everything is.
func (s *Stack) productEnvironment(healthPort int) map[string]string {
	environment := map[string]string{
		"DATABASE_URL": s.DatabaseURL(), "DAKASYNC_HTTP_ADDR": local(healthPort),
		"TEMPORAL_ADDRESS": s.cluster.Temporal.Address(), "TEMPORAL_NAMESPACE": s.cluster.Temporal.Namespace(),
		// Temporal's client would else take what the user's own profile says about other servers.
		"TEMPORAL_CONFIG_FILE": os.DevNull,
	}
	if s.settings.Simulated {
		environment["DINGTALK_API_URL"], environment["DINGTALK_OAPI_URL"] = s.simulatorBase(), s.simulatorBase()
		environment["DINGTALK_CORP_ID"], environment["DINGTALK_OP_USER_ID"] = simulatedCorp, simulatedAdmin
		environment["DINGTALK_CLIENT_ID"], environment["DINGTALK_CLIENT_SECRET"] = simulatedID, simulatedSecret
	}
	return environment
}

func (s *Stack) watchPostgres() {
	<-s.cluster.Postgres.Done()
	if err := s.cluster.Postgres.Err(); err != nil {
		s.fail(fmt.Errorf("PostgreSQL ended: %w", err))
		return
	}
	s.fail(errors.New("PostgreSQL ended: somebody stopped it"))
}

// fail ends the watching; the first reason counts, and what comes of Stop is none.
func (s *Stack) fail(err error) {
	s.failOnce.Do(func() {
		s.err = err
		close(s.done)
	})
}

// Done is closed when something that cannot be started again has ended, and by Stop.
func (s *Stack) Done() <-chan struct{} { return s.done }

// Err is why Done is closed; nil after Stop.
func (s *Stack) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Stop ends everything in reverse order; the context bounds the servers' orderly end. A program that had to be killed is no fault here: nothing is lost by it.
func (s *Stack) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() {
		s.fail(nil)
		for _, supervisor := range slices.Backward(s.programs) {
			_ = supervisor.Stop(patience)
		}
		if s.cluster != nil {
			ctx, cancel := context.WithTimeout(ctx, serverPatience)
			defer cancel()
			s.stopErr = s.cluster.Stop(ctx)
		}
		s.watchGroup.Wait()
	})
	return s.stopErr
}
