package main

import (
	"context"
	"time"

	"dakasync/attendance"
)

// shownGaps is how many open gaps are shown to a person.
const shownGaps = 10

// domainStanding is how far one kind of data is complete.
type domainStanding struct {
	Domain     attendance.Domain `json:"domain"`
	Through    string            `json:"complete_through,omitempty"` // the last date; none if empty
	HeldBackOn string            `json:"held_back_on,omitempty"`
	HeldBackBy string            `json:"held_back_by,omitempty"`
}

// gapStanding is a time without a connection.
type gapStanding struct {
	Began  time.Time           `json:"began"`
	Ended  time.Time           `json:"ended"`
	Reason attendance.ProofEnd `json:"reason"`
}

// addCompleteness adds what the ledger can be relied on for.
func (r ledgerReader) addCompleteness(ctx context.Context, s *ledgerStanding) error {
	s.Complete, s.Gaps = []domainStanding{}, []gapStanding{}
	domains, err := r.CompleteThrough(ctx)
	if err != nil {
		return err
	}
	for _, d := range domains {
		s.Complete = append(s.Complete, standingOfDomain(d))
	}
	gaps, err := r.OpenGaps(ctx)
	if err != nil {
		return err
	}
	for _, g := range gaps {
		s.Gaps = append(s.Gaps, gapStanding(g))
	}
	blind, _, err := r.BlindTime(ctx, time.Now().Add(-attendance.BlindSpan))
	s.BlindSeconds = blind.Seconds()
	return err
}

func standingOfDomain(d attendance.Completeness) domainStanding {
	return domainStanding{Domain: d.Domain, Through: dateWords(d.Through), HeldBackOn: dateWords(d.HeldBackOn), HeldBackBy: d.HeldBackBy}
}

func dateWords(d attendance.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func (a *app) showCompleteness(s *ledgerStanding) {
	if len(s.Complete) == 0 {
		a.rowf("complete", "not known: neither worker nor starter has been here")
	}
	label := "complete"
	for _, d := range s.Complete {
		a.rowf(label, "%s", a.domain(d))
		label = ""
	}
	a.rowf("blind", "%s in the last 30 days, %d open gaps", seconds(s.BlindSeconds), len(s.Gaps))
	for _, g := range s.Gaps[:min(len(s.Gaps), shownGaps)] {
		a.rowf("", "%s to %s, %s (%s)", a.moment(g.Began), a.moment(g.Ended),
			g.Ended.Sub(g.Began).Round(time.Millisecond), g.Reason)
	}
	if n := len(s.Gaps) - shownGaps; n > 0 {
		a.rowf("", "and %d more", n)
	}
}

// domain puts how far one kind of data is complete into words.
func (a *app) domain(d domainStanding) string {
	name := a.text(string(d.Domain))
	words := a.textf("%s through %s", name, d.Through)
	if d.Through == "" {
		words = a.textf("%s on no date yet", name)
	}
	switch {
	case d.HeldBackBy == "":
		return words
	case d.HeldBackOn == "":
		return words + a.textf("; held back by: %s", d.HeldBackBy)
	default:
		return words + a.textf("; held back on %s by: %s", d.HeldBackOn, d.HeldBackBy)
	}
}
