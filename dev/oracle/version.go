package oracle

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"dakasync/simulator/company"
)

// shownNow is each day as the tables show it now, beside the snapshot of its last version. The shape of a snapshot is documented:
// scheduled, results, punches, approvals.
const shownNow = `
SELECT d.user_id || ' | ' || d.work_date, d.version,
	(SELECT count(*) FROM dakasync.day_version v WHERE (v.corp_id, v.user_id, v.work_date) = (d.corp_id, d.user_id, d.work_date)),
	(SELECT coalesce(max(v.version), 0) FROM dakasync.day_version v WHERE (v.corp_id, v.user_id, v.work_date) = (d.corp_id, d.user_id, d.work_date)),
	coalesce((SELECT jsonb_array_length(v.snapshot -> 'results') FROM dakasync.day_version v
		WHERE (v.corp_id, v.user_id, v.work_date, v.version) = (d.corp_id, d.user_id, d.work_date, d.version)), 0),
	(SELECT count(*) FROM dakasync.result r WHERE (r.corp_id, r.user_id, r.work_date) = (d.corp_id, d.user_id, d.work_date)),
	coalesce((SELECT (v.snapshot ->> 'scheduled')::boolean FROM dakasync.day_version v
		WHERE (v.corp_id, v.user_id, v.work_date, v.version) = (d.corp_id, d.user_id, d.work_date, d.version)) IS NOT DISTINCT FROM d.scheduled, false),
	coalesce((SELECT (v.snapshot -> 'approvals') = d.approvals FROM dakasync.day_version v
		WHERE (v.corp_id, v.user_id, v.work_date, v.version) = (d.corp_id, d.user_id, d.work_date, d.version)), false),
	coalesce((SELECT jsonb_agg(jsonb_build_object('t', (p ->> 'check_time')::timestamptz, 'o', p ->> 'origin', 'v', (p ->> 'valid')::boolean) ORDER BY (p ->> 'check_time')::timestamptz)
		FROM dakasync.day_version v, jsonb_array_elements(v.snapshot -> 'punches') p
		WHERE (v.corp_id, v.user_id, v.work_date, v.version) = (d.corp_id, d.user_id, d.work_date, d.version)), '[]')::text,
	coalesce((SELECT jsonb_agg(jsonb_build_object('t', p.check_time, 'o', p.origin, 'v', p.valid) ORDER BY p.check_time)
		FROM dakasync.punch p WHERE (p.corp_id, p.user_id, p.work_date) = (d.corp_id, d.user_id, d.work_date)), '[]')::text,
	coalesce((SELECT jsonb_agg(jsonb_build_object('t', r ->> 'time_result', 's', r ->> 'source_type', 'u', (r ->> 'user_check_time')::timestamptz,
			'p', (r ->> 'plan_check_time')::timestamptz, 'i', r ->> 'process_instance_id') ORDER BY n)
		FROM dakasync.day_version v, jsonb_array_elements(v.snapshot -> 'results') WITH ORDINALITY AS e(r, n)
		WHERE (v.corp_id, v.user_id, v.work_date, v.version) = (d.corp_id, d.user_id, d.work_date, d.version)), '[]')::text,
	coalesce((SELECT jsonb_agg(jsonb_build_object('t', r.time_result, 's', r.source_type, 'u', r.user_check_time,
			'p', r.plan_check_time, 'i', r.process_instance_id) ORDER BY r.slot)
		FROM dakasync.result r WHERE (r.corp_id, r.user_id, r.work_date) = (d.corp_id, d.user_id, d.work_date)), '[]')::text
FROM dakasync.day d`

// Versions compares day_version: a day's versions run from 1 without holes, and the last one is what the tables say.
func (o Oracle) Versions(ctx context.Context, _ company.Truth) ([]string, error) {
	rows, err := o.DB.Query(ctx, shownNow)
	if err != nil {
		return nil, fmt.Errorf("read the versions of days: %w", err)
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		d, err := pgx.RowToStructByPos[shownDay](rows)
		if err != nil {
			return nil, fmt.Errorf("read the versions of days: %w", err)
		}
		if difference := d.difference(); difference != "" {
			found = append(found, difference)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the versions of days: %w", err)
	}
	slices.Sort(found)
	return found, nil
}

// shownDay is a row of shownNow.
type shownDay struct {
	Key                         string
	Version, Versions, Highest  int
	ResultsInSnapshot, Results  int
	SameSchedule, SameApprovals bool
	PunchesThen, PunchesNow     string
	ResultsThen, ResultsNow     string
}

func (d shownDay) difference() string {
	switch {
	case d.Version != d.Versions || d.Version != d.Highest:
		return fmt.Sprintf("day_version [%s]: the day says %d versions, there are %d, the last is %d", d.Key, d.Version, d.Versions, d.Highest)
	case d.Version == 0 && (d.Results > 0 || d.PunchesNow != "[]"):
		return fmt.Sprintf("day_version [%s]: there are rows but no version", d.Key)
	case d.Version == 0:
		return ""
	case !d.SameSchedule || !d.SameApprovals || d.ResultsInSnapshot != d.Results:
		return fmt.Sprintf("day_version [%s]: the last snapshot has another schedule (%t), approvals (%t) or %d results for %d",
			d.Key, !d.SameSchedule, !d.SameApprovals, d.ResultsInSnapshot, d.Results)
	case d.PunchesThen != d.PunchesNow:
		return fmt.Sprintf("day_version [%s]: the last snapshot has punches %s, the table %s", d.Key, d.PunchesThen, d.PunchesNow)
	case d.ResultsThen != d.ResultsNow:
		return fmt.Sprintf("day_version [%s]: the last snapshot has results %s, the table %s", d.Key, d.ResultsThen, d.ResultsNow)
	default:
		return ""
	}
}
