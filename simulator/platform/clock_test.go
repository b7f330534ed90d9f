package platform_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/platform"
)

func TestSteppedClockShowsInBirthTimesAndTickets(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.QPS = 0
	w := newWorld(t, settings)
	l := listen(t, w, always)
	born := func() time.Time {
		w.PushEvent("x", "", []byte(`{}`))
		w.settled(t)
		deliveries := w.Deliveries()
		frames := l.received()
		wire, err := strconv.ParseInt(frames[len(frames)-1].Headers["eventBornTime"], 10, 64)
		require.NoError(t, err)
		require.Equal(t, deliveries[len(deliveries)-1].BornAt.UnixMilli(), wire)
		return time.UnixMilli(wire)
	}
	require.WithinDuration(t, time.Now(), born(), time.Minute)
	token, ticket := w.token(t), w.ticket(t)
	w.StepClock(24 * time.Hour)
	require.WithinDuration(t, time.Now().Add(24*time.Hour), born(), time.Minute)
	require.NotEqual(t, token, w.token(t), "the old one's time is over")
	require.Equal(t, http.StatusUnauthorized, w.send(t, http.MethodGet, "/connect?ticket="+ticket, "", nil).status, "and the ticket's")
	require.NotEqual(t, http.StatusUnauthorized, w.send(t, http.MethodGet, "/connect?ticket="+w.ticket(t), "", nil).status)
	answer := w.send(t, http.MethodPost, "/control/step-clock", "", map[string]string{"by": "-36h"})
	require.Equal(t, http.StatusOK, answer.status, answer.text)
	require.WithinDuration(t, time.Now().Add(-12*time.Hour), born(), time.Minute, "steps add up")
	require.Equal(t, http.StatusBadRequest, w.send(t, http.MethodPost, "/control/step-clock", "", map[string]string{"by": "soon"}).status)
}

func TestLimitsDoNotJumpWithTheClock(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.QPS, settings.Lag = 1, time.Hour
	w := newWorld(t, settings)
	require.InDelta(t, 0, w.day(t, w.user, "2026-11-02").code(), 0)
	w.StepClock(-2 * time.Hour)
	w.punch(t)
	require.Eventually(t, func() bool { return w.day(t, w.user, "2026-11-02").body["sub_code"] == nil }, patience, 50*time.Millisecond,
		"a second is a second")
	w.StepClock(4 * time.Hour)
	w.Configure(func(s *platform.Settings) { s.QPS = 0 })
	require.Empty(t, rowsOf(w.day(t, w.user, "2026-11-02").result()["check_record_list"]), "the lag is not over")
}

func (w *world) ticket(t *testing.T) string {
	t.Helper()
	got := w.send(t, http.MethodPost, "/v1.0/gateway/connections/open", "", map[string]any{
		"clientId": w.ClientID(), "clientSecret": w.ClientSecret(),
	})
	return orEmpty(got.body["ticket"])
}
