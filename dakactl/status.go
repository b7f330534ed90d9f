package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"dakasync/config"
)

func (a *app) statusCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status [--json]",
		Short: "Show what came in, what is stored, what was spent, and what is under way",
		Long: "Asks the ledger and Temporal. When one of them does not answer the other is shown all the same, and the exit\n" +
			"status is 1.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.status(c.Context(), asJSON) },
	}
	jsonFlag(c, &asJSON)
	return c
}

// standing is how things stand: what `status --json` prints.
type standing struct {
	Ledger   *ledgerStanding   `json:"ledger,omitempty"`
	Temporal *temporalStanding `json:"temporal,omitempty"`
	Errors   []string          `json:"errors"` // of a store that did not answer
}

func (a *app) status(ctx context.Context, asJSON bool) error {
	settings, err := config.Load(config.ForStatus)
	if err != nil {
		return err
	}
	a.zone = settings.Company.Location()
	s := standing{Errors: []string{}}
	ofLedger, ledgerErr := a.lookAtLedger(ctx, settings)
	ofTemporal, temporalErr := a.lookAtTemporal(ctx, settings)
	for _, err := range []error{ledgerErr, temporalErr} {
		if err != nil {
			s.Errors = append(s.Errors, err.Error())
		}
	}
	s.Ledger, s.Temporal = ofLedger, ofTemporal
	if err := a.show(s, asJSON); err != nil {
		return err
	}
	return errors.Join(ledgerErr, temporalErr)
}

// moment is a time by the company's clock.
func (a *app) moment(t time.Time) string { return t.In(a.zone).Format(time.DateTime) }

func (a *app) show(s standing, asJSON bool) error {
	if !asJSON {
		a.showLedger(s.Ledger)
		a.showTemporal(s.Temporal)
		return nil
	}
	return a.sayJSON(s)
}
