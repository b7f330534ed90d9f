package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/dev/process"
	"dakasync/dev/temporalite"
	"dakasync/ops"
	"dakasync/postgres"
)

// temporalVariable makes this test binary a Temporal server that can be killed: its value is temporalSettings as JSON.
const temporalVariable = "DAKASYNC_E2E_TEMPORAL"

type temporalSettings struct {
	Database string `json:"database"` // host:port
	Password string `json:"password"`
	Port     int    `json:"port"`
	LogFile  string `json:"log_file"`
}

// serveTemporal runs until it is told to stop, or killed.
func serveTemporal(text string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	var settings temporalSettings
	err := json.Unmarshal([]byte(text), &settings)
	if err == nil {
		var server *temporalite.Server
		server, err = temporalite.Start(ctx, temporalite.Options{
			SQL: temporalite.SQL{Address: settings.Database, User: postgres.User, Password: settings.Password}, FrontendPort: settings.Port, NoUI: true, LogFile: settings.LogFile,
		})
		if err == nil && server.Address() != fmt.Sprintf("127.0.0.1:%d", settings.Port) {
			err = errors.Join(errors.New("the port is taken"), server.Stop())
		}
		if err == nil {
			<-ctx.Done()
			err = server.Stop()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e: Temporal:", err)
		return 1
	}
	return 0
}

// servers are a PostgreSQL and a Temporal of a lane's own, which can be killed. PostgreSQL is durable.
type servers struct {
	dir             string
	postgresPort    int
	temporalAddress string
	postgres        *postgres.Server
	temporal        *process.Process
}

// newServers brings both up, with the data in a folder of their own.
func newServers(t *testing.T, dir string) *servers {
	t.Helper()
	s := &servers{dir: dir, postgresPort: portOf(t, reservedOn(t, loopback)), temporalAddress: reservedOn(t, loopback)}
	t.Cleanup(s.stop)
	require.NoError(t, s.startPostgres(t.Context()))
	require.NoError(t, s.startTemporal(t.Context()))
	return s
}

// startPostgres starts it where it was, on what it has left.
func (s *servers) startPostgres(ctx context.Context) error {
	var failure error
	for range 40 { // After a kill its children hold the shared memory for a moment.
		server, err := postgres.Start(ctx, postgres.Options{
			Dir: filepath.Join(s.dir, "postgres"), Port: s.postgresPort,
			Parameters: map[string]string{"max_connections": "300", "max_wal_size": "64MB", "min_wal_size": "32MB"},
		})
		switch {
		case err == nil && server.Port() == s.postgresPort:
			s.postgres = server
			return nil
		case err == nil:
			err = errors.Join(errors.New("its port is taken"), server.Stop(ctx))
		}
		failure = err
		if !ops.Sleep(ctx, 250*time.Millisecond) {
			break
		}
	}
	return fmt.Errorf("start PostgreSQL again: %w", failure)
}

// killPostgres kills the postmaster, as the kernel does when memory runs out.
func (s *servers) killPostgres(ctx context.Context) error {
	text, err := os.ReadFile(filepath.Join(s.dir, "postgres", "data", "postmaster.pid"))
	if err != nil {
		return fmt.Errorf("find the postmaster: %w", err)
	}
	var pid int
	if _, err := fmt.Sscan(string(text), &pid); err != nil || pid <= 1 {
		return fmt.Errorf("find the postmaster in %q: %w", text, err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill the postmaster: %w", err)
	}
	_ = s.postgres.Stop(ctx) // It has ended, and not well: only its lock is to be let go.
	return nil
}

// reviveIfDead starts PostgreSQL again if it has given up.
func (s *servers) reviveIfDead(ctx context.Context) error {
	select {
	case <-s.postgres.Done():
		_ = s.postgres.Stop(ctx)
		return s.startPostgres(ctx)
	default:
		return nil
	}
}

func (s *servers) startTemporal(ctx context.Context) error {
	var port int
	if _, err := fmt.Sscanf(s.temporalAddress, "127.0.0.1:%d", &port); err != nil {
		return err
	}
	settings, err := json.Marshal(temporalSettings{
		Database: s.postgres.Address(), Password: s.postgres.Password(), Port: port, LogFile: filepath.Join(s.dir, "temporal-warnings.log"),
	})
	if err != nil {
		return err
	}
	s.temporal, err = process.Start(process.Spec{
		Name: "Temporal", Path: os.Args[0], Env: append(os.Environ(), temporalVariable+"="+string(settings)), Dir: s.dir,
		LogFile: filepath.Join(s.dir, "temporal.log"),
	})
	return err
}

func (s *servers) killTemporal() error {
	if err := s.temporal.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-s.temporal.Done()
	return nil
}

// reviveTemporalIfDead starts Temporal again if it has ended by itself, as it does when its database is away for too long.
func (s *servers) reviveTemporalIfDead(ctx context.Context) error {
	select {
	case <-s.temporal.Done():
		return s.startTemporal(ctx)
	default:
		return nil
	}
}

func (s *servers) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if s.temporal != nil {
		_ = s.killTemporal()
	}
	if s.postgres != nil {
		_ = s.postgres.Stop(ctx)
	}
}

const fillerName = "filler"

// fill leaves no room on the disk that holds the folder.
func (s *servers) fill() error {
	file, err := os.Create(filepath.Join(s.dir, fillerName))
	if err != nil {
		return err
	}
	defer file.Close()
	block := []byte(strings.Repeat("full", 64<<10))
	for size := len(block); size > 0; {
		if _, err := file.Write(block[:size]); err == nil {
			continue
		} else if !errors.Is(err, syscall.ENOSPC) {
			return err
		}
		size /= 2
	}
	return nil
}

// free gives the room back.
func (s *servers) free() error { return os.Remove(filepath.Join(s.dir, fillerName)) }
