package ledger_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dakasync/attendance"
	"dakasync/ledger"
)

// noon is a zone in which no test sees midnight: it is about noon there.
func noon() *time.Location {
	return time.FixedZone("noon", (12-time.Now().UTC().Hour())*3600)
}

// told is what the view says, relative to today: "-1" is yesterday.
func told(t require.TestingT, list []attendance.Completeness, today attendance.Date) []string {
	lines := make([]string, 0, len(list))
	for _, c := range list {
		line := string(c.Domain)
		if !c.Through.IsZero() {
			line += fmt.Sprintf(" through %d", today.DaysUntil(c.Through))
		}
		if !c.HeldBackOn.IsZero() {
			line += fmt.Sprintf(" held on %d", today.DaysUntil(c.HeldBackOn))
		}
		if c.HeldBackBy != "" {
			line += " by " + c.HeldBackBy
		}
		lines = append(lines, line)
	}
	return lines
}

// complete is a ledger that is complete from ten days ago on.
func complete(t *testing.T) (b bundle, zone *time.Location, today attendance.Date) {
	t.Helper()
	b = setup(t)
	zone = noon()
	s, err := ledger.Open(t.Context(), ledger.Options{URL: b.sql.Config().ConnString(), CorpID: corp, Location: zone})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	b.Store = s
	today = attendance.DateOf(time.Now(), zone)
	require.NoError(t, b.SaveCompany(t.Context()))
	_, err = b.sql.Exec(t.Context(), `CREATE FUNCTION ago(days int, clock time) RETURNS timestamptz LANGUAGE sql STABLE AS $$
			SELECT ((now() AT TIME ZONE time_zone)::date - days + clock) AT TIME ZONE time_zone FROM dakasync.company $$;
		CREATE FUNCTION day(days int) RETURNS date LANGUAGE sql STABLE AS $$
			SELECT (now() AT TIME ZONE time_zone)::date - days FROM dakasync.company $$;
		INSERT INTO dakasync.coverage VALUES ('ding1', 'a', 's', ago(10, '08:00'), ago(5, '08:00'), 'replaced'), ('ding1', 'b', 's', ago(5, '07:00'), now() + interval '1 hour', NULL);
		INSERT INTO dakasync.employee VALUES ('ding1', 'u1', now(), now(), NULL), ('ding1', 'left', now(), now(), ago(4, '09:00')), ('ding1', 'gone', now(), now(), ago(8, '09:00'));
		INSERT INTO dakasync.reconciliation SELECT 'ding1', day(n), now(), now(), 1, 0, 'w' FROM generate_series(1, 10) n`)
	require.NoError(t, err)
	return b, zone, today
}

const approvalColumns = `(corp_id, process_instance_id, kind, status, result, finished_at, complete, state)`

