package platform_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

func TestPushQuota(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.PushQuota, settings.PushOverQuota = 1, platform.OverQuotaEmpty
	w := newWorld(t, settings)
	l := listen(t, w, always)
	punch := func() {
		w.company.Advance(w.company.Now().Add(time.Hour))
		w.punch(t)
		w.settled(t)
	}
	punch()
	punch()
	require.Len(t, l.received(), 2)
	require.Contains(t, l.received()[0].Data, "dataList")
	require.Contains(t, l.received()[1].Data, `"errCode":"20001"`)
	require.NotContains(t, l.received()[1].Data, "dataList")
	require.Equal(t, platform.StateAcked, w.Deliveries()[1].State, "nobody will send it again")

	w.Configure(func(s *platform.Settings) { s.PushOverQuota = platform.OverQuotaStop })
	punch()
	require.Len(t, l.received(), 2)
	require.Equal(t, platform.StateDropped, w.Deliveries()[2].State)
	require.Zero(t, w.FailedCount(), "it is not on the failed list either")
	require.Equal(t, 3, w.Pushes())

	w.PushEvent("user_add_org", "", json.RawMessage(`{"userId":["u"]}`))
	w.settled(t)
	require.Len(t, l.received(), 3, "contacts cost nothing")
	require.Equal(t, 3, w.Pushes())
}

// TestQuotasBeginAfreshWithTheMonth: with the company's, not with London's.
func TestQuotasBeginAfreshWithTheMonth(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.QPS, settings.CallQuota, settings.PushQuota = 0, 1, 1
	c := company.New(company.Options{Seed: 1, Start: monday, Quiet: true})
	zone := c.Location()
	lastEvening := time.Date(2026, time.November, 30, 23, 30, 0, 0, zone).UTC()
	p := platform.New(platform.Options{Company: c, Settings: &settings, Now: func() time.Time { return lastEvening }})
	require.NoError(t, p.Start(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	w := &world{Platform: p, company: c, user: "admin"}
	l := listen(t, w, always)
	spend := func(count int) (refused any) {
		for range count {
			w.PushEvent("attendance_check_record", "", json.RawMessage(`{}`))
			w.settled(t)
			refused = w.day(t, w.user, "2026-11-02").body["sub_code"]
		}
		return refused
	}
	require.Equal(t, "90020", spend(3))
	require.Len(t, l.received(), 1)
	require.Equal(t, []int{1, 3}, []int{w.Billed(), w.Pushes()}, "a refused call is not billed")

	p.StepClock(29 * time.Minute)
	require.Equal(t, "90020", spend(1))
	require.Len(t, l.received(), 1)
	p.StepClock(time.Minute)
	require.Equal(t, []int{0, 0}, []int{w.Billed(), w.Pushes()}, "nothing is spent yet")
	require.Nil(t, spend(1))
	require.Len(t, l.received(), 2)
	require.Equal(t, "90020", spend(1))
	require.Len(t, l.received(), 2)
	require.Equal(t, []int{1, 2}, []int{w.Billed(), w.Pushes()})
}
