// Command simulator is a fake DingTalk with a company behind it that works around the clock: a developer's stand-in for the real
// one. Packages company and platform describe what it does and does not do; GET /control/ lists what can be made to happen.
//
// Every flag may also be set in the environment, as SIMULATOR_ADDR, SIMULATOR_HISTORY_DAYS and so on.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// settings of the program.
type settings struct {
	addr, corp, clientID, clientSecret, state string
	employees, historyDays                    int
	seed                                      int64
	rate                                      float64
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Getenv, os.Stderr)
	stop()
	os.Exit(status)
}

func run(ctx context.Context, arguments []string, getenv func(string) string, output io.Writer) int {
	s, status := parse(arguments, getenv, output)
	if s == nil {
		return status
	}
	logger := slog.New(slog.NewTextHandler(output, nil))
	if err := serve(ctx, *s, logger); err != nil {
		logger.Error("simulator failed", "error", err)
		return exitFailed
	}
	return exitOK
}

func parse(arguments []string, getenv func(string) string, output io.Writer) (*settings, int) {
	var s settings
	flags := flag.NewFlagSet("simulator", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.StringVar(&s.addr, "addr", "127.0.0.1:8765", "address to listen on")
	flags.IntVar(&s.employees, "employees", 60, "number of people")
	flags.Int64Var(&s.seed, "seed", 1, "seed of the world")
	flags.StringVar(&s.corp, "corp", "dingsimulated0001", "corp id")
	flags.StringVar(&s.clientID, "client-id", "dingsimulatedapp01", "AppKey of the one app")
	flags.StringVar(&s.clientSecret, "client-secret", "simulated-secret", "AppSecret of the one app")
	flags.IntVar(&s.historyDays, "history-days", 7, "past days of the company; their events are not pushed")
	flags.Float64Var(&s.rate, "rate", 0.5, "live happenings a second, besides the daily script")
	flags.StringVar(&s.state, "state", "", "journal file: a restart goes on from the same world")
	var fault error
	flags.VisitAll(func(f *flag.Flag) {
		name := "SIMULATOR_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if value := getenv(name); value != "" && fault == nil {
			if err := flags.Set(f.Name, value); err != nil {
				fault = fmt.Errorf("%s: %w", name, err)
			}
		}
	})
	if fault == nil {
		fault = flags.Parse(arguments)
	}
	switch {
	case fault == flag.ErrHelp: //nolint:errorlint // Parse returns it as it is
		return nil, exitOK
	case fault != nil:
		_, _ = fmt.Fprintln(output, fault)
		return nil, exitUsage
	case s.employees < 1 || s.historyDays < 0 || s.rate < 0:
		_, _ = fmt.Fprintln(output, "-employees must be 1 or more; -history-days and -rate 0 or more")
		return nil, exitUsage
	}
	return &s, exitOK
}

// tick is how often the company's clock follows the real one.
const tick = 200 * time.Millisecond

func serve(ctx context.Context, s settings, logger *slog.Logger) error {
	started := time.Now()
	people, err := found(s, started)
	if err != nil {
		return err
	}
	defer people.close()
	people.Advance(time.Now()) // what happened so far is history: it is not pushed
	p := platform.New(platform.Options{
		Company: people.Company, ClientID: s.clientID, ClientSecret: s.clientSecret, Logger: logger,
	})
	if err := p.Start(ctx, s.addr); err != nil {
		_ = p.Close()
		return err
	}
	logger.Info("simulated DingTalk is up", "url", p.URL(), "control", p.URL()+"/control/", "corp", people.CorpID(),
		"people", len(people.Employees()), "since", people.FirstDay().String(), "seconds", time.Since(started).Seconds())
	live(ctx, people.Company, s.rate, logger)
	logger.Info("simulated DingTalk stops")
	return p.Close()
}

// live lets the company's clock follow the real one, with traffic at any hour.
func live(ctx context.Context, c *company.Company, rate float64, logger *slog.Logger) {
	crowd := newTraffic(c, rate, logger)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			c.Advance(now)
			crowd.act(tick)
		}
	}
}