// Each thing that holds back does so by itself, and is named.
func TestCompleteThrough(t *testing.T) {
	t.Parallel()
	b, _, today := complete(t)
	event := func(key, outcome, more string) string {
		return fmt.Sprintf(`INSERT INTO dakasync.event (corp_id, event_key, origin, event_type, received_at, outcome, work_date, check_time, born_at)
			SELECT 'ding1', '%s', 'stream', 'x', ago(3, '12:00'), '%s', %s`, key, outcome, more)
	}
	drain := func(state, more string) string {
		return fmt.Sprintf(`INSERT INTO dakasync.drain (id, corp_id, requested_at, state, answered_at, count, body, resolved_at) VALUES
			('d1', 'ding1', ago(5, '11:00'), 'stored', now(), 0, NULL, NULL), ('d2', 'ding1', ago(4, '11:30'), '%s', %s)`, state, more)
	}
	riddle := func(user string, days int) string {
		return fmt.Sprintf(`INSERT INTO dakasync.day (corp_id, user_id, work_date, last_trigger) VALUES ('ding1', '%[1]s', day(%[2]d), 'event');
			INSERT INTO dakasync.punch (corp_id, user_id, work_date, check_time, origin, explained, state)
			VALUES ('ding1', '%[1]s', day(%[2]d), date_trunc('second', now()), 'event', false, '{}')`, user, days)
	}
	approvalDay := func(user, state string, days int) string {
		return `INSERT INTO dakasync.approval ` + approvalColumns + ` VALUES ('ding1', 'i', 'leave', 'COMPLETED', 'agree', now(), true, '{}');
			INSERT INTO dakasync.approval_day (corp_id, process_instance_id, user_id, work_date, begin_time, end_time, state, due_from)
			VALUES ('ding1', 'i', '` + user + `', day(` + fmt.Sprint(days) + `), now(), now(), '` + state + `', now())`
	}
	older := func(days int) string { // so long ago it began
		return fmt.Sprintf(`INSERT INTO dakasync.coverage VALUES ('ding1', 'o', 's', ago(%[1]d, '08:00'), ago(10, '09:00'), 'replaced');
			INSERT INTO dakasync.reconciliation SELECT 'ding1', day(n), now(), now(), 1, 0, 'w' FROM generate_series(11, %[1]d) n; `, days)
	}
	unread := func(reason string, days int) string {
		return fmt.Sprintf(`INSERT INTO dakasync.unread_approval VALUES ('ding1', 'i', NULL, day(%d), '%s')`, days, reason)
	}
	for name, c := range map[string]struct {
		do      string
		domains string // which are held back; "" for none
		on      int
		by      string
	}{
		"nothing":            {"SELECT 1", "", 0, ""},
		"an open gap":        {`INSERT INTO dakasync.gap VALUES ('ding1', ago(3, '12:00'), ago(3, '12:00:30'), 'lost')`, "pra", -4, "an open gap from D-3 12:00:00 to D-3 12:00:30"},
		"a gap at midnight":  {`INSERT INTO dakasync.gap VALUES ('ding1', ago(3, '00:04'), ago(3, '12:00'), 'lost')`, "pra", -5, "an open gap from D-3 00:04:00 to D-3 12:00:00"},
		"two open gaps":      {`INSERT INTO dakasync.gap VALUES ('ding1', ago(3, '12:00'), ago(3, '12:01'), 'lost'), ('ding1', ago(3, '13:00'), ago(3, '13:01'), 'lost')`, "pra", -4, "2 open gaps, the first from D-3 12:00:00 to D-3 12:01:00"},
		"parts of one gap":   {`INSERT INTO dakasync.gap VALUES ('ding1', ago(3, '12:00'), ago(3, '12:01'), 'lost'), ('ding1', ago(3, '12:01'), ago(3, '12:02'), 'lost')`, "pra", -4, "an open gap from D-3 12:00:00 to D-3 12:02:00"},
		"a swept gap":        {`INSERT INTO dakasync.gap VALUES ('ding1', ago(3, '12:00'), ago(3, '12:00:30'), 'lost', now(), now())`, "", 0, ""},
		"an unwritten hole":  {`UPDATE dakasync.coverage SET proven_until = ago(5, '06:00') WHERE id = 'a'`, "pra", -6, "an open gap from D-5 06:00:00 to D-5 07:00:00"},
		"a hole half swept":  {`UPDATE dakasync.coverage SET proven_until = ago(5, '06:00') WHERE id = 'a'; INSERT INTO dakasync.gap VALUES ('ding1', ago(5, '06:00'), ago(5, '06:30'), 'lost', now(), now())`, "pra", -6, "an open gap from D-5 06:30:00 to D-5 07:00:00"},
		"a first day's gap":  {`INSERT INTO dakasync.gap VALUES ('ding1', ago(10, '09:00'), ago(10, '09:01'), 'lost')`, "pra", -10, "an open gap from D-10 09:00:00 to D-10 09:01:00"},
		"an unproven minute": {`UPDATE dakasync.coverage SET proven_until = now() - interval '1 minute' WHERE id = 'b'`, "pra", -1, "an open gap from "},
		"a moment ago":       {`UPDATE dakasync.coverage SET proven_until = now() - interval '9 seconds' WHERE id = 'b'`, "", 0, ""},
		"an ambiguous drain": {drain("ambiguous", "NULL, NULL, NULL, NULL"), "pra", -6, "a read of failed pushes of D-4 11:30:00 whose answer may be lost"},
		"a drain under way":  {drain("requested", "NULL, NULL, NULL, NULL"), "pra", -6, "a read of failed pushes of D-4 11:30:00 whose answer may be lost"},
		"an unsplit drain":   {drain("stored", "now(), 1, '?', NULL"), "pra", -6, "a read of failed pushes of D-4 11:30:00 whose answer may be lost"},
		"a drain made good":  {drain("resolved", "NULL, NULL, NULL, now()"), "", 0, ""},
		"an old drain":       {`INSERT INTO dakasync.drain (id, corp_id, requested_at, state) VALUES ('d', 'ding1', ago(11, '23:00'), 'ambiguous')`, "", 0, ""},
		"the first drain":    {`INSERT INTO dakasync.drain (id, corp_id, requested_at, state) VALUES ('d', 'ding1', ago(10, '23:00'), 'ambiguous')`, "pra", -10, "a read of failed pushes of D-10 23:00:00 whose answer may be lost"},
		"a waiting push": {drain("stored", "now(), 1, NULL, NULL") + `; INSERT INTO dakasync.failed_push (corp_id, drain_id, position, event_time, raw, readable)
			VALUES ('ding1', 'd2', 0, ago(2, '12:00'), '{}', true), ('ding1', 'd2', 1, ago(3, '12:00'), '?', false)`, "pra", -3, "1 failed push that was read and not looked at yet"},
		"unexplained punches": {`INSERT INTO dakasync.day (corp_id, user_id, work_date, last_trigger) VALUES ('ding1', 'u1', day(3), 'event');
			INSERT INTO dakasync.punch (corp_id, user_id, work_date, check_time, origin, explained, state)
			SELECT 'ding1', 'u1', day(3), date_trunc('second', now()) + interval '1 second' * n, 'event', false, '{}' FROM generate_series(1, 3) n`, "pr", -3, "3 unexplained punches"},
		"a pending punch":       {event("punch/ding1/u1/1", "pending", "day(4), ago(3, '09:00'), NULL"), "pr", -4, "1 event that is still pending"},
		"by its time":           {event("punch/ding1/u1/1", "pending", "NULL, ago(5, '23:59'), now()"), "pr", -5, "1 event that is still pending"},
		"pending events":        {event("day/ding1/u1/1/", "pending", "NULL, NULL, ago(2, '09:00')") + `; ` + event("day/ding1/u1/2/", "pending", "NULL, NULL, ago(2, '09:00')"), "pr", -2, "2 events that are still pending"},
		"by its arrival":        {event("day/ding1/u1/1/", "unexplained", "NULL, NULL, NULL"), "pr", -3, "1 event that is unexplained"},
		"a pending approval":    {event("approval/ding1/i/finish", "pending", "NULL, NULL, NULL"), "a", -3, "1 event that is still pending"},
		"an approval unread":    {event("approval/ding1/i/finish", "unexplained", "NULL, NULL, NULL"), "a", -3, "1 event that is unexplained"},
		"events done":           {event("punch/ding1/u1/1", "done", "day(4), NULL, NULL") + `; ` + event("approval/ding1/i/start", "ignored", "day(4), NULL, NULL"), "", 0, ""},
		"an event of before":    {event("punch/ding1/u1/1", "pending", "day(11), NULL, NULL"), "", 0, ""},
		"an event of today":     {event("punch/ding1/u1/1", "pending", "day(0), NULL, NULL"), "", 0, ""},
		"a due approval day":    {approvalDay("u1", "due", 3), "a", -3, "1 approval whose day was not asked about since it was decided"},
		"asked about":           {approvalDay("u1", "synced", 3), "", 0, ""},
		"due in future":         {approvalDay("u1", "due", -3), "", 0, ""},
		"due after they left":   {approvalDay("left", "due", 3), "", 0, ""},
		"due before they left":  {approvalDay("left", "due", 5), "a", -5, "1 approval whose day was not asked about since it was decided"},
		"due before they went":  {approvalDay("gone", "due", 9), "", 0, ""},
		"a leaver's riddle":     {riddle("left", 5), "pr", -5, "1 unexplained punch"},
		"of somebody long gone": {riddle("gone", 9), "", 0, ""},
		"a leaver's event":      {event("punch/ding1/left/1", "unexplained", "day(5), NULL, NULL") + `; UPDATE dakasync.event SET user_id = 'left'`, "pr", -5, "1 event that is unexplained"},
		"of one long gone":      {event("punch/ding1/gone/1", "unexplained", "day(9), NULL, NULL") + `; UPDATE dakasync.event SET user_id = 'gone'`, "", 0, ""},
		"pending all the same":  {event("punch/ding1/gone/1", "pending", "day(9), NULL, NULL") + `; UPDATE dakasync.event SET user_id = 'gone'`, "pr", -9, "1 event that is still pending"},
		"half a year old":       {older(attendance.HorizonDays) + approvalDay("u1", "due", attendance.HorizonDays), "a", -attendance.HorizonDays, "1 approval whose day was not asked about since it was decided"},
		"out of reach":          {older(attendance.HorizonDays+1) + approvalDay("u1", "due", attendance.HorizonDays+1), "", 0, ""},
		"a riddle out of reach": {older(attendance.HorizonDays+1) + riddle("u1", attendance.HorizonDays+1), "", 0, ""},
		"an event out of reach": {older(attendance.HorizonDays+1) + event("day/ding1/u1/1/", "unexplained", "day(181), NULL, NULL"), "", 0, ""},
		"a finished approval":   {`INSERT INTO dakasync.approval ` + approvalColumns + ` VALUES ('ding1', 'i', 'leave', 'COMPLETED', NULL, ago(3, '09:00'), false, '{}')`, "a", -3, "1 finished approval that could not be read yet"},
		"a refused approval":    {`INSERT INTO dakasync.approval ` + approvalColumns + ` VALUES ('ding1', 'i', 'leave', 'COMPLETED', 'refuse', ago(3, '09:00'), false, '{}')`, "", 0, ""},
		"not about attendance":  {`INSERT INTO dakasync.approval ` + approvalColumns + ` VALUES ('ding1', 'i', 'other', 'COMPLETED', NULL, ago(3, '09:00'), false, '{}')`, "", 0, ""},
		"an unreadable one":     {unread("Malformed", 3), "a", -3, "1 approval that cannot be read"},
		"found before coverage": {unread("TooBig", 12), "a", -10, "1 approval that cannot be read"},
		"read after all": {unread("Malformed", 3) + `; INSERT INTO dakasync.approval ` + approvalColumns + `
			VALUES ('ding1', 'i', 'leave', 'COMPLETED', 'agree', ago(3, '09:00'), true, '{}')`, "", 0, ""},
		"not read to its end": {unread("Malformed", 3) + `; INSERT INTO dakasync.approval ` + approvalColumns + `
			VALUES ('ding1', 'i', 'leave', 'RUNNING', NULL, NULL, false, '{}')`, "a", -3, "1 approval that cannot be read"},
		"nowhere to be found":   {unread("NotFound", 3), "", 0, ""},
		"nobody asked":          {`DELETE FROM dakasync.reconciliation WHERE work_date IN (day(2), day(1))`, "pra", -2, "not asked about for everybody since its results became final"},
		"several reasons":       {`DELETE FROM dakasync.reconciliation WHERE work_date = day(4); INSERT INTO dakasync.gap VALUES ('ding1', ago(3, '12:00'), ago(3, '12:00:30'), 'lost')`, "pra", -4, "an open gap from D-3 12:00:00 to D-3 12:00:30; not asked about for everybody since its results became final"},
		"another company's gap": {`INSERT INTO dakasync.gap VALUES ('ding2', ago(3, '12:00'), ago(3, '12:00:30'), 'lost')`, "", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tx, err := b.sql.Begin(t.Context())
			require.NoError(t, err)
			defer func() { require.NoError(t, tx.Rollback(t.Context())) }()
			_, err = tx.Exec(t.Context(), c.do)
			require.NoError(t, err)
			var want []string
			for _, domain := range []string{"punches", "results", "approvals"} {
				line := domain + " through -1"
				if strings.Contains(c.domains, domain[:1]) {
					line = domain
					if c.on > -10 {
						line += fmt.Sprintf(" through %d", c.on-1)
					}
					line += fmt.Sprintf(" held on %d by %s", c.on, c.by)
				}
				want = append(want, line)
			}
			got := told(t, completeThrough(t, tx), today)
			for i, line := range got {
				for n := range 12 {
					line = strings.ReplaceAll(line, today.AddDays(-n).String(), fmt.Sprintf("D-%d", n))
				}
				if strings.HasSuffix(c.by, " ") && len(line) > len(want[i]) {
					line = line[:len(want[i])]
				}
				got[i] = line
			}
			require.Equal(t, want, got)
		})
	}
	list, err := b.CompleteThrough(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"punches through -1", "results through -1", "approvals through -1"}, told(t, list, today))
}

