package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"dakasync/attendance"
	"dakasync/dingtalk"
)

// punchJob is a punch's event as a job. What happened is unique, not its delivery.
type punchJob struct {
	Key     string          `json:"key"     river:"unique"`
	Hint    attendance.Hint `json:"hint"`
	Payload json.RawMessage `json:"payload"`
}

// Kind implements river.JobArgs.
func (punchJob) Kind() string { return "punch" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (punchJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true}}
}

// book is what the job asks of the ledger.
type book interface {
	RecordHint(ctx context.Context, h attendance.Hint, payload []byte, workflowID string) (attendance.Recall, error)
	SaveAnswers(ctx context.Context, answers []attendance.Answer, why attendance.Why) error
	Conclude(ctx context.Context, answers []attendance.Answer, why attendance.Why, key string, outcome attendance.Outcome) error
}

// asker is what it asks of DingTalk.
type asker interface {
	UserDay(ctx context.Context, userID string, day attendance.Date) (attendance.Answer, error)
}

// puncher is what both forms of the job are made of: the steps of a punch's run, but for its look for an approval.
type puncher struct {
	ledger   book
	dingtalk asker
	zone     *time.Location
	delays   []time.Duration // between readings of a punch that is not shown yet
	nowFunc  func() time.Time
}

// record records the event, and says whether there is nothing left to ask.
func (p *puncher) record(ctx context.Context, args punchJob) (over bool, err error) {
	recall, err := p.ledger.RecordHint(ctx, args.Hint, args.Payload, args.Key)
	switch {
	case err != nil:
		return false, fmt.Errorf("record the event %s: %w", args.Key, err)
	case recall.Known:
		return true, p.write(ctx, args, nil, attendance.OutcomeDone)
	case attendance.ReachOf(args.Hint.CheckTime, p.nowFunc(), p.zone) != attendance.ReachOK:
		return true, p.write(ctx, args, nil, attendance.OutcomeUnexplained)
	}
	return false, nil
}

// fetch asks for the dates in turn, up to the one that shows the punch.
func (p *puncher) fetch(ctx context.Context, args punchJob, last bool) (answers []attendance.Answer, shown bool, err error) {
	for _, date := range attendance.CandidatesFor(args.Hint.CheckTime, p.zone).Round(last) {
		answer, err := p.dingtalk.UserDay(ctx, args.Hint.UserID, date)
		if refusal, ok := errors.AsType[*dingtalk.Error](err); ok && !refusal.Retryable() {
			continue
		}
		if err != nil {
			return nil, false, fmt.Errorf("ask about %s: %w", date, err)
		}
		answers = append(answers, answer)
		if attendance.Explains(answer, args.Hint.CheckTime) {
			return answers, true, nil
		}
	}
	return answers, false, nil
}

func (p *puncher) write(ctx context.Context, args punchJob, answers []attendance.Answer, outcome attendance.Outcome) error {
	if err := p.ledger.Conclude(ctx, answers, p.why(args), args.Key, outcome); err != nil {
		return fmt.Errorf("write the outcome of %s: %w", args.Key, err)
	}
	return nil
}

// wait keeps what is known of a punch that no answer shows, and puts the job off until the next round.
func (p *puncher) wait(ctx context.Context, args punchJob, answers []attendance.Answer, round int) error {
	if len(answers) > 0 {
		if err := p.ledger.SaveAnswers(ctx, answers, p.why(args)); err != nil {
			return fmt.Errorf("write what is known of %s: %w", args.Key, err)
		}
	}
	return river.JobSnooze(p.delays[round])
}

func (p *puncher) why(args punchJob) attendance.Why {
	return attendance.Why{Trigger: args.Hint.Trigger(), WorkflowID: args.Key}
}

// roundOf is how often a job was put off: River counts it in the job's metadata.
func roundOf(metadata []byte) int {
	var counted struct {
		Snoozes int `json:"snoozes"`
	}
	if json.Unmarshal(metadata, &counted) != nil {
		return 0
	}
	return counted.Snoozes
}

// whole does all in one go: an answer is fetched again if the process dies before it is written.
type whole struct {
	river.WorkerDefaults[punchJob]
	*puncher
}

// Work implements river.Worker.
func (w *whole) Work(ctx context.Context, job *river.Job[punchJob]) error {
	over, err := w.record(ctx, job.Args)
	if over || err != nil {
		return err
	}
	round := roundOf(job.Metadata)
	last := round >= len(w.delays)
	answers, shown, err := w.fetch(ctx, job.Args, last)
	switch {
	case err != nil:
		return err
	case shown:
		return w.write(ctx, job.Args, answers, attendance.OutcomeDone)
	case last:
		return w.write(ctx, job.Args, answers, attendance.OutcomeUnexplained)
	}
	return w.wait(ctx, job.Args, answers, round)
}

// The steps of a stepped job.
const (
	stepRecord = "record"
	stepFetch  = "fetch"
	stepWrite  = "write"
)

// stepped keeps a paid answer in the job's row before it is written, as Temporal keeps it in the history.
type stepped struct {
	river.WorkerDefaults[punchJob]
	*puncher

	pool *pgxpool.Pool
}

// Work implements river.Worker. The steps' errors, and that the job is put off, reach River by themselves.
func (s *stepped) Work(ctx context.Context, job *river.Job[punchJob]) error {
	var over bool
	var answers []attendance.Answer
	river.ResumableStep(ctx, stepRecord, nil, func(ctx context.Context) (err error) {
		over, err = s.record(ctx, job.Args)
		return err
	})
	river.ResumableStepCursor(ctx, stepFetch, nil, func(ctx context.Context, kept []attendance.Answer) (err error) {
		if over || len(kept) > 0 {
			answers = kept
			return nil
		}
		answers, over, err = s.fetchAndKeep(ctx, job)
		return err
	})
	river.ResumableStep(ctx, stepWrite, nil, func(ctx context.Context) error {
		if over {
			return nil
		}
		return s.write(ctx, job.Args, answers, attendance.OutcomeDone)
	})
	return nil
}

// fetchAndKeep returns answers that show the punch, once the job's row holds them.
func (s *stepped) fetchAndKeep(ctx context.Context, job *river.Job[punchJob]) (answers []attendance.Answer, over bool, err error) {
	round := roundOf(job.Metadata)
	last := round >= len(s.delays)
	answers, shown, err := s.fetch(ctx, job.Args, last)
	switch {
	case err != nil:
		return nil, false, err
	case !shown && last:
		return nil, true, s.write(ctx, job.Args, answers, attendance.OutcomeUnexplained)
	case !shown:
		return nil, false, s.wait(ctx, job.Args, answers, round)
	}
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("keep the answer for %s: %w", job.Args.Key, err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := river.ResumableSetStepCursorTx[*riverpgxv5.Driver](ctx, tx, job, answers); err != nil {
		return nil, false, fmt.Errorf("keep the answer for %s: %w", job.Args.Key, err)
	}
	return answers, false, tx.Commit(ctx)
}
