package e2e_test

// finish lets the nightly sweep run, and then compares every table.
func (l *lane) finish(last trial) {
	l.reconcileAll()
	l.requireTruth()
}
