package stream

import (
	"cmp"
	"slices"

	"dakasync/attendance"
)

// report is what PostgreSQL is told at once.
type report struct {
	proofs    []attendance.Proof
	stretches []*stretch // of the proofs, in their order
	told      []stretch  // as they were told
}

// report tells of every stretch that lives, or has ended and is not written.
func (t *tracker) report(now moment) report {
	t.mu.Lock()
	defer t.mu.Unlock()
	var r report
	add := func(s *stretch) {
		r.proofs = append(r.proofs, attendance.Proof{
			ID: s.id, BeganAgo: now.since(s.began), ProvenAgo: now.since(s.last), Ended: s.ended,
		})
		r.stretches = append(r.stretches, s)
		r.told = append(r.told, *s)
	}
	for _, s := range t.ended {
		add(s)
	}
	for tr := range t.tracks {
		if tr.current != nil {
			add(tr.current)
		}
	}
	return r
}

// written says that PostgreSQL has the report, but for the broken stretches:
// its clock and ours went different ways since they began, and new ones must
// begin with what is heard from now on.
func (t *tracker) written(r report, broken []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, s := range r.stretches {
		if !slices.Contains(broken, s.id) {
			s.saved, s.savedTo = true, r.told[i].last
		}
		if r.told[i].ended != "" {
			t.ended = slices.DeleteFunc(t.ended, func(e *stretch) bool { return e == s })
		}
	}
	for tr := range t.tracks {
		if s := tr.current; s != nil && slices.Contains(broken, s.id) {
			tr.current = nil
			t.forgot = true
		}
	}
}

// span is a proven stretch of time.
type span struct{ began, last moment }

// holeFound reports whether a hole in this process's own coverage has become
// certain and has ended, and forgets it.
func (t *tracker) holeFound() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	var live []span
	for tr := range t.tracks {
		if s := tr.current; s != nil {
			live = append(live, span{s.began, s.last})
		}
	}
	var found bool
	t.past, found = certainHole(t.past, live)
	if t.forgot && len(live) > 0 {
		t.forgot, found = false, true
	}
	return found
}

// certainHole looks for time between spans. What lies behind the last proof of a
// live span is not certain: its next proof may cover it. It returns what must
// still be known of the past.
func certainHole(past, live []span) (kept []span, found bool) {
	if len(past) == 0 {
		return past, false
	}
	type piece struct {
		span
		live bool
	}
	pieces := make([]piece, 0, len(past)+len(live))
	for _, s := range past {
		pieces = append(pieces, piece{span: s})
	}
	for _, s := range live {
		pieces = append(pieces, piece{s, true})
	}
	slices.SortFunc(pieces, func(a, b piece) int { return cmp.Compare(a.began, b.began) })
	var union span // of the pieces since the last hole
	growing := false
	for i, p := range pieces {
		if i == 0 || (p.began > union.last && !growing) {
			found = found || i > 0
			union, kept = p.span, nil
			growing = p.live
		}
		union.last = max(union.last, p.last)
		growing = growing || p.live
		if p.live {
			continue
		}
		// Of past spans that touch, one is enough.
		if n := len(kept); n > 0 && p.began <= kept[n-1].last {
			kept[n-1].last = max(kept[n-1].last, p.last)
		} else {
			kept = append(kept, p.span)
		}
	}
	if growing {
		kept = slices.DeleteFunc(kept, func(s span) bool { return within(s, live) })
	}
	return kept, found
}

func within(s span, live []span) bool {
	return slices.ContainsFunc(live, func(l span) bool { return l.began <= s.began && s.last <= l.last })
}
