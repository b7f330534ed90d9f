package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

func TestPunchMakeUpOnUnscheduledDayIsStored(t *testing.T) {
	t.Parallel()
	b := setup(t)
	days := b.instance(makeUp("i1", at("09:00:00"), monday))
	require.Equal(t, []attendance.UserDay{{UserID: "u1", WorkDate: monday}}, days)
	require.Equal(t, []string{"u1 02 09:00:00 on 02 approval"}, b.punches())
	b.save(detail(monday, at("18:01:00"))) // DingTalk shows nothing on such a day
	require.Equal(t, []string{"u1 02 09:00:00 on 02 approval"}, b.punches())
	require.Equal(t, []string{"synced"}, b.rows(`SELECT state FROM dakasync.approval_day`))
}

func TestPunchDetailArrivingLaterUpgrades(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.False(t, b.record(punchHint(at("09:00:00").Add(700*time.Millisecond), at("09:00:05"))).Known)
	require.Equal(t, []string{"u1 02 09:00:00 on 02 event unexplained"}, b.punches())
	b.instance(makeUp("i1", at("09:00:00"), monday))
	require.Equal(t, []string{"u1 02 09:00:00 on 02 approval"}, b.punches())
	made := result("APPROVE", at("09:00:00"), at("09:00:00"))
	made.ProcessInstanceID = "i1"
	b.save(detail(monday, at("18:01:00"), made))
	require.Equal(t, []string{"u1 02 09:00:00 on 02 detail"}, b.punches())
	require.Equal(t, []string{"OnDuty APPROVE i1"}, b.rows(`SELECT check_type || ' ' || source_type || ' ' || process_instance_id FROM dakasync.punch`))
}

func TestPunchRevokeRemoves(t *testing.T) {
	t.Parallel()
	revoke := makeUp("i2", at("09:00:00"), monday)
	revoke.BizAction, revoke.MainProcessInstanceID = attendance.ActionRevoke, "i1"
	for name, order := range map[string][]attendance.Instance{
		"the main one first":   {makeUp("i1", at("09:00:00"), monday), revoke},
		"the revocation first": {revoke, makeUp("i1", at("09:00:00"), monday)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.record(punchHint(at("18:00:00"), at("18:00:05")))
			b.instance(order[0])
			require.Equal(t, []attendance.UserDay{{UserID: "u1", WorkDate: monday}}, b.instance(order[1]), "ask about it again")
			require.Equal(t, []string{"u1 02 18:00:00 on 02 event unexplained"}, b.punches())
			require.Equal(t, []string{"i1 true", "i2 false"}, b.rows(
				`SELECT process_instance_id || ' ' || revoked FROM dakasync.approval ORDER BY 1`))
			require.Equal(t, []string{"i1 void"}, b.rows(`SELECT process_instance_id || ' ' || state FROM dakasync.approval_day`))
		})
	}
}

// A make-up pushes a punch event as well. It goes with the make-up, whichever was
// told of first, and stays away until somebody else shows a punch there.
func TestPunchTakenBackTakesItsEventAlong(t *testing.T) {
	t.Parallel()
	hint := punchHint(at("09:00:00"), at("09:00:05"))
	approved := func(b bundle) { b.instance(makeUp("i1", at("09:00:00"), monday)) }
	deleted := func(b bundle) {
		b.instance(attendance.Instance{ProcessInstanceID: "i1", Status: attendance.StatusDeleted, Kind: attendance.ApprovalOther})
	}
	pushed := func(b bundle) { b.record(hint) }
	for name, order := range map[string][]func(bundle){
		"event first": {pushed, approved, deleted}, "event between": {approved, pushed, deleted}, "event last": {approved, deleted, pushed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			for _, tell := range order {
				tell(b)
			}
			require.Empty(t, b.punches())
			require.Equal(t, []string{"DELETED make_up"}, b.rows(`SELECT status || ' ' || kind FROM dakasync.approval`))
			require.Equal(t, []string{"[]"}, b.rows(`SELECT v.snapshot ->> 'punches' FROM dakasync.day d JOIN dakasync.day_version v
				USING (corp_id, user_id, work_date, version) WHERE d.work_date = '2026-11-02' UNION SELECT '[]'`))
			explained, err := b.PunchExplained(t.Context(), "u1", at("09:00:00"))
			require.NoError(t, err)
			require.True(t, explained, "no run need look for an approval")
			require.NoError(t, b.FinishEvent(t.Context(), hint.Key(), attendance.OutcomeUnexplained))
			require.NoError(t, b.SettleDay(t.Context(), monday, at("00:00:00")))
			require.Equal(t, []string{"done"}, b.rows(`SELECT outcome FROM dakasync.event`))

			b.save(attendance.Answer{
				UserID: "u1", WorkDate: monday, Source: attendance.SourceDetail, AskedAt: at("10:00:00"),
				Results: []attendance.Result{result("USER", at("09:00:00"), at("09:00:00"))},
			})
			require.Equal(t, []string{"u1 02 09:00:00 on 02 detail"}, b.punches())
			require.Empty(t, b.rows(`SELECT state::text FROM dakasync.punch_taken_back`))
		})
	}
}

