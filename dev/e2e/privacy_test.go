package e2e_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	payloads "go.temporal.io/api/proxy"
	"google.golang.org/protobuf/proto"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
	"dakasync/workflows"
)

// TestMinimalKeepsNoPersonalData: under DAKASYNC_PII=minimal nothing of what the platform sends along about places, networks, devices
// and faces is in a table, a history or a log, even of the level debug; and in no span, under either. What happens under full shows that all of it came, and that
// the search finds it.
func TestMinimalKeepsNoPersonalData(t *testing.T) {
	for _, policy := range []string{"minimal", "full"} {
		t.Run(policy, func(t *testing.T) {
			spans := startCollector(t)
			env := spans.environment()
			env["DAKASYNC_PII"], env["DAKASYNC_LOG_LEVEL"] = policy, "debug"
			d := deploy(t, plan{
				company: company.Options{Employees: 12, Seed: 31}, days: 4, settings: func(s *platform.Settings) { s.DuplicateChance = 0.2 }, env: env,
			})
			s := script{deployment: d}
			punch := func(request company.PunchRequest) {
				must(t, func() (company.PunchResult, error) { return d.company.Punch(request) })
			}
			d.up()
			d.drive(time.Now(),
				moment{s.on(s.workday(2), 7, 40), func() { // It counts for the day, and so has a remark.
					punch(company.PunchRequest{User: s.someone("office", 3), Location: company.LocationOutside})
				}},
				moment{s.on(2, 12, 10), func() {
					punch(company.PunchRequest{User: s.someone("office", 0), Location: company.LocationOutside})
					punch(company.PunchRequest{User: s.someone("office", 1), Source: company.SourceATM})
					punch(company.PunchRequest{User: s.someone("office", 2), Invalid: "外勤打卡需要审批", Location: company.LocationOutside})
				}},
				moment{s.on(1, 12, 10), func() { d.platform.Configure(func(s *platform.Settings) { s.FailNext += 5 }) }},
			)
			d.converge()
			d.drainFailedList()
			d.platform.FailRaw([]byte(`{"broken":"{\"userAddress\":\"` + platform.PersonalAddress + `\"`))
			d.trigger(workflows.ScheduleDrain, workflows.TypeDrainFailedPushes)
			d.reconcileAll()
			d.resyncBecause("personal data", 1)
			d.terminate(starter)
			d.terminate(worker)
			require.NotEmpty(t, spans.with(s.someone("office", 0)), "spans hold ids")
			require.Empty(t, spans.with(personal()...), "and nothing else of anybody, whatever the policy")
			if policy == "minimal" {
				d.requireNoPersonalData()
				return
			}
			for kind, text := range platform.PersonalKinds() {
				found := append(d.tablesWith(text), d.historiesWith(text)...)
				t.Logf("%s: found in %d places like %q", kind, len(found), found[:min(3, len(found))])
				if neverKept := []string{"mobile"}; slices.Contains(neverKept, kind) {
					require.Empty(t, found, kind)
				} else {
					require.NotEmpty(t, found, "no %s ever came, or the search does not find it", kind)
				}
			}
		})
	}
}

// personal are the recognisable values that the platform sends along.
func personal() []string {
	return append(platform.PersonalValues(), slices.Collect(maps.Values(platform.PersonalKinds()))...)
}

// requireNoPersonalData searches every table, every log, also of processes that have ended, and every history for the recognisable
// values that the platform sends along.
func (d *deployment) requireNoPersonalData() {
	d.t.Helper()
	logs, err := filepath.Glob(filepath.Join(d.logs, "*.log"))
	require.NoError(d.t, err)
	require.NotEmpty(d.t, logs)
	values := personal()
	for _, file := range logs {
		text, err := os.ReadFile(file)
		require.NoError(d.t, err)
		for _, value := range values {
			require.NotContains(d.t, string(text), value, "the log %s", filepath.Base(file))
		}
	}
	require.Empty(d.t, d.tablesWith(values...), "tables hold personal data")
	require.Empty(d.t, d.historiesWith(values...), "histories hold personal data")
}

// tablesWith are the ledger's tables in which one of the values stands.
func (d *deployment) tablesWith(values ...string) []string {
	d.t.Helper()
	tables := scan[[]string](d, "SELECT array_agg(tablename::text) FROM pg_tables WHERE schemaname = 'dakasync'")
	require.Subset(d.t, tables, []string{"event", "day_version", "failed_push", "difference", "unread_approval"})
	var found []string
	for _, table := range tables {
		// As text a row doubles the quotation marks of its JSON.
		query := fmt.Sprintf("SELECT EXISTS (SELECT FROM dakasync.%s t WHERE position($1 IN to_jsonb(t)::text) > 0 OR position($1 IN t::text) > 0)", table)
		for _, value := range values {
			if scan[bool](d, query, value) {
				found = append(found, fmt.Sprintf("%s: %q", table, value))
			}
		}
	}
	return found
}

// historiesWith are the runs, every one of the namespace, in whose histories one of the values stands. What is sealed is opened first.
func (d *deployment) historiesWith(values ...string) []string {
	d.t.Helper()
	codec := d.codec()
	opened := payloads.VisitPayloadsOptions{Visitor: func(_ *payloads.VisitPayloadsContext, all []*commonpb.Payload) ([]*commonpb.Payload, error) {
		return codec.Decode(all)
	}}
	var found []string
	executions := d.executions("")
	require.NotEmpty(d.t, executions)
	for _, execution := range executions {
		for _, event := range d.history(execution).GetEvents() {
			require.NoError(d.t, payloads.VisitPayloads(d.t.Context(), event, opened))
			encoded, err := proto.Marshal(event)
			require.NoError(d.t, err)
			for _, value := range values {
				if bytes.Contains(encoded, []byte(value)) {
					found = append(found, fmt.Sprintf("%s: %q", execution.GetExecution().GetWorkflowId(), value))
				}
			}
		}
	}
	return found
}

// databaseWith are the columns of a whole database in which a text stands.
func databaseWith(t *testing.T, url, text string) []string {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer connection.Close(t.Context())
	rows, err := connection.Query(t.Context(), `SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns
		JOIN information_schema.tables USING (table_catalog, table_schema, table_name)
		WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`)
	require.NoError(t, err)
	type column struct{ Schema, Table, Name, Type string }
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[column])
	require.NoError(t, err)
	require.NotEmpty(t, columns)
	var found []string
	for _, c := range columns {
		name := pgx.Identifier{c.Name}.Sanitize()
		condition, needle := "position($1 IN "+name+"::text) > 0", any(text)
		if c.Type == "bytea" {
			condition, needle = "position($1::bytea IN "+name+") > 0", []byte(text)
		}
		var there bool
		query := "SELECT EXISTS (SELECT FROM " + pgx.Identifier{c.Schema, c.Table}.Sanitize() + " WHERE " + condition + ")"
		require.NoError(t, connection.QueryRow(t.Context(), query, needle).Scan(&there))
		if there {
			found = append(found, c.Table+"."+c.Name)
		}
	}
	return found
}
