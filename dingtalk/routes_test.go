package dingtalk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"dakasync/attendance"
	"dakasync/dingtalk"
	"dakasync/privacy"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// There are three routes to a user-day: getupdatedata; attendance/list with
// listRecord, at once or apart; listRecord alone. Whichever was taken, the ledger must show the
// same, but for what a route cannot say. All that may differ is named here.

// unsaidByEither takes from a punch what depends on the route by its nature.
func unsaidByEither(p attendance.Punch) attendance.Punch {
	p.Origin = "" // names the route
	p.BizID = ""  // getupdatedata does not tell it; the punch's event does
	if p.SourceType == company.SourceApprove {
		p.Valid = nil // only listRecord has a row of a make-up, and calls it legal
	}
	return p
}

// unsaidByDetail takes from a punch what getupdatedata tells only of the one
// that its slot's result shows: its records have neither a check type nor a
// place.
func unsaidByDetail(p attendance.Punch) attendance.Punch {
	p.CheckType, p.LocationResult = "", ""
	return p
}

// unsaidByList takes from a result what attendance/list does not tell of a slot
// that nobody signed; the schedule does.
func unsaidByList(r attendance.Result) attendance.Result {
	r.ClassID = 0
	return r
}

// Besides, only getupdatedata names the approvals of a day, and only the
// schedule says that a day has no plan.

// routesPeople and routesWeeks are the simulated company's size.
const (
	routesPeople = 220
	routesWeeks  = 3
)

// routesWorld is a company with all that may happen in it: nights, free hours, make-ups, edits, leaves, other shifts, people who
// come, go and come back.
type routesWorld struct {
	company  *company.Company
	platform *platform.Platform
	client   *dingtalk.Client
	users    []string
	weeks    []attendance.DateRange
	makeUps  []company.PunchRow
}

func newRoutesWorld(t *testing.T) *routesWorld {
	t.Helper()
	loc := time.FixedZone("Asia/Shanghai", 8*3600)
	start := time.Date(2026, time.November, 2, 0, 0, 0, 0, loc)
	w := &routesWorld{company: company.New(company.Options{Seed: 11, Employees: routesPeople, Start: start, Location: loc})}
	w.peopleComeAndGo(t, start)
	w.company.Advance(start.AddDate(0, 0, 7*routesWeeks+2)) // the last day is final
	settings := platform.Defaults()
	settings.QPS = 0
	w.platform = platform.New(platform.Options{Company: w.company, Settings: &settings})
	t.Cleanup(func() { require.NoError(t, w.platform.Close()) })
	var err error
	w.client, err = dingtalk.New(dingtalk.Options{
		ClientID: w.platform.ClientID(), ClientSecret: privacy.Secret(w.platform.ClientSecret()), Location: loc,
		OperatorUserID: company.AdminUserID, NowFunc: w.company.Now, HTTPClient: &http.Client{Transport: inProcess{w.platform.Handler()}},
	})
	require.NoError(t, err)
	w.users, err = w.client.UserIDs(t.Context())
	require.NoError(t, err)
	require.Greater(t, len(w.users), 200)
	first := attendance.NewDate(2026, time.November, 2)
	for week := range routesWeeks {
		w.weeks = append(w.weeks, attendance.DateRange{From: first.AddDays(7 * week), To: first.AddDays(7*week + 6)})
	}
	for _, p := range w.company.Truth().Punches {
		if p.SourceType == company.SourceApprove {
			w.makeUps = append(w.makeUps, p)
		}
	}
	return w
}

// inProcess carries thousands of calls to a platform without a network.
type inProcess struct{ http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer.Result(), nil
}

func (w *routesWorld) peopleComeAndGo(t *testing.T, start time.Time) {
	t.Helper()
	person := func(group string, nth int) string {
		e, ok := w.company.Pick(group, nth)
		require.True(t, ok)
		return e.UserID
	}
	w.company.Advance(start.AddDate(0, 0, 6).Add(23 * time.Hour)) // in the middle of a night shift
	for _, user := range []string{person("night", 0), person("rotation", 1), person("office", 2), person("free hours", 0)} {
		_, err := w.company.Resign(company.ResignRequest{User: user})
		require.NoError(t, err)
		defer func() {
			_, err := w.company.Hire(company.HireRequest{UserID: user, Group: "night"})
			require.NoError(t, err)
		}()
	}
	w.company.Advance(start.AddDate(0, 0, 10).Add(12 * time.Hour))
	for _, group := range []string{"office", "workshop", "night", "rotation", "free hours"} {
		_, err := w.company.Hire(company.HireRequest{Group: group})
		require.NoError(t, err)
	}
}

// routeLedger is what the ledger learns by one route.
type routeLedger struct {
	days    map[attendance.UserDay]*attendance.DayState
	punches map[routePunch]*attendance.PunchState
}

