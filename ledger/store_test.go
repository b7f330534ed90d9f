package ledger_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ledger"
)

func TestStoreWithPostgresAway(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	s := open(t, "postgres://someone:hunter2@"+address+"/x?sslmode=disable")
	for _, err := range []error{
		s.Ping(t.Context()), s.FinishEvent(t.Context(), "k", attendance.OutcomeDone), s.Migrate(t.Context()),
		s.InsertEvents(t.Context(), []ledger.EventRow{{Hint: punchHint(at("09:00:00"), at("09:00:00"))}}),
	} {
		require.ErrorIs(t, err, ledger.ErrUnavailable)
		require.NotContains(t, err.Error(), "hunter2")
	}
	_, err = ledger.Open(t.Context(), ledger.Options{URL: "postgres://someone:hunter2@[/x"})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hunter2")
}

func TestStoreLosesItsConnections(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := punchHint(at("09:00:00"), at("09:00:00"))
	b.record(h)
	_, err := b.sql.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := b.RecordHint(t.Context(), h, nil, h.Key())
		if err != nil {
			require.ErrorIs(t, err, ledger.ErrUnavailable)
		}
		return err == nil
	}, 10*time.Second, time.Millisecond)
}

func TestStoreNamesWhatPostgresRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	err := b.SaveAnswers(t.Context(), []attendance.Answer{detail(monday, at("10:00:00"))}, attendance.Why{Trigger: "whim"})
	var refused *ledger.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "day", refused.Table)
	require.Equal(t, "day_last_trigger_check", refused.Constraint)
	require.NotErrorIs(t, err, ledger.ErrUnavailable)
	require.NoError(t, b.Ping(t.Context()), "the connection is clean again")
}

func TestEmployees(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	require.NoError(t, b.SaveEmployees(ctx, []string{"c", "a", "b", "a"}, at("08:00:00")))
	require.NoError(t, b.SaveEmployees(ctx, []string{"a", "b", "d"}, at("09:00:00")))
	require.NoError(t, b.SaveEmployees(ctx, []string{"c", "a"}, at("07:00:00")), "an older walk comes late")
	require.NoError(t, b.SaveEmployees(ctx, nil, at("10:00:00")), "nobody at all proves nothing")
	page, err := b.EmployeesAfter(ctx, "", 2, time.Time{})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, page)
	page, err = b.EmployeesAfter(ctx, "b", 2, time.Time{})
	require.NoError(t, err)
	require.Equal(t, []string{"d"}, page)
	n, err := b.CountEmployees(ctx, time.Time{})
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.NoError(t, b.SaveEmployees(ctx, []string{"c"}, at("11:00:00")))
	require.Equal(t, []string{"c 07"}, b.rows(`SELECT user_id || to_char(first_seen_at, ' HH24') FROM dakasync.employee WHERE left_at IS NULL`))
}

func TestCountCalls(t *testing.T) {
	t.Parallel()
	b := setup(t)
	now := at("20:00:00").AddDate(0, 0, 3)
	counts := []ledger.CallCount{
		{Hour: now.Add(5 * time.Minute), API: "/topapi/attendance/getupdatedata", Outcome: "ok", Calls: 2, Counted: 2},
		{Hour: now, API: "/topapi/attendance/getupdatedata", Outcome: "ok", Calls: 1, Counted: 1},
		{Hour: now, API: "/topapi/attendance/getupdatedata", Outcome: "throttled", Calls: 4},
		{Hour: now.AddDate(0, -1, 0), API: "/attendance/list", Outcome: "ok", Calls: 9, Counted: 9},
	}
	require.NoError(t, b.CountCalls(t.Context(), counts))
	require.NoError(t, b.CountCalls(t.Context(), counts[:1]))
	b.record(punchHint(at("09:00:00"), at("09:00:01")))
	stats, err := b.Stats(t.Context())
	require.NoError(t, err)
	require.Equal(t, []ledger.APICalls{{API: "/topapi/attendance/getupdatedata", Calls: 9, Billed: 5}}, stats.Calls)
	require.EqualValues(t, 1, stats.Events[attendance.OutcomePending])
	require.EqualValues(t, 1, stats.Unexplained)
	require.True(t, stats.OldestPending.Equal(at("09:00:02")))
}

