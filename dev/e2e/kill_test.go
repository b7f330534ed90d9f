package e2e_test

import (
	"testing"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// TestKill: worker and starter are killed again and again in the middle of the stream, as a machine's crash does. What was acked is
// there in the end, and everything else too.
func TestKill(t *testing.T) {
	d := deploy(t, plan{
		company:  company.Options{Employees: 15, Seed: 7},
		days:     6,
		settings: func(s *platform.Settings) { s.DuplicateChance = 0.1 },
	})
	s := script{deployment: d}
	d.up()
	again := func(name string) func() {
		return func() {
			d.kill(name)
			d.start(name, name, nil)
		}
	}
	var kills []moment
	for ago := 5; ago > 1; ago-- {
		kills = append(kills,
			moment{s.on(ago, 8, 55), again(worker)}, moment{s.on(ago, 9, 5), again(starter)},
			moment{s.on(ago, 17, 45), again(starter)}, moment{s.on(ago, 18, 10), again(worker)},
			moment{s.on(ago, 21, 0), func() { d.awaitReady(starter, worker) }},
		)
	}
	d.drive(s.on(0, 0, 0), kills...)
	d.awaitReady(starter, worker)
	d.converge()
	d.drainFailedList()
	d.reconcileAll()
	d.requireTruth()
}

// TestTerminate: a SIGTERM in the middle of the stream ends both processes with status 0 within ten seconds, and loses nothing.
func TestTerminate(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 15, Seed: 8}, days: 4})
	s := script{deployment: d}
	d.up()
	again := func(name string) func() {
		return func() {
			d.terminate(name)
			d.start(name, name, nil)
		}
	}
	d.drive(s.on(1, 0, 0),
		moment{s.on(4, 9, 0), again(worker)}, moment{s.on(3, 9, 0), again(starter)}, moment{s.on(3, 18, 0), again(worker)},
	)
	d.awaitReady(starter, worker)
	d.converge()
	d.drainFailedList()
	d.reconcileAll()
	d.requireTruth()
	d.terminate(starter)
	d.terminate(worker)
	d.report(d.callDifferences())
}
