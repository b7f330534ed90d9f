package e2e_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// TestPostgreSQLIsRestoredFromABackup: what was written after the backup is lost, and comes back by what docs/operations.md says.
func TestPostgreSQLIsRestoredFromABackup(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 15, Seed: 41}, days: 6})
	s := script{deployment: d}
	d.up()
	d.drive(s.on(4, 12, 0))
	d.converge()
	d.stop()
	backup := d.name + "_backup"
	d.copyDatabase(d.name, backup)

	d.up()
	d.drive(s.on(1, 12, 0))
	d.converge()
	rows := d.count("punch", "")
	d.stop()
	d.copyDatabase(backup, d.name)
	require.Less(t, d.count("punch", ""), rows, "the restored ledger lacks nothing")

	d.up()
	require.Eventually(t, func() bool { return d.count("gap", "") > 0 && d.count("gap", "swept_at IS NULL") == 0 }, patience, tick,
		"the time since the backup is no gap, or is not swept")
	d.heal("drain", "backfill", "status")
	d.drive(time.Now())
	d.converge()
	d.reconcileAll()
	d.requireTruthOfRows()
}

// TestTemporalsStateIsLost: runs that waited are gone with it; what they should have done is done by what docs/operations.md says.
func TestTemporalsStateIsLost(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 15, Seed: 42}, days: 4})
	s := script{deployment: d}
	d.up()
	d.drive(s.on(2, 7, 0))
	d.platform.AddFault(platform.Fault{Path: "/topapi/attendance/getupdatedata", Status: http.StatusServiceUnavailable})
	d.drive(s.on(1, 12, 0))
	d.settle()
	require.Eventually(t, func() bool { return d.count("event", "outcome = 'pending'") > 10 }, upTime, tick, "no run waits")
	d.stop()

	fresh := d.name + "_fresh"
	d.temporal = namespaceAt(t, sharedCluster.Temporal.Address(), fresh, d.codec())
	d.env["TEMPORAL_NAMESPACE"] = fresh
	d.platform.ClearFaults("")
	d.name = fresh // runs are counted there
	page, err := os.ReadFile(filepath.Join(repository, "docs", "operations.md"))
	require.NoError(t, err)
	update := regexp.MustCompile(`(?m)^    (UPDATE .*)$`).FindSubmatch(page)
	require.NotNil(t, update)
	_, err = d.db.Exec(t.Context(), string(update[1]))
	require.NoError(t, err)
	d.up()
	d.heal("drain", "backfill", "reconcile", "status")
	d.drive(time.Now())
	d.converge()
	d.reconcileAll()
	d.requireTruthOfRows()
	require.Zero(t, d.count("event", "outcome = 'pending'"))
}

// copyDatabase puts a copy of a database, which nobody may use meanwhile, in the place of another.
func (d *deployment) copyDatabase(from, to string) {
	d.t.Helper()
	d.db.Close()
	admin, err := pgx.Connect(d.t.Context(), sharedCluster.Postgres.URL("postgres"))
	require.NoError(d.t, err)
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + to, "CREATE DATABASE " + to + " TEMPLATE " + from} {
		_, err = admin.Exec(d.t.Context(), statement)
		require.NoError(d.t, err)
	}
	require.NoError(d.t, admin.Close(d.t.Context()))
	d.db, err = pgxpool.New(d.t.Context(), sharedCluster.Postgres.URL(d.name))
	require.NoError(d.t, err)
	d.t.Cleanup(d.db.Close)
}

// stop ends both processes.
func (d *deployment) stop() {
	d.t.Helper()
	d.terminate(starter)
	d.terminate(worker)
}

// heal runs dakactl as the page says, over all days of the company.
func (d *deployment) heal(commands ...string) {
	d.t.Helper()
	for _, command := range commands {
		arguments := []string{command}
		if command == "backfill" {
			arguments = append(arguments, "--from", d.company.FirstDay().String(), "--to", day(d.t, 0).String(), "--reason", "a disaster", "--wait")
		}
		d.dakactl(d.t, arguments...)
	}
}

// notGotBack is what nobody can tell afterwards: which events came, of an approval that no event names its seconds, one that is no approval
// of attendance, and one that has not ended.
var notGotBack = regexp.MustCompile(`^event |^approval \S+ (created_at|finished_at) is |^approval lacks .*(\bkind=other\b|\bfinished_at= )`)

// requireTruthOfRows compares all that can be got back.
func (d *deployment) requireTruthOfRows() {
	d.t.Helper()
	d.report(slices.DeleteFunc(d.differencesFromTruth(), func(difference string) bool { return notGotBack.MatchString(difference) }))
}
