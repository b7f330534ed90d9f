package grown

import (
	"context"
	"fmt"
	"time"

	"dakasync/dev/bench/rounds"
)

// operation is one thing that is done to every ledger.
type operation struct {
	name  string
	group string
	wide  bool // it asks about everybody, or a month: compared with the month's ledger
	run   func(ctx context.Context, s *side) error
	once  bool // it is slow, or changes something: once a round
}

// line is what an operation took, in milliseconds: medians over the rounds.
type line struct {
	Group, Name         string
	Small, Month, Grown float64
	Ratio               float64
	Wide                bool
}

// warm is so often that PostgreSQL has settled on a plan: after the fifth time it may keep a general one.
const warm = 6

// repeats of a quick operation in a round; the median of them counts.
const repeats = 5

// turns lets the ledgers take turns.
func (b *bench) turns(ctx context.Context, count int) ([]line, error) {
	var lines []line
	for _, op := range operations() {
		times := map[string][]float64{}
		for n := range warm + count {
			for _, s := range b.ledgers {
				took, err := op.time(ctx, s, n < warm)
				if err != nil {
					return nil, fmt.Errorf("%s of the %s ledger: %w", op.name, s.name, err)
				}
				if n >= warm {
					times[s.name] = append(times[s.name], took)
				}
			}
		}
		l := line{
			Group: op.group, Name: op.name, Wide: op.wide,
			Small: rounds.Median(times["small"]), Month: rounds.Median(times["month"]), Grown: rounds.Median(times["grown"]),
		}
		other := times["small"]
		if op.wide {
			other = times["month"]
		}
		var ratios []float64
		for n, grown := range times["grown"] {
			ratios = append(ratios, rounds.Ratio(grown, other[n]))
		}
		l.Ratio = rounds.Median(ratios)
		lines = append(lines, l)
	}
	return lines, nil
}

// time is the median of some repeats, in milliseconds.
func (op operation) time(ctx context.Context, s *side, warming bool) (float64, error) {
	n := repeats
	if op.once || warming {
		n = 1
	}
	var list []float64
	for range n {
		began := time.Now()
		if err := op.run(ctx, s); err != nil {
			return 0, err
		}
		list = append(list, rounds.Milliseconds(time.Since(began)))
	}
	return rounds.Median(list), nil
}
