package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"dakasync/config"
	"dakasync/dakactl/say"
	"dakasync/ops"
)

// app is what the commands share.
type app struct {
	out, errOut io.Writer
	nowFunc     func() time.Time
	zone        *time.Location // of the company: status shows times by its clock
	pollPause   time.Duration
	words       say.Printer
	terminal    bool // a person looks at errOut
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
	root.AddCommand(a.migrateCommand(), a.statusCommand(), a.resyncCommand(), a.backfillCommand(), a.reconcileCommand(), a.drainCommand(), a.planCommand(), a.codecCommand(),
		a.eraseCommand(), a.pruneCommand())
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.AddCommand(a.explainCommand(), a.exportCommand(), a.doctorCommand(), a.livetestCommand())
	for _, c := range root.Commands() {
		c.Args = orUsage(c.Args)
	}
	a.translate(root)
	return root
}

// orUsage says what a command takes where it was given something else: Cobra counts arguments, and does not name them.
func orUsage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return fmt.Errorf("%w: %s", err, c.UseLine())
		}
		return nil
	}
}

// sayf writes a line to the person, in their language. Nobody is left to tell when
// that fails.
func (a *app) sayf(format string, args ...any) {
	_, _ = fmt.Fprintln(a.out, a.textf(format, args...))
}

// text and textf are a message in the person's language.
func (a *app) text(english string) string { return a.words.Text(english) }

func (a *app) textf(english string, args ...any) string { return a.words.Textf(english, args...) }
