package workflows_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"pgregory.net/rapid"

	"dakasync/attendance"
	"dakasync/workflows"
)

// standing runs the standing re-sync until it continues as new, which it is
// told to do once it is idle.
type standing struct {
	t     require.TestingT
	w     *world
	state workflows.ResyncState
}

// run starts one run, does what the test wants at moments of its choosing, and
// takes over the state of its successor.
func (s *standing) run(after map[time.Duration]func(*testsuite.TestWorkflowEnvironment)) {
	env := s.w.env()
	moments := make([]time.Duration, 0, len(after))
	for moment := range after {
		moments = append(moments, moment)
	}
	slices.Sort(moments)
	for _, moment := range moments {
		env.RegisterDelayedCallback(func() { after[moment](env) }, moment)
	}
	env.RegisterDelayedCallback(func() { env.SetContinueAsNewSuggested(true) }, time.Hour)
	env.ExecuteWorkflow(workflows.TypeResync, s.state)
	s.state = successor[workflows.ResyncState](s.w.t, env.GetWorkflowError())
}

func signal(payload any) func(*testsuite.TestWorkflowEnvironment) {
	return func(env *testsuite.TestWorkflowEnvironment) { env.SignalWorkflow(workflows.SignalResync, payload) }
}

func progressOf(t *testing.T, env *testsuite.TestWorkflowEnvironment) workflows.ResyncProgress {
	t.Helper()
	value, err := env.QueryWorkflow(workflows.QueryProgress)
	require.NoError(t, err)
	var p workflows.ResyncProgress
	require.NoError(t, value.Get(&p))
	return p
}

func request(users []string, from, to string) workflows.ResyncRequest {
	return workflows.ResyncRequest{UserIDs: users, From: from, To: to, Reason: "asked"}
}

func TestResyncWalksWhatASignalAsksFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &standing{t: t, w: w}
	var before, after workflows.ResyncProgress
	s.run(map[time.Duration]func(*testsuite.TestWorkflowEnvironment){
		time.Second:     func(env *testsuite.TestWorkflowEnvironment) { before = progressOf(t, env) },
		time.Minute:     signal(request([]string{"u1", "u2", "u1"}, "2026-11-01", "2026-11-10")),
		2 * time.Minute: func(env *testsuite.TestWorkflowEnvironment) { after = progressOf(t, env) },
	})
	require.NotNil(t, before.Requests)
	require.Empty(t, before.Requests)
	require.Equal(t, []workflows.RequestProgress{{
		UserIDs: []string{"u1", "u2"}, From: "2026-11-01", To: "2026-11-10", Reason: "asked", State: "done", Done: 20, Total: 20,
	}}, after.Requests)
	require.Equal(t, 1, w.count("FetchWindow 2026-11-01..2026-11-07 u1,u2"))
	require.Equal(t, 1, w.count("FetchWindow 2026-11-08..2026-11-10 u1,u2"))
	require.Equal(t, 1, w.count("FindApprovals u1,u2"))
	require.Zero(t, w.count("RefreshEmployees"))
	require.Equal(t, attendance.TriggerResync, w.written[0].Trigger)
}

func TestResyncOfAFewUserDaysAsksForEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &standing{t: t, w: w}
	s.run(map[time.Duration]func(*testsuite.TestWorkflowEnvironment){
		time.Minute: signal(request([]string{"u1"}, "2026-11-01", "2026-11-03")),
	})
	require.Equal(t, 3, w.count("FetchDay u1"))
	require.Zero(t, w.count("FetchWindow"))
}

func TestResyncOfEverybodyReadsContacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 120 {
		w.employees = append(w.employees, fmt.Sprintf("u%03d", i))
	}
	s := &standing{t: t, w: w}
	s.run(map[time.Duration]func(*testsuite.TestWorkflowEnvironment){
		time.Minute: signal(request(nil, "2026-11-01", "2026-11-01")),
	})
	require.Equal(t, 1, w.count("RefreshEmployees"))
	require.Equal(t, 3, w.count("FetchWindow"), "50 users at a time")
	require.Equal(t, 1, w.count("FindApprovals"), "one search for everybody")
	require.Equal(t, 120, s.state.Requests[0].Done)
	require.Equal(t, "done", s.state.Requests[0].State)
}

