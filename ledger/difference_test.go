package ledger_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

var swept = attendance.Why{Trigger: attendance.TriggerSweep, WorkflowID: "reconcile-day-1"}

// differences are the rows as text, without those that explain nothing new.
func (b bundle) differences() []string {
	b.t.Helper()
	return b.rows(`SELECT coalesce(user_id, '-') || to_char(work_date, ' DD ') || domain || ': ' || what || CASE WHEN before IS NULL THEN ' is new'
		WHEN after IS NULL THEN ' is gone' ELSE ' changed' END || ', ' || why FROM dakasync.difference ORDER BY id`)
}

// sweep saves what a sweep found.
func (b bundle) sweep(answers ...attendance.Answer) {
	b.t.Helper()
	for i := range answers {
		answers[i].Source = attendance.SourceSweep
	}
	require.NoError(b.t, b.SaveAnswers(b.t.Context(), answers, swept))
}

// cover is proven from the Monday's first minute on, but for a gap at 12:00.
func (b bundle) cover() {
	b.t.Helper()
	_, err := b.sql.Exec(b.t.Context(), `INSERT INTO dakasync.coverage VALUES ('ding1', 'a', 's', '2026-11-02 00:00+08', '2026-11-02 12:00+08', 'lost');
		INSERT INTO dakasync.gap VALUES ('ding1', '2026-11-02 12:00+08', '2026-11-02 12:01+08', 'lost')`)
	require.NoError(b.t, err)
}

func TestASweepWritesWhatDiffered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cover()
	yes, no := true, false
	told := punchHint(at("09:00:00"), at("09:00:01"))
	b.record(told)
	b.save(detail(monday, at("09:30:00"), result("USER", at("10:00:00"), at("10:00:00"))))
	require.Empty(t, b.differences(), "what an event brought differs from nothing")

	a := detail(monday, at("20:00:00"), result("USER", at("10:00:00"), at("10:00:00")), result("USER", at("12:00:00"), at("12:00:30")),
		result("BOSS", at("18:00:00"), at("18:00:00")), result("SYSTEM", at("19:00:00"), time.Time{}))
	a.Results[3].TimeResult = "NotSigned"
	a.Records = []attendance.Record{
		{CheckTime: at("09:00:00"), Valid: &yes}, {CheckTime: at("10:00:00")}, {CheckTime: at("10:00:40"), Valid: &no}, {CheckTime: at("16:00:00")},
	}
	b.sweep(a)
	want := []string{
		"u1 02 punches: punch at 2026-11-02 09:00:00 changed, told, but not shown then",
		"u1 02 punches: punch at 2026-11-02 10:00:40 is new, one push a minute",
		"u1 02 punches: punch at 2026-11-02 12:00:30 is new, a gap: 2026-11-02 12:00:00 to 2026-11-02 12:01:00 (lost)",
		"u1 02 punches: punch at 2026-11-02 16:00:00 is new, no event came",
		"u1 02 results: result OnDuty of 2026-11-02 12:00 is new, a gap: 2026-11-02 12:00:00 to 2026-11-02 12:01:00 (lost)",
		"u1 02 results: result OnDuty of 2026-11-02 18:00 is new, a gap: 2026-11-02 12:00:00 to 2026-11-02 12:01:00 (lost)",
		"u1 02 results: result OnDuty of 2026-11-02 19:00 is new, no push is sent for this",
	}
	require.Equal(t, want, b.differences())
	b.sweep(a)
	require.Equal(t, want, b.differences(), "healed once")
	a.AskedAt, a.Results, a.Records = at("21:00:00"), a.Results[:2], nil
	b.sweep(a)
	require.Equal(t, append(want, "u1 02 results: result OnDuty of 2026-11-02 18:00 is gone, no push is sent for this",
		"u1 02 results: result OnDuty of 2026-11-02 19:00 is gone, no push is sent for this"), b.differences(), "a punch is never gone")
	require.Equal(t, len(want)+2, b.count(`SELECT count(*) FROM dakasync.difference WHERE workflow_id = 'reconcile-day-1' AND found_at <= now()`))

	var before, after map[string]any
	row := strings.SplitN(b.rows(`SELECT before::text || '|' || after::text FROM dakasync.difference ORDER BY id LIMIT 1`)[0], "|", 2)
	require.NoError(t, json.Unmarshal([]byte(row[0]), &before))
	require.NoError(t, json.Unmarshal([]byte(row[1]), &after))
	require.Equal(t, map[string]any{"check_time": "2026-11-02T01:00:00Z", "work_date": "2026-11-02", "origin": "event", "explained": false}, before)
	require.Equal(t, map[string]any{"check_time": "2026-11-02T01:00:00Z", "work_date": "2026-11-02", "origin": "sweep", "explained": true, "valid": true}, after)
}

