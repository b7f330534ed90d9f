package ledger

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// word is what an approval is worth to a reader of the ledger.
type word struct {
	Kind    attendance.ApprovalKind `json:"kind"`
	Status  string                  `json:"status"`
	Result  string                  `json:"result,omitempty"`
	Revoked bool                    `json:"revoked,omitempty"`
}

func (r *relative) word() word {
	i := r.state.Instance()
	return word{Kind: i.Kind, Status: i.Status, Result: i.Result, Revoked: r.standing.Revoked}
}

// words are what the members are worth before anything is learned, for a sweep.
func (f *family) words() map[string]word {
	if f.blind == nil {
		return nil
	}
	before := map[string]word{}
	for _, r := range f.judge() {
		if r.state.Event != nil || r.state.Read != nil {
			before[r.id] = r.word()
		}
	}
	return before
}

// writeDifferences writes a row for every approval that a sweep found to be
// unknown, or worth something else than the ledger had it.
func (f *family) writeDifferences(ctx context.Context, found attendance.Instance, before map[string]word, all []*relative) error {
	if f.blind == nil {
		return nil
	}
	var differences []attendance.Difference
	for _, r := range all {
		old, known := before[r.id]
		now := r.word()
		if known && old.Status == now.Status && old.Result == now.Result && old.Revoked == now.Revoked {
			continue
		}
		d := attendance.Difference{
			UserID: r.state.Instance().OriginatorUserID, WorkDate: r.firstDay(), Domain: attendance.DomainApprovals, What: "approval " + r.id,
		}
		var err error
		if known {
			if d.Before, err = element(old); err != nil {
				return err
			}
		}
		if d.After, err = element(now); err != nil {
			return err
		}
		differences = append(differences, d)
	}
	if len(differences) == 0 {
		return nil
	}
	clue, err := f.clue(ctx, found)
	if err != nil {
		return err
	}
	for i := range differences {
		differences[i].Why = f.blind.Why(clue, f.store.zone)
	}
	q := &batch{queue: &pgx.Batch{}, corp: f.store.corp}
	if err := f.store.writeDifferences(q, f.why, differences); err != nil {
		return err
	}
	return f.send(ctx, q)
}

func (r *relative) firstDay() attendance.Date {
	var first attendance.Date
	for _, days := range [][]attendance.ApprovalDay{r.now, r.before} {
		for _, d := range days {
			if first.IsZero() || d.WorkDate.Before(first) {
				first = d.WorkDate
			}
		}
	}
	return first
}

// eventTypes are the types of the events that tell of a status.
var eventTypes = map[string]string{
	attendance.StatusRunning: attendance.TypeStart, attendance.StatusCompleted: attendance.TypeFinish,
	attendance.StatusTerminated: attendance.TypeTerminate, attendance.StatusDeleted: attendance.TypeDelete,
}

// clue is when the instance became what it was found to be, and whether an event
// told of that. When it was deleted nobody knows: since it was read.
func (f *family) clue(ctx context.Context, found attendance.Instance) (attendance.Clue, error) {
	state := f.members[found.ProcessInstanceID].state
	clue := attendance.Clue{At: state.Instance().EffectiveAt()}
	if found.Status == attendance.StatusDeleted {
		clue = attendance.Clue{Since: clue.At}
		if state.Read != nil && !state.Read.ReadAt.IsZero() {
			clue.Since = state.Read.ReadAt
		}
	}
	hint := attendance.Hint{Kind: attendance.KindApproval, CorpID: f.store.corp, Approval: &attendance.ApprovalHint{
		ProcessInstanceID: found.ProcessInstanceID, Type: eventTypes[found.Status],
	}}
	err := f.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM dakasync.event WHERE corp_id = $1 AND event_key = $2)`,
		f.store.corp, cleanKey(hint.Key())).Scan(&clue.Told)
	if err != nil {
		return clue, fmt.Errorf("look up what was told of it: %w", err)
	}
	return clue, nil
}
