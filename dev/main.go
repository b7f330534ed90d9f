// Command dev runs the whole of dakasync on this machine: `go run ./dev`, or `make up`. See package stack.
//
// Exit status: 0 after Ctrl-C or SIGTERM, 2 when a program found its settings at fault, 1 otherwise.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"dakasync/dev/binary"
	"dakasync/dev/process"
	"dakasync/dev/screen"
	"dakasync/dev/stack"
)

func main() { os.Exit(run()) }

func run() int {
	began := time.Now()
	ctx, restore := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer restore()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go watchParent(ctx, cancel)
	// A second signal ends us at once; our children end with us.
	context.AfterFunc(ctx, restore)

	out := screen.New(os.Stdout)
	err := watchOver(ctx, out, began)
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		return exitStatus(err)
	}
	return 0
}

func watchOver(ctx context.Context, out *screen.Screen, began time.Time) error {
	root, err := binary.Root()
	if err != nil {
		return err
	}
	settings, err := stack.LoadSettings(root)
	if err != nil {
		return err
	}
	out.Print("starting dakasync in " + settings.Dir + " (Ctrl-C stops everything, the data stays)")
	running, err := stack.Start(ctx, settings, out.Print)
	if err != nil {
		return err
	}
	welcome(out, settings, running)
	watch(ctx, out, running, began)
	out.EndLive()
	failure := running.Err()
	out.Print("stopping …")
	if err := running.Stop(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(failure, err)
	}
	out.Print("stopped; the data stays in " + settings.Dir)
	return failure
}

func welcome(out *screen.Screen, settings stack.Settings, running *stack.Stack) {
	against := "DingTalk, company " + settings.Environment["DINGTALK_CORP_ID"]
	if settings.Simulated {
		against = "a simulated company: no DINGTALK_CLIENT_ID is set, in the environment or in .env"
	}
	out.Print("running against " + against)
	out.Print("  Temporal UI  " + running.UIURL())
	if settings.Simulated {
		out.Print("  simulator    " + running.SimulatorURL())
	}
	if settings.DatabaseURL == "" {
		out.Print("  ledger       psql '" + running.DatabaseURL() + "'")
	} else {
		out.Print("  ledger       the database of DATABASE_URL")
	}
	out.Print("  temporal     " + running.TemporalAddress())
	out.Print("  health       " + running.HealthURL(stack.Worker) + "/readyz  " + running.HealthURL(stack.Starter) + "/readyz")
	out.Print("  logs         " + running.LogDir())
}

// exitStatus tells a fault in the settings from others, as the programs do.
func exitStatus(err error) int {
	const configuration = 2
	var exit *process.ExitError
	if errors.As(err, &exit) && exit.Misconfigured() {
		return configuration
	}
	return 1
}
