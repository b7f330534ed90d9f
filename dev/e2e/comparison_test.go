package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// TestComparisonSees makes the comparison with the truth fail once for every table: an oracle that finds nothing wrong with a wrong
// ledger proves nothing.
func TestComparisonSees(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 20, Seed: 12}, days: 3})
	s := script{deployment: d}
	d.up()
	d.drive(s.on(1, 0, 0), moment{s.on(2, 12, 0), func() { d.platform.Configure(func(s *platform.Settings) { s.FailNext += 5 }) }})
	s.makeUp(company.MakeUpRequest{User: s.someone("office", 0), At: s.on(3, 12, 0)})
	d.converge()
	d.drainFailedList()
	d.reconcileAll()
	d.requireTruth()
	for _, name := range []string{starter, worker} { // what still comes must not be written between
		d.terminate(name)
	}

	const first = "ctid = (SELECT min(ctid) FROM dakasync."
	for _, tamper := range []struct{ name, do, undo string }{
		{"punch on another day", "UPDATE dakasync.punch SET check_time = check_time + interval '400 days'", "UPDATE dakasync.punch SET check_time = check_time - interval '400 days'"},
		{"punch unexplained", "UPDATE dakasync.punch SET explained = false, origin = 'event', valid = false WHERE " + first + "punch)", ""},
		{"result", "UPDATE dakasync.result SET time_result = 'x' || time_result", "UPDATE dakasync.result SET time_result = substr(time_result, 2)"},
		{"day", "UPDATE dakasync.day SET scheduled = NOT scheduled", "UPDATE dakasync.day SET scheduled = NOT scheduled"},
		{"version", "UPDATE dakasync.day_version SET version = version + 1000", "UPDATE dakasync.day_version SET version = version - 1000"},
		{"snapshot", "UPDATE dakasync.day_version SET snapshot = snapshot || '{\"punches\": [{}]}'", ""},
		{"approval", "UPDATE dakasync.approval SET revoked = NOT revoked", "UPDATE dakasync.approval SET revoked = NOT revoked"},
		{"approval day", "UPDATE dakasync.approval_day SET state = 'due'", ""},
		{"event missing", "DELETE FROM dakasync.event WHERE " + first + "event)", ""},
		{"event pending", "UPDATE dakasync.event SET outcome = 'pending'", ""},
		{"failed push", "UPDATE dakasync.failed_push SET dispatched_at = NULL", ""},
	} {
		t.Run(tamper.name, func(t *testing.T) {
			before := len(d.differencesFromTruth())
			changed, err := d.db.Exec(t.Context(), tamper.do)
			require.NoError(t, err)
			require.Positive(t, changed.RowsAffected(), "there is nothing to tamper with")
			require.Greater(t, len(d.differencesFromTruth()), before, "the comparison does not see it")
			if tamper.undo != "" {
				_, err = d.db.Exec(t.Context(), tamper.undo)
				require.NoError(t, err)
				require.Len(t, d.differencesFromTruth(), before)
			}
		})
	}
}
