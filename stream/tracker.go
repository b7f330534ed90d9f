package stream

import (
	"crypto/rand"
	"sync"
	"time"

	"dakasync/attendance"
)

const (
	// proofGap is how far two proofs of one connection may be apart for the time
	// between them to count: the SDK asks a silent far side after 3 s and gives it
	// 5 s; the rest is for a busy machine.
	proofGap = 12 * time.Second
	// A process that did not look for so long stood still itself.
	standstill = 5 * time.Second
	// The wall clock that runs ahead of the monotonic one by more than this was
	// set, or the machine slept, while the monotonic one stood still.
	clockSlack = 2 * time.Second
	// mostEnded bounds the stretches that wait for PostgreSQL. To forget one is to
	// call its time blind, which costs a sweep and loses nothing.
	mostEnded = 1000
)

// moment is a time by the monotonic clock, counted from the keeper's start.
type moment time.Duration

func (m moment) since(earlier moment) time.Duration { return time.Duration(m - earlier) }

// stretch is a stretch of proofs without a hole.
type stretch struct {
	id      string
	began   moment
	last    moment
	ended   attendance.ProofEnd // "" while it lives
	saved   bool                // PostgreSQL has a row of it,
	savedTo moment              // which is proven up to here
}

// track is one connection as the tracker knows it.
type track struct {
	heard   moment   // its last bytes
	counts  bool     // it is up, and nobody has said that it is worthless
	current *stretch // nil: the next proof begins one
}

// tracker knows what is proven of this process's connections. It asks no clock.
type tracker struct {
	mu      sync.Mutex
	tracks  map[*track]struct{}
	ended   []*stretch // not, or not to their end, in PostgreSQL
	past    []span     // of ended stretches, while a hole beside them is uncertain
	noStore bool       // proofs prove nothing: nobody would keep an event
	forgot  bool       // something proven was forgotten, or cannot be dated
	ticked  moment     // the last tick,
	wall    time.Time  // and what the wall clock said then
}

func newTracker() *tracker { return &tracker{tracks: map[*track]struct{}{}} }

// heard notes that bytes came in.
func (t *tracker) heard(tr *track, now moment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tr.heard = now
	t.prove(tr, now)
}

// opened says that the connection is up; the bytes that said so are its first
// proof.
func (t *tracker) opened(tr *track) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tr.counts = true
	t.tracks[tr] = struct{}{}
	t.prove(tr, tr.heard)
}

// silence is how long before now the connection was heard last.
func (t *tracker) silence(tr *track, now moment) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return now.since(tr.heard)
}

// closed ends the connection's stretch at its last proof and forgets it; when
// it was closed before, nothing happens.
func (t *tracker) closed(tr *track, how attendance.ProofEnd) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end(tr, how, tr.heard)
	tr.counts = false
	delete(t.tracks, tr)
}

// disprove ends the stretch of a connection at a moment that is past, as far as
// it is not written. It proves nothing any more; false if it did not before.
func (t *tracker) disprove(tr *track, how attendance.ProofEnd, since moment) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !tr.counts {
		return false
	}
	t.end(tr, how, since)
	tr.counts = false
	return true
}

func (t *tracker) prove(tr *track, now moment) {
	if !tr.counts || t.noStore {
		return
	}
	if s := tr.current; s != nil {
		if now.since(s.last) <= proofGap {
			s.last = max(s.last, now)
			return
		}
		t.end(tr, t.why(now), s.last)
	}
	tr.current = &stretch{id: rand.Text(), began: now, last: now}
}

// why is the end of a stretch whose proofs stayed away.
func (t *tracker) why(now moment) attendance.ProofEnd {
	if now.since(t.ticked) > standstill {
		return attendance.ProofAsleep
	}
	return attendance.ProofSilent
}

// end ends the current stretch, which counts no further than cut.
func (t *tracker) end(tr *track, how attendance.ProofEnd, cut moment) {
	s := tr.current
	tr.current = nil
	if s == nil || (cut < s.began && !s.saved) {
		return
	}
	s.ended = how
	s.last = max(s.began, min(s.last, cut))
	t.past = append(t.past, span{s.began, s.last})
	t.ended = append(t.ended, s)
	if extra := len(t.ended) - mostEnded; extra > 0 {
		t.ended = append(t.ended[:0:0], t.ended[extra:]...)
		t.forgot = true
	}
}

// tick is called about every second: it ends what has no proof for too long, or
// what was proven by a clock that stood still.
func (t *tracker) tick(now moment, wall time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	wall = wall.Round(0)
	if !t.wall.IsZero() && wall.Sub(t.wall)-now.since(t.ticked) > clockSlack {
		t.slept()
	}
	for tr := range t.tracks {
		if s := tr.current; s != nil && now.since(s.last) > proofGap {
			t.end(tr, t.why(now), s.last)
		}
	}
	t.ticked, t.wall = now, wall
}

// slept goes back to what PostgreSQL has: whatever is not saved would be dated
// wrongly by as long as the monotonic clock stood still.
func (t *tracker) slept() {
	t.forgot = true
	for tr := range t.tracks {
		if s := tr.current; s != nil {
			if s.saved {
				t.end(tr, attendance.ProofAsleep, s.savedTo)
			}
			tr.current = nil
		}
	}
	kept := t.ended[:0]
	for _, s := range t.ended {
		if s.saved {
			s.last = s.savedTo
			kept = append(kept, s)
		}
	}
	t.ended = kept
}

// storeLost ends every stretch where a store was last known to take events.
func (t *tracker) storeLost(good moment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.noStore {
		return
	}
	t.noStore = true
	for tr := range t.tracks {
		t.end(tr, attendance.ProofNoStore, good)
	}
}

// storeBack lets proofs count again.
func (t *tracker) storeBack() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.noStore = false
}

// newest is the last proof of any connection.
func (t *tracker) newest() (newest moment, lives bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for tr := range t.tracks {
		if tr.current != nil {
			newest, lives = max(newest, tr.current.last), true
		}
	}
	return newest, lives
}
