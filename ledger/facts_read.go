package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// nightShift is how long after its date a day may still see punches.
const nightShift = 12 * time.Hour

// snapshotOnly makes all questions of a transaction see the same state.
const snapshotOnly = "SET TRANSACTION READ ONLY, ISOLATION LEVEL REPEATABLE READ"

// FactsOf is all that the ledger knows of one user's work date. A date of which
// nothing is known has no facts but how far the ledger is complete.
func (s *Store) FactsOf(ctx context.Context, userID string, date attendance.Date) (DayFacts, error) {
	what := fmt.Sprintf("look up user %s on %s", userID, date)
	if userID == "" || date.IsZero() {
		return DayFacts{}, fmt.Errorf("%s: %w", what, ErrNoSubject)
	}
	f := DayFacts{UserID: cleanKey(userID), WorkDate: cleanDate(date)}
	empty := f
	err := s.transact(ctx, what, func(q *batch) {
		f = empty
		q.exec(snapshotOnly)
		s.readDay(q, &f)
		s.readApprovals(q, &f)
	}, func(q *batch) error {
		s.readAround(q, &f)
		return nil
	})
	return f, err
}

func (s *Store) readDay(q *batch, f *DayFacts) {
	date := f.WorkDate.In(time.UTC)
	rows(q, pgx.RowToStructByPos[EmployeeFact], func(e EmployeeFact) { f.Employee = &e },
		`SELECT first_seen_at, last_seen_at, left_at FROM dakasync.employee WHERE corp_id = $1 AND user_id = $2`, s.corp, f.UserID)
	type row struct {
		DayFact

		State attendance.DayState
	}
	rows(q, pgx.RowToStructByPos[row], func(r row) { f.Day, f.Asked = &r.DayFact, askedOf(r.State) }, `
		SELECT d.scheduled, d.synced_at, d.listed_at, d.settled_at, d.version,
			coalesce((SELECT jsonb_agg(to_jsonb(r) - 'extra' ORDER BY r.slot) FROM dakasync.result r
				WHERE r.corp_id = d.corp_id AND r.user_id = d.user_id AND r.work_date = d.work_date), '[]'),
			coalesce((SELECT jsonb_agg(to_jsonb(p) - '{extra,state}'::text[] ORDER BY p.check_time) FROM dakasync.punch p
				WHERE p.corp_id = d.corp_id AND p.user_id = d.user_id AND p.work_date = d.work_date), '[]'),
			d.state
		FROM dakasync.day d WHERE d.corp_id = $1 AND d.user_id = $2 AND d.work_date = $3`, s.corp, f.UserID, date)
	rows(q, pgx.RowToStructByPos[VersionFact], func(v VersionFact) { f.Versions = append(f.Versions, v) }, `
		SELECT version, recorded_at, trigger, coalesce(workflow_id, ''), snapshot FROM dakasync.day_version
		WHERE corp_id = $1 AND user_id = $2 AND work_date = $3 ORDER BY version`, s.corp, f.UserID, date)
	rows(q, pgx.RowToStructByPos[DifferenceFact], func(d DifferenceFact) { f.Differences = append(f.Differences, d) }, `
		SELECT found_at, domain, what, why, before, after, workflow_id FROM dakasync.difference
		WHERE corp_id = $1 AND work_date = $3 AND user_id = $2 ORDER BY found_at, id`, s.corp, f.UserID, date)
	rows(q, pgx.RowToStructByPos[ReconciledFact], func(r ReconciledFact) { f.Reconciled = &r },
		`SELECT asked_at, reconciled_at, workflow_id FROM dakasync.reconciliation WHERE corp_id = $1 AND work_date = $2`, s.corp, date)
	from, to := s.span(f.WorkDate)
	rows(q, pgx.RowToStructByPos[GapFact], func(g GapFact) { f.Gaps = append(f.Gaps, g) }, `
		SELECT began_at, ended_at, reason, swept_at, coalesce(workflow_id, '') FROM dakasync.gap
		WHERE corp_id = $1 AND began_at < $3 AND ended_at > $2 ORDER BY began_at`, s.corp, from, to)
	rows(q, pgx.RowTo[time.Time], func(at time.Time) { f.TakenBack = append(f.TakenBack, at) }, `
		SELECT check_time FROM dakasync.punch_taken_back
		WHERE corp_id = $1 AND user_id = $2 AND check_time >= $3 AND check_time < $4 ORDER BY 1`, s.corp, f.UserID, from, to)
}

