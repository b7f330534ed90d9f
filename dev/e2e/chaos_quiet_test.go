package e2e_test

// finish lets the nightly sweep run, and then compares every table.
func (l *lane) finish(last trial) {
	l.reconcileAll()
	truth, deliveries := l.company.Truth(), l.platform.Deliveries()
	var found []string
	found = append(found, l.punchDifferences(truth)...)
	found = append(found, l.resultDifferences(truth)...)
	found = append(found, l.dayDifferences(truth)...)
	found = append(found, l.approvalsAfterTrial(truth)...)
	found = append(found, l.approvalDayDifferences(truth)...)
	found = append(found, l.versionDifferences(truth)...)
	found = append(found, l.eventsAfterTrial(truth, deliveries, l.deceived)...)
	l.report(append(found, l.failedPushesAfterTrial(deliveries)...))
}
