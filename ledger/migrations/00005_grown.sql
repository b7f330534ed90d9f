-- +goose Up

-- What keeps questions cheap in a ledger of years (dev/bench/grown measures them). None
-- is on the tables that every punch writes, but for one that only odd events enter.

-- The status counts events by outcome: nearly all are done, and are not counted.
CREATE INDEX event_odd ON dakasync.event (corp_id, outcome) WHERE outcome IN ('ignored', 'refused', 'unreadable');

-- Nightly searches for approvals ask by template and start; who was read since.
CREATE INDEX approval_code ON dakasync.approval (corp_id, process_code, created_at);
CREATE INDEX approval_bearing ON dakasync.approval (corp_id, process_code) WHERE kind <> 'other';
CREATE INDEX approval_read ON dakasync.approval (corp_id, updated_at) WHERE complete;

-- Payroll asks for everybody's approval days of a month.
CREATE INDEX approval_day_date ON dakasync.approval_day (corp_id, work_date);

-- Which reads of failed pushes may be lost, and which was answered last.
CREATE INDEX drain_requested ON dakasync.drain (corp_id, requested_at);
CREATE INDEX drain_lost ON dakasync.drain (corp_id, requested_at)
    WHERE resolved_at IS NULL AND (state IN ('requested', 'ambiguous') OR body IS NOT NULL);

-- +goose Down
DROP INDEX dakasync.drain_lost;
DROP INDEX dakasync.drain_requested;
DROP INDEX dakasync.approval_day_date;
DROP INDEX dakasync.approval_read;
DROP INDEX dakasync.approval_bearing;
DROP INDEX dakasync.approval_code;
DROP INDEX dakasync.event_odd;
