// Command bench measures dakasync from socket to row, beside the same workflow with empty activities on the same server in
// the same run: `go run ./dev/bench`, or `make bench`. It writes docs/performance.md and prints the same.
//
// It guarantees that every ratio compares rounds that took turns in one run, so that a slow or busy machine slows both sides; and that the
// programs measured are the ones that users deploy. Calls are counted in simulated months, in virtual time (package month), and only where the
// ledger equals the truth. The rounds take less than five minutes, the months a few more; nothing is left behind but the
// document, which is generated whole: edit the template beside this file, not the document.
//
// PostgreSQL's own commit timestamps are authoritative for when a row was there, the simulator's delivery records for when an
// event was acknowledged, and the histories of the runs for where the time went.
//
// On failure it says which part failed, with the last lines of a program that ended, and the document stays as it was.
// It measures no DingTalk: the simulator answers at once, without quotas, limits and faults.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"dakasync/dev/binary"
)

// longest bounds a run that hangs, and longestMonths the months in it.
const (
	longest       = 8 * time.Minute
	longestMonths = 2 * time.Hour
)

var errNoMonths = errors.New("the document needs the months too: without them only print, with -out -")

func (p Plan) longest() time.Duration {
	if p.Months {
		return longest + longestMonths
	}
	return longest
}

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := command(ctx, os.Args[1:])
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		return 0
	default:
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
}

func command(ctx context.Context, arguments []string) error {
	if len(arguments) > 0 && arguments[0] == emptyWorkerArgument {
		return runEmptyWorker(ctx, arguments[1:])
	}
	plan := defaultPlan()
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&plan.EvenSeconds, "even", plan.EvenSeconds, "seconds of an even round")
	flags.IntVar(&plan.EvenRounds, "even-rounds", plan.EvenRounds, "even rounds of either side")
	flags.IntVar(&plan.Burst, "burst", plan.Burst, "events of a saturating round")
	flags.IntVar(&plan.BurstRounds, "burst-rounds", plan.BurstRounds, "saturating rounds of either side")
	out := flags.String("out", "", "where to write the report (default docs/performance.md of the repository; - only prints)")
	flags.StringVar(&plan.Profile, "profile", "", "where to write a CPU profile of this process (Temporal server, simulator) at saturation")
	flags.BoolVar(&plan.Months, "month", plan.Months, "simulate months, and count what DingTalk would bill")
	flags.IntVar(&plan.Many, "month-many", plan.Many, "workdays of a company of 1,000 beside that of 60 (22 take most of an hour); 0: without it")
	flags.IntVar(&plan.Largest, "month-largest", plan.Largest, "workdays of a company of 10,000 (2 take as long); 0: without it")
	onlyMonths := flags.Bool("only-months", false, "simulate months, print their section, and measure nothing else")
	keep := flags.Bool("keep", false, "keep the data folder with the logs")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if err := plan.check(); err != nil {
		return err
	}
	if *onlyMonths {
		return printMonths(ctx, plan)
	}
	if !plan.Months && *out != "-" {
		return errNoMonths
	}
	ctx, cancel := context.WithTimeout(ctx, plan.longest())
	defer cancel()
	root, err := binary.Root()
	if err != nil {
		return err
	}
	if *out == "" {
		*out = filepath.Join(root, "docs", "performance.md")
	}
	figures, err := measureAll(ctx, root, plan, *keep)
	if err != nil {
		return err
	}
	return publish(figures, *out)
}

// printMonths measures the months alone.
func printMonths(ctx context.Context, plan Plan) (err error) {
	dir, err := dataFolder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, cancel := context.WithTimeout(ctx, longestMonths)
	defer cancel()
	measured, err := measureMonths(ctx, dir, plan)
	if err != nil {
		return err
	}
	text, err := section(*measured)
	fmt.Print(text)
	return err
}

func publish(figures Figures, path string) error {
	text, err := report(figures)
	if err != nil {
		return err
	}
	fmt.Print(text)
	if path == "-" {
		return nil
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // A document of the repository.
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// sayf tells the person at the terminal what is going on.
func sayf(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", arguments...)
}
