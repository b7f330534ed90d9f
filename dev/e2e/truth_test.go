package e2e_test

import (
	"maps"
	"regexp"
	"slices"

	"github.com/stretchr/testify/require"

	"dakasync/dev/oracle"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// requireTruth fails the test unless every table equals what the company knows and what the platform delivered.
func (d *deployment) requireTruth() {
	d.t.Helper()
	d.report(d.differencesFromTruth())
}

// requireTruthOfEvents is requireTruth for a company in which whole days pass without an event: of those the ledger knows no result
// until a nightly sweep has asked.
func (d *deployment) requireTruthOfEvents() {
	d.t.Helper()
	truth := d.company.Truth()
	var found []string
	for _, check := range []func(company.Truth) []string{
		d.punchDifferences, d.approvalDifferences, d.approvalDayDifferences, d.versionDifferences, d.eventDifferences,
	} {
		found = append(found, check(truth)...)
	}
	d.report(found)
}

// differencesFromTruth are all differences, readable.
func (d *deployment) differencesFromTruth() []string {
	d.t.Helper()
	truth := d.company.Truth()
	var found []string
	for _, check := range []func(company.Truth) []string{
		d.punchDifferences, d.resultDifferences, d.dayDifferences, d.approvalDifferences, d.approvalDayDifferences,
		d.versionDifferences, d.eventDifferences, d.failedPushDifferences,
	} {
		found = append(found, check(truth)...)
	}
	return found
}

// report shows the first differences of each sort.
func (d *deployment) report(found []string) {
	d.t.Helper()
	const shown = 6
	sorts := map[string]int{}
	for _, difference := range found {
		sort := between.ReplaceAllString(difference, "")
		if sorts[sort]++; sorts[sort] <= shown {
			d.t.Error(difference)
		}
	}
	for _, sort := range slices.Sorted(maps.Keys(sorts)) {
		if sorts[sort] > shown {
			d.t.Errorf("… %d times: %s", sorts[sort], sort)
		}
	}
	if len(found) > 0 {
		d.t.FailNow()
	}
}

// between is what differs in differences of one sort: keys and values.
var between = regexp.MustCompile(`\[[^]]*\]|"[^"]*"|:.*$`)

// The checks of package oracle, each for a test that fails where the ledger cannot be read.

func (d *deployment) oracle() oracle.Oracle {
	return oracle.Oracle{DB: d.db, Company: d.company, Platform: d.platform}
}

func (d *deployment) judge(check oracle.Check, truth company.Truth) []string {
	d.t.Helper()
	found, err := check(d.t.Context(), truth)
	require.NoError(d.t, err)
	return found
}

func (d *deployment) punchDifferences(t company.Truth) []string {
	return d.judge(d.oracle().Punches, t)
}
func (d *deployment) resultDifferences(t company.Truth) []string {
	return d.judge(d.oracle().Results, t)
}
func (d *deployment) dayDifferences(t company.Truth) []string { return d.judge(d.oracle().Days, t) }
func (d *deployment) approvalDifferences(t company.Truth) []string {
	return d.judge(d.oracle().Approvals, t)
}

func (d *deployment) approvalDayDifferences(t company.Truth) []string {
	return d.judge(d.oracle().ApprovalDays, t)
}
func (d *deployment) versionDifferences(t company.Truth) []string {
	return d.judge(d.oracle().Versions, t)
}
func (d *deployment) eventDifferences(t company.Truth) []string { return d.judge(d.oracle().Events, t) }
func (d *deployment) failedPushDifferences(t company.Truth) []string {
	return d.judge(d.oracle().FailedPushes, t)
}

// callDifferences compares the count of calls with the platform's own. The worker must have stopped: it counts in memory for
// some seconds.
func (d *deployment) callDifferences() []string {
	d.t.Helper()
	found, err := d.oracle().Calls(d.t.Context())
	require.NoError(d.t, err)
	return found
}

func (d *deployment) naturalKeys(event platform.Delivery) []string {
	d.t.Helper()
	keys, err := d.oracle().NaturalKeys(event)
	require.NoError(d.t, err)
	return keys
}

// table reads rows by the named key columns.
func (d *deployment) table(name string, key ...string) map[string]oracle.Row {
	d.t.Helper()
	rows, err := oracle.Table(d.t.Context(), d.db, name, key...)
	require.NoError(d.t, err)
	return rows
}
