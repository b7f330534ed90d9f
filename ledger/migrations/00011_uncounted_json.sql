-- +goose Up

-- ANALYZE sorts a sample of each column's values, jsonb by all that is in it: a quarter of PostgreSQL's time in a large ledger's first
-- days, for figures that no query uses, as none asks by a document's content.
ALTER TABLE dakasync.event            ALTER COLUMN payload SET STATISTICS 0, ALTER COLUMN hint SET STATISTICS 0;
ALTER TABLE dakasync.day              ALTER COLUMN approvals SET STATISTICS 0, ALTER COLUMN state SET STATISTICS 0;
ALTER TABLE dakasync.day_version      ALTER COLUMN snapshot SET STATISTICS 0;
ALTER TABLE dakasync.result           ALTER COLUMN extra SET STATISTICS 0;
ALTER TABLE dakasync.punch            ALTER COLUMN extra SET STATISTICS 0, ALTER COLUMN state SET STATISTICS 0;
ALTER TABLE dakasync.punch_taken_back ALTER COLUMN state SET STATISTICS 0;
ALTER TABLE dakasync.approval         ALTER COLUMN state SET STATISTICS 0;
ALTER TABLE dakasync.gap              ALTER COLUMN evidence SET STATISTICS 0;
ALTER TABLE dakasync.difference       ALTER COLUMN before SET STATISTICS 0, ALTER COLUMN after SET STATISTICS 0;

-- +goose Down
ALTER TABLE dakasync.event            ALTER COLUMN payload SET STATISTICS -1, ALTER COLUMN hint SET STATISTICS -1;
ALTER TABLE dakasync.day              ALTER COLUMN approvals SET STATISTICS -1, ALTER COLUMN state SET STATISTICS -1;
ALTER TABLE dakasync.day_version      ALTER COLUMN snapshot SET STATISTICS -1;
ALTER TABLE dakasync.result           ALTER COLUMN extra SET STATISTICS -1;
ALTER TABLE dakasync.punch            ALTER COLUMN extra SET STATISTICS -1, ALTER COLUMN state SET STATISTICS -1;
ALTER TABLE dakasync.punch_taken_back ALTER COLUMN state SET STATISTICS -1;
ALTER TABLE dakasync.approval         ALTER COLUMN state SET STATISTICS -1;
ALTER TABLE dakasync.gap              ALTER COLUMN evidence SET STATISTICS -1;
ALTER TABLE dakasync.difference       ALTER COLUMN before SET STATISTICS -1, ALTER COLUMN after SET STATISTICS -1;
