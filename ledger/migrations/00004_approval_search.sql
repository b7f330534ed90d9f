-- +goose Up

-- What the nightly searches for approvals have shown, so that the next ones need
-- not list everything again.

CREATE TABLE dakasync.approval_search (
    corp_id      text        NOT NULL,
    process_code text        NOT NULL,
    listed_at    timestamptz NOT NULL,
    whole_at     timestamptz,
    whole_from   timestamptz,
    running      boolean     NOT NULL,
    PRIMARY KEY (corp_id, process_code),
    CHECK ((whole_at IS NULL) = (whole_from IS NULL))
);
COMMENT ON TABLE  dakasync.approval_search IS 'How far the approvals of a template are known to have been looked for, by nightly sweeps that nobody refused anything.';
COMMENT ON COLUMN dakasync.approval_search.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.approval_search.process_code IS 'The template.';
COMMENT ON COLUMN dakasync.approval_search.listed_at IS 'When the last such sweep began: what was started before it is known, or stands in listed_approval.';
COMMENT ON COLUMN dakasync.approval_search.whole_at IS 'When the last such sweep began that had all finished ones listed, whenever they were started.';
COMMENT ON COLUMN dakasync.approval_search.whole_from IS 'From which start on they were listed then.';
COMMENT ON COLUMN dakasync.approval_search.running IS 'The last such sweep had those listed as well that were running.';

CREATE TABLE dakasync.listed_approval (
    corp_id             text        NOT NULL,
    process_instance_id text        NOT NULL,
    process_code        text        NOT NULL,
    listed_at           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (corp_id, process_instance_id)
);
COMMENT ON TABLE  dakasync.listed_approval IS 'Approvals that a nightly search has seen, running or finished, before they were read to their end. One that is neither listed as running any more nor read to its end has finished, and nobody told of it.';
COMMENT ON COLUMN dakasync.listed_approval.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.listed_approval.process_instance_id IS 'DingTalk''s id of the instance.';
COMMENT ON COLUMN dakasync.listed_approval.process_code IS 'The template.';
COMMENT ON COLUMN dakasync.listed_approval.listed_at IS 'When it was first seen.';

-- +goose Down
DROP TABLE dakasync.listed_approval;
DROP TABLE dakasync.approval_search;
