-- +goose Up

-- A leave of over half a year ago that is agreed to today has days about which DingTalk answers nothing any more: they stayed open, and kept
-- every later date from being complete for ever; so did an edit of such a day, and an event or a punch that nothing had explained by then. All
-- else is as it was.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION dakasync.completeness()
RETURNS TABLE (corp_id text, domain text, complete_through date, held_back_on date, held_back_by text)
LANGUAGE sql STABLE ROWS 3 SET jit = off
BEGIN ATOMIC
WITH asked AS MATERIALIZED (
    SELECT y.corp_id, y.time_zone AS zone, v.first_at, v.last_at, (v.first_at AT TIME ZONE y.time_zone)::date AS since,
        (now() AT TIME ZONE y.time_zone)::date - 1 AS yesterday, (now() AT TIME ZONE y.time_zone)::date - 180 AS askable
    FROM dakasync.company y, LATERAL (
        SELECT min(began_at) AS first_at, max(proven_until) AS last_at FROM dakasync.coverage v WHERE v.corp_id = y.corp_id) v
), blind AS (
    SELECT a.corp_id, lower(hole) AS began_at, upper(hole) AS ended_at FROM asked a, unnest(
        coalesce((SELECT range_agg(tstzrange(b.began_at, b.ended_at)) FROM dakasync.blind_time b WHERE b.corp_id = a.corp_id
            AND (b.ended_at < now() OR a.last_at < now() - interval '15 seconds')), '{}')
        - coalesce((SELECT range_agg(tstzrange(g.began_at, g.ended_at)) FROM dakasync.gap g WHERE g.corp_id = a.corp_id), '{}')
        + coalesce((SELECT range_agg(tstzrange(g.began_at, g.ended_at)) FROM dakasync.gap g WHERE g.corp_id = a.corp_id AND g.swept_at IS NULL), '{}')
    ) AS hole
), lost AS (
    SELECT d.corp_id, d.requested_at, greatest(d.requested_at - interval '7 days', (
        SELECT max(p.requested_at) FROM dakasync.drain p WHERE p.corp_id = d.corp_id AND p.requested_at < d.requested_at
            AND (p.state = 'resolved' OR p.state = 'stored' AND p.count IS NOT NULL AND p.body IS NULL))) AS since
    FROM dakasync.drain d WHERE d.resolved_at IS NULL
        AND (d.state IN ('requested', 'ambiguous') OR d.state = 'stored' AND d.body IS NOT NULL)
), gone AS MATERIALIZED (
    SELECT e.corp_id, e.user_id FROM dakasync.employee e WHERE e.left_at < now() - interval '7 days'
), unfinished AS (
    SELECT a.corp_id, e.outcome, e.event_key LIKE 'approval/%' AS approval, coalesce(e.work_date,
        (coalesce(e.check_time, e.born_at, e.received_at) AT TIME ZONE a.zone)::date) AS on_date
    FROM asked a JOIN dakasync.event e ON e.corp_id = a.corp_id AND e.outcome = 'pending'
    UNION ALL
    SELECT a.corp_id, e.outcome, e.event_key LIKE 'approval/%', coalesce(e.work_date,
        (coalesce(e.check_time, e.born_at, e.received_at) AT TIME ZONE a.zone)::date)
    FROM asked a JOIN dakasync.event e ON e.corp_id = a.corp_id AND e.outcome = 'unexplained'
    WHERE NOT EXISTS (SELECT FROM gone g WHERE g.corp_id = e.corp_id AND g.user_id = e.user_id)
), held AS MATERIALIZED (
    SELECT a.corp_id, '{punches,results,approvals}'::text[] AS domains, 1 AS rank,
        greatest(a.since, ((b.began_at - interval '5 minutes') AT TIME ZONE a.zone)::date - 1) AS on_date,
        CASE count(*) WHEN 1 THEN 'an open gap' ELSE count(*) || ' open gaps, the first' END
            || to_char(min(b.began_at) AT TIME ZONE a.zone, ' "from" YYYY-MM-DD HH24:MI:SS')
            || to_char(min(b.ended_at) AT TIME ZONE a.zone, ' "to" YYYY-MM-DD HH24:MI:SS') AS what
    FROM asked a JOIN blind b USING (corp_id) GROUP BY a.corp_id, a.zone, 4
    UNION ALL
    SELECT a.corp_id, '{punches,results,approvals}', 2, greatest(a.since, (l.since AT TIME ZONE a.zone)::date - 1),
        CASE count(*) WHEN 1 THEN to_char(min(l.requested_at) AT TIME ZONE a.zone,
                '"a read of failed pushes of" YYYY-MM-DD HH24:MI:SS "whose answer may be lost"')
            ELSE count(*) || to_char(min(l.requested_at) AT TIME ZONE a.zone,
                ' "reads of failed pushes, the first of" YYYY-MM-DD HH24:MI:SS", whose answers may be lost"') END
    FROM asked a JOIN lost l USING (corp_id) WHERE (l.requested_at AT TIME ZONE a.zone)::date >= a.since GROUP BY a.corp_id, a.zone, 4
    UNION ALL
    SELECT a.corp_id, '{punches,results,approvals}', 3,
        greatest(a.since, (coalesce(f.event_time, d.requested_at) AT TIME ZONE a.zone)::date - 1),
        CASE count(*) WHEN 1 THEN '1 failed push that was read and not looked at yet'
            ELSE count(*) || ' failed pushes that were read and not looked at yet' END
    FROM asked a JOIN dakasync.failed_push f ON f.corp_id = a.corp_id AND f.readable AND f.dispatched_at IS NULL
        JOIN dakasync.drain d ON d.id = f.drain_id GROUP BY a.corp_id, a.zone, 4
    UNION ALL
    SELECT a.corp_id, '{punches,results}', 4, p.work_date,
        CASE count(*) WHEN 1 THEN '1 unexplained punch' ELSE count(*) || ' unexplained punches' END
    FROM asked a JOIN dakasync.punch p ON p.corp_id = a.corp_id AND NOT p.explained AND p.work_date BETWEEN greatest(a.since, a.askable) AND a.yesterday
    WHERE NOT EXISTS (SELECT FROM gone g WHERE g.corp_id = p.corp_id AND g.user_id = p.user_id)
    GROUP BY a.corp_id, p.work_date
    UNION ALL
    SELECT corp_id, CASE WHEN u.approval THEN '{approvals}'::text[] ELSE '{punches,results}' END, 5, u.on_date,
        CASE count(*) WHEN 1 THEN '1 event that is ' ELSE count(*) || ' events that are ' END
            || CASE u.outcome WHEN 'pending' THEN 'still pending' ELSE 'unexplained' END
    FROM asked a JOIN unfinished u USING (corp_id) WHERE u.on_date BETWEEN greatest(a.since, a.askable) AND a.yesterday
    GROUP BY corp_id, u.approval, u.outcome, u.on_date
    UNION ALL
    SELECT a.corp_id, '{approvals}', 6, d.work_date,
        CASE count(DISTINCT (d.process_instance_id, d.user_id)) WHEN 1 THEN '1 approval whose day was not asked about since it was decided'
            ELSE count(DISTINCT (d.process_instance_id, d.user_id)) || ' approvals whose days were not asked about since they were decided' END
    FROM asked a JOIN dakasync.approval_day d ON d.corp_id = a.corp_id AND d.state = 'due' AND d.work_date BETWEEN greatest(a.since, a.askable) AND a.yesterday
    WHERE NOT EXISTS (SELECT FROM dakasync.employee e WHERE e.corp_id = d.corp_id AND e.user_id = d.user_id
        AND (e.left_at AT TIME ZONE a.zone)::date <= d.work_date)
        AND NOT EXISTS (SELECT FROM gone g WHERE g.corp_id = d.corp_id AND g.user_id = d.user_id)
    GROUP BY a.corp_id, d.work_date
    UNION ALL
    SELECT a.corp_id, '{approvals}', 7, greatest(a.since, (coalesce(i.finished_at, i.updated_at) AT TIME ZONE a.zone)::date),
        CASE count(*) WHEN 1 THEN '1 finished approval that could not be read yet' ELSE count(*) || ' finished approvals that could not be read yet' END
    FROM asked a JOIN dakasync.approval i ON i.corp_id = a.corp_id AND NOT i.complete AND i.status = 'COMPLETED'
        AND coalesce(i.result, 'agree') = 'agree' AND i.kind <> 'other'
    WHERE (i.updated_at AT TIME ZONE a.zone)::date >= a.since GROUP BY a.corp_id, a.zone, 4
    UNION ALL
    SELECT a.corp_id, '{approvals}', 8, greatest(a.since, u.work_date),
        CASE count(*) WHEN 1 THEN '1 approval that cannot be read' ELSE count(*) || ' approvals that cannot be read' END
    FROM asked a JOIN dakasync.unread_approval u ON u.corp_id = a.corp_id AND u.reason <> 'NotFound'
    WHERE (SELECT i.complete FROM dakasync.approval i
        WHERE i.corp_id = u.corp_id AND i.process_instance_id = u.process_instance_id) IS NOT TRUE
    GROUP BY a.corp_id, 4
    UNION ALL
    SELECT a.corp_id, '{punches,results,approvals}', 9, min(d)::date, 'not asked about for everybody since its results became final'
    FROM asked a, generate_series(a.since::timestamp, a.yesterday::timestamp, interval '1 day') d
    WHERE NOT EXISTS (SELECT FROM dakasync.reconciliation r WHERE r.corp_id = a.corp_id AND r.work_date = d::date)
    GROUP BY a.corp_id HAVING count(*) > 0
)
SELECT a.corp_id, x.domain,
    CASE WHEN least(a.yesterday, h.on_date - 1) >= a.since THEN least(a.yesterday, h.on_date - 1) END AS complete_through,
    h.on_date AS held_back_on,
    CASE WHEN a.since IS NULL THEN 'no connection was proven yet' ELSE h.what END AS held_back_by
FROM asked a CROSS JOIN (VALUES ('punches', 1), ('results', 2), ('approvals', 3)) AS x (domain, place)
LEFT JOIN LATERAL (
    SELECT on_date, string_agg(what, '; ' ORDER BY rank, what) AS what FROM held
    WHERE held.corp_id = a.corp_id AND x.domain = ANY(held.domains) AND on_date <= a.yesterday
    GROUP BY on_date ORDER BY on_date LIMIT 1
) h ON true
ORDER BY a.corp_id, x.place;
END;
-- +goose StatementEnd
COMMENT ON VIEW dakasync.complete_through IS 'How far the ledger is complete, and what holds it back: for each kind of data the last date up to which every day since the first coverage can be relied upon. What is open of people who left contacts a week ago holds nothing back, as DingTalk answers for them no more: their days say themselves what is open. Nor does what is open of a day of over 180 days ago, about which it answers nothing. Computed when asked.';
COMMENT ON COLUMN dakasync.day.changed_at IS 'When something that was told of the day, an approval, an edit or a late punch, was last left to the nightly sweep; null if never. The day is settled only by what was asked since.';

-- +goose Down
-- Nothing: the function reads no more than was there before, and goes with the schema.