type routePunch struct {
	user string
	at   int64
}

func (w *routesWorld) ledger() *routeLedger {
	l := &routeLedger{days: map[attendance.UserDay]*attendance.DayState{}, punches: map[routePunch]*attendance.PunchState{}}
	for _, p := range w.makeUps {
		l.punch(p.UserID, p.CheckTime).Approve(p.ProcessInstanceID, attendance.DateOf(p.WorkDate.In(w.company.Location()), w.company.Location()))
	}
	return l
}

func (l *routeLedger) day(d attendance.UserDay) *attendance.DayState {
	if l.days[d] == nil {
		l.days[d] = &attendance.DayState{}
	}
	return l.days[d]
}

func (l *routeLedger) punch(user string, at time.Time) *attendance.PunchState {
	key := routePunch{user, at.Unix()}
	if l.punches[key] == nil {
		l.punches[key] = &attendance.PunchState{}
	}
	return l.punches[key]
}

func (l *routeLedger) learn(answers []attendance.Answer) *routeLedger {
	for _, a := range answers {
		l.day(attendance.UserDay{UserID: a.UserID, WorkDate: a.WorkDate}).Learn(a)
		for _, s := range a.Sightings() {
			l.punch(a.UserID, s.At).Observe(s.Bearer, s.Witness)
		}
	}
	return l
}

// plan takes in the schedule of every user-day that is known so far.
func (l *routeLedger) plan(at time.Time, planned []attendance.Planned) *routeLedger {
	slots := map[attendance.UserDay][]attendance.Planned{}
	for _, p := range planned {
		d := attendance.UserDay{UserID: p.UserID, WorkDate: p.WorkDate}
		slots[d] = append(slots[d], p)
	}
	for d, state := range l.days {
		state.LearnPlan(at, slots[d])
	}
	return l
}

// shown is the ledger's view: its days' results and its punches.
func (l *routeLedger) shown() (results map[attendance.UserDay][]attendance.Result, punches map[routePunch]attendance.Punch) {
	results, punches = map[attendance.UserDay][]attendance.Result{}, map[routePunch]attendance.Punch{}
	dormant := map[routePunch][]attendance.Dormant{}
	for d, state := range l.days {
		for _, r := range state.Shown() {
			results[d] = append(results[d], r.Result)
			if !r.UserCheckTime.IsZero() && !r.Punched() {
				key := routePunch{d.UserID, r.UserCheckTime.Unix()}
				dormant[key] = append(dormant[key], attendance.Dormant{Source: r.Source, WorkDate: d.WorkDate, Result: r.Result})
			}
		}
	}
	for key, state := range l.punches {
		if p := state.Derive(key.user, time.Unix(key.at, 0), dormant[key]); p != nil {
			punches[key] = unsaidByEither(*p)
		}
	}
	return results, punches
}

// each asks about the whole company, 50 people and a week at a time, and gathers the rows.
func each[T any](t *testing.T, w *routesWorld, ask func(ctx context.Context, users []string, from, to attendance.Date) ([]T, error)) []T {
	t.Helper()
	const atOnce = 4
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(atOnce)
	var mu sync.Mutex
	var all []T
	for _, days := range w.weeks {
		for users := range slices.Chunk(w.users, attendance.WindowUsers) {
			group.Go(func() error {
				rows, err := ask(ctx, users, days.From, days.To)
				mu.Lock()
				defer mu.Unlock()
				all = append(all, rows...)
				return err
			})
		}
	}
	require.NoError(t, group.Wait())
	return all
}

