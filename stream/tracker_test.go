package stream

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

const second = moment(time.Second)

var dawn = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

// ticking is a tracker with one connection and a wall clock that agrees, until
// it is told not to.
type ticking struct {
	*tracker

	tr   *track
	skew time.Duration
}

func newTicking() *ticking {
	t := &ticking{tracker: newTracker(), tr: &track{}}
	t.hears(1)
	t.opened(t.tr)
	return t
}

func (t *ticking) hears(at int) { t.heard(t.tr, moment(at)*second) }
func (t *ticking) ticks(at int) {
	t.tick(moment(at)*second, dawn.Add(time.Duration(at)*time.Second+t.skew))
}
func (t *ticking) writes(at int) { t.written(t.report(moment(at)*second), nil) }

// told are the stretches as PostgreSQL would be told at a moment: "began-last ended".
func (t *ticking) told(at int) []string {
	told := []string{}
	for _, p := range t.report(moment(at) * second).proofs {
		told = append(told, fmt.Sprintf("%d-%d %s", at-int(p.BeganAgo.Seconds()), at-int(p.ProvenAgo.Seconds()), p.Ended))
	}
	return told
}

func TestWhatAStretchIs(t *testing.T) {
	for name, test := range map[string]struct {
		happens func(*ticking)
		at      int
		told    []string
		hole    bool
	}{
		"proofs close to each other": {happens: func(c *ticking) { c.ticks(1); c.hears(4); c.hears(16) }, at: 20, told: []string{"1-16 "}},
		"nothing but the dial":       {happens: func(*ticking) {}, at: 5, told: []string{"1-1 "}},
		"too far apart, and watched": {happens: func(c *ticking) { c.ticks(13); c.hears(14) }, at: 15, told: []string{"1-1 silent", "14-14 "}, hole: true},
		"the process stood still":    {happens: func(c *ticking) { c.ticks(1); c.hears(2); c.hears(32) }, at: 33, told: []string{"1-2 asleep", "32-32 "}, hole: true},
		"it stood still, and ticked first": {happens: func(c *ticking) { c.ticks(1); c.hears(2); c.ticks(32); c.hears(33) }, at: 33,
			told: []string{"1-2 asleep", "33-33 "}, hole: true},
		"it stood still for a moment": {happens: func(c *ticking) { c.ticks(1); c.hears(2); c.ticks(10); c.hears(11) }, at: 12, told: []string{"1-11 "}},
		"silence, and no end of it":   {happens: func(c *ticking) { c.ticks(13); c.ticks(14) }, at: 15, told: []string{"1-1 silent"}},
		"lost":                        {happens: func(c *ticking) { c.hears(5); c.closed(c.tr, attendance.ProofLost); c.hears(6) }, at: 7, told: []string{"1-5 lost"}},
		"the first end counts": {happens: func(c *ticking) {
			c.closed(c.tr, attendance.ProofReplaced)
			c.closed(c.tr, attendance.ProofLost)
		}, at: 7, told: []string{"1-1 replaced"}},
		"a zombie claims nothing since its last frame": {happens: func(c *ticking) { c.hears(9); c.disprove(c.tr, attendance.ProofSilent, 4*second); c.hears(12) }, at: 13,
			told: []string{"1-4 silent"}},
		"no store": {happens: func(c *ticking) { c.hears(5); c.storeLost(3 * second); c.hears(6); c.storeBack(); c.hears(8) }, at: 9,
			told: []string{"1-3 no_store", "8-8 "}, hole: true},
		"never a store":          {happens: func(c *ticking) { c.hears(5); c.storeLost(0); c.hears(6) }, at: 9, told: []string{}},
		"the wall clock is late": {happens: func(c *ticking) { c.ticks(1); c.skew = -time.Hour; c.ticks(2); c.hears(3) }, at: 4, told: []string{"1-3 "}},
		"it slept, saved": {happens: func(c *ticking) {
			c.hears(5)
			c.ticks(5)
			c.writes(5)
			c.hears(6)
			c.skew = time.Hour
			c.ticks(6)
			c.hears(7)
		}, at: 8, told: []string{"1-5 asleep", "7-7 "}, hole: true},
		"it slept, not saved": {happens: func(c *ticking) { c.ticks(5); c.hears(6); c.skew = 3 * time.Second; c.ticks(7); c.hears(8) }, at: 9,
			told: []string{"8-8 "}, hole: true},
		"slow clocks are no sleep": {happens: func(c *ticking) { c.ticks(5); c.skew = time.Second; c.ticks(6); c.hears(6) }, at: 7, told: []string{"1-6 "}},
		"broken by PostgreSQL's clock": {happens: func(c *ticking) {
			r := c.report(2 * second)
			c.written(r, []string{r.proofs[0].ID})
			c.hears(3)
		}, at: 4, told: []string{"3-3 "}, hole: true},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTicking()
			test.happens(c)
			require.Equal(t, test.told, c.told(test.at))
			require.Equal(t, test.hole, c.holeFound())
			require.False(t, c.holeFound(), "it is told once")
		})
	}
}

