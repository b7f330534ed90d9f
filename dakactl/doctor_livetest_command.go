package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dakasync/config"
	"dakasync/doctor"
	"dakasync/ops"
	"dakasync/stream"
	"dakasync/workflows"
)

const (
	liveWait   = 15 * time.Minute
	liveSettle = 2 * time.Minute
)

const liveWords = `This tries whether DingTalk puts an event that could not be pushed on the failed-push list. No page says so for Stream.
  1. It connects as your app, and refuses every event that comes, until DingTalk gives up. All starters must be stopped.
  2. A running worker reads the failed-push list, as it always does: what is on it is stored and followed up.
  3. What came of it is kept in dakasync.live_test, and dakactl doctor shows it.
It costs a few pushes, a billed call each %s of step 2, and this: what happens meanwhile is known late. Start the starters again
afterwards; they have the blind time swept, which finds what was refused.
`

func (a *app) livetestCommand() *cobra.Command {
	var wait, settle time.Duration
	var yes, asJSON bool
	c := &cobra.Command{
		Use:   "livetest [--yes] [--wait 15m] [--settle 2m] [--json]",
		Short: "Try whether a refused event comes onto the failed-push list",
		Long:  a.textf(liveWords, readEvery),
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			aside := a.aside(asJSON)
			aside.sayf(liveWords, readEvery)
			if !yes && !confirmed(c.InOrStdin(), aside) {
				return errors.New("nothing was done: say yes, or --yes")
			}
			found, err := aside.livetest(c.Context(), wait, settle)
			if err != nil || !asJSON {
				return err
			}
			return a.sayJSON(found)
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask before it begins")
	c.Flags().DurationVar(&wait, "wait", liveWait, "how long to wait for an event, and then for the list")
	jsonFlag(c, &asJSON)
	c.Flags().DurationVar(&settle, "settle", liveSettle, "after how long without another push DingTalk has given up")
	return c
}

func confirmed(in io.Reader, a *app) bool {
	a.sayf("Begin? (yes/no)")
	answer, _ := bufio.NewReader(in).ReadString('\n') // an end is a no
	return strings.TrimSpace(answer) == "yes"
}

func (a *app) livetest(ctx context.Context, wait, settle time.Duration) (doctor.Finding, error) {
	settings, err := config.Load(config.ForDoctor)
	if err != nil {
		return doctor.Finding{}, err
	}
	w, err := newWard(ctx, settings, a.nowFunc)
	if err != nil {
		return doctor.Finding{}, err
	}
	defer w.close()
	test := &liveTest{
		ledger: w.store, nowFunc: a.nowFunc, sayf: a.sayf, wait: wait, settle: settle,
		pauseFunc: func(ctx context.Context) { ops.Sleep(ctx, a.pollPause) },
		readFunc:  func(ctx context.Context) error { return a.trigger(ctx, settings, workflows.ScheduleDrain, nil, false) },
		refuseFunc: func(ctx context.Context, heard func(stream.Refusal)) error {
			a.sayf("connecting; now clock in on the phone, or have somebody do so")
			return stream.Refuse(ctx, string(settings.App.APIURL), settings.App.ClientID, settings.App.ClientSecret, heard)
		},
	}
	came, err := test.run(ctx)
	if err != nil {
		return doctor.Finding{}, fmt.Errorf("the test came to no answer; start the starters again: %w", err)
	}
	f := doctor.JudgeLive(came, settings.Company.Location())
	a.sayf("%s: %s", a.text(string(f.Severity)), f.Saw.In(a.text))
	if !f.Next.IsZero() {
		a.sayf("why:  %s\nnext: %s", f.Why.In(a.text), f.Next.In(a.text))
	}
	a.sayf("start the starters again")
	return f, nil
}
