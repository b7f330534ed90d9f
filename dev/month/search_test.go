package month_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dakasync/dev/month"
	"dakasync/postgres/pgtest"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// perform lets somebody do something, by the simulator's control API. If it is lost no event tells of it.
func perform(p *platform.Platform, lost bool, verb string, request any, answer any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	drop := func(chance float64) { p.Configure(func(s *platform.Settings) { s.DropChance = chance }) }
	if lost {
		drop(1)
		defer drop(0)
	}
	return control(p, httptest.NewRequest(http.MethodPost, "/control/"+verb, bytes.NewReader(body)), answer)
}

func control(p *platform.Platform, request *http.Request, answer any) error {
	recorder := httptest.NewRecorder()
	p.Handler().ServeHTTP(recorder, request)
	if recorder.Code != http.StatusOK {
		return fmt.Errorf("%s: %s", request.URL.Path, recorder.Body)
	}
	return json.Unmarshal(recorder.Body.Bytes(), answer)
}

// TestNightsFindWhatNoEventToldOf: of a template with many approvals the nights list what runs and what is new, and find what finished the
// next night; what was deleted, on the night of the week that lists everything. That is so whatever DingTalk makes of the status.
func TestNightsFindWhatNoEventToldOf(t *testing.T) {
	const many = 70
	for statuses, end := range map[string]int{"heeded": 10, "ignored": 8, "refused": 8} {
		t.Run(statuses, func(t *testing.T) {
			ids := map[string]string{}
			leave := func(name string, n int, decision string, lost bool) func(*platform.Platform) error {
				return func(p *platform.Platform) error {
					var people []company.Employee
					if err := control(p, httptest.NewRequest(http.MethodGet, "/control/employees", nil), &people); err != nil {
						return err
					}
					for i := range n {
						begin := on(6, 20+i%10, 14)
						var filed company.Approval
						request := company.LeaveRequest{User: people[1+i%9].UserID, Begin: begin, End: begin.Add(time.Hour), Flow: company.Flow{Decision: decision}}
						if err := perform(p, lost, "leave", request, &filed); err != nil {
							return err
						}
						ids[name] = filed.ID
					}
					return nil
				}
			}
			decide := func(name, decision string) func(*platform.Platform) error {
				return func(p *platform.Platform) error {
					var decided company.Approval
					return perform(p, true, "decide", company.DecideRequest{Instance: ids[name], Decision: decision}, &decided)
				}
			}
			database := pgtest.Database(t, "", nil)
			report := run(t, month.Options{
				Employees: 12, From: on(6, 1, 0), To: on(6, end, 0), Settings: func(s *platform.Settings) { s.Statuses = statuses },
				Moments: []month.Moment{
					{At: on(6, 1, 12), DoFunc: leave("deleted", many, company.DecideAgree, false)},
					{At: on(6, 2, 10), DoFunc: leave("unheard", 1, company.DecideLater, true)},
					{At: on(6, 2, 11), DoFunc: leave("begun", 1, company.DecideLater, false)},
					{At: on(6, 2, 12), DoFunc: leave("withdrawn", 1, company.DecideLater, true)},
					{At: on(6, 3, 10), DoFunc: leave("quick", 1, company.DecideAgree, true)},
					{At: on(6, 5, 10), DoFunc: decide("unheard", company.DecideAgree)},
					{At: on(6, 5, 11), DoFunc: decide("begun", company.DecideAgree)},
					{At: on(6, 5, 12), DoFunc: decide("withdrawn", company.DecideTerminate)},
					{At: on(6, 6, 10), DoFunc: decide("deleted", company.DecideDelete)},
				},
				DatabaseURL: database,
			})
			sql, err := pgx.Connect(t.Context(), database)
			require.NoError(t, err)
			defer func() { require.NoError(t, sql.Close(t.Context())) }()
			for name, night := range map[string]int{"quick": 4, "unheard": 6, "begun": 6} {
				var readAt time.Time
				require.NoError(t, sql.QueryRow(t.Context(), `SELECT read_at FROM dakasync.approval WHERE process_instance_id = $1`, ids[name]).Scan(&readAt))
				require.Equal(t, on(6, night, 2).Add(10*time.Minute), readAt.In(on(6, 1, 0).Location()).Truncate(10*time.Minute), name)
			}
			var by string
			require.NoError(t, sql.QueryRow(t.Context(), `SELECT min(workflow_id) FROM dakasync.difference
				WHERE domain = 'approvals' AND coalesce(before::text, '') || coalesce(after::text, '') || what LIKE '%' || $1 || '%'`, ids["deleted"]).Scan(&by))
			if statuses != "heeded" {
				require.Equal(t, "reconcile-day-2026-06-06T18:10:00Z", by, "every night lists everything")
				return
			}
			require.Equal(t, "reconcile-day-2026-06-08T18:10:00Z", by, "a week after the first")
			const allowed = 1.2
			lists := report.Paths["searches /v1.0/workflow/processes/instanceIds/query"]
			require.Positive(t, lists)
			require.LessOrEqual(t, float64(lists), allowed*float64(report.Least[month.ForSearches]))
		})
	}
}
