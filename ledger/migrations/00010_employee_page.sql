-- +goose Up

-- A sweep lists everybody by pages of 50, in an order that no locale changes: without an index in that order each page read
-- everybody, so that a sweep of ten times as many people listed them a hundred times as long.
CREATE INDEX employee_page ON dakasync.employee (corp_id, user_id COLLATE "C");

-- +goose Down
DROP INDEX dakasync.employee_page;
