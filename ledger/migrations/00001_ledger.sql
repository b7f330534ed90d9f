-- +goose Up

-- The tables that the promise is about. What a column means stands in its
-- comment; the comments are the data dictionary. Everything is schema-qualified,
-- so that no search_path matters. Ids and enum strings are DingTalk's own and
-- are stored as they come, unknown ones included: only our own words have CHECKs.

CREATE TABLE dakasync.event (
    corp_id      text        NOT NULL,
    event_key    text        NOT NULL,
    origin       text        NOT NULL CHECK (origin IN ('stream', 'failed_push')),
    event_type   text        NOT NULL,
    event_id     text,
    user_id      text,
    work_date    date,
    check_time   timestamptz,
    born_at      timestamptz,
    received_at  timestamptz NOT NULL,
    deliveries   integer     NOT NULL DEFAULT 1 CHECK (deliveries > 0),
    payload      jsonb,
    workflow_id  text,
    outcome      text        NOT NULL DEFAULT 'pending'
                 CHECK (outcome IN ('pending', 'done', 'unexplained', 'ignored', 'refused', 'unreadable')),
    hint         jsonb,
    counted      boolean     NOT NULL DEFAULT true,
    relay_tries  integer     NOT NULL DEFAULT 0,
    relay_after  timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (corp_id, event_key, origin)
);
CREATE INDEX event_user_date ON dakasync.event (corp_id, user_id, work_date);
CREATE INDEX event_received ON dakasync.event (received_at);
CREATE INDEX event_pending ON dakasync.event (received_at) WHERE outcome = 'pending';
CREATE INDEX event_unrelayed ON dakasync.event (received_at) WHERE outcome = 'pending' AND workflow_id IS NULL;
CREATE INDEX event_unexplained ON dakasync.event (corp_id, user_id, check_time) WHERE outcome = 'unexplained';
COMMENT ON TABLE  dakasync.event IS 'What DingTalk told us, by one channel each: a hint where to look, never the truth. Nothing is deleted.';
COMMENT ON COLUMN dakasync.event.corp_id IS 'The company that the event names; another one than ours has outcome refused.';
COMMENT ON COLUMN dakasync.event.event_key IS 'The natural key of what happened, which is the workflow id of its run: repeated deliveries meet in it.';
COMMENT ON COLUMN dakasync.event.origin IS 'The channel: stream, or failed_push (read back from the failed-push list).';
COMMENT ON COLUMN dakasync.event.event_type IS 'DingTalk''s event type, for example attendance_check_record.';
COMMENT ON COLUMN dakasync.event.event_id IS 'DingTalk''s id of the event, where the channel has one.';
COMMENT ON COLUMN dakasync.event.user_id IS 'Whom it is about; for an approval its originator.';
COMMENT ON COLUMN dakasync.event.work_date IS 'The date that it names; for a punch the calendar day, which need not be its work date.';
COMMENT ON COLUMN dakasync.event.check_time IS 'The punch''s time to the second; null for other kinds.';
COMMENT ON COLUMN dakasync.event.born_at IS 'When DingTalk made the event, if it said so.';
COMMENT ON COLUMN dakasync.event.received_at IS 'When its first delivery reached us.';
COMMENT ON COLUMN dakasync.event.deliveries IS 'How often this channel brought it, as far as was counted.';
COMMENT ON COLUMN dakasync.event.payload IS 'The record as it came, without personal data unless DAKASYNC_PII=full.';
COMMENT ON COLUMN dakasync.event.workflow_id IS 'The run that accounts for it; null while none was started.';
COMMENT ON COLUMN dakasync.event.outcome IS 'pending: not accounted for yet. done: its user-days are in the ledger. unexplained: stored, but nothing accounts for the punch. ignored: nothing follows from it. refused: another company''s. unreadable: kept as it came.';
COMMENT ON COLUMN dakasync.event.hint IS 'What the relay needs to start the run later; null when the run wrote the row.';
COMMENT ON COLUMN dakasync.event.counted IS 'False when the run wrote the row before the drain recorded the delivery that it came from.';
COMMENT ON COLUMN dakasync.event.relay_tries IS 'How often the relay failed to start its run.';
COMMENT ON COLUMN dakasync.event.relay_after IS 'The relay tries again not before this.';
COMMENT ON COLUMN dakasync.event.created_at IS 'When the row was written.';
COMMENT ON COLUMN dakasync.event.updated_at IS 'When the row was last changed.';

