// Command dakactl is the operator's hand on dakasync: it brings the schema up,
// shows how things stand, and asks for days to be fetched again.
//
// It guarantees that dates are checked before anything is sent, that faults in
// the settings are named all at once (exit status 2), and that every other
// failure is one sentence that says what failed and what to do (exit status 1),
// also of a command that was interrupted. A command needs only the settings it
// uses.
//
// Temporal and the ledger are authoritative; dakactl keeps nothing, and but for
// doctor it never calls DingTalk. What it asks for is done by the worker, and
// goes on when dakactl is interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"dakasync/dakactl/say"
	"dakasync/ops"
)

// pollPause is the wait between two looks at something that is under way.
const pollPause = time.Second

func main() { os.Exit(run()) }

func run() int {
	return ops.Run("dakactl", os.Stderr, func(ctx context.Context, _ *ops.Stack) error {
		a := &app{
			out: os.Stdout, errOut: os.Stderr, nowFunc: time.Now, pollPause: pollPause,
			dialFunc: dialTemporal, openFunc: openLedger, words: say.ByLocale(os.Getenv), terminal: term.IsTerminal(int(os.Stderr.Fd())),
		}
		return interrupted(ctx, newRoot(a).ExecuteContext(ctx)) //nolint:contextcheck // Cobra hands it to the commands.
	})
}

// interrupted is a command's error. A command that was cut short has not done what it was asked for: a script, or a Job whose
// node is drained, must not take it for done, as a process that was told to stop, and did, is (see ops.Run).
func interrupted(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("interrupted: %v", err) //nolint:errorlint // Without the cancellation in it.
}
