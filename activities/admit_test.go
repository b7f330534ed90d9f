package activities_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/dingtalk"
	"dakasync/workflows"
)

// counter is the bench of a step that asks, with a clock.
func counter(t *testing.T, calls int) (b *bench, now *time.Time) {
	t.Helper()
	at, s := noon, settings()
	s.NowFunc = func() time.Time { return at }
	b = newBenchWith(t, s)
	b.book.spending.decision = budget.Decision{Mode: budget.ModeLive, Calls: 500, DecidedAt: noon.Add(-9 * time.Minute), Reason: "all is well"}
	b.book.spending.facts = budget.Facts{Calls: calls, Employees: 10}
	b.dingTalk.answers = []attendance.Answer{{}}
	return b, &at
}

func (b *bench) fetchDay() error {
	_, err := step[attendance.Answer](b, workflows.StepFetchDay, attendance.UserDay{UserID: "u1", WorkDate: day(11, 1)})
	return err
}

// What a backfill spends in the ten minutes until the next decision is bounded too.
func TestBudgetIsObeyedBetweenDecisions(t *testing.T) {
	t.Parallel()
	b, _ := counter(t, 4500)
	err := b.fetchDay()
	require.ErrorContains(t, err, "no call is made before 2026-12-01 unless calls are bought or the budget is raised: Nothing is asked of DingTalk until 1 December")
	require.Equal(t, time.Hour, appError(t, err).NextRetryDelay())
	require.Empty(t, b.dingTalk.asked)
	require.Len(t, b.book.spending.saved, 1, "everybody sees that it stops")
	require.Equal(t, budget.ModeStopped, b.book.spending.saved[0].Mode)
	require.ErrorContains(t, b.fetchDay(), "no call is made before")
	require.Len(t, b.book.spending.saved, 1, "once")

	b, _ = counter(t, 4499)
	require.NoError(t, b.fetchDay())
	require.Empty(t, b.book.spending.saved)
}

// A decision that stopped all was written up to an hour ago: since then a person may have spent the reserve.
func TestReserveEndsBetweenDecisions(t *testing.T) {
	t.Parallel()
	for calls, allowed := range map[int]bool{4999: true, 5000: false} {
		for _, mode := range []budget.Mode{budget.ModeLive, budget.ModeStopped} {
			b, _ := counter(t, calls)
			b.book.spending.decision.Mode = mode
			b.forAPerson()
			err := b.fetchDay()
			if allowed {
				require.NoError(t, err, mode)
				continue
			}
			require.ErrorContains(t, err, "no call is made before", mode)
			require.Empty(t, b.dingTalk.asked)
		}
	}
}

// person makes the steps of a bench those that a person asked for.
type person struct {
	interceptor.WorkerInterceptorBase
	interceptor.ActivityInboundInterceptorBase
	interceptor.ActivityOutboundInterceptorBase
}

func (b *bench) forAPerson() {
	b.env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&person{}}})
}

func (*person) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	p := &person{}
	p.ActivityInboundInterceptorBase.Next = next
	return p
}

func (p *person) Init(next interceptor.ActivityOutboundInterceptor) error {
	p.ActivityOutboundInterceptorBase.Next = next
	return p.ActivityInboundInterceptorBase.Next.Init(p)
}

func (p *person) GetInfo(ctx context.Context) activity.Info {
	info := p.ActivityOutboundInterceptorBase.GetInfo(ctx)
	info.Priority.PriorityKey = workflows.PriorityManual
	return info
}

// What was spent is not added up for each call, and of last month says nothing.
func TestWhatWasSpentIsReadNowAndThen(t *testing.T) {
	t.Parallel()
	b, now := counter(t, 10)
	for range 20 {
		require.NoError(t, b.fetchDay())
	}
	require.Equal(t, 1, b.book.spending.counted)
	*now = now.Add(2 * time.Second)
	require.NoError(t, b.fetchDay())
	require.Equal(t, 2, b.book.spending.counted)

	b, now = counter(t, 4500)
	*now = time.Date(2026, 11, 30, 23, 59, 59, 0, shanghai)
	require.Error(t, b.fetchDay())
	*now, b.book.spending.facts.Calls = now.Add(time.Second), 0
	require.NoError(t, b.fetchDay(), "the month has turned")
}

func TestWhatIsNotKnownStopsNothing(t *testing.T) {
	t.Parallel()
	b, _ := counter(t, 4500)
	b.book.err = errAway
	require.NoError(t, b.fetchDay())

	s := settings()
	s.Budget = budget.Budget{}
	b = newBenchWith(t, s)
	b.dingTalk.answers = []attendance.Answer{{}}
	b.book.spending.facts.Calls = 1_000_000
	require.NoError(t, b.fetchDay())
	require.Zero(t, b.book.spending.counted, "no budget is set")
}

func TestAskDayObeysTheBudget(t *testing.T) {
	t.Parallel()
	b := taskBench(t, 1, nil)
	b.book.spending.decision = budget.Decision{Mode: budget.ModeLive, Calls: 500}
	b.book.spending.facts = budget.Facts{Calls: 4500, Employees: 10}
	require.Equal(t, workflows.AskedDay{}, must[workflows.AskedDay](b, workflows.StepAskDay, askDay()))
	require.Empty(t, b.dingTalk.asked)
	require.Equal(t, budget.ModeStopped, b.book.spending.saved[0].Mode)
}

// Between the refusal and the hour's probe only what a person asks for is sent, by the
// client that remembers the refusal as well. Its answer takes the refusal back.
func TestWhatAPersonAsksForIsAProbe(t *testing.T) {
	t.Parallel()
	var bought atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := `{"errcode":90020}`
		switch {
		case strings.HasSuffix(r.URL.Path, "/accessToken"):
			answer = `{"accessToken":"t","expireIn":7200}`
		case bought.Load():
			answer = `{"errcode":0,"success":true,"result":{"userid":"u1","work_date":"2026-11-01 00:00:00"}}`
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	client, err := dingtalk.New(dingtalk.Options{
		ClientID: "app", ClientSecret: "s", APIURL: server.URL, OAPIURL: server.URL, NowFunc: func() time.Time { return noon },
	})
	require.NoError(t, err)
	b, _ := counter(t, 12)
	b.calls.DingTalk = client
	require.Error(t, b.fetchDay())
	require.Equal(t, budget.ModeStopped, b.book.spending.saved[0].Mode)
	bought.Store(true)
	require.ErrorContains(t, b.fetchDay(), "no call is made before")
	require.Empty(t, b.book.log)
	b.forAPerson()
	require.NoError(t, b.fetchDay())
	require.Equal(t, []string{"WithdrawQuotaWord calls"}, b.book.log)
}
