package ledger_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ledger"
)

// everything is what every table holds, but for the clock's doing.
func (b bundle) everything() map[string][]string {
	b.t.Helper()
	all := map[string][]string{}
	for _, table := range b.rows(`SELECT tablename::text FROM pg_tables WHERE schemaname = 'dakasync' AND tablename <> 'schema_version' ORDER BY 1`) {
		all[table] = b.rows("SELECT (to_jsonb(t) - 'updated_at')::text FROM dakasync." + table + " t ORDER BY 1")
	}
	return all
}

// lived fills the ledger with two users' lives, which cross in an approval and a pushed event.
func (b bundle) lived(one, other string) {
	b.t.Helper()
	ctx := b.t.Context()
	for _, user := range []string{one, other} {
		hint := punchHint(at("09:00:00"), at("09:00:01"))
		hint.UserID = user
		_, err := b.RecordHint(ctx, hint, []byte(`{"userId":"`+user+`"}`), hint.Key())
		require.NoError(b.t, err)
		a := detail(monday, at("10:00:00"), result("USER", at("09:00:00"), at("09:00:00")))
		a.UserID = user
		b.save(a)
		a.AskedAt, a.Results = at("20:00:00"), append(a.Results, result("USER", at("18:00:00"), at("18:01:00")))
		b.sweep(a)
	}
	require.NoError(b.t, b.SaveEmployees(ctx, []string{one, other}, at("10:00:00")))
	trip := attendance.Instance{
		ProcessInstanceID: "trip", Kind: attendance.ApprovalTrip, OriginatorUserID: one, Status: attendance.StatusCompleted,
		Result: attendance.ResultAgree, ReadAt: at("18:00:00"), FinishedAt: at("17:00:00"),
		Spans: []attendance.Span{{UserIDs: []string{one, other}, Begin: at("08:00:00"), End: at("20:00:00")}},
	}
	b.instance(trip)
	alone := makeUp("alone", at("12:00:00"), monday)
	alone.OriginatorUserID, alone.MakeUps[0].UserID = one, one
	b.instance(alone)
	require.NoError(b.t, b.OpenDrain(ctx, "d1"))
	require.NoError(b.t, b.StoreDrain(ctx, "d1", page(
		attendance.FailedElement{Raw: `{"data":"{\"userId\":\"` + one + `\"}"}`, Readable: true},
		attendance.FailedElement{Raw: `{"userId":"` + other + `"}`, Readable: true},
		attendance.FailedElement{Raw: `{"userId":"` + one + `"`},
	)))
	require.NoError(b.t, b.ElementDispatched(ctx, "d1", 0, "punch/ding1/"+one+"/1"))
	_, err := b.sql.Exec(ctx, `INSERT INTO dakasync.event (corp_id, event_key, origin, event_type, received_at, outcome, payload)
		VALUES ('ding1', 'schedule', 'stream', 'attendance_schedule_change', now(), 'ignored', jsonb_build_object('userIds', ARRAY[$1, $2]::text[]))`, one, other)
	require.NoError(b.t, err)
}

func TestEraseLeavesNothingOfTheOneAndAllOfTheOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cover()
	b.lived("u1", "u12") // one id begins as the other
	before := b.everything()

	_, err := b.owned().Erase(t.Context(), ledger.EraseRequest{UserID: "u1"})
	require.ErrorIs(t, err, ledger.ErrPresent)
	require.NoError(t, b.SaveEmployees(t.Context(), []string{"u12"}, at("11:00:00")))
	before["employee"] = b.everything()["employee"]
	planned, err := b.owned().Erase(t.Context(), ledger.EraseRequest{UserID: "u1", DryRun: true})
	require.NoError(t, err)
	require.Equal(t, before, b.everything(), "a rehearsal changes nothing")

	done, err := b.owned().Erase(t.Context(), ledger.EraseRequest{UserID: "u1"})
	require.NoError(t, err)
	require.Equal(t, planned, done)
	require.Empty(t, done.Left)
	rows := map[string]int64{}
	for _, r := range done.Done {
		rows[r.Table+" "+r.What] += r.Rows
	}
	for what, n := range map[string]int64{
		"day deleted": 1, "result deleted": 2, "employee deleted": 1, "approval deleted": 1, "event deleted": 1,
		"approval without the user, for others share it": 1, "event emptied, for they are about others too": 1, "failed_push emptied": 2,
	} {
		require.Equal(t, n, rows[what], "%s: %v", what, rows)
	}
	for table, now := range b.everything() {
		for _, row := range now {
			require.NotRegexp(t, `\bu1\b`, row, table)
		}
		for _, row := range before[table] {
			if alone := slices.Contains([]string{"approval", "event", "failed_push"}, table); !alone && !mentions(row, "u1") {
				require.Contains(t, now, row, "%s: what is another's has changed", table)
			}
		}
	}
	require.Equal(t, 1, b.count(`SELECT count(*) FROM dakasync.approval_day WHERE user_id = 'u12'`))
	require.Equal(t, 3, b.count(`SELECT count(*) FROM dakasync.failed_push`), "how many were read stays known")
	again, err := b.owned().Erase(t.Context(), ledger.EraseRequest{UserID: "u1"})
	require.NoError(t, err)
	require.Equal(t, ledger.Erasure{Done: []ledger.RowCount{}, Left: []ledger.RowCount{}}, again)
}

