-- +goose Up

-- An index for a date's rows names their user too. A foreign key's check, or a statement
-- about some user-days, that PostgreSQL plans before it has counted a table may take either
-- index of the two: with (corp_id, work_date) alone it then read the whole date each time.
DROP INDEX dakasync.day_date;
DROP INDEX dakasync.result_date;
DROP INDEX dakasync.punch_date;
DROP INDEX dakasync.approval_day_date;
CREATE INDEX day_date ON dakasync.day (corp_id, work_date, user_id);
CREATE INDEX result_date ON dakasync.result (corp_id, work_date, user_id);
CREATE INDEX punch_date ON dakasync.punch (corp_id, work_date, user_id);
CREATE INDEX approval_day_date ON dakasync.approval_day (corp_id, work_date, user_id);

-- People who look into the tables of one company name it nowhere.
CREATE INDEX decision_decided ON dakasync.decision (decided_at);
CREATE INDEX api_call_hour ON dakasync.api_call (hour);

-- +goose Down
DROP INDEX dakasync.decision_decided;
DROP INDEX dakasync.api_call_hour;
DROP INDEX dakasync.day_date;
DROP INDEX dakasync.result_date;
DROP INDEX dakasync.punch_date;
DROP INDEX dakasync.approval_day_date;
CREATE INDEX day_date ON dakasync.day (corp_id, work_date);
CREATE INDEX result_date ON dakasync.result (corp_id, work_date);
CREATE INDEX punch_date ON dakasync.punch (corp_id, work_date);
CREATE INDEX approval_day_date ON dakasync.approval_day (corp_id, work_date);