CREATE TABLE dakasync.day (
    corp_id      text        NOT NULL,
    user_id      text        NOT NULL,
    work_date    date        NOT NULL,
    scheduled    boolean,
    synced_at    timestamptz,
    settled_at   timestamptz,
    version      integer     NOT NULL DEFAULT 0 CHECK (version >= 0),
    last_trigger text        NOT NULL
                 CHECK (last_trigger IN ('event', 'approval', 'drain', 'resync', 'backfill', 'sweep')),
    approvals    jsonb       NOT NULL DEFAULT '[]',
    plan_times   timestamptz[] NOT NULL DEFAULT '{}',
    state        jsonb       NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (corp_id, user_id, work_date)
);
CREATE INDEX day_date ON dakasync.day (corp_id, work_date);
CREATE INDEX day_unsettled ON dakasync.day (corp_id, work_date) WHERE settled_at IS NULL;
COMMENT ON TABLE  dakasync.day IS 'One user''s work date, from the moment that anything spoke of it.';
COMMENT ON COLUMN dakasync.day.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.day.user_id IS 'DingTalk''s user id.';
COMMENT ON COLUMN dakasync.day.work_date IS 'The work date in the company''s zone; a night shift''s morning belongs to the date on which it began.';
COMMENT ON COLUMN dakasync.day.scheduled IS 'True: a plan is known. False: known to have none. Null: unknown.';
COMMENT ON COLUMN dakasync.day.synced_at IS 'The newest time at which DingTalk was asked about it, whatever the answer; null if never.';
COMMENT ON COLUMN dakasync.day.settled_at IS 'When it was found final by the nightly sweep; null while its results may still change.';
COMMENT ON COLUMN dakasync.day.version IS 'How many versions day_version has; 0 while nothing is known but the date.';
COMMENT ON COLUMN dakasync.day.last_trigger IS 'Why it was last changed: event, approval, drain, resync, backfill or sweep.';
COMMENT ON COLUMN dakasync.day.approvals IS 'The approvals that DingTalk shows on the day. Their duration is the whole approval''s: never add it up.';
COMMENT ON COLUMN dakasync.day.plan_times IS 'The planned times that results or schedule name.';
COMMENT ON COLUMN dakasync.day.state IS 'The newest word of each source, from which the rest follows; for the program, not for reports.';
COMMENT ON COLUMN dakasync.day.created_at IS 'When the row was written.';
COMMENT ON COLUMN dakasync.day.updated_at IS 'When the row was last written.';

CREATE TABLE dakasync.day_version (
    corp_id     text        NOT NULL,
    user_id     text        NOT NULL,
    work_date   date        NOT NULL,
    version     integer     NOT NULL CHECK (version > 0),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    trigger     text        NOT NULL
                CHECK (trigger IN ('event', 'approval', 'drain', 'resync', 'backfill', 'sweep')),
    workflow_id text,
    snapshot    jsonb       NOT NULL,
    PRIMARY KEY (corp_id, user_id, work_date, version),
    FOREIGN KEY (corp_id, user_id, work_date) REFERENCES dakasync.day
);
CREATE INDEX day_version_recorded ON dakasync.day_version (recorded_at);
COMMENT ON TABLE  dakasync.day_version IS 'Every change of a user-day: what it was from then on, why, and by which run. Append-only.';
COMMENT ON COLUMN dakasync.day_version.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.day_version.user_id IS 'DingTalk''s user id.';
COMMENT ON COLUMN dakasync.day_version.work_date IS 'The work date.';
COMMENT ON COLUMN dakasync.day_version.version IS '1, 2, 3 … without gaps.';
COMMENT ON COLUMN dakasync.day_version.recorded_at IS 'When the change was committed, by the database''s clock.';
COMMENT ON COLUMN dakasync.day_version.trigger IS 'Why: event, approval, drain, resync, backfill or sweep.';
COMMENT ON COLUMN dakasync.day_version.workflow_id IS 'The run that wrote it.';
COMMENT ON COLUMN dakasync.day_version.snapshot IS 'The whole day after the change: scheduled, results, punches, approvals. Times are UTC.';