func TestDifferencesOfOtherKinds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cover()
	ctx := t.Context()
	eve := monday.AddDays(-1)

	b.save(detail(monday, at("06:00:00"), result("USER", at("05:00:00"), at("05:00:00"))))
	night := detail(eve, at("07:00:00"), result("USER", at("05:00:00"), at("05:00:00")))
	night.AskedAt = at("13:00:00")
	b.sweep(night)
	require.Equal(t, []string{
		"u1 01 punches: punch at 2026-11-02 05:00:00 changed, no event came",
		"u1 01 results: result OnDuty of 2026-11-02 05:00 is new, no event came",
	}, b.differences(), "the newer result knows the work date")

	require.NoError(t, b.OpenDrain(ctx, "d"))
	b.rows(`UPDATE dakasync.drain SET state = 'ambiguous', requested_at = '2026-11-02 16:00+08' RETURNING id`)
	lost := detail(monday, at("20:00:00"))
	lost.UserID, lost.Records = "u2", []attendance.Record{{CheckTime: at("15:00:00")}}
	b.sweep(lost)
	require.Contains(t, b.differences(), "u2 02 punches: punch at 2026-11-02 15:00:00 is new, a lost read of failed pushes")

	early := detail(eve, at("20:00:00"))
	early.UserID, early.Records = "u3", []attendance.Record{{CheckTime: at("15:00:00").AddDate(0, 0, -1)}}
	b.sweep(early)
	require.Contains(t, b.differences(), "u3 01 punches: punch at 2026-11-01 15:00:00 is new, a gap: no connection was proven before 2026-11-02 00:00:00")

	change := attendance.Hint{
		Kind: attendance.KindDay, CorpID: corp, EventType: "attend_bossCheck_change", EventID: "e", Channel: attendance.ChannelStream,
		UserID: "u4", WorkDate: monday, BornAt: at("13:00:00"), ReceivedAt: at("13:00:00"),
	}
	b.rows(`UPDATE dakasync.drain SET state = 'resolved', resolved_at = now() RETURNING id`)
	b.record(change)
	other := detail(monday, at("12:30:00"), result("USER", at("09:00:00"), at("09:00:00")))
	other.UserID = "u4"
	b.save(other)
	edited := detail(monday, at("20:00:00"), result("BOSS", at("09:00:00"), at("09:00:00")))
	edited.UserID = "u4"
	b.sweep(edited)
	require.Contains(t, b.differences(), "u4 02 results: result OnDuty of 2026-11-02 09:00 changed, told, but not shown then")

	planned := []attendance.Planned{{UserID: "u5", WorkDate: monday, PlanID: 1}}
	require.NoError(t, b.SaveSchedule(ctx, []string{"u5"}, monday, monday, planned, at("07:00:00"), swept))
	require.NotContains(t, strings.Join(b.differences(), "\n"), "u5", "a plan is neither punch nor result")
}

