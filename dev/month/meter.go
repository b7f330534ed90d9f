package month

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"dakasync/dingtalk"
	"dakasync/ledger"
	"dakasync/ops"
	"dakasync/simulator/platform"
	"dakasync/stream"
	"dakasync/workflows"
)

// Purpose is what a call was for.
type Purpose string

// The purposes. Calls of a nightly sweep are told apart by what they ask for.
const (
	ForEvents    Purpose = "events"        // clock-ins and changed days that events told of
	ForResults   Purpose = "results"       // sweep: pages of results
	ForRecords   Purpose = "records"       // sweep: clock-ins
	ForDays      Purpose = "days"          // sweep: single days, of approvals that came due or that it found
	ForSchedules Purpose = "schedules"     // sweep: who was to work
	ForApprovals Purpose = "approvals"     // approvals that events told of, and the days that they touch
	ForSearches  Purpose = "searches"      // sweep: looking for approvals that no event told of, and reading them
	ForDrains    Purpose = "failed pushes" // reading the failed-push list
)

// Purposes are all of them, as reports list them.
func Purposes() []Purpose {
	return []Purpose{ForEvents, ForApprovals, ForResults, ForRecords, ForSchedules, ForDays, ForSearches, ForDrains}
}

// meter carries calls to the simulated platform without a network, and counts what each was for. It counts for the ledger as well, as the
// programs do.
type meter struct {
	handler http.Handler
	calls   *ops.Tally[callKey, ledger.CallCount]
	pushes  *stream.PushTally

	mu     sync.Mutex
	spent  map[Purpose]int
	paths  map[string]int // the same by purpose and API
	pushed map[string]int // frames, by type
	muted  int            // frames without content
	stray  map[string]int // calls of no purpose, by what made them
}

type callKey struct {
	hour         time.Time
	api, outcome string
}

func newMeter(p *platform.Platform, store *ledger.Store) *meter {
	silent := slog.New(slog.DiscardHandler)
	m := &meter{handler: p.Handler(), spent: map[Purpose]int{}, paths: map[string]int{}, pushed: map[string]int{}, stray: map[string]int{}}
	add := func(a, b ledger.CallCount) ledger.CallCount {
		a.Calls, a.Counted = a.Calls+b.Calls, a.Counted+b.Counted
		return a
	}
	m.calls = ops.NewTally("calls", add, func(ctx context.Context, sums map[callKey]ledger.CallCount) error {
		counts := make([]ledger.CallCount, 0, len(sums))
		for _, sum := range sums {
			counts = append(counts, sum)
		}
		return store.CountCalls(ctx, counts)
	}, silent)
	m.pushes = stream.NewPushTally(store, silent)
	return m
}

// RoundTrip is a transport's.
func (m *meter) RoundTrip(request *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	inner := request.Clone(request.Context())
	inner.RequestURI = request.URL.RequestURI()
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	m.handler.ServeHTTP(recorder, inner)
	response := recorder.Result()
	response.Request = request
	body := recorder.Body.Bytes()
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if !refused(body) {
		m.account(request.Context(), request.URL.Path)
	}
	return response, nil
}

// refused reports whether a call was turned away, and so is not billed.
func refused(body []byte) bool {
	const short = 1000
	return len(body) < short && (bytes.Contains(body, []byte("90020")) || bytes.Contains(body, []byte("ApiCountLimitForOrg")))
}

func (m *meter) account(ctx context.Context, path string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !activity.IsActivity(ctx) {
		m.stray[path]++
		return
	}
	info := activity.GetInfo(ctx)
	purpose, known := purposeOf(info.WorkflowType.Name, path)
	switch {
	case known:
		m.spent[purpose]++
		m.paths[string(purpose)+" "+path]++
	case !free(path):
		m.stray[info.WorkflowType.Name+" "+path]++
	}
}

// free reports whether DingTalk bills no call to an API.
func free(path string) bool {
	switch path {
	case "/v1.0/oauth2/accessToken", "/gettoken", "/topapi/v2/department/listsub", "/topapi/v2/department/listsubid",
		"/topapi/user/listid", "/topapi/user/listsimple":
		return true
	default:
		return false
	}
}

// purposeOf says what a call of a run of a workflow was for.
func purposeOf(workflow, path string) (Purpose, bool) {
	if free(path) {
		return "", false
	}
	switch workflow {
	case workflows.TypePunchEvent, workflows.TypeDayEvent, workflows.TypeFetchBatch:
		return ForEvents, true
	case workflows.TypeApprovalEvent:
		return ForApprovals, true
	case workflows.TypeReconcileDay:
		switch path {
		case "/attendance/list":
			return ForResults, true
		case "/attendance/listRecord":
			return ForRecords, true
		case "/topapi/attendance/schedule/listbyusers":
			return ForSchedules, true
		case "/topapi/attendance/getupdatedata":
			return ForDays, true
		default:
			return ForSearches, true
		}
	default:
		return "", false
	}
}

// count is the client's word of a call. The destructive read does not go through the transport.
func (m *meter) count(c dingtalk.Call) {
	one := ledger.CallCount{Hour: c.At.UTC().Truncate(time.Hour), API: c.API, Outcome: string(c.Outcome), Calls: 1}
	if c.Billed {
		one.Counted = 1
	}
	m.calls.Add(callKey{hour: one.Hour, api: one.API, outcome: one.Outcome}, one)
	if c.Billed && c.API == "/call_back/get_call_back_failed_result" {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.spent[ForDrains]++
	}
}

// Count is stream.Pushes.
func (m *meter) Count(eventType string, content stream.Content, at time.Time) {
	m.mu.Lock()
	if content == stream.ContentMuted {
		m.muted++
	} else {
		m.pushed[eventType]++
	}
	m.mu.Unlock()
	m.pushes.Count(eventType, content, at)
}

// flush writes what was counted.
func (m *meter) flush(ctx context.Context) error {
	if err := m.calls.Flush(ctx); err != nil {
		return err
	}
	return m.pushes.Flush(ctx)
}

// strays are the calls that nothing accounts for, in words; empty if there are none.
func (m *meter) strays() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.stray) == 0 {
		return ""
	}
	return fmt.Sprint(m.stray)
}

// total are all calls so far, and frames all pushes.
func (m *meter) total() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return sum(m.spent)
}

func (m *meter) frames() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return sum(m.pushed)
}
