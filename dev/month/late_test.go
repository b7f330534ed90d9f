package month_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"dakasync/budget"
	"dakasync/dev/month"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// Where events are kept for the sweep, a leave that is agreed to late changes a day that was swept already: somebody's night shift ends in it.
func TestALateLeaveOfTheMorningAfter(t *testing.T) {
	run(t, month.Options{Employees: 150, Seed: 2, From: on(6, 1, 0), Workdays: 6, Mode: budget.ModeSweep, Step: 5 * time.Second})
}

// A leave that is revoked when its date was settled long since changes the date's results once more, heard of or not, and however events are answered.
func TestALateRevocation(t *testing.T) {
	for _, mode := range []budget.Mode{budget.ModeLive, budget.ModeSweep} {
		t.Run(string(mode), func(t *testing.T) {
			var filed [2]company.Approval // the second one's revocation is not heard of
			leave := func(p *platform.Platform) error {
				var people []company.Employee
				if err := control(p, httptest.NewRequest(http.MethodGet, "/control/employees", nil), &people); err != nil {
					return err
				}
				for i := range filed {
					request := company.LeaveRequest{User: people[1+i].UserID, Begin: on(6, 3, 9), End: on(6, 3, 18), Flow: company.Flow{Decision: company.DecideAgree}}
					if err := perform(p, false, "leave", request, &filed[i]); err != nil {
						return err
					}
				}
				return nil
			}
			revoke := func(p *platform.Platform) error {
				for i := range filed {
					request := company.RevokeRequest{Instance: filed[i].ID, Flow: company.Flow{Decision: company.DecideAgree}}
					if err := perform(p, i > 0, "revoke", request, &company.Approval{}); err != nil {
						return err
					}
				}
				return nil
			}
			run(t, month.Options{
				Employees: 12, From: on(6, 1, 0), To: on(6, 9, 0), Mode: mode,
				Moments: []month.Moment{{At: on(6, 2, 12), DoFunc: leave}, {At: on(6, 6, 12), DoFunc: revoke}},
			})
		})
	}
}
