package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dakasync/attendance"
	"dakasync/ledger"
)

// In one transaction a hint and its answer leave the rows that they leave one after the other.
func TestConcludeHintIsRecordHintAndConclude(t *testing.T) {
	t.Parallel()
	one, two := setup(t), setup(t)
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		for _, b := range []bundle{one, two} {
			_, err := b.sql.Exec(ctx, `TRUNCATE dakasync.event, dakasync.day, dakasync.approval, dakasync.punch_taken_back, dakasync.employee CASCADE`)
			require.NoError(t, err)
		}
		draw := rapid.SampledFrom([]func(*rapid.T) delivery{drawHint, drawAnswers, drawInstance})
		around := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) delivery { return draw.Draw(t, "kind")(t) }), 0, 6).Draw(t, "around")
		h := punchHint(drawClock(t, "punched"), at("00:00:00"))
		h.UserID, h.BornAt = drawUser(t), h.CheckTime.Add(time.Minute)
		answers := rapid.SliceOfN(rapid.Custom(drawnAnswer), 0, 2).Draw(t, "answers")
		outcome := rapid.SampledFrom([]attendance.Outcome{"", attendance.OutcomeDone, attendance.OutcomeUnexplained}).Draw(t, "outcome")
		why := attendance.Why{Trigger: attendance.TriggerEvent, WorkflowID: h.Key()}
		after := rapid.IntRange(0, len(around)).Draw(t, "after")
		for n := range len(around) + 1 {
			if n == after {
				mentioned, err := one.PunchMentioned(ctx, h.UserID, h.CheckTime)
				require.NoError(t, err)
				recall, err := one.RecordHint(ctx, h, []byte(`{"a":1}`), h.Key())
				require.NoError(t, err)
				require.False(t, recall.Known && !mentioned, "of what nothing speaks, nothing is known")
				require.NoError(t, one.SaveAnswers(ctx, answers, why))
				if outcome != "" {
					require.NoError(t, one.FinishEvent(ctx, h.Key(), outcome))
				}
				require.NoError(t, two.ConcludeHint(ctx, h, []byte(`{"a":1}`), answers, why, outcome))
			}
			if n < len(around) {
				require.NoError(t, around[n].to(ctx, one.Store), around[n].name)
				require.NoError(t, around[n].to(ctx, two.Store), around[n].name)
			}
		}
		require.Equal(t, tables(t, ctx, one.sql), tables(t, ctx, two.sql))
	})
}

func TestConcludeHintWritesOneVersion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	punched := at("09:00:00")
	h := punchHint(punched, punched.Add(time.Second))
	mentioned := func() bool {
		is, err := b.PunchMentioned(t.Context(), h.UserID, h.CheckTime)
		require.NoError(t, err)
		return is
	}
	require.False(t, mentioned())
	a := detail(monday, punched.Add(2*time.Second), result("USER", punched, punched))
	why := attendance.Why{Trigger: attendance.TriggerEvent, WorkflowID: h.Key()}
	for range 2 {
		require.NoError(t, b.ConcludeHint(t.Context(), h, []byte(`{"a":1}`), []attendance.Answer{a}, why, attendance.OutcomeDone))
	}
	require.True(t, mentioned())
	require.Equal(t, attendance.Recall{Known: true, WorkDate: monday}, b.record(h), "a run that lost the result need not ask again")
	require.Equal(t, []string{`1 event ` + h.Key()}, b.rows(`SELECT version || ' ' || trigger || ' ' || workflow_id FROM dakasync.day_version`))
	require.Equal(t, []string{`stream done 1 {"a": 1} ` + h.Key()}, b.rows(`SELECT origin || ' ' || outcome || ' ' || deliveries || ' ' || payload || ' ' || workflow_id FROM dakasync.event`))
	require.Equal(t, []string{"u1 02 09:00:00 on 02 detail"}, b.punches())

	// A repeated delivery was counted before the run wrote its row.
	h.CheckTime = punched.Add(9 * time.Hour)
	require.NoError(t, b.CountDelivery(t.Context(), h))
	require.NoError(t, b.ConcludeHint(t.Context(), h, []byte(`{"a":1}`), []attendance.Answer{a}, why, ""))
	require.Equal(t, []string{`pending 2 {"a": 1}`}, b.rows(`SELECT outcome || ' ' || deliveries || ' ' || payload FROM dakasync.event WHERE outcome <> 'done'`))
	require.Contains(t, b.punches(), "u1 02 18:00:00 on 02 event unexplained")
}

// Something speaks of a punch before anybody tells of it: what a make-up that was taken back left, and a result that is no punch by itself.
func TestPunchMentioned(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(detail(monday, at("20:00:00"), result("APPROVE", at("09:00:00"), at("09:00:00"))))
	makeUp := attendance.Instance{
		ProcessInstanceID: "i1", Kind: attendance.ApprovalMakeUp, Status: "COMPLETED", Result: "agree", ReadAt: at("20:00:00"),
		MakeUps: []attendance.MakeUp{{UserID: "u1", At: at("18:00:00"), WorkDate: monday}},
	}
	b.instance(makeUp)
	revoke := attendance.Instance{
		ProcessInstanceID: "i2", Kind: attendance.ApprovalMakeUp, Status: "COMPLETED", Result: "agree", ReadAt: at("21:00:00"),
		MainProcessInstanceID: "i1", BizAction: "REVOKE",
	}
	b.instance(revoke)
	for clock, want := range map[string]bool{"09:00:00": true, "18:00:00": true, "12:00:00": false} {
		is, err := b.PunchMentioned(t.Context(), "u1", at(clock).Add(300*time.Millisecond))
		require.NoError(t, err)
		require.Equal(t, want, is, clock)
	}
	is, err := b.PunchMentioned(t.Context(), "u2", at("09:00:00"))
	require.NoError(t, err)
	require.False(t, is)
}

func TestConcludeHintRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	punched := at("09:00:00")
	h := punchHint(punched, punched)
	require.ErrorIs(t, b.ConcludeHint(t.Context(), h, nil, []attendance.Answer{{UserID: "u1"}}, why, attendance.OutcomeDone), ledger.ErrNoSubject)
	require.Zero(t, b.count(`SELECT count(*) FROM dakasync.event`), "the run records it")
	h.CorpID = "ding2"
	require.ErrorIs(t, b.ConcludeHint(t.Context(), h, nil, nil, why, attendance.OutcomeDone), ledger.ErrNotOurs)
}
