package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// TestCompanyOfSixtyOverThreeWeeks is the main promise: whatever happens in a company and however its events arrive, in the end
// every table equals the truth.
func TestCompanyOfSixtyOverThreeWeeks(t *testing.T) {
	d := deploy(t, plan{
		company: company.Options{Seed: 20, Employees: 60},
		settings: func(s *platform.Settings) {
			s.DuplicateChance = 0.1
			s.DelayMax = 300 * time.Millisecond
		},
	})
	d.up()
	s := script{deployment: d}
	d.drive(time.Now(), s.moments()...)
	d.converge()
	d.drainFailedList()
	d.reconcileAll()
	d.requireTruth()
	d.requireNoPersonalData()
	d.requireNoFailedRuns()

	d.terminate(starter)
	d.terminate(worker)
	d.report(d.callDifferences())
}

// script lets happen, beside what the company's people do by themselves, one of everything that an attendance ledger must
// get right.
type script struct {
	*deployment
}

// on is an hour of a day so many days ago.
func (s script) on(ago, hour, minute int) time.Time {
	return today(s.t).AddDate(0, 0, -ago).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

// someone is the nth person of a group.
func (s script) someone(group string, nth int) string {
	s.t.Helper()
	employee, ok := s.company.Pick(group, nth)
	require.True(s.t, ok, "nobody is in group %s", group)
	return employee.UserID
}

// workday is the first workday of the office at most so many days ago that is no holiday; restday a Saturday or Sunday, and
// holiday one of the company's.
func (s script) workday(ago int) int {
	return s.find(ago, func(date company.Date) bool {
		_, holiday := s.company.Holiday(date)
		return !holiday && date.Weekday() != time.Saturday && date.Weekday() != time.Sunday
	})
}

func (s script) restday(ago int) int {
	return s.find(ago, func(date company.Date) bool { return date.Weekday() == time.Saturday })
}

func (s script) holiday(ago int) int {
	return s.find(ago, func(date company.Date) bool { _, holiday := s.company.Holiday(date); return holiday })
}

func (s script) find(ago int, fits func(company.Date) bool) int {
	s.t.Helper()
	for ; ago > 0; ago-- {
		if fits(day(s.t, ago)) {
			return ago
		}
	}
	require.Fail(s.t, "no such day")
	return 0
}

func (s script) moments() []moment {
	var all []moment
	for _, part := range [][]moment{s.makeUps(), s.absences(), s.changes(), s.corrections(), s.punches(), s.lossy()} {
		all = append(all, part...)
	}
	return all
}

// must fails the test when the company refuses.
func must[T any](t *testing.T, made func() (T, error)) T {
	t.Helper()
	result, err := made()
	require.NoError(t, err)
	return result
}

func (s script) makeUp(request company.MakeUpRequest) company.Approval {
	return must(s.t, func() (company.Approval, error) { return s.company.MakeUp(request) })
}

// makeUps: each shape of the form on a workday, a rest day and a holiday; a night shift's morning; refused and withdrawn ones.
func (s script) makeUps() []moment {
	work, rest, holiday := s.workday(18), s.restday(15), s.holiday(16)
	return []moment{
		{s.on(work-1, 10, 0), func() {
			for shape := 1; shape <= 3; shape++ {
				s.makeUp(company.MakeUpRequest{User: s.someone("office", shape), At: s.on(work, 18, 0), Shape: shape})
			}
		}},
		{s.on(rest-1, 10, 0), func() {
			for shape := 1; shape <= 3; shape++ {
				s.makeUp(company.MakeUpRequest{User: s.someone("office", 3+shape), At: s.on(rest, 9, 30), Shape: shape})
			}
		}},
		{s.on(holiday-1, 10, 0), func() {
			for shape := 1; shape <= 3; shape++ {
				s.makeUp(company.MakeUpRequest{User: s.someone("workshop", shape), At: s.on(holiday, 13, 30), Shape: shape})
			}
		}},
		{s.on(9, 12, 0), func() {
			worked := day(s.t, 10) // 07:00 of this morning belongs to yesterday's night shift
			s.makeUp(company.MakeUpRequest{User: s.someone("night", 0), At: s.on(9, 7, 0), WorkDate: &worked})
		}},
		{s.on(8, 12, 0), func() {
			for _, decision := range []string{company.DecideRefuse, company.DecideTerminate, company.DecideLater} {
				s.makeUp(company.MakeUpRequest{
					User: s.someone("rotation", 1), At: s.on(9, 8, 0), Flow: company.Flow{Decision: decision},
				})
			}
		}},
	}
}

// absences: leaves of each unit, one far into the future; trips and outings with companions, overtime with partners.
func (s script) absences() []moment {
	leave := func(request company.LeaveRequest) {
		must(s.t, func() (company.Approval, error) { return s.company.Leave(request) })
	}
	trip := func(request company.TripRequest) {
		must(s.t, func() (company.Approval, error) { return s.company.Trip(request) })
	}
	return []moment{
		{s.on(19, 11, 0), func() {
			leave(company.LeaveRequest{User: s.someone("office", 6), Begin: s.on(17, 0, 0), End: s.on(15, 0, 0)})
			leave(company.LeaveRequest{User: s.someone("office", 7), Begin: s.on(17, 12, 0), End: s.on(16, 0, 0)})
			leave(company.LeaveRequest{User: s.someone("office", 8), Begin: s.on(17, 14, 0), End: s.on(17, 18, 0)})
			leave(company.LeaveRequest{User: s.someone("night", 1), Begin: s.on(17, 20, 0), End: s.on(15, 9, 0)})
			leave(company.LeaveRequest{User: s.someone("office", 9), Begin: s.on(3, 0, 0), End: s.on(-40, 0, 0)})
		}},
		{s.on(14, 11, 0), func() {
			companions := []string{s.someone("workshop", 4), s.someone("rotation", 2)}
			trip(company.TripRequest{User: s.someone("office", 10), Companions: companions, Begin: s.on(13, 8, 0), End: s.on(11, 20, 0)})
			trip(company.TripRequest{
				User: s.someone("office", 11), Companions: companions, Begin: s.on(10, 8, 0), End: s.on(10, 20, 0), OriginatorOmitted: true,
			})
			trip(company.TripRequest{User: s.someone("office", 12), Begin: s.on(-2, 8, 0), End: s.on(-5, 20, 0)})
			must(s.t, func() (company.Approval, error) {
				return s.company.Out(company.OutRequest{
					User: s.someone("workshop", 5), Companions: []string{s.someone("office", 13)}, Begin: s.on(13, 13, 0), End: s.on(13, 17, 0),
				})
			})
			must(s.t, func() (company.Approval, error) {
				return s.company.Overtime(company.OvertimeRequest{
					User: s.someone("office", 14), Users: []string{s.someone("office", 15), s.someone("office", 16)},
					Begin: s.on(13, 19, 0), End: s.on(13, 22, 0),
				})
			})
			must(s.t, func() (company.Approval, error) {
				return s.company.Overtime(company.OvertimeRequest{User: s.someone("office", 17), Begin: s.on(13, 23, 0), End: s.on(12, 2, 0)})
			})
		}},
	}
}

// changes: what was agreed is revoked, modified, modified and then revoked, deleted; a revocation is refused.
func (s script) changes() []moment {
	work, rest := s.workday(14), s.restday(9)
	var leave, makeUp, twice, deleted, kept, unscheduled company.Approval
	revoke := func(instance string, flow company.Flow) {
		must(s.t, func() (company.Approval, error) {
			return s.company.Revoke(company.RevokeRequest{Instance: instance, Flow: flow})
		})
	}
	modify := func(request company.ModifyRequest) company.Approval {
		return must(s.t, func() (company.Approval, error) { return s.company.Modify(request) })
	}
	return []moment{
		{s.on(work-1, 9, 0), func() {
			newLeave := func(nth int) company.Approval {
				return must(s.t, func() (company.Approval, error) {
					return s.company.Leave(company.LeaveRequest{User: s.someone("office", nth), Begin: s.on(work-2, 0, 0), End: s.on(work-4, 0, 0)})
				})
			}
			leave, twice, deleted, kept = newLeave(18), newLeave(19), newLeave(20), newLeave(2)
			makeUp = s.makeUp(company.MakeUpRequest{User: s.someone("office", 0), At: s.on(work, 9, 0)})
		}},
		{s.on(work-1, 15, 0), func() {
			revoke(leave.ID, company.Flow{})
			revoke(kept.ID, company.Flow{Decision: company.DecideRefuse})
			modified := modify(company.ModifyRequest{Instance: twice.ID, End: s.on(work-6, 0, 0)})
			revoke(modified.ID, company.Flow{})
			modify(company.ModifyRequest{Instance: makeUp.ID, At: s.on(work, 9, 5)})
			must(s.t, func() (company.Approval, error) { return s.company.Delete(deleted.ID) })
		}},
		{s.on(rest-1, 11, 0), func() {
			unscheduled = s.makeUp(company.MakeUpRequest{User: s.someone("workshop", 6), At: s.on(rest, 10, 0)})
		}},
		{s.on(rest-2, 11, 0), func() { revoke(unscheduled.ID, company.Flow{}) }},
	}
}

// corrections: an administrator edits a result and gives people another shift, which replays their punches.
func (s script) corrections() []moment {
	work := s.workday(12)
	return []moment{
		{s.on(work-1, 11, 0), func() {
			for _, checkType := range []string{company.OnDuty, company.OffDuty} {
				must(s.t, func() (company.BossEditResult, error) {
					return s.company.BossEdit(company.BossEditRequest{User: s.someone("office", 3), WorkDate: day(s.t, work), CheckType: checkType})
				})
			}
			must(s.t, func() (company.RescheduleResult, error) {
				return s.company.Reschedule(company.RescheduleRequest{
					Users: []string{s.someone("office", 4), s.someone("office", 5)}, WorkDate: day(s.t, work), Shift: company.ShiftShifted,
				})
			})
		}},
	}
}

// punches: several in a minute, of which one is told; refused ones; a machine that reports hours later; after midnight.
func (s script) punches() []moment {
	punch := func(request company.PunchRequest) {
		must(s.t, func() (company.PunchResult, error) { return s.company.Punch(request) })
	}
	work := s.workday(11)
	return []moment{
		{s.on(work, 12, 34), func() {
			for second := range 4 {
				punch(company.PunchRequest{User: s.someone("office", 6), At: s.on(work, 12, 33).Add(time.Duration(10*second) * time.Second)})
			}
			punch(company.PunchRequest{User: s.someone("office", 7), Invalid: "外勤打卡需要审批", Location: company.LocationOutside})
		}},
		{s.on(work, 23, 30), func() {
			punch(company.PunchRequest{User: s.someone("workshop", 2), At: s.on(work, 17, 31).Add(11 * time.Second), Source: company.SourceATM})
		}},
		{s.on(work-1, 0, 40), func() {
			punch(company.PunchRequest{User: s.someone("free hours", 0)})
			punch(company.PunchRequest{User: s.someone("night", 2)})
			punch(company.PunchRequest{User: s.someone("office", 8)})
		}},
	}
}

// lossy: some punches are never told, some bursts go straight to the failed list, connections break, tokens expire early.
func (s script) lossy() []moment {
	set := func(change func(*platform.Settings)) { s.platform.Configure(change) }
	var all []moment
	for ago := 20; ago >= 1; ago-- {
		all = append(all, moment{s.on(ago, 12, 10), func() {
			set(func(s *platform.Settings) { s.DropChance = 1 })
			for nth := range 3 {
				group := []string{"office", "workshop", "night"}[nth]
				must(s.t, func() (company.PunchResult, error) {
					return s.company.Punch(company.PunchRequest{User: s.someone(group, ago%8), At: s.on(ago, 12, 9).Add(time.Duration(7+nth) * time.Second)})
				})
			}
			set(func(s *platform.Settings) { s.DropChance = 0; s.FailNext += 12 })
		}})
	}
	return append(all,
		moment{s.on(16, 13, 0), func() { s.platform.Cut() }},
		moment{s.on(13, 13, 0), func() { s.platform.InvalidateToken() }},
		moment{s.on(9, 13, 0), func() { s.platform.Disconnect() }},
		moment{s.on(6, 13, 0), func() { s.platform.Cut() }},
	)
}
