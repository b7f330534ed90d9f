package month

import (
	"context"
	"fmt"
)

// listen lets the ledger know that somebody listens all the time, as the starter would prove: else the failed-push list is read at every
// interval, whatever the budget. Coverage stands at PostgreSQL's own clock. In a month to come it would make dates before it count as missed.
func (m *month) listen(ctx context.Context) error {
	_, err := m.database.Exec(ctx, `INSERT INTO dakasync.coverage (corp_id, id, starter, began_at, proven_until)
		SELECT $1, 'month', 'month', now() - interval '1 hour', now() + interval '1 year' WHERE $2::timestamptz < now() - interval '1 day'`, m.company.CorpID(), m.To)
	if err != nil {
		return fmt.Errorf("let somebody listen: %w", err)
	}
	return nil
}
