package e2e_test

import (
	"bytes"
	"fmt"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"

	"dakasync/simulator/platform"
)

// requireNoPersonalData searches tables, logs and histories for the recognisable values that the platform sends along.
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
	d.searchHistories()
}

// searchHistories looks into the newest runs.
func (d *deployment) searchHistories() {
	d.t.Helper()
	listed, err := d.temporal.ListWorkflow(d.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: d.name, PageSize: 200})
	require.NoError(d.t, err)
	require.NotEmpty(d.t, listed.GetExecutions())
	for _, execution := range listed.GetExecutions() {
		run := execution.GetExecution()
		events := d.temporal.GetWorkflowHistory(d.t.Context(), run.GetWorkflowId(), run.GetRunId(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			require.NoError(d.t, err)
			encoded, err := proto.Marshal(event)
			require.NoError(d.t, err)
			for _, value := range platform.PersonalValues() {
				require.False(d.t, bytes.Contains(encoded, []byte(value)), "the history of %s holds personal data like %q", run.GetWorkflowId(), value)
			}
		}
	}
}
