-- +goose Up

-- What is proven of the connections, what is not, and what was done about it.
-- From these tables, and from what is still open in the others, the view
-- complete_through tells how far the ledger can be trusted. The view is computed
-- when it is asked, so it cannot run ahead of what it looks at.

CREATE TABLE dakasync.company (
    corp_id   text PRIMARY KEY,
    time_zone text NOT NULL
);
COMMENT ON TABLE  dakasync.company IS 'The company that the ledger is kept for.';
COMMENT ON COLUMN dakasync.company.corp_id IS 'DingTalk''s id of the company.';
COMMENT ON COLUMN dakasync.company.time_zone IS 'The zone in which its days begin and end, as PostgreSQL spells it.';

CREATE TABLE dakasync.coverage (
    corp_id      text        NOT NULL,
    id           text        NOT NULL,
    starter      text        NOT NULL,
    began_at     timestamptz NOT NULL,
    proven_until timestamptz NOT NULL CHECK (proven_until >= began_at),
    ended        text        CHECK (ended IN ('stopped', 'replaced', 'lost', 'silent', 'asleep', 'no_store')),
    PRIMARY KEY (corp_id, id)
);
CREATE INDEX coverage_began ON dakasync.coverage (corp_id, began_at);
CREATE INDEX coverage_proven ON dakasync.coverage (corp_id, proven_until);
COMMENT ON TABLE  dakasync.coverage IS 'One stretch of one connection''s life in which it is proven to have lived and to have had a store for its events. What lies in no stretch is blind time.';
COMMENT ON COLUMN dakasync.coverage.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.coverage.id IS 'Ours; a hole in a connection''s life begins another stretch.';
COMMENT ON COLUMN dakasync.coverage.starter IS 'The process that held the connection.';
COMMENT ON COLUMN dakasync.coverage.began_at IS 'When the far side first answered, by the database''s clock.';
COMMENT ON COLUMN dakasync.coverage.proven_until IS 'When it last did, by the database''s clock. It grows until the stretch ends; then, or when that clock is set back, what proves nothing is taken back.';
COMMENT ON COLUMN dakasync.coverage.ended IS 'How it ended. stopped: its process was told to. replaced: its successor was up. lost: it broke. silent: nothing came any more. asleep: the process stood still, or a clock jumped. no_store: nothing took events. Null while it lives, and for good when its process died.';

CREATE TABLE dakasync.gap (
    corp_id     text        NOT NULL,
    began_at    timestamptz NOT NULL,
    ended_at    timestamptz NOT NULL,
    reason      text        NOT NULL
                CHECK (reason IN ('stopped', 'replaced', 'lost', 'silent', 'asleep', 'no_store', 'crashed')),
    found_at    timestamptz NOT NULL DEFAULT now(),
    swept_at    timestamptz,
    workflow_id text,
    evidence    jsonb,
    PRIMARY KEY (corp_id, began_at),
    CHECK (ended_at > began_at)
);
CREATE INDEX gap_ended ON dakasync.gap (corp_id, ended_at);
COMMENT ON TABLE  dakasync.gap IS 'A time that no stretch of coverage covers: what happened in it may have been told to nobody. Nothing is deleted.';
COMMENT ON COLUMN dakasync.gap.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.gap.began_at IS 'From when on nothing is proven.';
COMMENT ON COLUMN dakasync.gap.ended_at IS 'Until when, as far as was known when it was found; no later than now after the database''s clock was set back. The rest of a longer one is a row of its own.';
COMMENT ON COLUMN dakasync.gap.reason IS 'How the coverage before it ended, as coverage.ended; crashed where its process could not say.';
COMMENT ON COLUMN dakasync.gap.found_at IS 'When the row was written.';
COMMENT ON COLUMN dakasync.gap.swept_at IS 'When a sweep had asked about all its days; null while it is open.';
COMMENT ON COLUMN dakasync.gap.workflow_id IS 'The run that swept it.';
COMMENT ON COLUMN dakasync.gap.evidence IS 'What that run did: since when it asked, user-days, calls, approvals read, differences found.';

