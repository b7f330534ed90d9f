package main

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
)

func TestTrafficFollowsThoseWhoComeAndGo(t *testing.T) {
	t.Parallel()
	var out output
	monday := time.Date(2026, time.November, 2, 0, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*60*60))
	c := company.New(company.Options{Start: monday, Quiet: true, Employees: 2})
	crowd := newTraffic(c, 1, slog.New(slog.NewTextHandler(&out, nil)))
	for _, employee := range c.Employees()[1:] {
		_, err := c.Resign(company.ResignRequest{User: employee.UserID})
		require.NoError(t, err)
	}
	crowd.act(10 * time.Second) // there is nobody to act
	newcomer, err := c.Hire(company.HireRequest{Group: "free hours"})
	require.NoError(t, err)
	crowd.act(3 * time.Second)
	require.Len(t, c.Truth().Punches, 1)
	require.Equal(t, newcomer.UserID, c.Truth().Punches[0].UserID)
	require.Empty(t, out.String())
}
