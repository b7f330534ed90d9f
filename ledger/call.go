package ledger

import (
	"context"
	"errors"
	"time"
)

// CallCount is what was spent on one API in one hour, by outcome.
type CallCount struct {
	Hour    time.Time
	API     string // URL path
	Outcome string // ok, error, throttled, quota, network
	Calls   int
	Counted int // those that DingTalk bills
}

// CountCalls adds to what was spent. It is the one method that is not
// idempotent: a repetition after a lost answer counts twice.
func (s *Store) CountCalls(ctx context.Context, counts []CallCount) error {
	if len(counts) == 0 {
		return nil
	}
	var hours []time.Time
	var apis, outcomes []string
	var calls, counted []int
	for _, c := range counts {
		hours, apis = append(hours, c.Hour.UTC().Truncate(time.Hour)), append(apis, cleanKey(c.API))
		outcomes, calls, counted = append(outcomes, c.Outcome), append(calls, c.Calls), append(counted, c.Counted)
	}
	return s.transact(ctx, "count the calls to DingTalk", func(q *batch) {
		q.exec(`INSERT INTO dakasync.api_call AS a (corp_id, hour, api, outcome, calls, counted)
			SELECT $1, hour, api, outcome, sum(calls), sum(counted)
			FROM unnest($2::timestamptz[], $3::text[], $4::text[], $5::int[], $6::int[]) AS n (hour, api, outcome, calls, counted)
			GROUP BY hour, api, outcome ORDER BY hour, api, outcome
			ON CONFLICT (corp_id, hour, api, outcome) DO UPDATE
			SET calls = a.calls + excluded.calls, counted = a.counted + excluded.counted`,
			s.corp, hours, apis, outcomes, calls, counted)
	}, nil)
}

// ErrNoRate says that calls must be some time apart.
var ErrNoRate = errors.New("calls must be at least a microsecond apart, and give way for a shorter time than that")

// ReserveCall takes the next slot for a call to an API, for the whole fleet,
// and says how long to wait for it. Slots lie evenly apart by the database's
// clock, and none is saved up: there is no burst. A slot that is not used is
// lost.
func (s *Store) ReserveCall(ctx context.Context, api string, apart time.Duration) (time.Duration, error) {
	if apart < time.Microsecond {
		return 0, ErrNoRate
	}
	var wait float64
	// A slot that a crash of the server forgets has long passed when it is back: nobody waits for the disk.
	err := s.pool.QueryRow(ctx, `INSERT INTO dakasync.api_slot AS s (corp_id, api, free_at)
		SELECT $1, $2, clock_timestamp() + interval '1 microsecond' * $3::bigint
		WHERE pg_catalog.set_config('synchronous_commit', 'off', true) IS NOT NULL
		ON CONFLICT (corp_id, api) DO UPDATE
		SET free_at = greatest(s.free_at, clock_timestamp()) + interval '1 microsecond' * $3::bigint
		RETURNING extract(epoch FROM free_at - interval '1 microsecond' * $3::bigint - clock_timestamp())::float8`,
		s.corp, cleanKey(api), apart.Microseconds()).Scan(&wait)
	if err != nil {
		return 0, failure("reserve a call to "+api, err)
	}
	return inSeconds(wait), nil
}

// TakeCall takes a slot for a call that gives way to others: only one that is
// due, and that nobody has wanted for an idle time. If there is none it says when
// to ask again, and has changed nothing. So such calls, however many wait, are
// never more than one slot in the way of ReserveCall, and those that give way
// longer come after those that do so shorter; nothing is left behind by a caller
// that dies. The next slot is as early as if the idle time had not been waited for.
func (s *Store) TakeCall(ctx context.Context, api string, apart, idle time.Duration) (taken bool, again time.Duration, err error) {
	if apart < time.Microsecond || idle < 0 || idle >= apart {
		return false, 0, ErrNoRate
	}
	var wait float64
	err = s.pool.QueryRow(ctx, `WITH taken AS (
			INSERT INTO dakasync.api_slot AS s (corp_id, api, free_at)
			VALUES ($1, $2, clock_timestamp() + interval '1 microsecond' * $3::bigint)
			ON CONFLICT (corp_id, api) DO UPDATE
			SET free_at = clock_timestamp() + interval '1 microsecond' * ($3::bigint - $4::bigint)
			WHERE s.free_at <= clock_timestamp() - interval '1 microsecond' * $4::bigint
			RETURNING true)
		SELECT EXISTS (SELECT FROM taken), coalesce((
			SELECT extract(epoch FROM free_at + interval '1 microsecond' * $4::bigint - clock_timestamp())::float8
			FROM dakasync.api_slot WHERE corp_id = $1 AND api = $2), 0)`,
		s.corp, cleanKey(api), apart.Microseconds(), idle.Microseconds()).Scan(&taken, &wait)
	if err != nil {
		return false, 0, failure("take a call to "+api, err)
	}
	if taken {
		return true, 0, nil
	}
	return false, inSeconds(wait), nil
}

func inSeconds(s float64) time.Duration { return max(0, time.Duration(s*float64(time.Second))) }
