package platform

import (
	"encoding/json"
	"fmt"
	"time"
)

// StepClock moves the platform's own clock by d: from now on event birth times, tickets, tokens, months and what it writes into frames
// run that much ahead, or behind if d is negative. Steps add up. Pauses, limits and lag are measured and do not jump with it.
func (p *Platform) StepClock(d time.Duration) { p.step.Add(int64(d)) }

// now is the platform's own clock.
func (p *Platform) now() time.Time { return p.steadyFunc().Add(time.Duration(p.step.Load())) }

// controlStepClock takes {"by":"-90s"}.
func (p *Platform) controlStepClock(body []byte) (any, error) {
	var request struct {
		By string `json:"by"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, fmt.Errorf("arguments of step-clock: %w", err)
	}
	by, err := time.ParseDuration(request.By)
	if err != nil {
		return nil, fmt.Errorf("arguments of step-clock: %w", err)
	}
	p.StepClock(by)
	return p.status(), nil
}