// It is asked every few seconds, however many years are in the ledger.
func TestCompleteThroughReadsByIndex(t *testing.T) {
	t.Parallel()
	b, _, today := complete(t)
	ctx := t.Context()
	for _, fill := range []string{
		`INSERT INTO dakasync.day (corp_id, user_id, work_date, last_trigger, settled_at)
			SELECT 'ding1', 'u' || u, day(d), 'sweep', now() FROM generate_series(1, 200) u, generate_series(1, 200) d`,
		`INSERT INTO dakasync.punch (corp_id, user_id, work_date, check_time, origin, explained, state)
			SELECT corp_id, user_id, work_date, work_date + interval '9 hours', 'sweep', true, '{}' FROM dakasync.day`,
		`INSERT INTO dakasync.event (corp_id, event_key, origin, event_type, user_id, work_date, received_at, outcome)
			SELECT corp_id, 'punch/' || user_id || work_date, 'stream', 'x', user_id, work_date, now(), 'done' FROM dakasync.day`,
		`INSERT INTO dakasync.approval (corp_id, process_instance_id, kind, status, result, complete, state)
			SELECT 'ding1', 'i' || n, 'leave', 'COMPLETED', 'agree', true, '{}' FROM generate_series(1, 20000) n`,
		`INSERT INTO dakasync.approval_day (corp_id, process_instance_id, user_id, work_date, begin_time, end_time, state, due_from)
			SELECT 'ding1', 'i' || n, 'u1', day(n / 100), now(), now(), 'synced', now() FROM generate_series(1, 20000) n`,
		`UPDATE dakasync.event SET outcome = 'pending' WHERE user_id = 'u7' AND work_date = day(3)`,
		`UPDATE dakasync.punch SET explained = false, origin = 'event' WHERE user_id = 'u7' AND work_date = day(2)`,
		`ANALYZE dakasync.day, dakasync.punch, dakasync.event, dakasync.approval, dakasync.approval_day`,
	} {
		_, err := b.sql.Exec(ctx, fill)
		require.NoError(t, err)
	}
	body := strings.Join(b.rows(`SELECT pg_get_function_sqlbody('dakasync.completeness'::regproc)`), "\n")
	body = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(body), "BEGIN ATOMIC"), "END")
	plan := strings.Join(b.rows(`EXPLAIN `+body), "\n")
	require.Contains(t, plan, "event_pending", "it is the plan of the view's query")
	for _, table := range []string{"event", "punch", "day", "result", "approval", "approval_day"} {
		require.NotContains(t, plan, "Seq Scan on "+table+" ")
	}
	list, err := b.CompleteThrough(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{
		"punches through -4 held on -3 by 1 event that is still pending", "results through -4 held on -3 by 1 event that is still pending", "approvals through -1",
	}, told(t, list, today))
}