func TestDifferencesOfApprovals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cover()
	ctx := t.Context()
	save := func(i attendance.Instance) {
		_, err := b.SaveInstance(ctx, i, swept)
		require.NoError(t, err)
	}
	known := trip("i1", at("09:00:00"), at("18:00:00"), "u1")
	b.instance(known)
	save(known)
	require.Empty(t, b.differences())
	missed := makeUp("i2", at("09:30:00"), monday)
	missed.FinishedAt = at("12:00:00")
	for range 2 {
		save(missed)
	}
	const gap = "a gap: 2026-11-02 12:00:00 to 2026-11-02 12:01:00 (lost)"
	require.Equal(t, []string{
		"u1 02 punches: punch at 2026-11-02 09:30:00 is new, no event came",
		"u1 02 approvals: approval i2 is new, " + gap,
	}, b.differences())
	b.rows(`DELETE FROM dakasync.difference RETURNING id::text`)

	revoke := attendance.Instance{
		ProcessInstanceID: "i3", MainProcessInstanceID: "i1", Kind: attendance.ApprovalTrip, OriginatorUserID: "u1", Status: attendance.StatusCompleted,
		Result: attendance.ResultAgree, BizAction: attendance.ActionRevoke, FinishedAt: at("13:00:00"), ReadAt: at("20:00:00"),
	}
	b.record(attendance.Hint{
		Kind: attendance.KindApproval, CorpID: corp, EventType: "x", Channel: attendance.ChannelStream, ReceivedAt: at("13:00:00"), UserID: "u1",
		Approval: &attendance.ApprovalHint{ProcessInstanceID: "i3", Type: attendance.TypeFinish},
	})
	save(revoke)
	require.Equal(t, []string{
		"u1 02 approvals: approval i1 changed, told, but not shown then", "approval i3",
	}, append(b.differences()[:1], b.rows(`SELECT what FROM dakasync.difference WHERE work_date IS NULL`)...))
	require.Equal(t, []string{"false true"}, b.rows(`SELECT coalesce(before ->> 'revoked', 'false') || ' ' || (after ->> 'revoked') FROM dakasync.difference WHERE what = 'approval i1'`))
	b.rows(`DELETE FROM dakasync.difference RETURNING id::text`)

	save(attendance.Instance{ProcessInstanceID: "i2", Status: attendance.StatusDeleted})
	require.Equal(t, []string{
		"u1 02 punches: punch at 2026-11-02 09:30:00 is gone, no event came", "u1 02 approvals: approval i2 changed, no event came",
	}, b.differences())

	days, n, err := b.Differing(ctx, swept.WorkflowID, []attendance.Date{monday})
	require.NoError(t, err)
	require.Equal(t, 1, days)
	require.Equal(t, 2, n)
	for _, dates := range [][]attendance.Date{nil, {monday, monday.AddDays(1)}} {
		_, n, err = b.Differing(ctx, swept.WorkflowID, dates)
		require.NoError(t, err)
		require.Equal(t, 2, n)
	}
	days, n, err = b.Differing(ctx, swept.WorkflowID, []attendance.Date{monday.AddDays(1)})
	require.NoError(t, err)
	require.Zero(t, days)
	require.Zero(t, n)
}

// The first sweep of days that nobody knew writes much, and must not take long for it.
func TestFirstSweepOfManyDays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cover()
	var answers []attendance.Answer
	for n := range 100 {
		a := detail(monday, at("20:00:00"), result("USER", at("09:00:00"), at("09:00:00")), result("USER", at("18:00:00"), at("18:00:00")))
		a.UserID = fmt.Sprint("u", n)
		answers = append(answers, a)
	}
	b.sweep(answers...)
	require.Equal(t, 400, b.count(`SELECT count(*) FROM dakasync.difference`))
	days, n, err := b.Differing(t.Context(), swept.WorkflowID, nil)
	require.NoError(t, err)
	require.Equal(t, 100, days)
	require.Equal(t, 400, n)
}

