-- +goose Up

-- Until PostgreSQL has counted a table, a minute or so after its first rows, it takes a
-- company for one of two hundred, and any index that begins with it for nearly a whole key:
-- plans made then read all rows there are for a single one, until the table is counted. So it
-- counts made-up rows first: few of each person, date and key, and each of another company, so
-- that none is held to be common. n_distinct, which stays, says that there is one.
-- +goose StatementBegin
DO $$
BEGIN
    IF EXISTS (SELECT FROM dakasync.event) OR EXISTS (SELECT FROM dakasync.day) OR EXISTS (SELECT FROM dakasync.approval) THEN
        RETURN; -- it will count those
    END IF;
    INSERT INTO dakasync.day (corp_id, user_id, work_date, scheduled, settled_at, version, last_trigger)
        SELECT 'made up ' || n, 'u' || n / 5, date '2026-01-01' + n * 37 % 200, true, now(), 1, 'event' FROM generate_series(1, 400) n;
    INSERT INTO dakasync.day_version (corp_id, user_id, work_date, version, trigger, snapshot)
        SELECT corp_id, user_id, work_date, 1, 'event', '{}' FROM dakasync.day;
    INSERT INTO dakasync.event (corp_id, event_key, origin, event_type, event_id, user_id, work_date, check_time, received_at, workflow_id, outcome)
        SELECT corp_id, corp_id, 'stream', 'attendance_check_record', corp_id, user_id, work_date, work_date, work_date, corp_id, 'done' FROM dakasync.day;
    INSERT INTO dakasync.result (corp_id, user_id, work_date, slot, check_type, plan_check_time, user_check_time, time_result, origin)
        SELECT corp_id, user_id, work_date, 0, 'OnDuty', work_date, work_date, 'Normal', 'detail' FROM dakasync.day;
    INSERT INTO dakasync.punch (corp_id, user_id, work_date, check_time, origin, explained, state)
        SELECT corp_id, user_id, work_date, work_date, 'detail', true, '{}' FROM dakasync.day;
    INSERT INTO dakasync.approval (corp_id, process_instance_id, process_code, kind, originator_user_id, status, result, created_at, read_at, complete, state)
        SELECT corp_id, corp_id, left(corp_id, 10), 'leave', user_id, 'COMPLETED', 'agree', work_date, work_date, true, '{}' FROM dakasync.day;
    INSERT INTO dakasync.approval_day (corp_id, process_instance_id, user_id, work_date, begin_time, end_time, state, due_from)
        SELECT corp_id, corp_id, user_id, work_date, work_date, work_date + 1, 'synced', work_date FROM dakasync.day;
    ALTER TABLE dakasync.event        ALTER COLUMN corp_id SET (n_distinct = 1);
    ALTER TABLE dakasync.day          ALTER COLUMN corp_id SET (n_distinct = 1);
    ALTER TABLE dakasync.day_version  ALTER COLUMN corp_id SET (n_distinct = 1);
    ALTER TABLE dakasync.result       ALTER COLUMN corp_id SET (n_distinct = 1);
    ALTER TABLE dakasync.punch        ALTER COLUMN corp_id SET (n_distinct = 1);
    ALTER TABLE dakasync.approval     ALTER COLUMN corp_id SET (n_distinct = 1);
    ALTER TABLE dakasync.approval_day ALTER COLUMN corp_id SET (n_distinct = 1);
    ANALYZE dakasync.event, dakasync.day, dakasync.day_version, dakasync.result, dakasync.punch, dakasync.approval, dakasync.approval_day;
    DELETE FROM dakasync.approval_day WHERE corp_id LIKE 'made up %';
    DELETE FROM dakasync.approval WHERE corp_id LIKE 'made up %';
    DELETE FROM dakasync.punch WHERE corp_id LIKE 'made up %';
    DELETE FROM dakasync.result WHERE corp_id LIKE 'made up %';
    DELETE FROM dakasync.event WHERE corp_id LIKE 'made up %';
    DELETE FROM dakasync.day_version WHERE corp_id LIKE 'made up %';
    DELETE FROM dakasync.day WHERE corp_id LIKE 'made up %';
END $$;
-- +goose StatementEnd

-- +goose Down
ALTER TABLE dakasync.event        ALTER COLUMN corp_id RESET (n_distinct);
ALTER TABLE dakasync.day          ALTER COLUMN corp_id RESET (n_distinct);
ALTER TABLE dakasync.day_version  ALTER COLUMN corp_id RESET (n_distinct);
ALTER TABLE dakasync.result       ALTER COLUMN corp_id RESET (n_distinct);
ALTER TABLE dakasync.punch        ALTER COLUMN corp_id RESET (n_distinct);
ALTER TABLE dakasync.approval     ALTER COLUMN corp_id RESET (n_distinct);
ALTER TABLE dakasync.approval_day ALTER COLUMN corp_id RESET (n_distinct);