// completeThrough reads the view inside a transaction.
func completeThrough(t require.TestingT, tx pgx.Tx) []attendance.Completeness {
	answer, err := tx.Query(context.Background(), `SELECT domain, complete_through::text, held_back_on::text, held_back_by FROM dakasync.complete_through WHERE corp_id = 'ding1'`)
	require.NoError(t, err)
	list, err := pgx.CollectRows(answer, func(r pgx.CollectableRow) (c attendance.Completeness, err error) {
		var through, held, by *string
		err = r.Scan(&c.Domain, &through, &held, &by)
		if through != nil {
			c.Through, _ = attendance.ParseDate(*through)
		}
		if held != nil {
			c.HeldBackOn, _ = attendance.ParseDate(*held)
		}
		if by != nil {
			c.HeldBackBy = *by
		}
		return c, err
	})
	require.NoError(t, err)
	return list
}

func TestCompleteThroughOfANewLedger(t *testing.T) {
	t.Parallel()
	b := setup(t)
	list, err := b.CompleteThrough(t.Context())
	require.NoError(t, err)
	require.Empty(t, list, "nobody said which company it is")
	for range 2 {
		require.NoError(t, b.SaveCompany(t.Context()))
	}
	list, err = b.CompleteThrough(t.Context())
	require.NoError(t, err)
	today := attendance.DateOf(time.Now(), shanghai)
	require.Equal(t, []string{"punches by no connection was proven yet", "results by no connection was proven yet", "approvals by no connection was proven yet"}, told(t, list, today))
	b.prove(proof("a", 0, 0, ""))
	list, err = b.CompleteThrough(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"punches", "results", "approvals"}, told(t, list, today), "no day is over yet")
}