// DingTalk answers about somebody who left as about somebody who never was.
func TestWhoHasLeftIsNotTakenForAbsent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	require.NoError(t, b.SaveEmployees(ctx, []string{"u1", "u2"}, at("00:00:00")))
	require.NoError(t, b.SaveEmployees(ctx, []string{"u2"}, at("19:00:00")))
	late := trip("i1", at("09:00:00"), at("10:00:00"), "u1", "u2")
	late.FinishedAt = at("19:30:00")
	b.instance(late)
	for _, user := range []string{"u1", "u2"} {
		full := detail(monday, at("09:01:00"), result("USER", at("09:00:00"), at("08:59:00")))
		full.UserID = user
		empty := detail(monday, at("20:00:00"))
		empty.UserID = user
		b.save(full, empty)
		b.sweep(empty)
	}
	require.NoError(t, b.SaveSchedule(ctx, []string{"u1", "u2"}, monday, monday, nil, at("21:00:00"), swept))
	require.Equal(t, []string{"u1 true", "u2 false"}, b.rows(`SELECT user_id || ' ' || scheduled FROM dakasync.day ORDER BY user_id`))
	require.Equal(t, []string{"u1"}, b.rows(`SELECT user_id FROM dakasync.result`))
	require.Equal(t, []string{"i1 u1 02 02 09:00-02 10:00 due", "i1 u2 02 02 09:00-02 10:00 synced"}, b.approvalDays(), "nothing is no answer about who left")
	found := detail(monday, at("22:00:00"), result("USER", at("09:00:00"), at("08:58:00")))
	b.sweep(found)
	require.Equal(t, 1, b.count(`SELECT count(*) FROM dakasync.result WHERE user_id = 'u1' AND origin = 'sweep'`), "what is shown about them counts")
	planned := []attendance.Planned{{UserID: "u1", WorkDate: monday, PlanID: 7, ClassID: 5}}
	require.NoError(t, b.SaveSchedule(ctx, []string{"u1"}, monday, monday, planned, at("22:00:00"), swept))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM dakasync.result WHERE user_id = 'u1' AND class_id = 5`))

	page, err := b.EmployeesAfter(ctx, "", 10, at("19:00:00"))
	require.NoError(t, err)
	require.Equal(t, []string{"u1", "u2"}, page)
	page, err = b.EmployeesAfter(ctx, "", 10, at("19:00:01"))
	require.NoError(t, err)
	require.Equal(t, []string{"u2"}, page)
	n, err := b.CountEmployees(ctx, at("18:00:00"))
	require.NoError(t, err)
	require.Equal(t, 2, n)
}

func TestApprovalSearch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	made := result("APPROVE", at("09:00:00"), at("09:00:00"))
	made.ProcessInstanceID = "by result"
	a := detail(monday, at("20:00:00"), made, result("USER", at("18:00:00"), at("18:00:00")))
	a.Records = []attendance.Record{{CheckTime: at("08:00:00"), ProcessInstanceID: "by punch"}}
	a.Approvals = []attendance.Tag{{ProcessInstanceID: "by tag"}, {ProcessInstanceID: "read"}, {TagName: "nameless"}}
	b.save(a)
	read := trip("read", at("09:00:00"), at("18:00:00"), "u1", "u2")
	read.ProcessCode = "P2"
	b.instance(read)
	voided := trip("gone", at("09:00:00"), at("18:00:00"), "u1")
	b.instance(voided)
	b.instance(attendance.Instance{ProcessInstanceID: "gone", Status: attendance.StatusDeleted})
	running := trip("by tag", at("09:00:00"), at("18:00:00"), "u1")
	running.Status, running.Result, running.ProcessCode = attendance.StatusRunning, "", "P1"
	b.instance(running)
	b.instance(attendance.Instance{ProcessInstanceID: "other", Status: attendance.StatusCompleted, ProcessCode: "P3"})

	ids, err := b.NamedApprovals(ctx, []attendance.Date{monday, monday.AddDays(1)}, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"by punch", "by result", "by tag"}, ids)
	ids, err = b.NamedApprovals(ctx, []attendance.Date{monday}, 2)
	require.NoError(t, err)
	require.Len(t, ids, 2)
	for _, dates := range [][]attendance.Date{nil, {monday.AddDays(1)}} {
		ids, err = b.NamedApprovals(ctx, dates, 10)
		require.NoError(t, err)
		require.Empty(t, ids)
	}

	differ := func(userID, run string, date attendance.Date) {
		b.rows(fmt.Sprintf(`INSERT INTO dakasync.difference (corp_id, user_id, work_date, domain, what, why, workflow_id)
			VALUES ('%s', '%s', '%s', 'results', 'x', 'y', '%s') RETURNING id::text`, corp, userID, date, run))
	}
	differ("u9", swept.WorkflowID, monday)
	differ("u1", swept.WorkflowID, monday.AddDays(1))
	differ("u1", "another run", monday)
	effective := func(readBefore time.Time, dates ...attendance.Date) []attendance.OpenApproval {
		list, err := b.EffectiveApprovals(ctx, swept.WorkflowID, dates, readBefore, 10)
		require.NoError(t, err)
		return list
	}
	require.Empty(t, effective(time.Time{}), "nothing differs on its day")
	differ("u1", swept.WorkflowID, monday)
	differ("u1", swept.WorkflowID, monday)
	differ("u2", swept.WorkflowID, monday)
	require.Empty(t, effective(time.Time{}, monday.AddDays(1)), "nothing differs on its day")
	list := effective(time.Time{})
	require.Equal(t, list, effective(time.Time{}, monday))
	require.Equal(t, []attendance.OpenApproval{{ID: "read", Code: "P2"}}, list)
	told := attendance.InstanceFromHint(attendance.Hint{Approval: &attendance.ApprovalHint{ProcessInstanceID: "read", Type: attendance.TypeFinish, Result: attendance.ResultAgree}})
	for range 2 { // an event that tells of it again is no reading
		for since, want := range map[time.Time]int{read.ReadAt.Add(-time.Second): 0, read.ReadAt: 0, read.ReadAt.Add(time.Second): 1} {
			require.Len(t, effective(since, monday), want, "not read since %s", since)
		}
		b.instance(told)
	}
	b.rows(`DELETE FROM dakasync.difference WHERE user_id = 'u2' RETURNING id::text`)
	named := result("APPROVE", at("09:00:00"), at("09:00:00"))
	named.ProcessInstanceID = "read"
	for _, asked := range []struct {
		at   time.Time
		want int
	}{{at("20:59:59"), 1}, {at("21:00:00"), 0}} {
		a := detail(monday, asked.at, named)
		b.sweep(a)
		require.Len(t, effective(at("21:00:00"), monday), asked.want, "the results were asked for at %s", asked.at)
	}

	codes, err := b.ApprovalCodes(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"P1", "P2"}, codes)
}

// Names that mean something to SQL, or nothing to any encoding, pass through
// everything as they are, or with their unspeakable bytes replaced.
func TestNewMethodsTakeHostileNames(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	for _, name := range []string{`'; DROP TABLE dakasync.punch; --`, "a\nb\r\nlevel=error", "\x00", "\xff\xfe", strings.Repeat("长", 2000), `%s%n{"a":`, `\u0000`} {
		who := attendance.Why{Trigger: attendance.TriggerSweep, WorkflowID: name}
		broken, err := b.SaveCoverage(ctx, name, []attendance.Proof{{ID: name}, {ID: name + "x", BeganAgo: time.Hour}})
		require.NoError(t, err)
		require.Empty(t, broken)
		broken, err = b.SaveCoverage(ctx, name, []attendance.Proof{{ID: name, BeganAgo: time.Hour}})
		require.NoError(t, err)
		require.Equal(t, []string{name}, broken, "as its starter knows it")
		a := detail(monday, at("20:00:00"), result(name, at("09:00:00"), at("09:00:00")))
		a.UserID, a.Source, a.Results[0].CheckType, a.Results[0].ProcessInstanceID = name, attendance.SourceSweep, name, name
		a.Records = []attendance.Record{{CheckTime: at("09:00:00"), InvalidMessage: name, Extra: json.RawMessage(`{"secret":1}`)}}
		require.NoError(t, b.SaveAnswers(ctx, []attendance.Answer{a, {UserID: name, WorkDate: monday, Source: attendance.SourceSweep, AskedAt: at("21:00:00")}}, who))
		i := trip(name, at("09:00:00"), at("10:00:00"), name)
		i.ProcessCode = name
		_, err = b.SaveInstance(ctx, i, who)
		require.NoError(t, err)
		days, n, err := b.Differing(ctx, name, nil)
		require.NoError(t, err)
		require.Equal(t, 1, days)
		require.Equal(t, 3, n)
		_, err = b.EffectiveApprovals(ctx, name, []attendance.Date{monday}, time.Time{}, 1)
		require.NoError(t, err)
		_, err = b.EmployeesAfter(ctx, name, 1, at("09:00:00"))
		require.NoError(t, err)
		require.NoError(t, b.SaveReconciled(ctx, []attendance.Date{monday}, attendance.Evidence{Since: at("09:00:00")}, name))
		require.NoError(t, b.SaveUnread(ctx, name, name, monday, name))
		require.NoError(t, b.CloseGaps(ctx, []time.Time{at("09:00:00"), {}}, attendance.Evidence{Since: at("09:00:00")}, name))
	}
	_, err := b.NamedApprovals(ctx, []attendance.Date{monday, {}}, 100)
	require.NoError(t, err)
	_, err = b.ApprovalCodes(ctx)
	require.NoError(t, err)
	_, err = b.CompleteThrough(ctx)
	require.NoError(t, err)
	_, err = b.FindGaps(ctx, time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	_, _, err = b.BlindTime(ctx, time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	require.Equal(t, 0, b.count(`SELECT count(*) FROM dakasync.difference WHERE after::text LIKE '%secret%'`))
}
