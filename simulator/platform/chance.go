package platform

import (
	"cmp"
	"math/rand/v2"
	"time"
)

// dice are the platform's chances; they need the lock. A seed deals the same ones as long as they are asked in the same order.
func (p *Platform) dice() *rand.Rand {
	if p.rolled == nil || p.rolledSeed != p.settings.Seed {
		seed := cmp.Or(uint64(p.settings.Seed), rand.Uint64())                           //nolint:gosec // any bits will do
		p.rolled, p.rolledSeed = rand.New(rand.NewPCG(seed, seed>>1|1)), p.settings.Seed //nolint:gosec // a simulation
	}
	return p.rolled
}

// roll says whether a chance comes true; it needs the lock.
func (p *Platform) roll(chance float64) bool { return chance > 0 && p.dice().Float64() < chance }

// jitter is a random while below most; it needs the lock.
func (p *Platform) jitter(most time.Duration) time.Duration {
	return time.Duration(p.dice().Int64N(int64(most)))
}

// lot is what the policy makes of an event that finds no connection. It stays the event's when it finds none again. It needs the lock.
func (p *Platform) lot(d *delivery) string {
	if p.settings.NoConnection != NoConnectionMix {
		return p.settings.NoConnection
	}
	if d.lot == "" {
		d.lot = [...]string{NoConnectionDrop, NoConnectionRetry, NoConnectionFailed}[p.dice().IntN(3)]
	}
	return d.lot
}