func TestSaveCompanyKnowsItsZone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	named, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	for _, zone := range []*time.Location{shanghai, time.UTC, named, time.FixedZone("EST", -12600), time.FixedZone("'; DROP TABLE dakasync.punch; --/\x00\xff", 20700)} {
		s, err := ledger.Open(t.Context(), ledger.Options{URL: b.sql.Config().ConnString(), CorpID: corp, Location: zone})
		require.NoError(t, err)
		require.NoError(t, s.SaveCompany(t.Context()))
		s.Close()
		var there time.Time
		require.NoError(t, b.sql.QueryRow(t.Context(), `SELECT timestamptz '2026-11-02 12:00+00' AT TIME ZONE time_zone FROM dakasync.company`).Scan(&there))
		at := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
		require.Equal(t, at.In(zone).Format(time.DateTime), there.Format(time.DateTime))
	}
}

func TestSaveReconciledKeepsTheNewest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	save := func(clock, workflow string, refused bool) {
		e := attendance.Evidence{Since: at(clock), UserDays: 3, Differences: 1, Refused: refused}
		require.NoError(t, b.SaveReconciled(ctx, []attendance.Date{monday, monday}, e, workflow))
	}
	save("09:00:00", "w1", false)
	save("10:00:00", "w2", false)
	save("09:30:00", "w3", false)
	save("11:00:00", "w4", true)
	require.Equal(t, []string{"2026-11-02 10:00 w2 3 1"}, b.rows(`SELECT work_date || to_char(asked_at, ' HH24:MI ') || workflow_id || ' ' || user_days || ' ' || differences FROM dakasync.reconciliation`))
	require.ErrorIs(t, b.SaveReconciled(ctx, []attendance.Date{monday}, attendance.Evidence{}, "w"), ledger.ErrNoSubject)
	require.NoError(t, b.SaveReconciled(ctx, nil, attendance.Evidence{}, "w"))
}