// details asks getupdatedata for every user-day.
func (w *routesWorld) details(ctx context.Context, users []string, from, to attendance.Date) ([]attendance.Answer, error) {
	var answers []attendance.Answer
	for _, d := range (attendance.Window{UserIDs: users, Days: attendance.DateRange{From: from, To: to}}).UserDays() {
		answer, err := w.client.UserDay(ctx, d.UserID, d.WorkDate)
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", d.WorkDate, d.UserID, err)
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

// later are the same answers to the same questions, asked an hour later.
func later(answers []attendance.Answer) []attendance.Answer {
	again := slices.Clone(answers)
	for i := range again {
		again[i].AskedAt = again[i].AskedAt.Add(time.Hour)
	}
	return again
}

func TestTheRoutesShowTheSameLedger(t *testing.T) {
	t.Parallel()
	w := newRoutesWorld(t)
	now := w.company.Now()
	details := each(t, w, w.details)
	planned := each(t, w, w.client.Schedule)
	results, punches := w.ledger().learn(details).shown()
	w.requireEverythingIn(t, results)

	listed := each(t, w, w.client.Window)
	byList, punchesOfList := w.ledger().learn(listed).plan(now, planned).shown()
	requireSame(t, "results of list and the schedule", results, byList)
	requireSame(t, "punches of list", saidByDetail(punches, results), saidByDetail(punchesOfList, results))
	bare, _ := w.ledger().learn(listed).shown()
	requireSame(t, "results of list alone", saidByList(results), saidByList(bare))

	// listRecord may say more or less of clock-ins that their slots' results do not show.
	w.platform.Configure(func(s *platform.Settings) { s.RecordPlans, s.Legal = "shown", "all" })
	byRecord, punchesOfRecord := w.ledger().learn(each(t, w, w.client.Records)).shown()
	requireSame(t, "results of sparing records", punchedBy(results, results), punchedBy(byRecord, results))
	requireSame(t, "punches of sparing records", punchesOfList, punchesOfRecord)
	w.platform.Configure(func(s *platform.Settings) { s.RecordPlans, s.Legal = "all", "normal" })
	recorded := each(t, w, w.client.Records)
	byRecord, punchesOfRecord = w.ledger().learn(recorded).shown()
	requireSame(t, "results of records", punchedBy(results, results), punchedBy(byRecord, results))
	requireSame(t, "punches of records", punchesOfList, punchesOfRecord)

	for order, l := range map[string]*routeLedger{
		"list and records apart": w.ledger().learn(each(t, w, w.client.Results)).learn(recorded),
		"records after list":     w.ledger().learn(listed).learn(later(recorded)),
		"list after records":     w.ledger().learn(recorded).learn(later(listed)),
		"records after details":  w.ledger().learn(details).learn(later(recorded)),
		"details after records":  w.ledger().learn(recorded).learn(later(details)),
	} {
		both, punchesOfBoth := l.plan(now, planned).shown()
		requireSame(t, "results of "+order, results, both)
		requireSame(t, "punches of "+order, punchesOfList, punchesOfBoth)
	}
}

// requireEverythingIn is a check of the test: the company must have had its share of everything.
func (w *routesWorld) requireEverythingIn(t *testing.T, results map[attendance.UserDay][]attendance.Result) {
	t.Helper()
	counts := map[string]int{}
	for _, rows := range results {
		for _, r := range rows {
			counts[r.SourceType]++
			if r.TimeResult == "NotSigned" {
				counts["nobody"]++
			}
			if r.Punched() && r.ProcessInstanceID != "" {
				counts["excused"]++
			}
		}
	}
	t.Logf("%d people, %d days with results, slots by source: %v", len(w.users), len(results), counts)
	for _, source := range []string{"USER", "ATM", "APPROVE", "BOSS", "nobody", "excused"} {
		require.Greater(t, counts[source], 10, source)
	}
}

// saidByDetail leaves of each punch what getupdatedata can say.
func saidByDetail(punches map[routePunch]attendance.Punch, results map[attendance.UserDay][]attendance.Result) map[routePunch]attendance.Punch {
	shown := map[routePunch]bool{}
	for d, rows := range results {
		for _, r := range rows {
			shown[routePunch{d.UserID, r.UserCheckTime.Unix()}] = true
		}
	}
	said := map[routePunch]attendance.Punch{}
	for key, p := range punches {
		if !shown[key] {
			p = unsaidByDetail(p)
		}
		said[key] = p
	}
	return said
}

// saidByList leaves of each result what attendance/list can say.
func saidByList(results map[attendance.UserDay][]attendance.Result) map[attendance.UserDay][]attendance.Result {
	said := map[attendance.UserDay][]attendance.Result{}
	for d, rows := range results {
		for _, r := range rows {
			if !r.Punched() {
				r = unsaidByList(r)
			}
			said[d] = append(said[d], r)
		}
	}
	return said
}

// punchedBy are the results of the slots that by other results a punch signed.
func punchedBy(results, by map[attendance.UserDay][]attendance.Result) map[attendance.UserDay][]attendance.Result {
	kept := map[attendance.UserDay][]attendance.Result{}
	for d, rows := range results {
		for _, r := range rows {
			if slices.ContainsFunc(by[d], func(o attendance.Result) bool { return o.PlanID == r.PlanID && o.Punched() }) {
				kept[d] = append(kept[d], r)
			}
		}
	}
	return kept
}

// requireSame says what differs, if anything does, of a few examples.
func requireSame[K comparable, V any](t *testing.T, what string, want, got map[K]V) {
	t.Helper()
	const examples = 3
	differences := 0
	keys := maps.Clone(want)
	maps.Copy(keys, got)
	for key := range keys {
		if reflect.DeepEqual(want[key], got[key]) {
			continue
		}
		if differences++; differences <= examples {
			t.Errorf("%s: %+v\nwant %s\ngot  %s", what, key, asText(t, want[key]), asText(t, got[key]))
		}
	}
	require.Zero(t, differences, what)
}

func asText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}
