package ledger

import (
	"context"
	"time"

	"dakasync/budget"
)

// CountPushes adds to what was pushed. Like CountCalls it is not idempotent: a
// repetition after a lost answer counts twice.
func (s *Store) CountPushes(ctx context.Context, counts []budget.PushCount) error {
	if len(counts) == 0 {
		return nil
	}
	var hours []time.Time
	var types []string
	var pushes []int
	for _, c := range counts {
		hours, types, pushes = append(hours, c.Hour.UTC().Truncate(time.Hour)), append(types, cleanKey(c.EventType)), append(pushes, c.Pushes)
	}
	return s.transact(ctx, "count the pushes", func(q *batch) {
		q.exec(`INSERT INTO dakasync.push AS p (corp_id, hour, event_type, pushes)
			SELECT $1, hour, event_type, sum(pushes)
			FROM unnest($2::timestamptz[], $3::text[], $4::int[]) AS n (hour, event_type, pushes)
			GROUP BY hour, event_type ORDER BY hour, event_type
			ON CONFLICT (corp_id, hour, event_type) DO UPDATE SET pushes = p.pushes + excluded.pushes`,
			s.corp, hours, types, pushes)
	}, nil)
}