// span is the time in which a date's punches lie.
func (s *Store) span(d attendance.Date) (from, to time.Time) {
	return d.In(s.zone), d.AddDays(1).In(s.zone).Add(nightShift)
}

// askedOf lists the newest question of each kind, in order of time. A word and an
// empty answer of the same kind are two questions.
func askedOf(d attendance.DayState) []AskedFact {
	var asked []AskedFact
	add := func(kind string, at time.Time, empty bool) {
		if !at.IsZero() {
			asked = append(asked, AskedFact{Kind: kind, At: at.UTC(), Empty: empty})
		}
	}
	for kind, word := range map[string]*attendance.DayWord{"detail": d.Detail, "sweep": d.Sweep, "records": d.Records} {
		if word != nil {
			add(kind, word.AskedAt, false)
		}
	}
	add("detail", d.DetailEmptyAt, true)
	add("sweep", d.SweepEmptyAt, true)
	if d.Records == nil || d.ListedAt.After(d.Records.AskedAt) {
		add("records", d.ListedAt, true)
	}
	if d.Plan != nil {
		add("plan", d.Plan.AskedAt, len(d.Plan.Slots) == 0)
	}
	slices.SortFunc(asked, func(a, b AskedFact) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Kind, b.Kind)) })
	return asked
}

func (s *Store) readApprovals(q *batch, f *DayFacts) {
	rows(q, pgx.RowToStructByPos[ApprovalFact], func(a ApprovalFact) { f.Approvals = append(f.Approvals, a) }, `
		WITH touching AS (
			SELECT process_instance_id AS id FROM dakasync.approval_day WHERE corp_id = $1 AND user_id = $2 AND work_date = $3
			UNION SELECT process_instance_id FROM dakasync.result WHERE corp_id = $1 AND user_id = $2 AND work_date = $3
			UNION SELECT process_instance_id FROM dakasync.punch WHERE corp_id = $1 AND user_id = $2 AND work_date = $3
			UNION SELECT tag ->> 'process_instance_id' FROM dakasync.day, jsonb_array_elements(approvals) AS tag
				WHERE corp_id = $1 AND user_id = $2 AND work_date = $3
		), concerned AS (
			SELECT id FROM touching
			UNION SELECT a.process_instance_id FROM dakasync.approval a JOIN touching t ON a.corp_id = $1 AND a.main_process_instance_id = t.id
		)
		SELECT a.process_instance_id, a.kind, a.status, coalesce(a.result, ''), a.created_at, a.finished_at, a.read_at,
			coalesce(a.main_process_instance_id, ''), coalesce(a.biz_action, ''), a.revoked,
			coalesce((SELECT jsonb_agg(to_jsonb(p) ORDER BY p.part) FROM dakasync.approval_day p WHERE p.corp_id = $1
				AND p.process_instance_id = a.process_instance_id AND p.user_id = $2 AND p.work_date = $3), '[]')
		FROM concerned c JOIN dakasync.approval a ON a.corp_id = $1 AND a.process_instance_id = c.id
		ORDER BY coalesce(a.created_at, a.finished_at, a.updated_at), a.process_instance_id`, s.corp, f.UserID, f.WorkDate.In(time.UTC))
}

