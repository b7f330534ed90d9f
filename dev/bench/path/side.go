package path

import (
	"context"
	"slices"

	"dakasync/dev/bench/rounds"
	"dakasync/dev/process"
)

// side is one of those that take turns: the product in one of its shapes, or an empty workflow.
type side struct {
	Name  string // as tables have it
	Words string // what it is
	Like  *side  // the empty workflow of the same shape; nil for those themselves

	programs  []*process.Process // its own: their CPU time is the side's alone
	evenFunc  func(ctx context.Context, count, perSecond int) (rounds.Round, error)
	burstFunc func(ctx context.Context, count int) (rounds.Round, error)

	Even, Burst []rounds.Round
	Anatomy     anatomy
	CPU         cpu
}

// turns lets every side take its turn. Every second time they go in reverse: what else the machine does hits all alike.
func turns(n int, sides []*side, takeFunc func(*side) error) error {
	order := slices.Clone(sides)
	if n%2 == 1 {
		slices.Reverse(order)
	}
	for _, s := range order {
		if err := takeFunc(s); err != nil {
			return err
		}
	}
	return nil
}
