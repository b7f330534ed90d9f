package company_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
)

var monday = time.Date(2026, time.November, 2, 0, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*60*60))

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

func scripted(t *testing.T, seed int64) *company.Company {
	t.Helper()
	return company.New(company.Options{Seed: seed, Start: monday})
}

func quiet(t *testing.T) *company.Company {
	t.Helper()
	c := company.New(company.Options{Seed: 1, Start: monday, Quiet: true})
	return c
}

func pick(t *testing.T, c *company.Company, group string) string {
	t.Helper()
	employee, ok := c.Pick(group, 0)
	require.True(t, ok, "nobody in group %s", group)
	return employee.UserID
}

func encode(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

func TestSameSeedSameWorldHoweverTheClockIsAdvanced(t *testing.T) {
	t.Parallel()
	one, other, stranger := scripted(t, 7), scripted(t, 7), scripted(t, 8)
	end := monday.Add(days(21))
	one.Advance(end)
	stranger.Advance(end)
	for at := monday; at.Before(end); at = at.Add(97 * time.Minute) {
		other.Advance(at)
	}
	other.Advance(end)
	require.Equal(t, encode(t, one.Truth()), encode(t, other.Truth()))
	require.NotEqual(t, encode(t, one.Truth()), encode(t, stranger.Truth()))
}

// TestFewerApprovals: how many are filed is an option; people come and go by the same dice, but for those who are excused.
func TestFewerApprovals(t *testing.T) {
	t.Parallel()
	const people, month = 300, 30
	counts := func(percent int) (approvals, punches float64) {
		c := company.New(company.Options{Seed: 1, Start: monday, Employees: people, Approvals: percent})
		for _, h := range c.Advance(monday.Add(days(month))) {
			switch h := h.(type) {
			case company.ApprovalChanged:
				if h.Change == company.ChangeStart {
					approvals++
				}
			case company.Punch:
				if h.Record.Source != company.SourceApprove {
					punches++
				}
			}
		}
		return approvals / people, punches / people
	}
	usual, usualPunches := counts(0)
	few, fewPunches := counts(20)
	require.InDelta(t, 4.6, usual, 0.3)
	require.InDelta(t, 0.9, few, 0.15)
	require.InEpsilon(t, usualPunches, fewPunches, 0.05)
	same, _ := counts(100)
	require.InDelta(t, usual, same, 0, "all is the default")
}

func TestThreeWeeksHoldEveryScenario(t *testing.T) {
	t.Parallel()
	c := scripted(t, 1)
	happenings := c.Advance(monday.Add(days(21)))
	kinds := map[string]int{}
	for _, happening := range happenings {
		switch h := happening.(type) {
		case company.Punch:
			kinds["punch "+h.Record.Source]++
			if h.Quiet {
				kinds["quiet"]++
			}
		case company.ApprovalChanged:
			kinds[h.Approval.Kind+" "+h.Change]++
			kinds[h.Change+" "+h.Approval.Result]++
			kinds[h.Approval.BizAction]++
		case company.Replay:
			kinds["replay"]++
		case company.BossEdited:
			kinds["boss edit"]++
		}
	}
	truth := c.Truth()
	hidden := 0
	for _, punch := range truth.Punches {
		if !punch.APIShows {
			hidden++
		}
	}
	t.Log(kinds, "hidden make-ups", hidden, "punches", len(truth.Punches), "results", len(truth.Results), "happenings", len(happenings))
	require.Positive(t, hidden)
	for _, want := range []string{
		"punch USER", "punch ATM", "punch APPROVE", "quiet", "make_up finish", "leave finish", "overtime finish", "trip finish",
		"out finish", "other finish", "finish refuse", "terminate ", "delete agree", "MODIFY", "REVOKE", "replay", "boss edit",
	} {
		require.Positive(t, kinds[want], want)
	}
}

func TestRestoreRepeatsTheJournal(t *testing.T) {
	t.Parallel()
	var journal bytes.Buffer
	c := scripted(t, 3)
	c.SetJournal(&journal)
	user := pick(t, c, "office")
	c.Advance(monday.Add(30 * time.Hour))
	_, err := c.Punch(company.PunchRequest{User: user})
	require.NoError(t, err)
	leave, err := c.Leave(company.LeaveRequest{User: user, Begin: monday.Add(days(3)), End: monday.Add(days(4))})
	require.NoError(t, err)
	_, err = c.Punch(company.PunchRequest{User: "nobody"})
	require.ErrorIs(t, err, company.ErrUnknownUser)
	c.Advance(monday.Add(40 * time.Hour))
	_, err = c.Revoke(company.RevokeRequest{Instance: leave.ID})
	require.NoError(t, err)
	c.Advance(monday.Add(days(6)))

	again := scripted(t, 3)
	journal.WriteString(`{"at":"2026-11-03T`) // torn by a kill
	require.NoError(t, again.Restore(&journal))
	again.Advance(monday.Add(days(6)))
	require.Equal(t, encode(t, c.Truth()), encode(t, again.Truth()))
}
