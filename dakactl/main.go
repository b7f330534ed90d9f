// Command dakactl is the operator's hand on dakasync: it brings the schema up,
// shows how things stand, and asks for days to be fetched again.
//
// It guarantees that dates are checked before anything is sent, that faults in
// the settings are named all at once (exit status 2), and that every other
// failure is one sentence that says what failed and what to do (exit status 1).
// A command needs only the settings it uses.
//
// Temporal and the ledger are authoritative; dakactl keeps nothing, and but for
// doctor it never calls DingTalk. What it asks for is done by the worker, and
// goes on when dakactl is interrupted.
package main

import (
	"context"
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
		return newRoot(a).ExecuteContext(ctx) //nolint:contextcheck // Cobra hands it to the commands.
	})
}