func TestPunchNightShiftMovesWorkDate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	eve := monday.AddDays(-1)
	b.record(punchHint(at("07:00:00"), at("07:00:05")))
	require.Equal(t, []string{"u1 02 07:00:00 on 02 event unexplained"}, b.punches())
	off := result("USER", at("07:00:00"), at("07:00:00"))
	off.CheckType = "OffDuty"
	b.save(detail(eve, at("07:01:00"), off))
	require.Equal(t, []string{"u1 02 07:00:00 on 01 detail"}, b.punches())
	require.Equal(t, []string{"2026-11-01 1", "2026-11-02 2"}, b.rows(
		`SELECT work_date || ' ' || version FROM dakasync.day ORDER BY work_date`), "both days have a version of the move")
	require.Equal(t, 0, b.count(`SELECT jsonb_array_length(snapshot -> 'punches') FROM dakasync.day_version
		WHERE work_date = '2026-11-02' AND version = 2`))
	recall := b.record(punchHint(at("07:00:00"), at("07:00:30")))
	require.Equal(t, attendance.Recall{Known: true, WorkDate: eve}, recall)
}

func TestPunchNotSignedTimeIsNone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	missed := result("SYSTEM", at("09:00:00"), at("09:00:00"))
	missed.TimeResult = "NotSigned"
	b.save(detail(monday, at("14:00:00"), missed, result("BOSS", at("18:00:00"), at("18:00:00"))))
	require.Empty(t, b.punches())
	require.Equal(t, []string{"NotSigned true", "Normal false"}, b.rows(
		`SELECT time_result || ' ' || (user_check_time IS NULL) FROM dakasync.result ORDER BY slot`))
}

func TestPunchOfOneSecondIsOneRow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.record(punchHint(at("08:59:30").Add(120*time.Millisecond), at("08:59:31")))
	b.record(punchHint(at("08:59:30").Add(980*time.Millisecond), at("08:59:31")))
	yes := true
	a := detail(monday, at("09:00:00"), result("USER", at("09:00:00"), at("08:59:30")))
	a.Records = []attendance.Record{{CheckTime: at("08:59:30"), SourceType: "USER", Valid: &yes, RecordID: 5}}
	b.save(a)
	a.Source, a.AskedAt = attendance.SourceSweep, at("09:30:00")
	b.save(a)
	require.Equal(t, []string{"u1 02 08:59:30 on 02 detail"}, b.punches())
	require.Equal(t, 2, b.count(`SELECT count(*) FROM dakasync.event`))
}

func TestPunchBossEditKeepsThePunch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(detail(monday, at("10:00:00"), result("USER", at("09:00:00"), at("09:20:00"))))
	b.save(detail(monday, at("11:00:00"), result("BOSS", at("09:00:00"), at("09:00:00"))))
	require.Equal(t, []string{"u1 02 09:20:00 on 02 detail"}, b.punches())
	require.Equal(t, []string{"BOSS"}, b.rows(`SELECT source_type FROM dakasync.result`))
}

func TestPunchExplained(t *testing.T) {
	t.Parallel()
	b := setup(t)
	explained := func() bool {
		is, err := b.PunchExplained(t.Context(), "u1", at("09:00:00").Add(5*time.Millisecond))
		require.NoError(t, err)
		return is
	}
	require.False(t, explained())
	b.record(punchHint(at("09:00:00"), at("09:00:05")))
	require.False(t, explained())
	b.save(detail(monday, at("09:00:06"), result("USER", at("09:00:00"), at("09:00:00"))))
	require.True(t, explained())
}
