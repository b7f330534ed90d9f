package stream

import (
	"sync"
	"sync/atomic"
	"time"
)

// zombieEvents is how many events each of the others brings, on average, before
// a connection that brings none is a zombie. DingTalk gives each push to one of
// them at random: of two sound ones, one stays out of 16 pushes once in 65,536
// times.
const zombieEvents = 16

// Why a connection is replaced; a label.
const (
	replacedDisconnect = "disconnect"
	replacedAge        = "age"
	replacedSilence    = "silence"
	replacedZombie     = "zombie"
)

// vitals are what the frames say of one connection.
type vitals struct {
	all *atomic.Int64 // events of all connections
	age time.Duration // that it may reach

	mu        sync.Mutex
	opened    moment
	lastFrame moment
	allThen   int64 // events of all connections at that moment
	zombie    bool  // it was one: what it brings now does not say what it brought
}

// open begins a connection's life.
func (v *vitals) open(now moment) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.opened = now
	if v.lastFrame == 0 { // a frame may be quicker
		v.lastFrame, v.allThen = now, v.all.Load()
	}
}

// frame notes an EVENT or a SYSTEM frame.
func (v *vitals) frame(now moment, event bool) {
	all := v.all.Load()
	if event {
		all = v.all.Add(1)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lastFrame, v.allThen = max(v.lastFrame, now), max(v.allThen, all)
}

// verdict is why the connection should be replaced now; "" if it should not.
func (v *vitals) verdict(now moment, t tempo, others int) (reason string, lastFrame moment) {
	v.mu.Lock()
	defer v.mu.Unlock()
	silence := now.since(v.lastFrame)
	switch {
	case v.zombie, others > 0 && silence > t.zombie && v.all.Load()-v.allThen >= int64(zombieEvents*others):
		v.zombie = true
		return replacedZombie, v.lastFrame
	case now.since(v.opened) >= v.age:
		return replacedAge, v.lastFrame
	case silence >= t.silence:
		return replacedSilence, v.lastFrame
	default:
		return "", v.lastFrame
	}
}
