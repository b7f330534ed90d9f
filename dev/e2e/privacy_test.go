package e2e_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	payloads "go.temporal.io/api/proxy"
	"google.golang.org/protobuf/proto"

	"dakasync/simulator/platform"
)

// requireNoPersonalData searches every table, the log of every process and every history for the recognisable values that the
// platform sends along.
func (d *deployment) requireNoPersonalData() {
	d.t.Helper()
	tables := scan[[]string](d, "SELECT array_agg(tablename::text) FROM pg_tables WHERE schemaname = 'dakasync'")
	require.Subset(d.t, tables, []string{"event", "day_version", "failed_push", "difference", "unread_approval"})
	for _, table := range tables {
		for _, value := range platform.PersonalValues() {
			found := scan[int](d, fmt.Sprintf("SELECT count(*) FROM dakasync.%s t WHERE t::text LIKE '%%'||$1||'%%'", table), value)
			require.Zero(d.t, found, "table %s holds personal data like %q", table, value)
		}
	}
	for name := range d.processes {
		for _, value := range platform.PersonalValues() {
			require.NotContains(d.t, d.log(name), value, "the log of %s", name)
		}
	}
	require.Empty(d.t, d.historiesWith(platform.PersonalValues()), "histories hold personal data")
}

// historiesWith are the runs, every one of the namespace, in whose histories one of the values stands. What is sealed is opened first.
func (d *deployment) historiesWith(values []string) []string {
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