func TestReserveCallSpacesTheWholeFleet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := open(t, b.sql.Config().ConnString())
	const apart = 500 * time.Millisecond
	var last time.Duration
	for n := range 6 {
		wait, err := []*ledger.Store{b.Store, other}[n%2].ReserveCall(t.Context(), "/attendance/list", apart)
		require.NoError(t, err)
		if n > 0 {
			require.Greater(t, wait, last, "one slot after the other")
		}
		last = wait
	}
	require.Greater(t, last, time.Second, "six calls at two a second take more than two")
	require.LessOrEqual(t, last, 5*apart)
	wait, err := b.ReserveCall(t.Context(), "/attendance/listRecord", apart)
	require.NoError(t, err)
	require.Zero(t, wait, "every API has slots of its own")
	_, err = b.ReserveCall(t.Context(), "x", 0)
	require.ErrorIs(t, err, ledger.ErrNoRate)
}

// However many calls that give way are waiting, on however many workers: one that
// does not is never more than a slot behind them.
func TestTakeCallGivesWay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := open(t, b.sql.Config().ConnString())
	const api, apart, idle = "/attendance/list", time.Hour, 10 * time.Minute
	taken, _, err := b.TakeCall(t.Context(), api, apart, idle)
	require.NoError(t, err)
	require.True(t, taken, "nobody has called yet")
	for range 10 {
		taken, again, err := other.TakeCall(t.Context(), api, apart, idle)
		require.NoError(t, err)
		require.False(t, taken, "the slot is not due")
		require.InDelta(t, (apart + idle).Minutes(), again.Minutes(), 1)
	}
	wait, err := b.ReserveCall(t.Context(), api, apart)
	require.NoError(t, err)
	require.InDelta(t, apart.Minutes(), wait.Minutes(), 1, "ten that gave way have not put it back")
}

// A slot that is due goes first to those that give way for the shortest time, and
// the rate is kept although they waited.
func TestTakeCallOfASlotThatIsDue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const api, apart, short, long = "/attendance/list", time.Hour, 10 * time.Minute, 20 * time.Minute
	_, err := b.ReserveCall(t.Context(), api, apart)
	require.NoError(t, err)
	_, err = b.sql.Exec(t.Context(), `UPDATE dakasync.api_slot SET free_at = clock_timestamp() - interval '15 minutes'`)
	require.NoError(t, err)

	taken, again, err := b.TakeCall(t.Context(), api, apart, long)
	require.NoError(t, err)
	require.False(t, taken)
	require.InDelta(t, (long - 15*time.Minute).Minutes(), again.Minutes(), 1)
	taken, _, err = b.TakeCall(t.Context(), api, apart, short)
	require.NoError(t, err)
	require.True(t, taken)
	wait, err := b.ReserveCall(t.Context(), api, apart)
	require.NoError(t, err)
	require.InDelta(t, (apart - short).Minutes(), wait.Minutes(), 1)

	for _, wrong := range []time.Duration{-1, apart} {
		_, _, err = b.TakeCall(t.Context(), api, apart, wrong)
		require.ErrorIs(t, err, ledger.ErrNoRate)
	}
}

// A server that answers and takes nothing is not well: a disk that is full, or a standby.
func TestPingAsksWhetherItCanBeWrittenTo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := open(t, b.sql.Config().ConnString()+"&default_transaction_read_only=on")
	err := s.Ping(t.Context())
	require.ErrorIs(t, err, ledger.ErrUnavailable)
	require.ErrorContains(t, err, "only takes reads")
}