CREATE TABLE dakasync.difference (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    corp_id     text        NOT NULL,
    user_id     text,
    work_date   date,
    domain      text        NOT NULL CHECK (domain IN ('punches', 'results', 'approvals')),
    what        text        NOT NULL,
    before      jsonb,
    after       jsonb,
    why         text        NOT NULL,
    found_at    timestamptz NOT NULL DEFAULT now(),
    workflow_id text        NOT NULL
);
CREATE INDEX difference_date ON dakasync.difference (corp_id, work_date);
CREATE INDEX difference_workflow ON dakasync.difference (corp_id, workflow_id);
COMMENT ON TABLE  dakasync.difference IS 'What a sweep found other than the ledger had it, and healed. Append-only.';
COMMENT ON COLUMN dakasync.difference.id IS 'Ours, in the order of writing.';
COMMENT ON COLUMN dakasync.difference.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.difference.user_id IS 'Whom it is about; for an approval its originator, if known.';
COMMENT ON COLUMN dakasync.difference.work_date IS 'The work date; for an approval the first day that it touches, if any.';
COMMENT ON COLUMN dakasync.difference.domain IS 'punches, results or approvals.';
COMMENT ON COLUMN dakasync.difference.what IS 'What differed, in words; times are the company''s.';
COMMENT ON COLUMN dakasync.difference.before IS 'What the ledger showed; null if nothing.';
COMMENT ON COLUMN dakasync.difference.after IS 'What it shows since; null if nothing.';
COMMENT ON COLUMN dakasync.difference.why IS 'Why it was not known before, as far as can be told.';
COMMENT ON COLUMN dakasync.difference.found_at IS 'When it was found and healed.';
COMMENT ON COLUMN dakasync.difference.workflow_id IS 'The run that found it.';

CREATE TABLE dakasync.reconciliation (
    corp_id       text        NOT NULL,
    work_date     date        NOT NULL,
    asked_at      timestamptz NOT NULL,
    reconciled_at timestamptz NOT NULL DEFAULT now(),
    user_days     integer     NOT NULL CHECK (user_days >= 0),
    differences   integer     NOT NULL CHECK (differences >= 0),
    workflow_id   text        NOT NULL,
    PRIMARY KEY (corp_id, work_date)
);
COMMENT ON TABLE  dakasync.reconciliation IS 'The dates about which DingTalk was asked for everybody when their results were final. The newest such sweep counts.';
COMMENT ON COLUMN dakasync.reconciliation.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.reconciliation.work_date IS 'The work date.';
COMMENT ON COLUMN dakasync.reconciliation.asked_at IS 'When the sweep sent its first question.';
COMMENT ON COLUMN dakasync.reconciliation.reconciled_at IS 'When its last answer was in the ledger.';
COMMENT ON COLUMN dakasync.reconciliation.user_days IS 'How many user-days the whole sweep asked about, other dates included.';
COMMENT ON COLUMN dakasync.reconciliation.differences IS 'How many rows of difference the whole sweep wrote.';
COMMENT ON COLUMN dakasync.reconciliation.workflow_id IS 'The run.';

CREATE TABLE dakasync.unread_approval (
    corp_id             text        NOT NULL,
    process_instance_id text        NOT NULL,
    process_code        text,
    work_date           date        NOT NULL,
    reason              text        NOT NULL,
    found_at            timestamptz NOT NULL DEFAULT now(),
    tried_at            timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (corp_id, process_instance_id)
);
COMMENT ON TABLE  dakasync.unread_approval IS 'The approvals that a sweep came upon and could not read. Each holds back how far approvals are complete, until it is read (approval.complete), DingTalk knows it no more, or somebody who knows what it says deletes its row.';
COMMENT ON COLUMN dakasync.unread_approval.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.unread_approval.process_instance_id IS 'DingTalk''s id of the instance.';
COMMENT ON COLUMN dakasync.unread_approval.process_code IS 'The template; null when it is not known.';
COMMENT ON COLUMN dakasync.unread_approval.work_date IS 'The first date that any such sweep was about: none of the dates from it on can be relied upon.';
COMMENT ON COLUMN dakasync.unread_approval.reason IS 'How the last reading failed, as the worker''s errors are named. NotFound holds nothing back: there is no such approval, or not any more.';
COMMENT ON COLUMN dakasync.unread_approval.found_at IS 'When it was first tried.';
COMMENT ON COLUMN dakasync.unread_approval.tried_at IS 'When it was last tried.';

CREATE INDEX approval_unread ON dakasync.approval (corp_id, updated_at) WHERE NOT complete AND status = 'COMPLETED';

CREATE VIEW dakasync.blind_time AS
SELECT c.corp_id, lower(hole) AS began_at, upper(hole) AS ended_at
FROM (
    SELECT corp_id, min(began_at) AS first_at, range_agg(tstzrange(began_at, proven_until, '[]')) AS proven
    FROM dakasync.coverage GROUP BY corp_id
) c, unnest(tstzmultirange(tstzrange(c.first_at, greatest(c.first_at, now()))) - c.proven) AS hole;
COMMENT ON VIEW   dakasync.blind_time IS 'Every time since the first coverage that no coverage covers, up to now: the last seconds before now are not proven yet even while all is well.';
COMMENT ON COLUMN dakasync.blind_time.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.blind_time.began_at IS 'From when on nothing is proven.';
COMMENT ON COLUMN dakasync.blind_time.ended_at IS 'When something is proven again, or now.';

