package stack

import (
	"cmp"
	"context"
	"log/slog"
	"path/filepath"

	"dakasync/dev/cluster"
)

// DatabaseURL is the ledger's PostgreSQL.
func (s *Stack) DatabaseURL() string {
	return cmp.Or(s.settings.DatabaseURL, s.cluster.Postgres.URL(cluster.Database))
}

// TemporalAddress is host:port of Temporal's frontend.
func (s *Stack) TemporalAddress() string { return s.cluster.Temporal.Address() }

// UIURL is Temporal's Web UI.
func (s *Stack) UIURL() string { return s.cluster.Temporal.UIURL() }

// SimulatorURL is the simulator's control page; empty without a simulator.
func (s *Stack) SimulatorURL() string {
	if !s.settings.Simulated {
		return ""
	}
	return s.simulatorBase() + "/control/"
}

func (s *Stack) simulatorBase() string { return "http://" + local(s.ports.simulator) }

// HealthURL is where the worker or the starter shows its health.
func (s *Stack) HealthURL(name string) string {
	port := s.ports.worker
	if name == Starter {
		port = s.ports.starter
	}
	return "http://" + local(port)
}

// LogFile is where a program's output goes.
func (s *Stack) LogFile(name string) string { return filepath.Join(s.LogDir(), name+".log") }

// LogDir holds the programs' logs.
func (s *Stack) LogDir() string { return filepath.Join(s.settings.Dir, "logs") }

func (s *Stack) binDir() string { return filepath.Join(s.settings.Dir, "bin") }

// messageHandler shows log records as plain lines.
type messageHandler struct{ printFunc func(line string) }

func (h messageHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}
func (h messageHandler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h messageHandler) WithGroup(string) slog.Handler      { return h }

func (h messageHandler) Handle(_ context.Context, record slog.Record) error {
	h.printFunc(record.Message)
	return nil
}