func TestAnEndIsToldUntilItIsWritten(t *testing.T) {
	c := newTicking()
	r := c.report(2 * second)
	c.closed(c.tr, attendance.ProofStopped)
	c.written(r, nil)
	require.Equal(t, []string{"1-1 stopped"}, c.told(3), "what was written did not know of the end")
	c.writes(3)
	require.Empty(t, c.told(4))
}

func TestPostgresIsAwayForLong(t *testing.T) {
	c := newTicking()
	for i := range 3 * mostEnded {
		c.hears(2*i + 2)
		c.closed(c.tr, attendance.ProofLost)
		c.hears(2*i + 3)
		c.opened(c.tr)
		c.ticks(2*i + 3)
		c.holeFound()
	}
	require.Len(t, c.told(10*mostEnded), mostEnded+1)
	require.LessOrEqual(t, len(c.past), 2)
	c.writes(10 * mostEnded)
	require.Len(t, c.told(10*mostEnded), 1)
}

func TestCertainHole(t *testing.T) {
	for name, test := range map[string]struct {
		past, live, kept []span
		found            bool
	}{
		"nothing":                             {},
		"one lives":                           {live: []span{{1, 9}}},
		"one lives, another begins later":     {live: []span{{1, 5}, {7, 7}}},
		"a successor":                         {past: []span{{1, 5}}, live: []span{{5, 7}}, kept: []span{{1, 5}}},
		"a hole":                              {past: []span{{1, 5}}, live: []span{{6, 7}}, found: true},
		"a hole that another may yet cover":   {past: []span{{1, 5}}, live: []span{{1, 4}, {6, 7}}, kept: []span{{1, 5}}},
		"it did":                              {past: []span{{1, 5}}, live: []span{{1, 8}, {6, 7}}},
		"nobody is back":                      {past: []span{{1, 5}, {2, 6}}, kept: []span{{1, 6}}},
		"holes among the ended":               {past: []span{{1, 2}, {4, 5}, {9, 10}}, kept: []span{{9, 10}}, found: true},
		"the other ended before the hole did": {past: []span{{1, 5}, {2, 6}}, live: []span{{8, 9}}, found: true},
	} {
		t.Run(name, func(t *testing.T) {
			kept, found := certainHole(test.past, test.live)
			require.Equal(t, test.found, found)
			require.ElementsMatch(t, test.kept, kept)
		})
	}
}