CREATE TABLE dakasync.result (
    corp_id             text        NOT NULL,
    user_id             text        NOT NULL,
    work_date           date        NOT NULL,
    slot                integer     NOT NULL CHECK (slot >= 0),
    check_type          text        NOT NULL,
    plan_check_time     timestamptz,
    user_check_time     timestamptz,
    time_result         text        NOT NULL,
    location_result     text,
    source_type         text,
    record_id           bigint,
    plan_id             bigint,
    group_id            bigint,
    class_id            bigint,
    process_instance_id text,
    origin              text        NOT NULL CHECK (origin IN ('detail', 'sweep')),
    extra               jsonb,
    PRIMARY KEY (corp_id, user_id, work_date, slot),
    FOREIGN KEY (corp_id, user_id, work_date) REFERENCES dakasync.day
);
CREATE INDEX result_date ON dakasync.result (corp_id, work_date);
CREATE INDEX result_time ON dakasync.result (corp_id, user_id, user_check_time) WHERE user_check_time IS NOT NULL;
COMMENT ON TABLE  dakasync.result IS 'One planned slot of a user-day and how it was met, as DingTalk last showed it.';
COMMENT ON COLUMN dakasync.result.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.result.user_id IS 'DingTalk''s user id.';
COMMENT ON COLUMN dakasync.result.work_date IS 'The work date.';
COMMENT ON COLUMN dakasync.result.slot IS 'The place among the day''s slots by planned time, from 0.';
COMMENT ON COLUMN dakasync.result.check_type IS 'OnDuty or OffDuty.';
COMMENT ON COLUMN dakasync.result.plan_check_time IS 'The planned time; null without a plan (free hours).';
COMMENT ON COLUMN dakasync.result.user_check_time IS 'The time that counts; null when NotSigned.';
COMMENT ON COLUMN dakasync.result.time_result IS 'Normal, Early, Late, SeriousLate, Absenteeism, NotSigned.';
COMMENT ON COLUMN dakasync.result.location_result IS 'Normal, Outside, NotSigned.';
COMMENT ON COLUMN dakasync.result.source_type IS 'ATM, BEACON, DING_ATM, USER, BOSS (edited), APPROVE (by an approval), SYSTEM, AUTO_CHECK.';
COMMENT ON COLUMN dakasync.result.record_id IS 'DingTalk''s id of the row.';
COMMENT ON COLUMN dakasync.result.plan_id IS 'DingTalk''s id of the planned slot.';
COMMENT ON COLUMN dakasync.result.group_id IS 'The attendance group.';
COMMENT ON COLUMN dakasync.result.class_id IS 'The shift.';
COMMENT ON COLUMN dakasync.result.process_instance_id IS 'The approval that made the result, if any.';
COMMENT ON COLUMN dakasync.result.origin IS 'Which question the row answers: detail (one user, one day) or sweep (many).';
COMMENT ON COLUMN dakasync.result.extra IS 'Personal data that came with it; only with DAKASYNC_PII=full.';

CREATE TABLE dakasync.punch (
    corp_id             text        NOT NULL,
    user_id             text        NOT NULL,
    work_date           date        NOT NULL,
    check_time          timestamptz NOT NULL CHECK (check_time = date_trunc('second', check_time, 'UTC')),
    check_type          text,
    source_type         text,
    location_result     text,
    valid               boolean,
    record_id           bigint,
    biz_id              text,
    process_instance_id text,
    invalid_type        text,
    invalid_message     text,
    origin              text        NOT NULL CHECK (origin IN ('detail', 'approval', 'sweep', 'event')),
    explained           boolean     NOT NULL CHECK (explained = (origin <> 'event')),
    extra               jsonb,
    state               jsonb       NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (corp_id, user_id, check_time),
    FOREIGN KEY (corp_id, user_id, work_date) REFERENCES dakasync.day
);
CREATE INDEX punch_user_date ON dakasync.punch (corp_id, user_id, work_date);
CREATE INDEX punch_date ON dakasync.punch (corp_id, work_date);
CREATE INDEX punch_unexplained ON dakasync.punch (corp_id, work_date) WHERE NOT explained;
COMMENT ON TABLE  dakasync.punch IS 'One physical clock-in, whoever told of it: one user, one second.';
COMMENT ON COLUMN dakasync.punch.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.punch.user_id IS 'DingTalk''s user id.';
COMMENT ON COLUMN dakasync.punch.work_date IS 'The work date that it counts for; the calendar day while nobody knows better.';
COMMENT ON COLUMN dakasync.punch.check_time IS 'When, to the second.';
COMMENT ON COLUMN dakasync.punch.check_type IS 'OnDuty or OffDuty, where it counted for a slot.';
COMMENT ON COLUMN dakasync.punch.source_type IS 'How: USER, ATM, BEACON, DING_ATM, AUTO_CHECK; APPROVE for a make-up.';
COMMENT ON COLUMN dakasync.punch.location_result IS 'Normal or Outside.';
COMMENT ON COLUMN dakasync.punch.valid IS 'Whether DingTalk took it as valid; null if it did not say.';
COMMENT ON COLUMN dakasync.punch.record_id IS 'DingTalk''s id of the record.';
COMMENT ON COLUMN dakasync.punch.biz_id IS 'DingTalk''s id of the punch in events.';
COMMENT ON COLUMN dakasync.punch.process_instance_id IS 'The approval that it comes from, if any.';
COMMENT ON COLUMN dakasync.punch.invalid_type IS 'Why it is not valid: Security or Other.';
COMMENT ON COLUMN dakasync.punch.invalid_message IS 'Why it is not valid, in DingTalk''s words.';
COMMENT ON COLUMN dakasync.punch.origin IS 'Its best witness so far: detail, approval, sweep, event.';
COMMENT ON COLUMN dakasync.punch.explained IS 'Whether anything but an event accounts for it.';
COMMENT ON COLUMN dakasync.punch.extra IS 'Personal data that came with it; only with DAKASYNC_PII=full.';
COMMENT ON COLUMN dakasync.punch.state IS 'The newest word of each witness, from which the rest follows; for the program, not for reports.';
COMMENT ON COLUMN dakasync.punch.created_at IS 'When the row was written.';
COMMENT ON COLUMN dakasync.punch.updated_at IS 'When the row was last written.';

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

