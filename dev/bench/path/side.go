package path

import (
	"context"

	"dakasync/dev/bench/rig"
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
	CPU         rig.CPU
}