// Whatever happens to two connections, nothing is told that was not proven, and
// holes in the union are found.
func TestNothingUnprovenIsTold(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		tk := newTracker()
		tracks := []*track{{}, {}}
		alive := []bool{false, false}
		lived := map[moment]bool{} // seconds at whose end a connection was heard, or was between two proofs
		last := []moment{0, 0}
		for now := second; now < 300*second; now += second {
			for i, tr := range tracks {
				switch p := random.IntN(20); {
				case !alive[i] && p < 3:
					tk.heard(tr, now)
					tk.opened(tr)
					alive[i], last[i] = true, now
				case alive[i] && p == 0:
					tk.closed(tr, attendance.ProofLost)
					alive[i] = false
				case alive[i] && p < 8:
					tk.heard(tr, now)
					if now.since(last[i]) <= proofGap {
						for s := last[i]; s < now; s += second {
							lived[s] = true
						}
					}
					last[i] = now
				}
			}
			tk.tick(now, dawn.Add(time.Duration(now)))
			r := tk.report(now)
			for _, p := range r.proofs {
				for s := now - moment(p.BeganAgo); s < now-moment(p.ProvenAgo); s += second {
					require.True(t, lived[s], "seed %d: second %d is told, and was not proven", seed, s/second)
				}
			}
			if random.IntN(3) > 0 {
				tk.written(r, nil)
			}
		}
	}
}

func TestStoreless(t *testing.T) {
	away := errors.New("away")
	now := 100 * second
	for name, test := range map[string]struct {
		taken, refused moment
		prove, health  error
		want           bool
	}{
		"both well":                     {},
		"Temporal away":                 {health: away},
		"PostgreSQL away":               {prove: away},
		"both away":                     {prove: away, health: away, want: true},
		"both away, and yet":            {prove: away, health: away, taken: now - second},
		"both away, and not any more":   {prove: away, health: away, taken: now - 6*second, want: true},
		"both say that they are well":   {refused: now - second, want: true},
		"and were since":                {refused: now - 2*second, taken: now - second},
		"and nobody has asked since":    {refused: now - 6*second, taken: now - 7*second},
		"one was away, and nobody asks": {refused: now - 6*second, prove: away},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, storeless(now, test.taken, test.refused, test.prove, test.health))
		})
	}
}

func TestVerdict(t *testing.T) {
	tempo := tempo{silence: 30 * time.Minute, zombie: time.Minute}
	minute := 60 * second
	for name, test := range map[string]struct {
		frames []moment // of this connection
		others int64    // events after the last of them
		at     moment
		n      int
		want   string
	}{
		"young":                           {at: minute, n: 1},
		"a quiet night":                   {at: 29 * minute, n: 1},
		"a long quiet night":              {at: 31 * minute, n: 1, want: replacedSilence},
		"a frame in it":                   {frames: []moment{10 * minute}, at: 31 * minute, n: 1},
		"others have events":              {others: 15, at: 2 * minute, n: 1},
		"others have many":                {others: 16, at: 2 * minute, n: 1, want: replacedZombie},
		"others have many in a moment":    {others: 16, at: minute / 2, n: 1},
		"many others have as many":        {others: 16, at: 2 * minute, n: 3},
		"many others have many":           {others: 48, at: 2 * minute, n: 3, want: replacedZombie},
		"alone":                           {others: 99, at: 2 * minute},
		"old":                             {frames: []moment{359 * minute}, at: 360 * minute, n: 1, want: replacedAge},
		"old, and nobody else has frames": {at: 360 * minute, want: replacedAge},
	} {
		t.Run(name, func(t *testing.T) {
			l := &Listener{}
			v := &vitals{all: &l.events, age: 6 * time.Hour}
			v.open(second)
			for _, f := range test.frames {
				v.frame(f, true)
			}
			l.events.Add(test.others)
			got, _ := v.verdict(test.at+second, tempo, test.n)
			require.Equal(t, test.want, got)
			v.frame(test.at+second, true)
			if got, _ = v.verdict(test.at+2*second, tempo, test.n); test.want != replacedAge && test.want != replacedZombie {
				require.Empty(t, got, "a frame says that it lives")
			} else {
				require.Equal(t, test.want, got, "a frame makes it neither younger nor trusted")
			}
		})
	}
}
