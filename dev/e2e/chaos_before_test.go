package e2e_test

import (
	"errors"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
)

// daysBefore is how old a lane's company is. Its first days are final when the lane begins: of them complete_through can speak.
const daysBefore = 7

// happenBefore lets people punch on each day before the lane begins. Nobody listens.
func (l *lane) happenBefore() {
	l.t.Helper()
	dice := streamOf(1, "before")
	for ago := daysBefore - 1; ago > 0; ago-- { // what counts for the day before the first one is nobody's business
		day := today(l.t).AddDate(0, 0, -ago)
		l.company.Advance(day.Add(23*time.Hour + 59*time.Minute))
		for _, employee := range l.company.Employees() {
			at := day.Add(time.Duration(dice.IntN(24*60))*time.Minute + time.Duration(1+dice.IntN(58))*time.Second)
			if employee.Admin || dice.IntN(3) > 0 || !l.take(employee.UserID, at) {
				continue
			}
			l.punch(company.PunchRequest{User: employee.UserID, At: at})
		}
	}
	l.company.Advance(time.Now())
}

// punch keeps in mind what happened, for the watch.
func (l *lane) punch(request company.PunchRequest) {
	result, err := l.company.Punch(request)
	if errors.Is(err, company.ErrNotAllowed) {
		return
	}
	require.NoError(l.t, err)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.facts = append(l.facts, fact{user: request.User, at: result.At, workDate: result.WorkDate, happened: time.Now()})
}

// coverBefore makes the ledger believe that a connection was up for an hour a week ago, and none since: a gap of many days, which the
// product must find and sweep before a trial can begin, and whose days are over, so that complete_through moves.
func (l *lane) coverBefore() {
	l.t.Helper()
	began := today(l.t).AddDate(0, 0, 1-daysBefore).Add(30 * time.Minute)
	require.Eventually(l.t, func() bool {
		return scan[bool](l.deployment, "SELECT to_regclass('dakasync.coverage') IS NOT NULL")
	}, upTime, tick, "the schema does not come")
	_, err := l.db.Exec(l.t.Context(), `
INSERT INTO dakasync.coverage (corp_id, id, starter, began_at, proven_until, ended) VALUES ($1, 'before', 'chaos', $2, $3, 'stopped')`,
		l.company.CorpID(), began, began.Add(time.Hour))
	require.NoError(l.t, err)
}

// settleIn waits until the product has made good what was before the lane, by itself, and then lets it see one approval of each kind: a
// form of which it has never heard cannot be searched for when its first event is lost.
func (l *lane) settleIn() {
	l.t.Helper()
	l.comeToRest()
	user, colleague := l.company.Employees()[1].UserID, l.company.Employees()[2].UserID
	begin := today(l.t).AddDate(0, 0, -1)
	must(l.t, func() (company.Approval, error) {
		return l.company.Leave(company.LeaveRequest{User: user, Begin: begin, End: begin.AddDate(0, 0, 1)})
	})
	must(l.t, func() (company.Approval, error) {
		return l.company.Overtime(company.OvertimeRequest{User: user, Begin: begin.Add(19 * time.Hour), End: begin.Add(21 * time.Hour)})
	})
	must(l.t, func() (company.Approval, error) {
		return l.company.Trip(company.TripRequest{User: colleague, Begin: begin, End: begin.Add(8 * time.Hour)})
	})
	l.comeToRest()
	if l.watch.dated() == 0 {
		held, err := l.rows(l.t.Context(), "SELECT domain, complete_through, held_back_on, held_back_by FROM dakasync.complete_through")
		l.t.Errorf("complete_through has named no date: %v %v; %s", held, err, l.watch.account())
	}
	l.t.Log("the watch over complete_through: ", l.watch.account())
}

// comeToRest is a trial without a fault.
func (l *lane) comeToRest() {
	l.t.Helper()
	c := l.convergeByItself(l.t.Context(), time.Now(), 2*time.Minute, false)
	require.Empty(l.t, c.left, "not at rest before the first trial")
	l.show(c.found)
	l.show(l.watch.take())
	require.False(l.t, l.t.Failed(), "the ledger is wrong before the first trial")
}
