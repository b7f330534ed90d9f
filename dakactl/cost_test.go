package main

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"dakasync/attendance"
	"dakasync/budget"
)

// A request says what it costs before it is made, and one that is over what is
// left is not.
func TestCostIsSaidAndWhatIsOverIsRefused(t *testing.T) {
	backfill := []string{"backfill", "--from", "2026-10-01", "--to", "2026-10-31"}
	resync := []string{"resync", "--from", "2026-10-01", "--to", "2026-10-31"}
	one := []string{"resync", "--from", "2026-11-01", "--to", "2026-11-01", "--user", "u1"}
	sweep := []string{"reconcile", "--date", "2026-11-01"}
	open := []string{"reconcile"}
	for name, test := range map[string]struct {
		args      []string
		variables map[string]string
		facts     budget.Facts
		kept      time.Time
		started   int
		factsErr  error
		openErr   error
		says      string // "" if nothing is
		refused   string // "" if it is done
	}{
		"enough": {
			args: backfill, facts: budget.Facts{Employees: 200, Calls: 1000},
			says: "the backfill costs about 299 calls (200 users, 31 days), and 1 or 2 for each approval that is not read yet; 3,500 are left this month, 1,000 of 5,000 are spent\n",
		},
		"not enough": {
			args: backfill, facts: budget.Facts{Employees: 200, Calls: 4300},
			says: "the backfill costs about 299 calls (200 users, 31 days), and 1 or 2 for each approval that is not read yet; 200 are left this month, 4,300 of 5,000 are spent\n",
			refused: "nothing was sent: 299 calls would be made and 200 are left until 1 December: 4,300 of the month's 5,000 are spent, and 500 are kept for what people ask for; " +
				"ask for less, raise the budget (DAKASYNC_EDITION, DAKASYNC_MONTHLY_CALLS), or give --force",
		},
		"forced": {
			args: append(backfill, "--force"), facts: budget.Facts{Employees: 200, Calls: 4300},
			says: "forced: 299 calls would be made and 200 are left until 1 December",
		},
		"a re-sync has the reserve": {
			args: resync, facts: budget.Facts{Employees: 200, Calls: 4300},
			says: "the re-sync costs about 299 calls (200 users, 31 days), and 1 or 2 for each approval that is not read yet; 700 are left this month, 4,300 of 5,000 are spent\n",
		},
		"and no more": {
			args: resync, facts: budget.Facts{Employees: 200, Calls: 4900}, says: "; 100 are left",
			refused: "299 calls would be made and 100 are left until 1 December: 4,900 of the month's 5,000 are spent; ask for less",
		},
		"refused by DingTalk": {
			args: backfill, facts: budget.Facts{Employees: 200, Calls: 10, Refused: now.Add(-time.Hour)},
			says: "the backfill costs about 299 calls (200 users, 31 days), and 1 or 2 for each approval that is not read yet; " +
				"DingTalk said at 2026-11-03 11:00:00 that this month's calls are spent (90020): it waits until calls are bought or the month turns\n",
			refused: "nothing was sent: 299 calls would be made and none is left until 1 December: DingTalk says that the month's are spent (90020); " +
				"buy calls, wait for the month to turn, or give --force",
		},
		"the reserve is refused too": {
			args: resync, facts: budget.Facts{Employees: 200, Calls: 10, Refused: now.Add(-time.Hour)},
			says:    "; DingTalk said at 2026-11-03 11:00:00 that this month's calls are spent (90020)",
			refused: "none is left until 1 December: DingTalk says that the month's are spent (90020); buy calls",
		},
		"which is tried all the same": {
			args: append(resync, "--force"), facts: budget.Facts{Employees: 200, Calls: 10, Refused: now.Add(-time.Hour)},
			says: "forced: 299 calls would be made and none is left until 1 December: DingTalk says",
		},
		"refused with no budget": {
			args: resync, variables: map[string]string{"DAKASYNC_EDITION": "unlimited"}, facts: budget.Facts{Employees: 200, Refused: now.Add(-time.Hour)},
			says: "; DingTalk said at", refused: "DingTalk says that the month's are spent",
		},
		"refused last month": {
			args: resync, facts: budget.Facts{Employees: 200, Refused: now.AddDate(0, 0, -5)}, says: "; 5,000 are left this month",
		},
		"no budget": {
			args: backfill, variables: map[string]string{"DAKASYNC_EDITION": "unlimited"}, facts: budget.Facts{Employees: 200, Calls: 10},
			says: "the backfill costs about 299 calls (200 users, 31 days), and 1 or 2 for each approval that is not read yet; no budget is set, and 10 are spent this month\n",
		},
		"a budget of one's own": {
			args: backfill, variables: map[string]string{"DAKASYNC_MONTHLY_CALLS": "200"}, facts: budget.Facts{Employees: 200},
			says: "180 are left", refused: "299 calls would be made and 180 are left",
		},
		"one user": {
			args: one, says: "the re-sync costs about 6 calls (1 user, 1 day), and 1 or 2 for each approval that is not read yet; 5,000 are left this month, 0 of 5,000 are spent\n",
		},
		"nobody has read contacts": {
			args: backfill, says: "the backfill costs an unknown number of calls: nobody has read contacts yet\n",
		},
		"no database": {
			args: one, variables: map[string]string{"DATABASE_URL": ""},
			says: "the re-sync costs about 6 calls (1 user, 1 day), and 1 or 2 for each approval that is not read yet; what is left this month is not known: DATABASE_URL is not set\n",
		},
		"no database, for everybody": {
			args: backfill, variables: map[string]string{"DATABASE_URL": ""},
			says: "the backfill costs an unknown number of calls: DATABASE_URL is not set\n",
		},
		"the ledger does not open": {
			args: one, openErr: errors.New("out of sorts"), says: "what is left this month is not known: out of sorts\n",
		},
		"the ledger does not answer": {
			args: one, factsErr: errors.New("out of sorts"), facts: budget.Facts{Calls: 5000},
			says: "what is left this month is not known: the ledger cannot be read (DATABASE_URL): out of sorts\n",
		},
		"nor for everybody": {
			args: backfill, factsErr: errors.New("out of sorts"), facts: budget.Facts{Employees: 200},
			says: "the backfill costs an unknown number of calls: the ledger cannot be read (DATABASE_URL): out of sorts\n",
		},
		"a sweep of a date": {
			args: sweep, facts: budget.Facts{Employees: 200, Calls: 1000},
			says: "the sweep costs about 26 calls (200 users, 1 day), and 1 or 2 for each approval that is not read yet; 3,500 are left this month, 1,000 of 5,000 are spent\n",
		},
		"where many approvals are known": {
			args: sweep, facts: budget.Facts{Employees: 200, Calls: 1000}, started: 480, // five pages of each form
			says: "the sweep costs about 41 calls (200 users, 1 day)",
		},
		"too dear a sweep": {args: sweep, facts: budget.Facts{Employees: 200, Calls: 4499}, says: "1 are left", refused: "26 calls would be made and 1 is left"},
		"a sweep of what is open": {
			args: open, facts: budget.Facts{Employees: 200, Calls: 1000},
			says: "the sweep costs at least about 23 calls (200 users, 2 days); 3,500 are left this month, 1,000 of 5,000 are spent\n",
		},
		"a thrifty one": {
			args: open, facts: budget.Facts{Employees: 1000, Calls: 1000},
			says: "the sweep costs at least about 43 calls (1,000 users, 2 days)",
		},
		"which events kept for it make a full one": {
			args: open, facts: budget.Facts{Employees: 1000, Calls: 1000}, kept: now.AddDate(0, 0, -2),
			says: "the sweep costs at least about 77 calls (1,000 users, 2 days)",
		},
		"but not those before its dates": {
			args: open, facts: budget.Facts{Employees: 1000, Calls: 1000}, kept: now.AddDate(0, 0, -3),
			says: "the sweep costs at least about 43 calls (1,000 users, 2 days)",
		},
		"too dear a sweep of what is open": {args: open, facts: budget.Facts{Employees: 200, Calls: 4499}, says: "1 are left", refused: "23 calls would be made and 1 is left"},
		"which is forced":                  {args: append(open, "--force"), facts: budget.Facts{Employees: 200, Calls: 4499}, says: "forced: "},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, complete())
			for variable, value := range test.variables {
				t.Setenv(variable, value)
			}
			b.ledger.kept = test.kept
			b.ledger.searches = []attendance.TemplateSearch{{Finished: test.started / 2}, {Finished: test.started / 2}}
			b.ledger.facts, b.ledger.factsErr, b.ledger.openErr = test.facts, test.factsErr, test.openErr
			triggered := 0
			b.temporal.schedule.On("Describe", mock.Anything).Return(&client.ScheduleDescription{}, nil)
			b.temporal.schedule.On("Trigger", mock.Anything, mock.Anything).Return(nil).Run(func(mock.Arguments) { triggered++ })
			err := b.run(t, test.args...)
			require.Contains(t, b.out.String(), test.says)
			if test.refused == "" {
				require.NoError(t, err)
				require.Equal(t, 1, len(b.temporal.started)+triggered)
				return
			}
			requireExit(t, 1, err)
			require.ErrorContains(t, err, test.refused)
			require.Empty(t, b.temporal.started)
			require.Zero(t, triggered)
		})
	}
}

// A request that fits may still take what the month's sweeps need.
func TestARequestSaysThatItStarvesTheMonth(t *testing.T) {
	began := time.Date(2026, 11, 2, 4, 0, 0, 0, time.UTC)
	const starves = "with the backfill the month's calls do not last. Events are answered by the nightly sweep alone: "
	for name, test := range map[string]struct {
		to      string
		facts   budget.Facts
		starves bool
	}{
		"half a year":              {to: "2026-11-01", facts: budget.Facts{Employees: 400, Calls: 150}, starves: true},
		"a day":                    {to: "2026-05-08", facts: budget.Facts{Employees: 400, Calls: 150}},
		"a day of a starved month": {to: "2026-05-08", facts: budget.Facts{Employees: 400, Calls: 3400}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, complete())
			b.app.nowFunc = func() time.Time { return began }
			b.ledger.facts = test.facts
			require.NoError(t, b.run(t, "backfill", "--from", "2026-05-08", "--to", test.to))
			require.Len(t, b.temporal.started, 1)
			if test.starves {
				require.Contains(t, b.out.String(), starves)
				require.Contains(t, b.out.String(), "at this pace they are spent on about ")
			} else {
				require.NotContains(t, b.out.String(), "do not last")
			}
		})
	}
}
