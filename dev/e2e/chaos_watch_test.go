package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/dev/oracle"
	"dakasync/ops"
	"dakasync/simulator/company"
)

// watch asks all the time whether dakasync.complete_through is ahead of the truth.
type watch struct {
	lane    *lane
	cancel  context.CancelFunc
	ended   sync.WaitGroup
	mu      sync.Mutex
	found   []string
	asked   int // how often the view answered
	through int // and how often it named a date
	spent   time.Duration
	err     error
}

func startWatch(l *lane) *watch {
	ctx, cancel := context.WithCancel(l.t.Context())
	w := &watch{lane: l, cancel: cancel}
	w.ended.Go(func() { w.run(ctx) })
	l.t.Cleanup(w.stop)
	return w
}

func (w *watch) stop() {
	w.cancel()
	w.ended.Wait()
}

func (w *watch) run(ctx context.Context) {
	const pause = time.Second
	for ops.Sleep(ctx, pause) {
		happened := w.lane.happenedUntilNow()
		began := time.Now()
		ahead, named, err := w.look(ctx, happened)
		w.mu.Lock()
		w.spent += time.Since(began)
		if err != nil { // A store that is away shows nothing.
			w.err = err
			w.mu.Unlock()
			continue
		}
		w.asked++
		if named {
			w.through++
		}
		w.found = append(w.found, ahead...)
		w.mu.Unlock()
	}
}

// take returns what was found since it was last asked.
func (w *watch) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := w.found
	w.found = nil
	return found
}

// look reads the view and the dates that it calls complete in one snapshot: all that happened before such a date was reconciled is there.
func (w *watch) look(ctx context.Context, happened []fact) (ahead []string, named bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	err = pgx.BeginTxFunc(ctx, w.lane.db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL jit = off"); err != nil { // Compiling the view takes longer than a thousand answers.
			return err
		}
		var through *time.Time
		if err := tx.QueryRow(ctx, "SELECT complete_through FROM dakasync.complete_through WHERE domain = 'punches'").Scan(&through); err != nil {
			if errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			return err
		}
		if through == nil {
			return nil
		}
		named = true
		ahead, err = missingFacts(ctx, tx, company.DateOf(*through), happened)
		return err
	})
	return ahead, named, err
}

// fact is a punch of which the company knows, and when it came about in real time.
type fact struct {
	user     string
	at       time.Time
	workDate company.Date
	happened time.Time
}

func missingFacts(ctx context.Context, tx pgx.Tx, through company.Date, happened []fact) ([]string, error) {
	asked := map[string]time.Time{}
	rows, err := tx.Query(ctx, "SELECT work_date::text, asked_at FROM dakasync.reconciliation WHERE work_date <= $1", through.In(time.UTC))
	if err != nil {
		return nil, err
	}
	var date string
	var at time.Time
	if _, err := pgx.ForEachRow(rows, []any{&date, &at}, func() error { asked[date] = at; return nil }); err != nil {
		return nil, err
	}
	var users []string
	var times []time.Time
	for _, one := range happened {
		if one.workDate <= through && one.happened.Before(asked[one.workDate.String()]) {
			users, times = append(users, one.user), append(times, one.at)
		}
	}
	rows, err = tx.Query(ctx, `
SELECT f.user_id, f.check_time FROM unnest($1::text[], $2::timestamptz[]) AS f (user_id, check_time)
WHERE NOT EXISTS (SELECT FROM dakasync.punch p WHERE (p.user_id, p.check_time) = (f.user_id, f.check_time) AND p.explained)`, users, times)
	if err != nil {
		return nil, err
	}
	var ahead []string
	var user string
	_, err = pgx.ForEachRow(rows, []any{&user, &at}, func() error {
		ahead = append(ahead, fmt.Sprintf("complete_through says %s, and the punch [%s | %s] is not there", through, user, oracle.Instant(at)))
		return nil
	})
	return ahead, err
}

// happenedUntilNow are the facts of the lane.
func (l *lane) happenedUntilNow() []fact {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.facts)
}

// dated says how often the view has named a date.
func (w *watch) dated() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.through
}

// account says in words how the watch went.
func (w *watch) account() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprintf("asked %d times, on average in %s; %d answers named a date; the last error: %v",
		w.asked, (w.spent / time.Duration(max(w.asked, 1))).Round(100*time.Microsecond), w.through, w.err)
}
