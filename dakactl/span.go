package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"dakasync/attendance"
	"dakasync/config"
)

// What a request can hold (see package workflows).
const (
	maxUsers  = 1000
	maxReason = 255
)

// span is what resync and backfill ask for: dates, users, and why.
type span struct {
	from, to string
	users    []string
	reason   string
	wait     bool
	force    bool
	asJSON   bool
	days     attendance.DateRange // as check found them
}

func (s *span) flags(c *cobra.Command) {
	c.Flags().StringVar(&s.from, "from", "", "first date, like 2026-11-01")
	c.Flags().StringVar(&s.to, "to", "", "last date, inclusive")
	c.Flags().StringArrayVar(&s.users, "user", nil, "DingTalk user id; repeat it for several (default: everybody in contacts)")
	c.Flags().StringVar(&s.reason, "reason", "", "why; it stands beside the request")
	c.Flags().BoolVar(&s.wait, "wait", false, "wait for the end, showing the progress")
	forceFlag(c, &s.force)
	jsonFlag(c, &s.asJSON)
}

// answer is what programs are told of the request.
func (s *span) answer(workflowID string, price *cost) *requested {
	return &requested{From: s.from, To: s.to, Users: s.users, WorkflowID: workflowID, Cost: price}
}

// end tells programs what became of it.
func (s *span) end(a *app, answer *requested) error {
	if !s.asJSON {
		return nil
	}
	return a.sayJSON(answer)
}

// check finds what the run would refuse, before anything is sent.
func (s *span) check(a *app, settings config.Config) error {
	today := attendance.DateOf(a.nowFunc(), settings.Company.Location())
	days, err := attendance.ParseRange(s.from, s.to, today)
	if err != nil {
		return fmt.Errorf("nothing was sent: --%w", err)
	}
	s.days = days
	distinct := make([]string, 0, len(s.users))
	seen := map[string]bool{}
	for _, user := range s.users {
		if strings.TrimSpace(user) == "" {
			return errors.New("nothing was sent: --user is empty: give a DingTalk user id, or leave --user out to take everybody")
		}
		if !seen[user] {
			seen[user] = true
			distinct = append(distinct, user)
		}
	}
	s.users = distinct
	if len(s.users) > maxUsers {
		return fmt.Errorf("nothing was sent: %d users are named, at most %d fit: leave --user out to take everybody", len(s.users), maxUsers)
	}
	if len(s.reason) > maxReason {
		return fmt.Errorf("nothing was sent: --reason has %d bytes, at most %d fit", len(s.reason), maxReason)
	}
	return nil
}

// who puts the users into words.
func (s *span) who(a *app) string {
	switch len(s.users) {
	case 0:
		return a.text("everybody")
	case 1:
		return a.textf("user %s", s.users[0])
	default:
		return a.textf("%d users", len(s.users))
	}
}

// watching says how a run can be watched by other means.
func (a *app) watching(settings config.Config, workflowID, query string) {
	namespace := ""
	if ns := settings.Temporal.Options.Namespace; ns != "" && ns != "default" {
		namespace = " --namespace " + ns
	}
	a.sayf("watch it: temporal workflow query%s -w '%s' --type %s", namespace, workflowID, query)
	a.sayf("      or: the run %s in the Temporal UI, query %s", workflowID, query)
}
