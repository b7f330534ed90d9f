package e2e_test

import (
	"fmt"
	"maps"
	"slices"

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

// versionDifferences: a day's versions run from 1 without holes, and the last one is what the tables say.
func (d *deployment) versionDifferences(company.Truth) []string {
	d.t.Helper()
	rows, err := d.db.Query(d.t.Context(), shownNow)
	if err != nil {
		return []string{err.Error()}
	}
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var key, punchesThen, punchesNow, resultsThen, resultsNow string
		var version, versions, highest, resultsInSnapshot, results int
		var sameSchedule, sameApprovals bool
		if err := rows.Scan(&key, &version, &versions, &highest, &resultsInSnapshot, &results, &sameSchedule, &sameApprovals,
			&punchesThen, &punchesNow, &resultsThen, &resultsNow); err != nil {
			return []string{err.Error()}
		}
		switch {
		case version != versions || version != highest:
			found[key] = fmt.Sprintf("day_version [%s]: the day says %d versions, there are %d, the last is %d", key, version, versions, highest)
		case version == 0 && (results > 0 || punchesNow != "[]"):
			found[key] = fmt.Sprintf("day_version [%s]: there are rows but no version", key)
		case version == 0:
		case !sameSchedule || !sameApprovals || resultsInSnapshot != results:
			found[key] = fmt.Sprintf("day_version [%s]: the last snapshot has another schedule (%t), approvals (%t) or %d results for %d",
				key, !sameSchedule, !sameApprovals, resultsInSnapshot, results)
		case punchesThen != punchesNow:
			found[key] = fmt.Sprintf("day_version [%s]: the last snapshot has punches %s, the table %s", key, punchesThen, punchesNow)
		case resultsThen != resultsNow:
			found[key] = fmt.Sprintf("day_version [%s]: the last snapshot has results %s, the table %s", key, resultsThen, resultsNow)
		}
	}
	if err := rows.Err(); err != nil {
		return []string{err.Error()}
	}
	list := make([]string, 0, len(found))
	for _, key := range slices.Sorted(maps.Keys(found)) {
		list = append(list, found[key])
	}
	return list
}