func TestResyncRefusesBadSignalsAndGoesOn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		payload any
		problem string
	}{
		{"impossible date", request(nil, "2026-02-30", "2026-03-01"), "is not a date"},
		{"from after to", request(nil, "2026-11-03", "2026-11-01"), "is after to"},
		{"too far back", request([]string{"u1"}, "2026-01-01", "2026-11-01"), "over 180 days back"},
		{"future", request([]string{"u1"}, "2026-12-01", "2026-12-02"), "in the future"},
		{"no dates", request(nil, "", ""), "from is missing"},
		{"a text", "please", "cannot be read"},
		{"a list", []int{1, 2}, "cannot be read"},
		{"bytes", []byte{0xff, 0x00}, "holds no JSON"},
		{"nothing", nil, "holds no JSON"},
		{"a mistyped key", map[string]any{"user_id": []string{"u1"}, "from": "2026-11-01", "to": "2026-11-01"}, "unknown field"},
		{"numbers for users", map[string]any{"user_ids": []int{1}, "from": "2026-11-01", "to": "2026-11-01"}, "cannot be read"},
		{"an empty user id", request([]string{""}, "2026-11-01", "2026-11-01"), "empty user id"},
		{"too many users", request(manyUsers(1001), "2026-11-01", "2026-11-01"), "leave user_ids out"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := &standing{t: t, w: w}
			s.run(map[time.Duration]func(*testsuite.TestWorkflowEnvironment){
				time.Minute:     signal(test.payload),
				2 * time.Minute: signal(request([]string{"u1"}, "2026-11-01", "2026-11-01")),
			})
			require.Equal(t, "refused", s.state.Requests[0].State)
			require.Contains(t, s.state.Requests[0].Error, test.problem)
			require.Equal(t, "done", s.state.Requests[1].State, "the run goes on")
			require.Equal(t, 1, w.count("Fetch"), "what is refused costs no call")
		})
	}
}

func manyUsers(n int) []string {
	users := make([]string, n)
	for i := range users {
		users[i] = fmt.Sprintf("u%d", i)
	}
	return users
}

func TestResyncCutsTheFuture(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &standing{t: t, w: w}
	s.run(map[time.Duration]func(*testsuite.TestWorkflowEnvironment){
		time.Minute: signal(request([]string{"u1"}, "2026-11-22", "2027-01-01")),
	})
	require.Equal(t, "2026-11-23", s.state.Requests[0].To)
	require.Equal(t, 2, s.state.Requests[0].Done)
}

func TestResyncNamesWhatDingTalkRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.failures[workflows.StepFetchDay] = final(workflows.ErrorNotFound, "no such user")
	s := &standing{t: t, w: w}
	s.run(map[time.Duration]func(*testsuite.TestWorkflowEnvironment){
		time.Minute: signal(request([]string{"gone"}, "2026-11-01", "2026-11-01")),
	})
	require.Equal(t, "done", s.state.Requests[0].State)
	require.Contains(t, s.state.Requests[0].Error, "2026-11-01 of gone: no such user")
}

func TestResyncShowsWhatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &standing{t: t, w: w}
	var waiting workflows.ResyncProgress
	w.dayFunc = func(_ int, d attendance.UserDay) (attendance.Answer, error) { return w.empty(d), nil }
	s.run(map[time.Duration]func(*testsuite.TestWorkflowEnvironment){
		time.Minute: func(env *testsuite.TestWorkflowEnvironment) {
			for i := range 3 {
				env.SignalWorkflow(workflows.SignalResync, request([]string{"u1"}, "2026-11-01", fmt.Sprintf("2026-11-0%d", i+1)))
			}
			waiting = progressOf(t, env)
		},
	})
	for _, q := range waiting.Requests {
		require.Contains(t, []string{"queued", "running"}, q.State)
	}
	require.Len(t, s.state.Requests, 3)
	require.Equal(t, "2026-11-03", s.state.Requests[2].To, "newest last")
}

func TestResyncKeepsTheLastFiftyFinished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &standing{t: t, w: w}
	s.run(map[time.Duration]func(*testsuite.TestWorkflowEnvironment){
		time.Minute: func(env *testsuite.TestWorkflowEnvironment) {
			for i := range 70 {
				env.SignalWorkflow(workflows.SignalResync, workflows.ResyncRequest{
					UserIDs: []string{"u1"}, From: "2026-11-01", To: "2026-11-01", Reason: fmt.Sprint(i),
				})
			}
		},
	})
	require.Equal(t, 70, w.count("FetchDay"))
	require.Len(t, s.state.Requests, 50)
	require.Equal(t, "20", s.state.Requests[0].Reason)
	require.Equal(t, "69", s.state.Requests[49].Reason)
}

