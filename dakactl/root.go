package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"dakasync/config"
	"dakasync/ops"
)

// app is what the commands share.
type app struct {
	out, errOut io.Writer
	nowFunc     func() time.Time
	pollPause   time.Duration
	dialFunc    func(context.Context, config.Config) (temporalClient, error)
	openFunc    func(context.Context, config.Config) (ledgerStore, error)
}

// newRoot is the whole command tree.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:           "dakactl",
		Short:         "Operate dakasync: schema, status, cost, and fetching days again",
		Version:       ops.Version("dakactl"),
		SilenceErrors: true, // main prints them
		SilenceUsage:  true, // a sentence says more than the usage text
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetOut(a.out)
	root.SetErr(a.errOut)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(a.migrateCommand(), a.statusCommand(), a.resyncCommand(), a.backfillCommand(), a.reconcileCommand(), a.drainCommand(), a.planCommand(), a.codecCommand(),
		a.eraseCommand(), a.pruneCommand())
	root.AddCommand(a.doctorCommand(), a.livetestCommand())
	return root
}

// sayf writes a line to the person. Nobody is left to tell when that fails.
func (a *app) sayf(format string, args ...any) {
	_, _ = fmt.Fprintf(a.out, format+"\n", args...)
}
