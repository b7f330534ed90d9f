package e2e_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
	"dakasync/workflows"
)

// TestPitfallMakeUpOnUnscheduledDay: a make-up on a day without a schedule pushes no punch and shows in no answer. Its approval is the
// only trace.
func TestPitfallMakeUpOnUnscheduledDay(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 12, Quiet: true}})
	s := script{deployment: d}
	d.up()
	s.requireMakeUps(s.restday(12), "office")
}

// TestPitfallMakeUpOnHoliday is the same on a holiday, for people who otherwise work on that weekday.
func TestPitfallMakeUpOnHoliday(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 12, Quiet: true}})
	s := script{deployment: d}
	d.up()
	s.requireMakeUps(s.holiday(16), "workshop")
}

// requireMakeUps files one make-up of each shape on that day and one whose events are lost, and expects them all.
func (s script) requireMakeUps(ago int, group string) {
	s.t.Helper()
	s.company.Advance(s.on(ago-1, 10, 0))
	// The events of this one are lost altogether: only the sweep of its day finds the approval.
	s.platform.Configure(func(s *platform.Settings) { s.DropChance = 1 })
	lost := s.makeUp(company.MakeUpRequest{User: s.someone(group, 1), At: s.on(ago, 9, 30)})
	s.platform.Configure(func(s *platform.Settings) { s.DropChance = 0 })
	for shape := 1; shape <= 3; shape++ {
		user := s.someone(group, 0)
		s.makeUp(company.MakeUpRequest{User: user, At: s.on(ago, 8+shape, 30), Shape: shape})
	}
	s.company.Advance(time.Now())
	s.converge()
	for _, event := range s.platform.Deliveries() {
		require.NotEqual(s.t, "attendance_check_record", event.EventType, "the pitfall is that there is no such event")
	}
	require.Equal(s.t, 3, s.count("punch", "origin = 'approval' AND explained AND source_type = 'APPROVE'"))
	require.Zero(s.t, s.count("approval", "process_instance_id = $1", lost.ID))
	s.sweep(day(s.t, ago))
	truth := s.company.Truth()
	s.report(slices.Concat(s.punchDifferences(truth), s.approvalDayDifferences(truth), s.versionDifferences(truth), s.eventDifferences(truth)))
}

// TestPitfallFailedList: what could not be pushed is read back from the failed-push list, in every shape and over several pages;
// what nobody can read stays, marked.
func TestPitfallFailedList(t *testing.T) {
	d := deploy(t, plan{
		company:  company.Options{Employees: 50, Quiet: true},
		settings: func(s *platform.Settings) { s.FailNext = 1_000_000 },
	})
	s := script{deployment: d}
	d.up()
	at := s.on(s.workday(9), 8, 50)
	for shape := 1; shape <= 6; shape++ {
		d.platform.Configure(func(s *platform.Settings) { s.FailedShape = shape })
		for nth := range 40 { // more than 200 in all, so that one page is not enough
			d.company.Advance(at.Add(time.Duration(shape)*time.Hour + time.Duration(nth*61)*time.Second))
			employee := d.company.Employees()[1+nth]
			must(t, func() (company.PunchResult, error) {
				return d.company.Punch(company.PunchRequest{User: employee.UserID})
			})
		}
		s.makeUp(company.MakeUpRequest{User: s.someone("office", shape), At: s.on(s.workday(9), 9, 10)})
		must(t, func() (company.Approval, error) {
			return d.company.Leave(company.LeaveRequest{User: s.someone("office", shape), Begin: s.on(5, 0, 0), End: s.on(4, 0, 0)})
		})
	}
	unreadable := []string{
		`"just a text"`, `42`, `null`, `[]`, `{"no_tag":true}`, `{"call_back_tag":"attendance_check_record"}`,
		`{"call_back_tag":"attendance_check_record","event_time":1606126433000,"attendance_check_record":{"callbackData":"no JSON"}}`,
	}
	foreign := `{"call_back_tag":"user_add_org","event_time":1606126433000,"user_add_org":{"userid":["x"],"corpid":"` + d.company.CorpID() + `"}}`
	for _, element := range append(unreadable, foreign) {
		d.platform.FailRaw(json.RawMessage(element))
	}
	d.company.Advance(time.Now())
	failed := d.platform.FailedCount()
	require.Greater(t, failed, 250)

	d.trigger(workflows.ScheduleDrain, workflows.TypeDrainFailedPushes)
	d.converge()
	require.Equal(t, failed, d.count("failed_push", ""), "every element is kept")
	for _, element := range unreadable {
		require.Equal(t, 1, d.count("failed_push", "NOT readable AND raw = $1", element), "%s is kept and marked", element)
	}
	require.Equal(t, len(unreadable), d.count("failed_push", "NOT readable"), "all others are readable")
	require.Zero(t, d.count("failed_push", "readable AND dispatched_at IS NULL"), "all others are dispatched")
	require.Equal(t, 1, d.count("failed_push", "call_back_tag = 'user_add_org' AND coalesce(workflow_id, '') = ''"), "nothing follows from another type")
	require.Zero(t, d.count("event", "origin = 'stream'"))
	require.Zero(t, d.count("drain", "state <> 'stored'"))

	d.reconcileAll()
	truth := d.company.Truth()
	d.report(slices.Concat(d.punchDifferences(truth), d.approvalDifferences(truth), d.approvalDayDifferences(truth), d.versionDifferences(truth)))
	require.Zero(t, d.count("event", "outcome NOT IN ('done', 'unreadable')"))
	d.requireNoPersonalData()
}
