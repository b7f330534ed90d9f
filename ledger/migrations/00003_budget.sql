-- +goose Up

-- What is spent, what was decided about it, and what DingTalk said of it; and
-- of a user-day, when its clock-ins alone were asked for.

ALTER TABLE dakasync.day ADD COLUMN listed_at timestamptz;
COMMENT ON COLUMN dakasync.day.listed_at IS 'The newest time at which DingTalk was asked for its clock-ins alone, whatever the answer; null if never. They show who signed, but neither who is missing nor what was edited: only synced_at says that.';
ALTER TABLE dakasync.day ADD COLUMN accounted boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN dakasync.day.accounted IS 'Clock-ins and schedule account for it: a plan is known, a punch met every slot of it, nothing else is shown, and neither an edit nor an approval tag is known of. Its results need not be asked for.';

-- What waits for a batch, by whom it is about: a batch reads it user by user.
CREATE INDEX event_wanted ON dakasync.event (corp_id, user_id COLLATE "C")
    WHERE outcome = 'pending' AND workflow_id IS NOT NULL AND user_id IS NOT NULL;

CREATE TABLE dakasync.push (
    corp_id    text        NOT NULL,
    hour       timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    event_type text        NOT NULL,
    pushes     integer     NOT NULL CHECK (pushes >= 0),
    PRIMARY KEY (corp_id, hour, event_type)
);
COMMENT ON TABLE  dakasync.push IS 'What was pushed: frames by hour and event type. Every push is metered, repetitions and those that nothing follows from included.';
COMMENT ON COLUMN dakasync.push.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.push.hour IS 'The hour in which they came, by its beginning.';
COMMENT ON COLUMN dakasync.push.event_type IS 'DingTalk''s event type.';
COMMENT ON COLUMN dakasync.push.pushes IS 'Frames that came.';

CREATE TABLE dakasync.demand (
    corp_id      text     NOT NULL,
    on_date      date     NOT NULL,
    batch_window interval NOT NULL,
    punches      integer  NOT NULL CHECK (punches >= 0),
    calls        integer  NOT NULL CHECK (calls >= 0),
    PRIMARY KEY (corp_id, on_date, batch_window)
);
COMMENT ON TABLE  dakasync.demand IS 'What batches would have cost on a past date, for each window that may be chosen: decisions go by it.';
COMMENT ON COLUMN dakasync.demand.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.demand.on_date IS 'The date on which the events came, in the company''s zone.';
COMMENT ON COLUMN dakasync.demand.batch_window IS 'How long the window is.';
COMMENT ON COLUMN dakasync.demand.punches IS 'The punch events that came on the date, each once.';
COMMENT ON COLUMN dakasync.demand.calls IS 'In how many calls of 50 users their punches could have been asked for.';

CREATE TABLE dakasync.decision (
    corp_id         text        NOT NULL,
    decided_at      timestamptz NOT NULL,
    mode            text        NOT NULL CHECK (mode IN ('live', 'batched', 'sweep', 'stopped')),
    batch_window    interval    NOT NULL,
    reason          text        NOT NULL,
    calls           integer     NOT NULL,
    pushes          integer     NOT NULL,
    forecast_calls  integer     NOT NULL,
    forecast_pushes integer     NOT NULL,
    thrift          boolean     NOT NULL,
    PRIMARY KEY (corp_id, decided_at)
);
COMMENT ON TABLE  dakasync.decision IS 'How events were answered from when on, and why: the newest row counts. There is one for every change, and one an hour besides. Append-only.';
COMMENT ON COLUMN dakasync.decision.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.decision.decided_at IS 'When it was decided.';
COMMENT ON COLUMN dakasync.decision.mode IS 'live: each event by itself, within seconds. batched: those of one window together. sweep: kept for the nightly sweep. stopped: kept; nothing automatic is spent.';
COMMENT ON COLUMN dakasync.decision.batch_window IS 'How long the window of a batch is; 0 unless batched.';
COMMENT ON COLUMN dakasync.decision.reason IS 'Why, in words.';
COMMENT ON COLUMN dakasync.decision.calls IS 'Calls that were billed in the month until then.';
COMMENT ON COLUMN dakasync.decision.pushes IS 'Pushes that came in the month until then.';
COMMENT ON COLUMN dakasync.decision.forecast_calls IS 'Calls expected by the end of the month.';
COMMENT ON COLUMN dakasync.decision.forecast_pushes IS 'Pushes expected by the end of the month.';
COMMENT ON COLUMN dakasync.decision.thrift IS 'True: nightly sweeps ask for the results of those user-days only that clock-ins and schedule leave open. False: of everybody''s.';

CREATE TABLE dakasync.quota_word (
    corp_id  text        NOT NULL,
    kind     text        NOT NULL CHECK (kind IN ('calls', 'pushes')),
    month    date        NOT NULL CHECK (extract(day FROM month) = 1),
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL CHECK (last_at >= first_at),
    again_at timestamptz,
    PRIMARY KEY (corp_id, kind, month)
);
COMMENT ON TABLE  dakasync.quota_word IS 'The months in which DingTalk said that a quota is spent.';
COMMENT ON COLUMN dakasync.quota_word.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.quota_word.kind IS 'calls: it refused a call (90020). pushes: it pushed without content (20001).';
COMMENT ON COLUMN dakasync.quota_word.month IS 'The month in the company''s zone, by its first day.';
COMMENT ON COLUMN dakasync.quota_word.first_at IS 'When it first said so in that month.';
COMMENT ON COLUMN dakasync.quota_word.last_at IS 'When it last said so in that month.';
COMMENT ON COLUMN dakasync.quota_word.again_at IS 'When it last answered again all the same, because more was bought: what it said before is withdrawn. Null if it did not.';

-- +goose Down
DROP TABLE dakasync.quota_word;
DROP TABLE dakasync.decision;
DROP TABLE dakasync.demand;
DROP TABLE dakasync.push;
DROP INDEX dakasync.event_wanted;
ALTER TABLE dakasync.day DROP COLUMN accounted;
ALTER TABLE dakasync.day DROP COLUMN listed_at;
