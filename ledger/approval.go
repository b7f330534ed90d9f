package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// SaveInstance merges one instance: its row, its approval days, the punches
// that an approved make-up stands for, and what it does to the instances that
// it is attached to, whichever of them came first. It returns the user-days, past
// or today and within the horizon, whose results may have changed by it.
func (s *Store) SaveInstance(ctx context.Context, i attendance.Instance, why attendance.Why) ([]attendance.UserDay, error) {
	i = cleanInstance(i)
	what := "save approval " + i.ProcessInstanceID
	if i.ProcessInstanceID == "" {
		return nil, fmt.Errorf("save an approval: %w", ErrNoSubject)
	}
	blind, err := s.blindness(ctx, why, attendance.DateOf(s.nowFunc(), s.zone).AddDays(-attendance.HorizonDays))
	if err != nil {
		return nil, err
	}
	for tries := 1; ; tries++ {
		var days []attendance.UserDay
		err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			f := &family{store: s, tx: tx, why: why, blind: blind, members: map[string]*relative{}}
			var err error
			days, err = f.save(ctx, i)
			return err
		})
		if err == nil {
			return days, nil
		}
		if tries == collisions || !collided(err) {
			return nil, failure(what, err)
		}
	}
}

// KnownInstances filters ids down to those already read to their end.
func (s *Store) KnownInstances(ctx context.Context, ids []string) ([]string, error) {
	answer, err := s.pool.Query(ctx, `SELECT process_instance_id FROM dakasync.approval
		WHERE corp_id = $1 AND process_instance_id = ANY($2) AND complete ORDER BY process_instance_id`, s.corp, cleanKeys(ids))
	if err != nil {
		return nil, failure("look up approvals", err)
	}
	known, err := pgx.CollectRows(answer, pgx.RowTo[string])
	return known, failure("look up approvals", err)
}

// JudgeApprovals lets events be done that could not be explained when they came, and
// whose approvals, written since since, were read to their end meanwhile by others.
func (s *Store) JudgeApprovals(ctx context.Context, since time.Time) error {
	const what = "judge the events of approvals again"
	answer, err := s.pool.Query(ctx, `SELECT process_instance_id FROM dakasync.approval WHERE corp_id = $1 AND complete AND updated_at >= $2`, s.corp, since)
	if err != nil {
		return failure(what, err)
	}
	ids, err := pgx.CollectRows(answer, pgx.RowTo[string])
	if err != nil || len(ids) == 0 {
		return failure(what, err)
	}
	var keys []string
	for _, id := range ids {
		for _, eventType := range []string{attendance.TypeFinish, attendance.TypeTerminate} {
			keys = append(keys, s.approvalKey(id, eventType))
		}
	}
	_, err = s.pool.Exec(ctx, `UPDATE dakasync.event SET outcome = 'done', updated_at = now()
		WHERE corp_id = $1 AND outcome = 'unexplained' AND event_key = ANY($2)`, s.corp, keys)
	return failure(what, err)
}

// approvalKey is the key of an approval's event, as its row has it.
func (s *Store) approvalKey(id, eventType string) string {
	hint := &attendance.ApprovalHint{ProcessInstanceID: id, Type: eventType}
	return cleanKey(attendance.Hint{Kind: attendance.KindApproval, CorpID: s.corp, Approval: hint}.Key())
}

// OpenApprovals are the approvals, written since since, that an event called
// finished and that its run could not read to their end, newest first.
func (s *Store) OpenApprovals(ctx context.Context, since time.Time, limit int) ([]attendance.OpenApproval, error) {
	const what = "list approvals that could not be read"
	answer, err := s.pool.Query(ctx, `SELECT process_instance_id, coalesce(process_code, '') FROM dakasync.approval
		WHERE corp_id = $1 AND NOT complete AND status = 'COMPLETED' AND coalesce(result, 'agree') = 'agree' AND updated_at >= $2
		ORDER BY updated_at DESC, process_instance_id LIMIT $3`, s.corp, since, limit)
	if err != nil {
		return nil, failure(what, err)
	}
	var keys []string
	unread, err := pgx.CollectRows(answer, func(r pgx.CollectableRow) (attendance.OpenApproval, error) {
		var a attendance.OpenApproval
		err := r.Scan(&a.ID, &a.Code)
		a.Key = s.approvalKey(a.ID, attendance.TypeFinish)
		keys = append(keys, a.Key)
		return a, err // Typed below.
	})
	if err != nil || len(unread) == 0 {
		return nil, failure(what, err)
	}
	if answer, err = s.pool.Query(ctx, `SELECT DISTINCT event_key FROM dakasync.event
		WHERE corp_id = $1 AND event_key = ANY($2) AND outcome = 'unexplained'`, s.corp, keys); err != nil {
		return nil, failure(what, err)
	}
	unexplained, err := pgx.CollectRows(answer, pgx.RowTo[string])
	if err != nil {
		return nil, failure(what, err)
	}
	return slices.DeleteFunc(unread, func(a attendance.OpenApproval) bool {
		return !slices.Contains(unexplained, a.Key)
	}), nil
}