CREATE TABLE dakasync.approval (
    corp_id                  text        NOT NULL,
    process_instance_id      text        NOT NULL,
    process_code             text,
    kind                     text        NOT NULL
                             CHECK (kind IN ('make_up', 'leave', 'overtime', 'trip', 'out', 'other')),
    originator_user_id       text,
    status                   text        NOT NULL,
    result                   text,
    created_at               timestamptz,
    finished_at              timestamptz,
    main_process_instance_id text,
    biz_action               text,
    revoked                  boolean     NOT NULL DEFAULT false,
    attached_ids             text[]      NOT NULL DEFAULT '{}',
    read_at                  timestamptz,
    complete                 boolean     NOT NULL DEFAULT false,
    state                    jsonb       NOT NULL,
    updated_at               timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (corp_id, process_instance_id)
);
CREATE INDEX approval_main ON dakasync.approval (corp_id, main_process_instance_id) WHERE main_process_instance_id IS NOT NULL;
CREATE INDEX approval_attached ON dakasync.approval USING gin (attached_ids);
CREATE INDEX approval_originator ON dakasync.approval (corp_id, originator_user_id, created_at);
COMMENT ON TABLE  dakasync.approval IS 'One approval instance, attached ones (changes and revocations of approved ones) included.';
COMMENT ON COLUMN dakasync.approval.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.approval.process_instance_id IS 'DingTalk''s id of the instance.';
COMMENT ON COLUMN dakasync.approval.process_code IS 'The template; null when no event named it.';
COMMENT ON COLUMN dakasync.approval.kind IS 'make_up, leave, overtime, trip, out, other.';
COMMENT ON COLUMN dakasync.approval.originator_user_id IS 'Who asked.';
COMMENT ON COLUMN dakasync.approval.status IS 'RUNNING, COMPLETED, TERMINATED; DELETED when only its event is left.';
COMMENT ON COLUMN dakasync.approval.result IS 'agree or refuse; null while running.';
COMMENT ON COLUMN dakasync.approval.created_at IS 'When it was asked for; to the minute unless an event told.';
COMMENT ON COLUMN dakasync.approval.finished_at IS 'When it was decided; to the minute unless an event told.';
COMMENT ON COLUMN dakasync.approval.main_process_instance_id IS 'The instance that this one changes or revokes.';
COMMENT ON COLUMN dakasync.approval.biz_action IS 'MODIFY or REVOKE for an attached instance, else NONE or null.';
COMMENT ON COLUMN dakasync.approval.revoked IS 'An attached REVOKE was agreed. Never taken back.';
COMMENT ON COLUMN dakasync.approval.attached_ids IS 'The instances that DingTalk names as attached.';
COMMENT ON COLUMN dakasync.approval.read_at IS 'When it was read; null when only events spoke.';
COMMENT ON COLUMN dakasync.approval.complete IS 'It was read to its end, or cannot be read any more: reading it again tells nothing new.';
COMMENT ON COLUMN dakasync.approval.state IS 'What events and reads said, from which the rest follows; for the program, not for reports.';
COMMENT ON COLUMN dakasync.approval.updated_at IS 'When the row was last written.';