// However the coverage has holes, and however far they are found and swept, no
// date that an unswept hole concerns counts as complete.
func TestCompleteThroughNeverPassesAHole(t *testing.T) {
	t.Parallel()
	b, zone, today := complete(t)
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		_, err := b.sql.Exec(ctx, `DELETE FROM dakasync.coverage; DELETE FROM dakasync.gap`)
		require.NoError(t, err)
		start, now := today.AddDays(-10).In(zone), time.Now()
		hours := int(now.Sub(start)/time.Hour) + 1
		var begins, ends []time.Time
		var holes [][2]time.Time
		for began := start; began.Before(now); {
			until := began.Add(time.Duration(rapid.IntRange(1, hours).Draw(t, "hours covered")) * time.Hour)
			begins, ends = append(begins, began), append(ends, until)
			began = until.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "tens of minutes blind")) * 10 * time.Minute)
			if until.Before(now.Add(-time.Minute)) {
				holes = append(holes, [2]time.Time{until, began})
			}
		}
		_, err = b.sql.Exec(ctx, `INSERT INTO dakasync.coverage SELECT 'ding1', began, 's', began, least(until, now())
			FROM unnest($1::timestamptz[], $2::timestamptz[]) s (began, until)`, begins, ends)
		require.NoError(t, err)
		if rapid.Bool().Draw(t, "found") {
			found, err := b.FindGaps(ctx, time.Now().Add(-time.Duration(rapid.IntRange(0, hours).Draw(t, "up to"))*time.Hour))
			require.NoError(t, err)
			for _, g := range found {
				if rapid.Bool().Draw(t, "swept") {
					require.NoError(t, b.CloseGaps(ctx, []time.Time{g.Began}, attendance.Evidence{}, "w"))
					holes[slices.IndexFunc(holes, func(h [2]time.Time) bool { return h[0].Equal(g.Began) })][0] = g.Ended
				}
			}
		}
		want := today.AddDays(-1)
		for _, h := range holes {
			if first := attendance.DateOf(h[0].Add(-attendance.BlindMargin), zone).AddDays(-1); h[1].After(h[0]) && first.AddDays(-1).Before(want) {
				want = first.AddDays(-1)
			}
		}
		list, err := b.CompleteThrough(ctx)
		require.NoError(t, err)
		for _, c := range list {
			if want.Before(today.AddDays(-10)) {
				require.True(t, c.Through.IsZero(), "%v %v", c, holes)
				continue
			}
			require.Equal(t, want, c.Through, "%v %v", c, holes)
		}
	})
}
