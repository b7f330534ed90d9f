package e2e_test

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"dakasync/simulator/platform"
)

// finish lets the nightly sweep run, compares every table with the truth, and then with the ledger of a quiet run.
// The company's time stands still from here on: a punch becomes a missing one by time alone.
func (l *lane) finish() {
	l.t.Helper()
	l.company.Advance(time.Now())
	l.frozen = true
	l.reconcileAll()
	l.deceived = false // The sweep has asked about every day.
	l.report(l.differencesInTheEnd())
	l.show(l.watch.take())
	require.False(l.t, l.t.Failed(), "complete_through was ahead of the truth")
	for _, name := range []string{starter, worker} {
		require.NoError(l.t, l.killProgram(name))
	}
	ours := l.canon()
	requireSameText(l.t, l.quietRun().canon(), ours)
}

// differencesInTheEnd are those of every table. Of approvals that a sweep found DingTalk shows minutes only, and of those that were
// never agreed nothing follows.
func (l *lane) differencesInTheEnd() []string {
	l.t.Helper()
	truth, deliveries := l.company.Truth(), l.platform.Deliveries()
	return slices.Concat(
		l.punchesAfterTrial(truth, false), l.resultDifferences(truth), l.dayDifferences(truth), l.approvalsAfterTrial(truth),
		l.approvalDayDifferences(truth), l.versionDifferences(truth), l.eventsAfterTrial(truth, deliveries, false),
		l.failedPushesAfterTrial(deliveries),
	)
}

// quietRun is a second ledger of the same company, which hears every event once, without a fault, and is swept in the end.
func (l *lane) quietRun() *lane {
	l.t.Helper()
	quietRuns <- struct{}{}
	defer func() { <-quietRuns }()
	q := &lane{
		deployment: newDeployment(l.t, "quiet_"+strings.ToLower(rand.Text()[:12])), folder: l.folder, own: l.own, stores: l.stores,
		taken: l.taken,
	}
	l.t.Cleanup(q.end)
	q.frozen = true
	q.company, q.platform = l.company, l.platform
	q.connect()
	q.env = q.environment(plan{})
	direct := map[string]string{
		"DATABASE_URL": q.urlOf(q.name), "TEMPORAL_ADDRESS": q.stores.temporal, "TEMPORAL_NAMESPACE": q.name,
		"DAKASYNC_RECOVERY_DELAY": "1s",
	}
	q.programs = map[string]map[string]string{starter: direct, worker: direct}
	q.launch(worker)
	q.awaitReady(worker)
	q.coverBefore()
	q.launch(starter)
	q.awaitReady(starter)
	q.awaitMade()
	q.hearEverything()
	q.reconcileAll()
	for _, name := range []string{starter, worker} {
		require.NoError(q.t, q.killProgram(name))
	}
	return q
}

// quietRuns bounds how many there are at a time: each hears in a minute what its lane's trials took many for.
var quietRuns = make(chan struct{}, 2)

// hearEverything has all events of the company told again, as fast as they are taken.
func (l *lane) hearEverything() {
	l.t.Helper()
	const (
		atATime = 12
		longest = 15 * time.Minute
	)
	ctx, cancel := context.WithTimeout(l.t.Context(), patience)
	defer cancel()
	require.NoError(l.t, l.platform.AwaitSettled(ctx))
	l.platform.Configure(func(s *platform.Settings) { s.InFlight = atATime })
	l.platform.Redeliver()
	c := l.convergeByItself(l.t.Context(), time.Now(), longest, false)
	require.Empty(l.t, c.left, "the quiet run is not at rest")
}

// canonical is the business content of the ledger, as text in a fixed order. Left out is what says how and when we came to know it and
// not what is so: origins, triggers, versions, our own timestamps and states; the approvals that a day's detail names, which a sweep does
// not show; which event told of a punch (biz_id), and for whom it counted as far as only the result knows (check_type, process_instance_id
// of records); validity, place and record of a made-up punch, which has none of its own: its event names a place, and a sweep shows a record of
// it, so they are there when it was told of or swept. An approval's times are cut to the minute: DingTalk shows no more of one whose event was
// lost. Of approvals that were never agreed nothing follows, and what was lost of them is lost.
var canonical = []string{
	`SELECT format('punch %s %s %s %s', user_id, check_time, work_date, source_type)
		|| CASE WHEN source_type <> 'APPROVE' THEN format(' %s %s %s %s %s', location_result, valid, record_id, invalid_type, invalid_message) ELSE '' END
		FROM dakasync.punch ORDER BY user_id, check_time`,
	`SELECT format('result %s %s %s %s %s %s %s %s %s %s %s %s', user_id, work_date, slot, check_type, plan_check_time, user_check_time,
		time_result, location_result, source_type, record_id, plan_id, process_instance_id) FROM dakasync.result ORDER BY user_id, work_date, slot`,
	`SELECT format('day %s %s %s', user_id, work_date, scheduled) FROM dakasync.day ORDER BY user_id, work_date`,
	`SELECT format('approval %s %s %s %s %s %s %s %s %s %s %s', process_instance_id, process_code, kind, originator_user_id, status, result,
		date_trunc('minute', created_at), date_trunc('minute', finished_at), main_process_instance_id, biz_action, revoked)
		FROM dakasync.approval WHERE result = 'agree' ORDER BY process_instance_id`,
	`SELECT format('approval_day %s %s %s %s %s %s %s', process_instance_id, user_id, work_date, begin_time, end_time, made_up_time, state)
		FROM dakasync.approval_day ORDER BY process_instance_id, user_id, work_date, part`,
}

// canon reads the ledger's canonical text.
func (l *lane) canon() []string {
	l.t.Helper()
	return canon(l.t, l.db)
}

func canon(t *testing.T, db *pgxpool.Pool) []string {
	t.Helper()
	var lines []string
	for _, query := range canonical {
		rows, err := db.Query(t.Context(), query)
		require.NoError(t, err)
		for rows.Next() {
			var line string
			require.NoError(t, rows.Scan(&line))
			lines = append(lines, line)
		}
		require.NoError(t, rows.Err())
	}
	return lines
}

// requireSameText shows the lines that only one of the two has.
func requireSameText(t *testing.T, quiet, ours []string) {
	t.Helper()
	require.NotEmpty(t, quiet)
	if slices.Equal(quiet, ours) {
		t.Logf("%d lines, byte for byte those of a quiet run", len(ours))
		return
	}
	const most = 12
	shown := 0
	only := func(which string, lines, others []string) {
		there := map[string]bool{}
		for _, line := range others {
			there[line] = true
		}
		for _, line := range lines {
			if !there[line] && shown < most {
				shown++
				t.Errorf("only %s: %s", which, line)
			}
		}
	}
	only("in the quiet run", quiet, ours)
	only("after the faults", ours, quiet)
	t.Errorf("the ledger (%d lines) differs from that of a quiet run (%d lines)", len(ours), len(quiet))
}
