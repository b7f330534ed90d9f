package platform_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// TestOnlySoManyEventsAreRemembered: beyond the bound the older half is forgotten, and what was settled stays settled.
func TestOnlySoManyEventsAreRemembered(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.FailNext = 100
	c := company.New(company.Options{Seed: 1, Start: monday, Quiet: true})
	p := platform.New(platform.Options{Company: c, Settings: &settings, Remembered: 4})
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	employee, ok := c.Pick("office", 0)
	require.True(t, ok)
	for n := range 6 {
		c.Advance(monday.Add(time.Duration(9+n) * time.Hour))
		_, err := c.Punch(company.PunchRequest{User: employee.UserID})
		require.NoError(t, err)
	}
	list := p.Deliveries()
	require.Len(t, list, 4)
	require.Contains(t, list[3].Data, employee.UserID)
	require.Zero(t, p.Unsettled())
	require.Equal(t, 6, p.FailedCount())
}
