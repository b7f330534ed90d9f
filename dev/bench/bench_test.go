package main

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"dakasync/budget"
	"dakasync/dev/month"
)

func TestQuantile(t *testing.T) {
	require.Zero(t, quantile([]int{}, half))
	require.Equal(t, 7, quantile([]int{7}, most))
	hundred := make([]int, 0, 100)
	for n := range 100 {
		hundred = append(hundred, 100-n)
	}
	require.Equal(t, 50, quantile(hundred, half))
	require.Equal(t, 99, quantile(hundred, most))
	require.Equal(t, 100, quantile(hundred, 1))
}

func TestMedian(t *testing.T) {
	require.Zero(t, median(nil))
	require.InDelta(t, 2, median([]float64{9, 1, 2}), 0)
	require.InDelta(t, 2.5, median([]float64{9, 1, 2, 3}), 0)
	require.Zero(t, ratio(1.0, 0.0))
}

func TestRate(t *testing.T) {
	began := time.Unix(100, 0)
	r := round{{Pushed: began.Add(time.Second), Row: began.Add(2 * time.Second)}, {Pushed: began, Row: began.Add(4 * time.Second)}}
	require.InDelta(t, 0.5, r.rate(), 1e-9)
	require.Equal(t, []time.Duration{time.Second, 4 * time.Second}, r.rows())
}

func TestStatOfAProcess(t *testing.T) {
	parsed, err := parseStat("42 (odd) name (x)) S 7 42 42 0 -1 4194560 100 0 0 0 25 5 300 10 20 0 1 0 100 0 0")
	require.NoError(t, err)
	require.Equal(t, stat{parent: 7, cpu: 300 * time.Millisecond, reaped: 3100 * time.Millisecond}, parsed)
	_, err = parseStat("nonsense")
	require.Error(t, err)

	require.Equal(t, int64(3072<<10), kilobytes("Name:\tx\nVmRSS:\t    3072 kB\n", "VmRSS:"))
	if _, err := os.Stat("/proc/self/status"); err == nil {
		own, err := memoryOf(os.Getpid())
		require.NoError(t, err)
		require.Positive(t, own.Resident)
		require.GreaterOrEqual(t, own.Peak, own.Resident)
		_, err = cpuOf(os.Getpid(), true)
		require.NoError(t, err)
	}
}

func TestSplitIntoStages(t *testing.T) {
	pushed := time.Unix(1000, 0)
	var events []*history.HistoryEvent
	add := func(kind enumspb.EventType, after int) {
		events = append(events, &history.HistoryEvent{EventType: kind, EventTime: timestamppb.New(pushed.Add(time.Duration(after) * time.Millisecond))})
	}
	add(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, 2)
	add(enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, 2)
	add(enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED, 5)
	add(enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, 9)
	add(enumspb.EVENT_TYPE_MARKER_RECORDED, 9)
	add(enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, 9)
	add(enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED, 14)
	add(enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, 20)
	add(enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED, 27)
	add(enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, 35)
	_, ok := split(pushed, events)
	require.False(t, ok, "it is not over")
	add(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, 35)
	one, ok := split(pushed, events)
	require.True(t, ok)
	const ms = time.Millisecond
	require.Equal(t, stages{2 * ms, 3 * ms, 4 * ms, 5 * ms, 6 * ms, 7 * ms, 8 * ms}, one)
	require.Equal(t, 2*ms, medians([]stages{one, one})[0])

	_, ok = split(pushed, append(events[:3:3], events[2:]...))
	require.False(t, ok, "a task was repeated")
}

func TestReport(t *testing.T) {
	began := time.Unix(1000, 0)
	ofRate := func(rows int, each time.Duration) round {
		var r round
		for n := range rows {
			r = append(r, sample{Pushed: began, Durable: each, Row: began.Add(time.Duration(n+1) * each)})
		}
		return r
	}
	text, err := report(Figures{
		Plan: defaultPlan(), Machine: Machine{System: "linux/amd64", Cores: 2, MemoryGiB: 24},
		Even:   []pair{{ofRate(20, 10*time.Millisecond), ofRate(20, 5*time.Millisecond)}},
		Burst:  []pair{{ofRate(20, 20*time.Millisecond), ofRate(20, 10*time.Millisecond)}, {ofRate(20, 40*time.Millisecond), ofRate(20, 10*time.Millisecond)}},
		Memory: []programMemory{{Program: "starter", Aim: 64 << 20, Idle: 30 << 20, Even: 70 << 20}},
		CPU:    []programCPU{{Part: "worker", Product: 9 * time.Millisecond, Empty: 6 * time.Millisecond}},
	})
	require.NoError(t, err)
	require.Contains(t, text, "| rows a second | 37.5 | 100.0 | **0.38** |")
	require.Contains(t, text, "| ack (against a bare start), p50 | 10 | 5.0 | **2.00** |")
	require.Contains(t, text, "| starter | 64 | 30 | 70 | 0 | missed |")
	require.Contains(t, text, "| together | 9.0 | 6.0 | **1.50** |")
	require.NotContains(t, text, "no value")
}

func TestMonths(t *testing.T) {
	first := time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
	lived := month.Report{
		Employees: 60, Mode: budget.ModeBatched, Window: 5 * time.Minute, From: first, To: first.AddDate(0, 0, 32), Punches: 2000,
		Calls: map[month.Purpose]int{month.ForEvents: 1000, month.ForDrains: 15}, Least: month.Least{month.ForEvents: 900, month.ForDrains: 15},
		Waits: []time.Duration{time.Minute, 2 * time.Minute, 3 * time.Minute},
	}
	governed := month.Report{
		Employees: 200, Calls: map[month.Purpose]int{month.ForEvents: 4000}, Pushes: map[string]int{"attendance_check_record": 2900},
		Decisions: []budget.Decision{{Mode: budget.ModeSweep, DecidedAt: first, Reason: "It is dear."}},
	}
	for day := range 30 {
		governed.Days = append(governed.Days, month.Day{
			Calls: 100 * day, Pushes: 10 * day, Decision: budget.Decision{ForecastCalls: 3045, ForecastPushes: 290},
		})
	}
	text, err := report(Figures{Plan: defaultPlan(), Months: &months{
		Tables: []monthTable{{Employees: 60, Workdays: 22, Reports: []month.Report{lived}}}, Governed: governed,
		Edition: budget.Edition{Name: "standard", Calls: 5000, Pushes: 3000},
	}})
	require.NoError(t, err)
	require.Contains(t, text, "### 60 employees, 22 workdays\n\n32 dates, 2000 punches.")
	require.Contains(t, text, "| naive: each punch asked for | 1000 |  |  |  |  |  |  |  | **1000** |  |  | seconds |")
	require.Contains(t, text, "| batched, 5m | 500 | 0 | 0 | 0 | 0 | 0 | 0 | 7.5 | **508** | 458 | **1.11** | 2m / 3m |")
	require.Contains(t, text, "| batched, 5m | 450 | 0 | 0 | 0 | 0 | 0 | 0 | 7.5 |")
	require.Contains(t, text, "**4000 calls** and **2900 pushes**")
	require.Contains(t, text, "* 1 June 00:00: **sweep only**. It is dear.")
	require.Contains(t, text, "| 10 | 900 | 3045 | +5.0 % | 90 | 290 | +0.0 % |")
	require.NotContains(t, text, "| 9 | 800 |")
	require.NotContains(t, text, "no value")

	plain, err := report(Figures{Plan: defaultPlan()})
	require.NoError(t, err)
	require.NotContains(t, plain, "## Calls")
}