CREATE TABLE dakasync.approval_day (
    corp_id             text        NOT NULL,
    process_instance_id text        NOT NULL,
    user_id             text        NOT NULL,
    work_date           date        NOT NULL,
    begin_time          timestamptz,
    end_time            timestamptz,
    made_up_time        timestamptz,
    state               text        NOT NULL CHECK (state IN ('due', 'synced', 'void')),
    due_from            timestamptz NOT NULL,
    part                timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(made_up_time, begin_time)) STORED,
    PRIMARY KEY (corp_id, process_instance_id, user_id, work_date, part),
    FOREIGN KEY (corp_id, process_instance_id) REFERENCES dakasync.approval,
    CHECK ((begin_time IS NULL) = (end_time IS NULL)),
    CHECK (begin_time <= end_time)
);
CREATE INDEX approval_day_user_date ON dakasync.approval_day (corp_id, user_id, work_date);
CREATE INDEX approval_day_due ON dakasync.approval_day (corp_id, work_date) WHERE state = 'due';
COMMENT ON TABLE  dakasync.approval_day IS 'One calendar day of one user that an agreed approval touches.';
COMMENT ON COLUMN dakasync.approval_day.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.approval_day.process_instance_id IS 'The approval.';
COMMENT ON COLUMN dakasync.approval_day.user_id IS 'Whom it concerns: the originator, or those whom the form names.';
COMMENT ON COLUMN dakasync.approval_day.work_date IS 'The calendar day; for a make-up the work day that the form names.';
COMMENT ON COLUMN dakasync.approval_day.begin_time IS 'Where the part on this day begins; null for a make-up.';
COMMENT ON COLUMN dakasync.approval_day.end_time IS 'Where it ends, exclusive; null for a make-up.';
COMMENT ON COLUMN dakasync.approval_day.made_up_time IS 'The made-up punch''s time; null for all other kinds.';
COMMENT ON COLUMN dakasync.approval_day.state IS 'due: the day is to be asked about. synced: it was, after the approval. void: revoked, replaced or deleted.';
COMMENT ON COLUMN dakasync.approval_day.due_from IS 'A question about the day asked from here on makes it synced: the decision, but not before the day begins.';
COMMENT ON COLUMN dakasync.approval_day.part IS 'Tells parts of one day apart: the made-up time or the beginning.';

CREATE TABLE dakasync.drain (
    id           text        PRIMARY KEY,
    corp_id      text        NOT NULL,
    requested_at timestamptz NOT NULL,
    answered_at  timestamptz,
    count        integer     CHECK (count >= 0),
    has_more     boolean,
    body         bytea,
    state        text        NOT NULL CHECK (state IN ('requested', 'stored', 'ambiguous', 'resolved')),
    resolved_at  timestamptz,
    CHECK (state <> 'stored' OR answered_at IS NOT NULL)
);
CREATE INDEX drain_open ON dakasync.drain (requested_at) WHERE state IN ('requested', 'ambiguous');
COMMENT ON TABLE  dakasync.drain IS 'One read of the failed-push list. The read destroys what it returns, so its intent is here before it is sent.';
COMMENT ON COLUMN dakasync.drain.id IS 'Ours; one id is read with at most once.';
COMMENT ON COLUMN dakasync.drain.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.drain.requested_at IS 'When the intent was committed: the read came later, if at all.';
COMMENT ON COLUMN dakasync.drain.answered_at IS 'When the answer arrived.';
COMMENT ON COLUMN dakasync.drain.count IS 'How many elements it held, as far as they could be split; null where DingTalk turned the read away.';
COMMENT ON COLUMN dakasync.drain.has_more IS 'DingTalk''s word that more is waiting.';
COMMENT ON COLUMN dakasync.drain.body IS 'The whole answer, kept where something in it could not be read.';
COMMENT ON COLUMN dakasync.drain.state IS 'requested: no answer is known. stored: its elements are in failed_push. ambiguous: an answer may have been lost. resolved: the days it may have told of were swept.';
COMMENT ON COLUMN dakasync.drain.resolved_at IS 'When an ambiguous read, or one in whose answer something could not be read, was made good by a sweep.';