// A signal that arrives with the answer after which the run hands over is in
// the successor's input.
func TestResyncTakesSignalsAlongThatArriveAtTheLastMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	env := w.env()
	w.persistFunc = func(int) error {
		suggest(env)
		env.SignalWorkflowSkippingWorkflowTask(workflows.SignalResync, request([]string{"u2"}, "2026-11-02", "2026-11-02"))
		return nil
	}
	env.RegisterDelayedCallback(func() { signal(request([]string{"u1", "u2"}, "2026-11-01", "2026-11-03"))(env) }, time.Minute)
	env.ExecuteWorkflow(workflows.TypeResync, workflows.ResyncState{})
	state := successor[workflows.ResyncState](t, env.GetWorkflowError())
	require.Len(t, state.Requests, 2)
	require.Equal(t, "queued", state.Requests[1].State)
}

// Whatever the number of steps after which a run hands over, the requests are
// walked as if it never had: nothing is forgotten and nothing done twice.
func TestResyncForgetsNothingAcrossContinueAsNew(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		every := rapid.IntRange(1, 15).Draw(rt, "steps per run")
		w := newWorld(t)
		w.employees = manyUsers(60)
		slices.Sort(w.employees)
		signals := []any{
			request([]string{"u1", "u2"}, "2026-11-01", "2026-11-10"), "nonsense", request(nil, "2026-11-01", "2026-11-02"),
		}
		var state workflows.ResyncState
		for runs := 0; len(signals) > 0 || pending(state); runs++ {
			require.Less(rt, runs, 100)
			env := w.env()
			if len(signals) > 0 { // while the run before may be half-way through a walk
				payload := signals[0]
				signals = signals[1:]
				env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.SignalResync, payload) }, 0)
			}
			steps := 0
			w.onNote = func() {
				if steps++; steps == every {
					suggest(env)
				}
			}
			env.RegisterDelayedCallback(func() { env.SetContinueAsNewSuggested(true) }, time.Hour)
			env.ExecuteWorkflow(workflows.TypeResync, state)
			state = successor[workflows.ResyncState](t, env.GetWorkflowError())
		}
		require.Equal(rt, 1, w.count("FetchWindow 2026-11-01..2026-11-07 u1,u2"))
		require.Equal(rt, 1, w.count("FetchWindow 2026-11-08..2026-11-10 u1,u2"))
		require.Equal(rt, 4, w.count("FetchWindow"), "two windows each")
		require.Equal(rt, 2, w.count("FindApprovals"))
		states := make([]string, 0, len(state.Requests))
		for _, q := range state.Requests {
			states = append(states, fmt.Sprintf("%s %d/%d", q.State, q.Done, q.Total))
		}
		require.Equal(rt, []string{"done 20/20", "refused 0/0", "done 120/120"}, states)
	})
}

func pending(state workflows.ResyncState) bool {
	return slices.ContainsFunc(state.Requests, func(q workflows.Request) bool {
		return q.State == workflows.RequestQueued || q.State == workflows.RequestRunning
	})
}

// Temporal refuses payloads of 2 MB: a state beyond it would end the standing
// run as it hands over.
func TestResyncStateFitsAPayload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.failures[workflows.StepResolveRange] = passing("away") // the first request never gets on
	s := &standing{t: t, w: w}
	users := make([]string, 600)
	for i := range users {
		users[i] = fmt.Sprintf("%0100d", i)
	}
	after := map[time.Duration]func(*testsuite.TestWorkflowEnvironment){}
	for i := range 120 {
		q := request(users, "2026-11-01", "2026-11-01")
		if i%2 == 1 {
			q = request(users, "never", strings.Repeat("x", 1000))
		}
		after[time.Duration(i)*time.Millisecond] = signal(q)
	}
	var seen workflows.ResyncProgress
	after[time.Second] = func(env *testsuite.TestWorkflowEnvironment) {
		seen = progressOf(t, env)
		env.CancelWorkflow()
	}
	env := w.env()
	moments := slices.Sorted(maps.Keys(after))
	for _, m := range moments {
		env.RegisterDelayedCallback(func() { after[m](env) }, m)
	}
	env.ExecuteWorkflow(workflows.TypeResync, s.state)
	encoded, err := json.Marshal(seen)
	require.NoError(t, err)
	require.NotEmpty(t, seen.Requests)
	require.Less(t, len(encoded), 1_500_000)
	require.Contains(t, string(encoded), "ask again when some are done")
	for _, q := range seen.Requests {
		require.Contains(t, []string{workflows.RequestQueued, workflows.RequestRefused}, q.State)
	}
}
