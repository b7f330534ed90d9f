-- +goose Up
CREATE TABLE dakasync.live_test (
    corp_id    text        NOT NULL,
    refused_at timestamptz NOT NULL,
    event_type text        NOT NULL,
    refusals   integer     NOT NULL CHECK (refusals > 0),
    ended_at   timestamptz NOT NULL,
    reached_at timestamptz,
    PRIMARY KEY (corp_id, refused_at)
);
COMMENT ON TABLE  dakasync.live_test IS 'Whether an event that was refused on the Stream came onto the failed-push list: one row for every dakactl livetest that came to an answer. Append-only.';
COMMENT ON COLUMN dakasync.live_test.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.live_test.refused_at IS 'When the event was refused for the first time.';
COMMENT ON COLUMN dakasync.live_test.event_type IS 'DingTalk''s type of the event.';
COMMENT ON COLUMN dakasync.live_test.refusals IS 'How often DingTalk pushed it until it gave up.';
COMMENT ON COLUMN dakasync.live_test.ended_at IS 'When the test ended.';
COMMENT ON COLUMN dakasync.live_test.reached_at IS 'When a read of the failed-push list brought it; null: none had until the test ended.';

-- +goose Down
DROP TABLE dakasync.live_test;
