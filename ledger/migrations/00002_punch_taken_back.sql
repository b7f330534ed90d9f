-- +goose Up

-- A make-up pushes a punch event when it is approved, and none when it is
-- revoked: what is left of it must not look like a punch, in whatever order the
-- two are told of.
CREATE TABLE dakasync.punch_taken_back (
    corp_id    text        NOT NULL,
    user_id    text        NOT NULL,
    check_time timestamptz NOT NULL CHECK (check_time = date_trunc('second', check_time, 'UTC')),
    state      jsonb       NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (corp_id, user_id, check_time)
);
COMMENT ON TABLE  dakasync.punch_taken_back IS 'Made-up punches that were revoked, moved or deleted, and that nothing but their own event spoke of. They are no punches; one that somebody else shows after all is in punch again.';
COMMENT ON COLUMN dakasync.punch_taken_back.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.punch_taken_back.user_id IS 'DingTalk''s user id.';
COMMENT ON COLUMN dakasync.punch_taken_back.check_time IS 'The time that was made up, to the second.';
COMMENT ON COLUMN dakasync.punch_taken_back.state IS 'As punch.state; for the program, not for reports.';
COMMENT ON COLUMN dakasync.punch_taken_back.updated_at IS 'When the row was last written.';

-- +goose Down
DROP TABLE dakasync.punch_taken_back;
