package platform

import "time"

// Interval is a stretch of real time, half-open; To is zero while it lasts.
type Interval struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to,omitzero"`
}

// BlindTimes are the stretches of real time in which no connection could deliver: none was open, or all that were open were leaving
// (a disconnect frame was sent) or silent. They begin with the first connection ever. What the platform cannot know, as a peer that
// has frozen or a network that swallows packets, is not in them.
func (p *Platform) BlindTimes() []Interval {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Interval(nil), p.blind...)
}

// reckonBlindTime begins or ends a blind time. It needs the lock, and is called in the same stretch of it in which a connection
// comes, goes or changes; so the first connection ever has been.
func (p *Platform) reckonBlindTime() {
	delivers := false
	for _, c := range p.connections {
		delivers = delivers || c.delivers()
	}
	last := len(p.blind) - 1
	blind := last >= 0 && p.blind[last].To.IsZero()
	switch {
	case delivers && blind:
		p.blind[last].To = time.Now()
	case !delivers && !blind:
		p.blind = append(p.blind, Interval{From: time.Now()})
	}
}

// alter changes a connection in a way that may make the platform blind.
func (p *Platform) alter(c *connection, change func(*connection)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.set(change)
	p.reckonBlindTime()
}

// blindTime is the sum of the blind times until now.
func (p *Platform) blindTime() time.Duration {
	var sum time.Duration
	for _, blind := range p.BlindTimes() {
		if blind.To.IsZero() {
			blind.To = time.Now()
		}
		sum += blind.To.Sub(blind.From)
	}
	return sum
}