CREATE TABLE dakasync.failed_push (
    corp_id        text    NOT NULL,
    drain_id       text    NOT NULL REFERENCES dakasync.drain,
    position       integer NOT NULL CHECK (position >= 0),
    call_back_tag  text,
    event_time     timestamptz,
    raw            text    NOT NULL,
    readable       boolean NOT NULL,
    workflow_id    text,
    dispatched_at  timestamptz,
    PRIMARY KEY (drain_id, position)
);
CREATE INDEX failed_push_undispatched ON dakasync.failed_push (drain_id, position) WHERE readable AND dispatched_at IS NULL;
COMMENT ON TABLE  dakasync.failed_push IS 'One element of the failed-push list, as it came. Nothing is deleted.';
COMMENT ON COLUMN dakasync.failed_push.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.failed_push.drain_id IS 'The read that brought it.';
COMMENT ON COLUMN dakasync.failed_push.position IS 'Its place in the answer, from 0.';
COMMENT ON COLUMN dakasync.failed_push.call_back_tag IS 'DingTalk''s event type.';
COMMENT ON COLUMN dakasync.failed_push.event_time IS 'When DingTalk made the event.';
COMMENT ON COLUMN dakasync.failed_push.raw IS 'The element, without personal data unless DAKASYNC_PII=full; what no text can hold is escaped.';
COMMENT ON COLUMN dakasync.failed_push.readable IS 'False: nobody could read it; it stays for a person.';
COMMENT ON COLUMN dakasync.failed_push.workflow_id IS 'The first run that came of it; empty if nothing follows from it; null while it was not looked at.';
COMMENT ON COLUMN dakasync.failed_push.dispatched_at IS 'When its runs were durable.';

CREATE TABLE dakasync.employee (
    corp_id       text        NOT NULL,
    user_id       text        NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    left_at       timestamptz,
    PRIMARY KEY (corp_id, user_id)
);
COMMENT ON TABLE  dakasync.employee IS 'Who is, or was, in contacts.';
COMMENT ON COLUMN dakasync.employee.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.employee.user_id IS 'DingTalk''s user id.';
COMMENT ON COLUMN dakasync.employee.first_seen_at IS 'The first walk over contacts that met them.';
COMMENT ON COLUMN dakasync.employee.last_seen_at IS 'The last one.';
COMMENT ON COLUMN dakasync.employee.left_at IS 'The walk that missed them; null while they are present.';

CREATE TABLE dakasync.api_call (
    corp_id text        NOT NULL,
    hour    timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    api     text        NOT NULL,
    outcome text        NOT NULL CHECK (outcome IN ('ok', 'error', 'throttled', 'quota', 'network')),
    calls   integer     NOT NULL CHECK (calls >= 0),
    counted integer     NOT NULL CHECK (counted >= 0 AND counted <= calls),
    PRIMARY KEY (corp_id, hour, api, outcome)
);
COMMENT ON TABLE  dakasync.api_call IS 'What was spent: calls to DingTalk by hour, API and outcome.';
COMMENT ON COLUMN dakasync.api_call.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.api_call.hour IS 'The hour, by its beginning.';
COMMENT ON COLUMN dakasync.api_call.api IS 'The path of the API.';
COMMENT ON COLUMN dakasync.api_call.outcome IS 'ok, error, throttled, quota, network.';
COMMENT ON COLUMN dakasync.api_call.calls IS 'Calls sent.';
COMMENT ON COLUMN dakasync.api_call.counted IS 'Those of them that DingTalk bills.';

-- Unlogged: after a crash of the server the spacing starts afresh, which costs
-- nothing, and a reservation need not wait for the disk.
CREATE UNLOGGED TABLE dakasync.api_slot (
    corp_id text        NOT NULL,
    api     text        NOT NULL,
    free_at timestamptz NOT NULL,
    PRIMARY KEY (corp_id, api)
);
COMMENT ON TABLE  dakasync.api_slot IS 'When the next call to an API may leave, for the whole fleet.';
COMMENT ON COLUMN dakasync.api_slot.corp_id IS 'The company.';
COMMENT ON COLUMN dakasync.api_slot.api IS 'The path of the API.';
COMMENT ON COLUMN dakasync.api_slot.free_at IS 'The next free slot, by the database''s clock.';

-- +goose Down
DROP TABLE dakasync.api_slot;
DROP TABLE dakasync.api_call;
DROP TABLE dakasync.employee;
DROP TABLE dakasync.failed_push;
DROP TABLE dakasync.drain;
DROP TABLE dakasync.approval_day;
DROP TABLE dakasync.approval;
DROP TABLE dakasync.punch_taken_back;
DROP TABLE dakasync.punch;
DROP TABLE dakasync.result;
DROP TABLE dakasync.day_version;
DROP TABLE dakasync.day;
DROP TABLE dakasync.event;
