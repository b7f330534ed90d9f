package grown

import (
	"context"
	"time"

	"dakasync/attendance"
	"dakasync/dev/bench/rounds"
)

// first is what 50 new user-days take in the first minutes of an installation, in milliseconds: of the first, and of the last
// before and after PostgreSQL looked at the tables.
type first struct {
	Begin, Before, After float64
	UserDays             int
}

// firstMinutes writes into an empty ledger over one connection, whose plans were made for empty tables.
func (b *bench) firstMinutes(ctx context.Context) (first, error) {
	const saves, few, each = 60, 10, 50
	s, err := b.open(ctx, "first")
	if err != nil {
		return first{}, err
	}
	defer s.close(context.WithoutCancel(ctx))
	why := attendance.Why{Trigger: attendance.TriggerBackfill, WorkflowID: "backfill/" + corp}
	save := func(from, count int) (float64, error) {
		var times []float64
		for n := range count {
			answers := make([]attendance.Answer, 0, each)
			for person := range each {
				answers = append(answers, plain(person, b.last.AddDays(-from-n)).sweep)
			}
			began := time.Now()
			if err := s.store.SaveAnswers(ctx, answers, why); err != nil {
				return 0, err
			}
			times = append(times, rounds.Milliseconds(time.Since(began)))
		}
		return rounds.Median(times[max(0, len(times)-few):]), nil
	}
	f := first{UserDays: saves * each}
	if f.Begin, err = save(0, few); err != nil {
		return f, err
	}
	if f.Before, err = save(few, saves-few); err != nil {
		return f, err
	}
	if _, err := s.sql.Exec(ctx, `ANALYZE`); err != nil {
		return f, err
	}
	f.After, err = save(saves, few)
	return f, err
}
