package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Kinds of data that have a retention of their own.
const (
	KindEvents       = "events"
	KindFailedPushes = "failed-pushes"
	KindVersions     = "versions"
	KindDifferences  = "differences"
	KindCounts       = "counts"
	KindCoverage     = "coverage"
	KindDays         = "days"
)

// retention is what is deleted of a kind, and since when it may be.
type retention struct {
	least time.Duration // younger rows are still worked with
	why   string
	steps []step // @before is the instant before which rows go
}

const oneDay = 24 * time.Hour

// retentions are all kinds. Nothing that is open is ever deleted: an event that
// is pending, an element that was not dispatched, the newest version of a day. Nor is
// the proof that somebody listened: stretches of it are joined.
func retentions() map[string]retention {
	return map[string]retention{
		KindEvents: {60 * oneDay, "the budget is forecast from them, and DingTalk may tell again", []step{{sql: `DELETE FROM dakasync.event WHERE corp_id = @corp AND received_at < @before AND outcome IN ('done', 'ignored', 'refused', 'unreadable')`}}},
		KindFailedPushes: {60 * oneDay, "what DingTalk could not push is asked about meanwhile", []step{{sql: `DELETE FROM dakasync.failed_push f USING dakasync.drain d WHERE f.corp_id = @corp AND d.id = f.drain_id AND d.answered_at < @before
				AND (f.dispatched_at IS NOT NULL OR NOT f.readable)`}}},
		KindVersions: {60 * oneDay, "a day's history is needed until the day was paid", []step{{sql: `DELETE FROM dakasync.day_version v USING dakasync.day d WHERE v.corp_id = @corp AND v.recorded_at < @before
				AND d.corp_id = @corp AND d.user_id = v.user_id AND d.work_date = v.work_date AND v.version < d.version`}}},
		KindDifferences: {60 * oneDay, "a difference is looked into until the days were paid", []step{{sql: `DELETE FROM dakasync.difference WHERE corp_id = @corp AND found_at < @before`}}},
		KindCounts: {100 * oneDay, "the budget is decided by the last months", []step{
			{sql: `DELETE FROM dakasync.api_call WHERE corp_id = @corp AND hour < @before`},
			{sql: `DELETE FROM dakasync.push WHERE corp_id = @corp AND hour < @before`},
			{sql: `DELETE FROM dakasync.demand WHERE corp_id = @corp AND on_date < (@before::timestamptz AT TIME ZONE 'UTC')::date`},
			{sql: `DELETE FROM dakasync.decision d WHERE corp_id = @corp AND decided_at < @before
				AND decided_at < (SELECT max(n.decided_at) FROM dakasync.decision n WHERE n.corp_id = @corp)`},
		}},
		KindCoverage: {60 * oneDay, "who listened, and why somebody ceased to, is looked into; what they prove together stays for good", []step{
			{what: "joined with those that they follow", sql: joinStretches},
		}},
		KindDays: {400 * oneDay, "DingTalk may still change and show the last 180 days, and a year is paid after its end", daySteps()},
	}
}

// daySteps delete user-days with all that is known of them, and approvals that
// no day is left of.
func daySteps() []step {
	const old = ` WHERE corp_id = @corp AND work_date < (@before::timestamptz AT TIME ZONE 'UTC')::date`
	steps := []step{{sql: `DELETE FROM dakasync.approval_day` + old}}
	for _, table := range []string{"punch", "result", "day_version", "day"} {
		steps = append(steps, step{sql: `DELETE FROM dakasync.` + table + old})
	}
	return append(steps,
		step{sql: `DELETE FROM dakasync.punch_taken_back WHERE corp_id = @corp AND check_time < @before`},
		step{sql: `DELETE FROM dakasync.approval a WHERE corp_id = @corp AND created_at < @before
			AND coalesce(finished_at, updated_at) < @before AND NOT EXISTS (
				SELECT FROM dakasync.approval_day d WHERE d.corp_id = @corp AND d.process_instance_id = a.process_instance_id)`})
}

// Kinds are the kinds of data that can be pruned.
func Kinds() []string { return slices.Sorted(maps.Keys(retentions())) }

// LeastRetention is how long a kind must be kept, and why.
func LeastRetention(kind string) (time.Duration, string) {
	r := retentions()[kind]
	return r.least, r.why
}

// Prune deletes, of each kind named, what is older than it is to be kept, as one
// transaction. With dryRun it says what would go, and keeps it.
func (s *Store) Prune(ctx context.Context, keep map[string]time.Duration, dryRun bool) ([]RowCount, error) {
	const what = "prune the ledger"
	all := retentions()
	for kind, age := range keep {
		r, known := all[kind]
		if !known {
			return nil, fmt.Errorf("%s: there is no kind %q of data; there are %s", what, kind, strings.Join(Kinds(), ", "))
		}
		if age < r.least {
			return nil, fmt.Errorf("%s: %s must be kept for at least %d days: %s", what, kind, int(r.least/oneDay), r.why)
		}
	}
	done := []RowCount{}
	err := s.rehearsable(ctx, what, dryRun, func(tx pgx.Tx) error {
		for _, kind := range slices.Sorted(maps.Keys(keep)) {
			for _, step := range all[kind].steps {
				if err := step.take(ctx, tx, &done, pgx.NamedArgs{"corp": s.corp, "before": s.nowFunc().Add(-keep[kind])}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return done, err
}