// readAround reads what is only known to concern the day by what was read before.
func (s *Store) readAround(q *batch, f *DayFacts) {
	type row struct {
		EventFact

		PunchDate *time.Time
	}
	rows(q, pgx.RowToStructByPos[row], func(e row) {
		e.PunchOn = dateOr0(e.PunchDate)
		f.Events = append(f.Events, e.EventFact)
	}, `
		SELECT e.event_key, e.origin, e.event_type, e.check_time, e.born_at, e.received_at, e.deliveries, coalesce(e.workflow_id, ''),
			e.outcome, e.relay_tries, coalesce(p.origin, ''), t.check_time IS NOT NULL,
			coalesce((SELECT d.synced_at >= coalesce(e.born_at, e.received_at) FROM dakasync.day d
				WHERE d.corp_id = $1 AND d.user_id = $2 AND d.work_date = $3), false), p.work_date
		FROM dakasync.event e
		LEFT JOIN dakasync.punch p ON p.corp_id = $1 AND p.user_id = $2 AND p.check_time = e.check_time
		LEFT JOIN dakasync.punch_taken_back t ON t.corp_id = $1 AND t.user_id = $2 AND t.check_time = e.check_time
		WHERE e.corp_id = $1 AND (e.event_key = ANY($4) OR e.user_id = $2 AND e.work_date BETWEEN $3::date - 1 AND $3::date + 1)
			AND (e.event_key = ANY($4) OR e.work_date = $3 OR p.work_date = $3)
		ORDER BY e.received_at, e.event_key, e.origin`, s.corp, f.UserID, f.WorkDate.In(time.UTC), s.approvalKeys(f.Approvals))
	s.readComplete(q, &f.Complete)
	last, hours := f.busy()
	if len(hours) == 0 {
		return
	}
	first, _ := s.span(f.WorkDate)
	rows(q, pgx.RowToStructByPos[decisionRow], func(r decisionRow) { f.Decisions = append(f.Decisions, r.decision()) }, `
		SELECT `+decisionColumns+` FROM dakasync.decision WHERE corp_id = $1 AND decided_at <= $3 AND decided_at >= coalesce(
			(SELECT max(decided_at) FROM dakasync.decision WHERE corp_id = $1 AND decided_at <= $2), $2) ORDER BY decided_at`, s.corp, first, last)
	rows(q, pgx.RowToStructByPos[CallCount], func(c CallCount) { c.Hour = c.Hour.UTC(); f.Calls = append(f.Calls, c) }, `
		SELECT hour, api, outcome, calls, counted FROM dakasync.api_call WHERE corp_id = $1 AND hour = ANY($2) ORDER BY hour, api, outcome`, s.corp, hours)
}

// approvalKeys are the keys that events of these approvals have.
func (s *Store) approvalKeys(approvals []ApprovalFact) []string {
	steps := []string{attendance.TypeStart, attendance.TypeFinish, attendance.TypeTerminate, attendance.TypeDelete}
	keys := make([]string, 0, len(steps)*len(approvals))
	for _, a := range approvals {
		for _, step := range steps {
			h := attendance.Hint{Kind: attendance.KindApproval, CorpID: s.corp, Approval: &attendance.ApprovalHint{ProcessInstanceID: a.ID, Type: step}}
			keys = append(keys, h.Key())
		}
	}
	return keys
}

// busy is the last time at which anything was asked or written, and the hours of
// all such times.
func (f *DayFacts) busy() (last time.Time, hours []time.Time) {
	times := make([]time.Time, 0, len(f.Asked)+len(f.Versions))
	for _, a := range f.Asked {
		times = append(times, a.At)
	}
	for _, v := range f.Versions {
		times = append(times, v.RecordedAt.UTC())
	}
	slices.SortFunc(times, time.Time.Compare)
	for _, t := range times {
		last, hours = t, append(hours, t.Truncate(time.Hour))
	}
	return last, slices.CompactFunc(hours, time.Time.Equal)
}