-- A gap concerns the dates of its time: events may be born five minutes before it
-- (their repetitions fell into it), and a night shift began the day before. What a
-- lost read of failed pushes may have told of happened since the last read that
-- was answered and understood, seven days back at most.
-- A function under the view, because it can keep the planner from compiling: it
-- takes some rows for thousands, and would spend seconds on a query of milliseconds.
-- +goose StatementBegin
CREATE FUNCTION dakasync.completeness()
RETURNS TABLE (corp_id text, domain text, complete_through date, held_back_on date, held_back_by text)
LANGUAGE sql STABLE ROWS 3 SET jit = off
BEGIN ATOMIC
WITH asked AS MATERIALIZED (
    SELECT y.corp_id, y.time_zone AS zone, v.first_at, v.last_at, (v.first_at AT TIME ZONE y.time_zone)::date AS since,
        (now() AT TIME ZONE y.time_zone)::date - 1 AS yesterday
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
), unfinished AS (
    SELECT a.corp_id, e.outcome, e.event_key LIKE 'approval/%' AS approval, coalesce(e.work_date,
        (coalesce(e.check_time, e.born_at, e.received_at) AT TIME ZONE a.zone)::date) AS on_date
    FROM asked a JOIN dakasync.event e ON e.corp_id = a.corp_id AND e.outcome = 'pending'
    UNION ALL
    SELECT a.corp_id, e.outcome, e.event_key LIKE 'approval/%', coalesce(e.work_date,
        (coalesce(e.check_time, e.born_at, e.received_at) AT TIME ZONE a.zone)::date)
    FROM asked a JOIN dakasync.event e ON e.corp_id = a.corp_id AND e.outcome = 'unexplained'
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
    FROM asked a JOIN dakasync.punch p ON p.corp_id = a.corp_id AND NOT p.explained AND p.work_date BETWEEN a.since AND a.yesterday
    GROUP BY a.corp_id, p.work_date
    UNION ALL
    SELECT corp_id, CASE WHEN u.approval THEN '{approvals}'::text[] ELSE '{punches,results}' END, 5, u.on_date,
        CASE count(*) WHEN 1 THEN '1 event that is ' ELSE count(*) || ' events that are ' END
            || CASE u.outcome WHEN 'pending' THEN 'still pending' ELSE 'unexplained' END
    FROM asked a JOIN unfinished u USING (corp_id) WHERE u.on_date BETWEEN a.since AND a.yesterday
    GROUP BY corp_id, u.approval, u.outcome, u.on_date
    UNION ALL
    SELECT a.corp_id, '{approvals}', 6, d.work_date,
        CASE count(DISTINCT (d.process_instance_id, d.user_id)) WHEN 1 THEN '1 approval whose day was not asked about since it was decided'
            ELSE count(DISTINCT (d.process_instance_id, d.user_id)) || ' approvals whose days were not asked about since they were decided' END
    FROM asked a JOIN dakasync.approval_day d ON d.corp_id = a.corp_id AND d.state = 'due' AND d.work_date BETWEEN a.since AND a.yesterday
    WHERE NOT EXISTS (SELECT FROM dakasync.employee e WHERE e.corp_id = d.corp_id AND e.user_id = d.user_id
        AND (e.left_at AT TIME ZONE a.zone)::date <= d.work_date)
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
COMMENT ON FUNCTION dakasync.completeness IS 'The content of the view complete_through.';

CREATE VIEW dakasync.complete_through AS SELECT * FROM dakasync.completeness();
COMMENT ON VIEW   dakasync.complete_through IS 'How far the ledger is complete, and what holds it back: for each kind of data the last date up to which every day since the first coverage can be relied upon. Computed when asked.';
COMMENT ON COLUMN dakasync.complete_through.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.complete_through.domain IS 'punches, results or approvals.';
COMMENT ON COLUMN dakasync.complete_through.complete_through IS 'The last date that is complete with all before it; null if none is. Yesterday at most.';
COMMENT ON COLUMN dakasync.complete_through.held_back_on IS 'The first date that is over and not complete; null if there is none.';
COMMENT ON COLUMN dakasync.complete_through.held_back_by IS 'Everything that keeps it from being complete, in words. Times are the company''s.';

-- +goose Down
DROP VIEW dakasync.complete_through;
DROP FUNCTION dakasync.completeness();
DROP VIEW dakasync.blind_time;
DROP INDEX dakasync.approval_unread;
DROP TABLE dakasync.unread_approval;
DROP TABLE dakasync.reconciliation;
DROP TABLE dakasync.difference;
DROP TABLE dakasync.gap;
DROP TABLE dakasync.coverage;
DROP TABLE dakasync.company;