func mentions(row, user string) bool { return slices.Contains(words(row), user) }

func words(row string) []string {
	return slices.Collect(func(yield func(string) bool) {
		word := ""
		for _, c := range row + " " {
			if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
				word += string(c)
			} else if word != "" {
				if !yield(word) {
					return
				}
				word = ""
			}
		}
	})
}

// What is not dispatched yet is work, and stays; the report says so.
func TestEraseReportsWhatIsLeft(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.OpenDrain(t.Context(), "d1"))
	require.NoError(t, b.StoreDrain(t.Context(), "d1", page(attendance.FailedElement{Raw: `{"userId":"u1"}`, Readable: true})))
	done, err := b.owned().Erase(t.Context(), ledger.EraseRequest{UserID: "u1"})
	require.NoError(t, err)
	require.Equal(t, []ledger.RowCount{{Table: "failed_push", What: "still show the user's id", Rows: 1}}, done.Left)
	_, err = b.owned().Erase(t.Context(), ledger.EraseRequest{})
	require.ErrorContains(t, err, "no user")
}

// Somebody whom sweeps would bring back is erased on demand only.
func TestErasePresent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.lived("u1", "u2")
	done, err := b.owned().Erase(t.Context(), ledger.EraseRequest{UserID: "u1", Present: true})
	require.NoError(t, err)
	require.NotEmpty(t, done.Done)
	require.Zero(t, b.count(`SELECT count(*) FROM dakasync.day WHERE user_id = 'u1'`))
}

// A table that is new must be thought of: either it is searched, or it says here why not.
func TestErasureKnowsEveryTable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	withoutPeople := []string{"api_call", "api_slot", "approval_search", "company", "coverage", "decision", "demand", "live_test", "push", "quota_word", "schema_version"}
	want := slices.Concat(ledger.LeftIn(), withoutPeople)
	slices.Sort(want)
	require.Equal(t, want, b.rows(`SELECT tablename::text FROM pg_tables WHERE schemaname = 'dakasync' ORDER BY tablename COLLATE "C"`))
}

func TestPrune(t *testing.T) {
	t.Parallel()
	b := setup(t) // its clock stands at the Thursday's evening
	b.cover()
	b.lived("u1", "u2")
	before := b.everything()
	for _, kind := range ledger.Kinds() {
		least, why := ledger.LeastRetention(kind)
		_, err := b.owned().Prune(t.Context(), map[string]time.Duration{kind: least - time.Second}, false)
		require.ErrorContains(t, err, why)
		done, err := b.owned().Prune(t.Context(), map[string]time.Duration{kind: least}, false)
		require.NoError(t, err)
		require.Empty(t, done, "nothing is old")
	}
	_, err := b.owned().Prune(t.Context(), map[string]time.Duration{"everything": time.Hour}, false)
	require.ErrorContains(t, err, "there are counts, coverage, days, differences, events, failed-pushes, versions")
	require.Equal(t, before, b.everything())

	// Two years later.
	later, err := ledger.Open(t.Context(), ledger.Options{
		URL: b.sql.Config().ConnString(), CorpID: corp, Location: shanghai, NowFunc: func() time.Time { return time.Now().AddDate(2, 0, 0) },
	})
	require.NoError(t, err)
	defer later.Close()
	year := 500 * 24 * time.Hour
	for _, dryRun := range []bool{true, false} {
		done, err := later.Prune(t.Context(), map[string]time.Duration{ledger.KindVersions: year, ledger.KindEvents: year, ledger.KindFailedPushes: year}, dryRun)
		require.NoError(t, err)
		require.NotEmpty(t, done)
		if dryRun {
			require.Equal(t, before, b.everything())
		}
	}
	require.Zero(t, b.count(`SELECT count(*) FROM dakasync.day_version v JOIN dakasync.day d USING (corp_id, user_id, work_date) WHERE v.version < d.version`))
	require.Zero(t, b.count(`SELECT count(*) FROM dakasync.day d WHERE version > 0 AND NOT EXISTS (
		SELECT FROM dakasync.day_version v WHERE v.user_id = d.user_id AND v.work_date = d.work_date AND v.version = d.version)`), "the newest version stays")
	require.Zero(t, b.count(`SELECT count(*) FROM dakasync.event WHERE outcome NOT IN ('pending', 'unexplained')`))
	require.Equal(t, 2, b.count(`SELECT count(*) FROM dakasync.event WHERE outcome = 'pending'`), "what is open stays")
	require.Equal(t, []string{`{"userId":"u2"}`}, b.rows(`SELECT raw FROM dakasync.failed_push`), "and so does what nobody has looked at")

	_, err = later.Prune(t.Context(), map[string]time.Duration{ledger.KindDays: year, ledger.KindDifferences: year}, false)
	require.NoError(t, err)
	for _, table := range []string{"day", "day_version", "punch", "result", "approval_day", "difference"} {
		require.Zero(t, b.count("SELECT count(*) FROM dakasync."+table), table)
	}
}
