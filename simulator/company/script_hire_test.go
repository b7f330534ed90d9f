package company_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
)

// TestScriptedPeopleComeAndGo lets people join and leave a scripted company, and builds the same world again from the journal.
func TestScriptedPeopleComeAndGo(t *testing.T) {
	t.Parallel()
	var journal bytes.Buffer
	c := scripted(t, 4)
	c.SetJournal(&journal)
	leaver, _ := c.Pick("office", 1)
	c.Advance(monday.Add(days(2) + 13*time.Hour))
	newcomer := hired(t, c, company.HireRequest{Group: "office"})
	resigned(t, c, leaver.UserID)
	left := c.Now()
	c.Advance(monday.Add(days(9) + 7*time.Hour))
	hired(t, c, company.HireRequest{Group: "night", UserID: leaver.UserID})
	returned := c.Now()
	c.Advance(monday.Add(days(21)))
	truth := c.Truth()
	counts := map[string]int{}
	for _, punch := range truth.Punches {
		switch punch.UserID {
		case newcomer:
			counts["newcomer"]++
			require.False(t, punch.CheckTime.Before(left))
		case leaver.UserID:
			require.False(t, punch.CheckTime.After(left) && punch.CheckTime.Before(returned), "%v", punch)
			if punch.CheckTime.Before(left) {
				counts["before"]++
			} else {
				counts["after"]++
			}
		}
	}
	require.Greater(t, counts["newcomer"], 15, "the script deals newcomers their days")
	require.Positive(t, counts["before"])
	require.Greater(t, counts["after"], 10)

	again := scripted(t, 4)
	require.NoError(t, again.Restore(&journal))
	again.Advance(monday.Add(days(21)))
	require.Equal(t, encode(t, truth), encode(t, again.Truth()))
}

func TestNewcomersChangeNothingForTheOthers(t *testing.T) {
	t.Parallel()
	did := func(c *company.Company, newcomer string) []string {
		c.Advance(monday.Add(days(21)))
		var list []string
		for _, punch := range c.Truth().Punches {
			if punch.UserID != newcomer {
				list = append(list, fmt.Sprint(punch.UserID, punch.CheckTime, punch.SourceType, punch.CheckType))
			}
		}
		slices.Sort(list)
		return list
	}
	without, with := scripted(t, 9), scripted(t, 9)
	require.True(t, slices.Equal(did(without, ""), did(with, hired(t, with, company.HireRequest{Group: "free hours"}))))
}

// filed counts what people have asked for by themselves: the dice of a person's day decide that alone.
func filed(c *company.Company, by func(user string) bool) int {
	count := 0
	for _, a := range c.Truth().Approvals {
		if by(a.OriginatorUserID) && a.BizAction == company.ActionNone && a.Kind != company.KindMakeUp {
			count++
		}
	}
	return count
}

func TestNobodyIsDealtADayTwice(t *testing.T) {
	t.Parallel()
	everybody := func(string) bool { return true }
	without, with := scripted(t, 2), scripted(t, 2)
	for _, employee := range with.Employees()[1:] {
		resigned(t, with, employee.UserID)
		hired(t, with, company.HireRequest{Group: employee.GroupName, UserID: employee.UserID})
	}
	without.Advance(monday.Add(days(7)))
	with.Advance(monday.Add(days(7)))
	require.Equal(t, filed(without, everybody), filed(with, everybody))
}

func TestTheScriptTravelsWithThoseWhoAreHere(t *testing.T) {
	t.Parallel()
	without, with := scripted(t, 2), scripted(t, 2)
	left := map[string]bool{}
	without.Advance(monday.Add(11 * time.Hour))
	with.Advance(monday.Add(11 * time.Hour))
	for _, employee := range with.Employees()[21:] {
		resigned(t, with, employee.UserID)
		left[employee.UserID] = true
	}
	// Monday's and Tuesday's plans were made before anybody had left.
	here := func(user string) bool { return !left[user] }
	before := []int{filed(without, here), filed(with, here)}
	require.Equal(t, before[0], before[1])
	without.Advance(monday.Add(days(21)))
	with.Advance(monday.Add(days(21)))
	require.Greater(t, filed(without, here), 20)
	require.InDelta(t, filed(without, here), filed(with, here), 2)
}
