-- Least-privilege roles for the ledger. Run it as the owner of the schema dakasync, after `dakactl migrate` and after every
-- upgrade: psql "$OWNER_URL" -v ON_ERROR_STOP=1 -1 -f deploy/postgres/roles.sql
-- It may be run again at any time. Then give each program a login of its own:
--
--   CREATE ROLE dakasync_app LOGIN PASSWORD '…' IN ROLE dakasync_writer;   -- worker and starter, with DAKASYNC_MIGRATE=false
--   CREATE ROLE dashboards   LOGIN PASSWORD '…' IN ROLE dakasync_reader;   -- dakactl status, reports
--   CREATE ROLE payroll      LOGIN PASSWORD '…' IN ROLE dakasync_payroll;  -- whoever pays
--
-- The owner alone migrates, erases (`dakactl erase`) and prunes (`dakactl prune`).

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['dakasync_writer', 'dakasync_reader', 'dakasync_payroll'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- It is there already, perhaps for another database of this server.
        END;
    END LOOP;
END $$;

REVOKE ALL ON SCHEMA dakasync FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA dakasync FROM PUBLIC, dakasync_writer, dakasync_reader, dakasync_payroll;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dakasync FROM PUBLIC, dakasync_writer, dakasync_reader, dakasync_payroll;

-- The reader sees every table, and changes none.
GRANT USAGE ON SCHEMA dakasync TO dakasync_reader, dakasync_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA dakasync TO dakasync_reader, dakasync_writer;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA dakasync TO dakasync_reader, dakasync_writer;

-- The writer adds and changes, as worker and starter do. What is append-only stays as it was written, the schema's version is
-- the owner's, and only what DingTalk takes back, or what was only
-- noted for a while, is deleted.
GRANT INSERT, UPDATE ON ALL TABLES IN SCHEMA dakasync TO dakasync_writer;
REVOKE UPDATE ON dakasync.day_version, dakasync.difference, dakasync.decision, dakasync.live_test FROM dakasync_writer;
REVOKE INSERT, UPDATE ON dakasync.schema_version FROM dakasync_writer;
GRANT DELETE ON dakasync.result, dakasync.punch, dakasync.punch_taken_back, dakasync.approval_day,
    dakasync.listed_approval TO dakasync_writer;

-- Payroll sees what pay needs, through views, and nothing else: no events, no raw records, no personal data.
CREATE SCHEMA IF NOT EXISTS dakasync_payroll;
COMMENT ON SCHEMA dakasync_payroll IS 'What pay needs of the ledger. Read complete_through first: a date is reliable up to there.';
REVOKE ALL ON SCHEMA dakasync_payroll FROM PUBLIC;

CREATE OR REPLACE VIEW dakasync_payroll.day AS
    SELECT corp_id, user_id, work_date, scheduled, settled_at IS NOT NULL AS settled, version FROM dakasync.day;
COMMENT ON VIEW dakasync_payroll.day IS 'One user''s work date; settled when its results are final.';

CREATE OR REPLACE VIEW dakasync_payroll.result AS
    SELECT corp_id, user_id, work_date, slot, check_type, plan_check_time, user_check_time, time_result, location_result,
        source_type, process_instance_id FROM dakasync.result;
COMMENT ON VIEW dakasync_payroll.result IS 'One planned slot of a user-day and how it was met.';

CREATE OR REPLACE VIEW dakasync_payroll.punch AS
    SELECT corp_id, user_id, work_date, check_time, check_type, source_type, location_result, valid, explained, process_instance_id
    FROM dakasync.punch;
COMMENT ON VIEW dakasync_payroll.punch IS 'One physical clock-in.';

CREATE OR REPLACE VIEW dakasync_payroll.approval AS
    SELECT corp_id, process_instance_id, kind, originator_user_id, status, result, created_at, finished_at, revoked
    FROM dakasync.approval;
COMMENT ON VIEW dakasync_payroll.approval IS 'One approval instance.';

CREATE OR REPLACE VIEW dakasync_payroll.approval_day AS
    SELECT corp_id, process_instance_id, user_id, work_date, begin_time, end_time, made_up_time FROM dakasync.approval_day
    WHERE state <> 'void';
COMMENT ON VIEW dakasync_payroll.approval_day IS 'One calendar day of one user that an agreed approval touches.';

-- A view's functions run with the rights of whoever asks, so completeness is computed by one that runs as the owner.
CREATE OR REPLACE FUNCTION dakasync_payroll.completeness() RETURNS SETOF dakasync.complete_through
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS 'SELECT * FROM dakasync.complete_through';
REVOKE ALL ON FUNCTION dakasync_payroll.completeness() FROM PUBLIC;
CREATE OR REPLACE VIEW dakasync_payroll.complete_through AS
    SELECT corp_id, domain, complete_through, held_back_on, held_back_by FROM dakasync_payroll.completeness();
COMMENT ON VIEW dakasync_payroll.complete_through IS 'How far the ledger is complete, and what holds it back.';

-- A column of a view means what the ledger's column of that name means; the data dictionary is made of these comments.
COMMENT ON COLUMN dakasync_payroll.day.settled IS 'True when the nightly sweep found its results final; they may change no more.';
DO $$
DECLARE c record;
BEGIN
    FOR c IN
        SELECT v.relname, a.attname, col_description(l.oid, m.attnum) AS meaning
        FROM pg_class v JOIN pg_attribute a ON a.attrelid = v.oid
            JOIN pg_class l ON l.relname = v.relname JOIN pg_attribute m ON m.attrelid = l.oid AND m.attname = a.attname
        WHERE v.relnamespace = 'dakasync_payroll'::regnamespace AND l.relnamespace = 'dakasync'::regnamespace AND a.attnum > 0
    LOOP
        EXECUTE format('COMMENT ON COLUMN dakasync_payroll.%I.%I IS %L', c.relname, c.attname, c.meaning);
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA dakasync_payroll TO dakasync_payroll, dakasync_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA dakasync_payroll TO dakasync_payroll, dakasync_reader;
GRANT EXECUTE ON FUNCTION dakasync_payroll.completeness() TO dakasync_payroll, dakasync_reader;
