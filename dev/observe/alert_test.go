package observe_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/stretchr/testify/require"
)

// Samples come every minute in the last 27 of 120 hours; the alerts are asked at the end, which is second 432000.
const (
	span   = 120 * time.Hour
	before = "_x5600 "
	steady = "x1600"
)

// healthy is what a well installation shows.
func healthy() map[string]string {
	return map[string]string{
		`dakasync_stream_connections_up{instance="s"}`:                                                                   "2" + steady,
		`dakasync_check_up{instance="w",check="polling"}`:                                                                "1" + steady,
		`dakasync_check_up{instance="w",check="postgresql"}`:                                                             "1" + steady,
		`dakasync_stream_last_proof_timestamp_seconds{instance="s"}`:                                                     "336000+60" + steady,
		`dakasync_stream_dials_total{instance="s",result="error"}`:                                                       "3" + steady,
		`dakasync_stream_ack_seconds_bucket{le="0.01"}`:                                                                  "0+60" + steady,
		`dakasync_stream_ack_seconds_bucket{le="3"}`:                                                                     "0+60" + steady,
		`dakasync_stream_ack_seconds_bucket{le="+Inf"}`:                                                                  "0+60" + steady,
		`dakasync_stream_frames_total{type="attendance_check_record",outcome="started"}`:                                 "0+60" + steady,
		`dakasync_stream_frames_total{type="attendance_check_record",outcome="later"}`:                                   "0" + steady,
		`dakasync_stream_frames_total{type="attendance_check_record",outcome="unreadable"}`:                              "1" + steady,
		`dakasync_stream_frames_total{type="attendance_check_record",outcome="refused"}`:                                 "0" + steady,
		`dakasync_stream_frames_total{type="attendance_check_record",outcome="muted"}`:                                   "0" + steady,
		`dakasync_stream_temporal_up`:                                                                                    "1" + steady,
		`dakasync_stream_relay_backlog`:                                                                                  "0" + steady,
		`dakasync_pending_events{kind="punch"}`:                                                                          "3" + steady,
		`dakasync_oldest_pending_event_seconds`:                                                                          "40" + steady,
		`dakasync_event_lag_seconds{quantile="0.95"}`:                                                                    "2" + steady,
		`dakasync_mode{mode="live"}`:                                                                                     "1" + steady,
		`dakasync_mode{mode="sweep"}`:                                                                                    "0" + steady,
		`dakasync_mode{mode="stopped"}`:                                                                                  "0" + steady,
		`temporal_workflow_failed_total{workflow_type="PunchEvent"}`:                                                     "0" + steady,
		`temporal_workflow_task_execution_failed_total{workflow_type="PunchEvent",failure_reason="NonDeterminismError"}`: "0" + steady,
		`temporal_workflow_task_schedule_to_start_latency_seconds_bucket{task_queue="q",le="1"}`:                         "0+60" + steady,
		`temporal_workflow_task_schedule_to_start_latency_seconds_bucket{task_queue="q",le="60"}`:                        "0+60" + steady,
		`temporal_workflow_task_schedule_to_start_latency_seconds_bucket{task_queue="q",le="+Inf"}`:                      "0+60" + steady,
		`dakasync_dingtalk_calls_total{api="/a",outcome="ok"}`:                                                           "0+100" + steady,
		`dakasync_dingtalk_calls_total{api="/a",outcome="error"}`:                                                        "0+5" + steady,
		`dakasync_month_spent{meter="calls"}`:                                                                            "100" + steady,
		`dakasync_month_forecast{meter="calls"}`:                                                                         "4000" + steady,
		`dakasync_month_budget{meter="calls"}`:                                                                           "5000" + steady,
		`dakasync_month_limit{meter="calls"}`:                                                                            "4500" + steady,
		`dakasync_month_forecast{meter="pushes"}`:                                                                        "2900" + steady,
		`dakasync_month_budget{meter="pushes"}`:                                                                          "3000" + steady,
		`dakasync_month_limit{meter="pushes"}`:                                                                           "3000" + steady,
		`dakasync_month_spent_says_dingtalk{meter="calls"}`:                                                              "0" + steady,
		`dakasync_open_gaps`:         "0" + steady,
		`dakasync_blind_seconds_30d`: "100" + steady,
		`dakasync_complete_through_timestamp_seconds{domain="punches"}`: "216000" + steady, // 2.5 days ago
		`dakasync_last_reconciled_timestamp_seconds`:                    "420000" + steady,
		`dakasync_differences_30d{domain="punches"}`:                    "20" + steady,
		`dakasync_unexplained_punches`:                                  "0" + steady,
		`dakasync_overdue_user_days`:                                    "0" + steady,
		`dakasync_unread_approvals`:                                     "0" + steady,
		`dakasync_failed_pushes{state="waiting"}`:                       "0" + steady,
		`dakasync_failed_pushes{state="unreadable"}`:                    "0" + steady,
		`dakasync_failed_pushes{state="dispatched"}`:                    "5" + steady,
		`dakasync_last_drain_timestamp_seconds`:                         "430000" + steady,
		`dakasync_ambiguous_drains`:                                     "0" + steady,
	}
}

const frames = `dakasync_stream_frames_total{type="attendance_check_record",outcome=`

// faults are, for each alert, what it is there to tell of; "" takes a series away.
func faults() map[string]map[string]string {
	return map[string]map[string]string{
		"DakasyncStarterAbsent":          {`dakasync_stream_connections_up{instance="s"}`: ""},
		"DakasyncStreamDown":             {`dakasync_stream_connections_up{instance="s"}`: "0" + steady},
		"DakasyncStreamUnproven":         {`dakasync_stream_last_proof_timestamp_seconds{instance="s"}`: "431000" + steady},
		"DakasyncStreamDialsFail":        {`dakasync_stream_dials_total{instance="s",result="error"}`: "0+2" + steady},
		"DakasyncAckSlow":                {`dakasync_stream_ack_seconds_bucket{le="0.01"}`: "0+50" + steady},
		"DakasyncFramesNotTaken":         {frames + `"later"}`: "0+1" + steady},
		"DakasyncFramesUnreadable":       {frames + `"unreadable"}`: "0+1" + steady},
		"DakasyncFramesRefused":          {frames + `"refused"}`: "0+1" + steady},
		"DakasyncPushesMuted":            {frames + `"muted"}`: "0+1" + steady},
		"DakasyncTemporalAway":           {`dakasync_stream_temporal_up`: "0" + steady},
		"DakasyncRelayBacklog":           {`dakasync_stream_relay_backlog`: "7" + steady},
		"DakasyncWorkerAbsent":           {`dakasync_check_up{instance="w",check="polling"}`: ""},
		"DakasyncNotReady":               {`dakasync_check_up{instance="w",check="postgresql"}`: "0" + steady},
		"DakasyncLedgerUnknown":          {`dakasync_pending_events{kind="punch"}`: ""},
		"DakasyncEventsWait":             {`dakasync_oldest_pending_event_seconds`: "20000" + steady},
		"DakasyncEventLag":               {`dakasync_event_lag_seconds{quantile="0.95"}`: "400" + steady},
		"DakasyncRunsFail":               {`temporal_workflow_failed_total{workflow_type="PunchEvent"}`: "0+1" + steady},
		"DakasyncNotDeterministic":       {`temporal_workflow_task_execution_failed_total{workflow_type="PunchEvent",failure_reason="NonDeterminismError"}`: "0+1" + steady},
		"DakasyncWorkersTooFew":          {`temporal_workflow_task_schedule_to_start_latency_seconds_bucket{task_queue="q",le="1"}`: "0+10" + steady},
		"DakasyncCallsFail":              {`dakasync_dingtalk_calls_total{api="/a",outcome="error"}`: "0+50" + steady},
		"DakasyncMonthTight":             {`dakasync_month_forecast{meter="calls"}`: "6000" + steady},
		"DakasyncMonthSpent":             {`dakasync_month_spent_says_dingtalk{meter="calls"}`: "1" + steady},
		"DakasyncStopped":                {`dakasync_mode{mode="stopped"}`: "1" + steady, `dakasync_mode{mode="live"}`: "0" + steady},
		"DakasyncGapOpen":                {`dakasync_open_gaps`: "1" + steady},
		"DakasyncBlind":                  {`dakasync_blind_seconds_30d`: "0+10" + steady},
		"DakasyncIncomplete":             {`dakasync_complete_through_timestamp_seconds{domain="punches"}`: "50000" + steady},
		"DakasyncNeverComplete":          {`dakasync_complete_through_timestamp_seconds{domain="punches"}`: "0" + steady},
		"DakasyncSweepOverdue":           {`dakasync_last_reconciled_timestamp_seconds`: "250000" + steady},
		"DakasyncSweepHealsMuch":         {`dakasync_differences_30d{domain="punches"}`: "0+1" + steady},
		"DakasyncPunchesUnexplained":     {`dakasync_unexplained_punches`: "1" + steady},
		"DakasyncUserDaysOverdue":        {`dakasync_overdue_user_days`: "1" + steady},
		"DakasyncApprovalsUnread":        {`dakasync_unread_approvals`: "1" + steady},
		"DakasyncFailedPushesWait":       {`dakasync_failed_pushes{state="waiting"}`: "1" + steady},
		"DakasyncFailedPushesUnreadable": {`dakasync_failed_pushes{state="unreadable"}`: "1" + steady},
		"DakasyncDrainOverdue":           {`dakasync_last_drain_timestamp_seconds`: "300000" + steady},
		"DakasyncNeverDrained":           {`dakasync_last_drain_timestamp_seconds`: "0" + steady},
		"DakasyncDrainLost":              {`dakasync_ambiguous_drains`: "1" + steady},
	}
}

// Each alert tells of its fault, of no other alert's, and of nothing while all is well. (For how long a fault must last is not
// tried.)
func TestAlertsTellOfTheirFaults(t *testing.T) {
	alerts := expressions(t)
	require.ElementsMatch(t, slices.Collect(maps.Keys(alerts)), slices.Collect(maps.Keys(faults())), "each alert is tried")
	require.Empty(t, firing(t, alerts, nil), "all is well")
	for alert, fault := range faults() {
		require.Equal(t, []string{alert}, firing(t, alerts, fault), "the fault of %s", alert)
	}
}

// The SDK makes a counter with its first happening, which is the only one that there may ever be: it was 1 when it was first seen.
// An hour later it is told of no more.
func TestTheFirstFailureIsToldOf(t *testing.T) {
	alerts := expressions(t)
	for alert, series := range map[string]string{
		"DakasyncRunsFail":         `temporal_workflow_failed_total{workflow_type="PunchEvent"}`,
		"DakasyncNotDeterministic": `temporal_workflow_task_execution_failed_total{workflow_type="PunchEvent",failure_reason="NonDeterminismError"}`,
	} {
		require.Equal(t, []string{alert}, firing(t, alerts, map[string]string{series: "_x1590 1x10"}), "the first one, 10 minutes ago")
		require.Empty(t, firing(t, alerts, map[string]string{series: "_x1540 1x60"}), "an hour ago")
	}
}

// What is automatic stops at the reserve, and pushes end at their budget, beyond which no forecast of them goes.
func TestAMonthThatDoesNotSufficeIsToldOf(t *testing.T) {
	alerts := expressions(t)
	for series, values := range map[string]struct{ fits, over string }{
		`dakasync_month_forecast{meter="calls"}`:  {"4499", "4501"},
		`dakasync_month_forecast{meter="pushes"}`: {"2999", "3000"},
	} {
		require.Empty(t, firing(t, alerts, map[string]string{series: values.fits + steady}), series)
		require.Equal(t, []string{"DakasyncMonthTight"}, firing(t, alerts, map[string]string{series: values.over + steady}), series)
	}
}

// expressions are the alerts', with what is recorded written out.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	all, _ := rules(t)
	alerts, pairs := map[string]string{}, []string{}
	for _, r := range all {
		if r.Record != "" {
			pairs = append(pairs, r.Record, "("+r.Expr+")")
		}
	}
	recorded := strings.NewReplacer(pairs...)
	for _, r := range all {
		if r.Alert != "" {
			alerts[r.Alert] = recorded.Replace(r.Expr)
		}
	}
	return alerts
}

// firing are the alerts whose expression holds in the end.
func firing(t *testing.T, alerts map[string]string, fault map[string]string) (list []string) {
	t.Helper()
	series := healthy()
	for name, values := range fault {
		require.Contains(t, series, name)
		series[name] = values
	}
	var input strings.Builder
	input.WriteString("load 1m\n")
	for name, values := range series {
		if values != "" {
			fmt.Fprintf(&input, "  %s %s%s\n", name, before, values)
		}
	}
	storage := promqltest.LoadedStorage(t, input.String())
	defer func() { require.NoError(t, storage.Close()) }()
	engine := promqltest.NewTestEngine(t, false, 0, 10_000_000)
	for alert, expr := range alerts {
		query, err := engine.NewInstantQuery(t.Context(), storage, promql.NewPrometheusQueryOpts(false, 0), expr, time.Unix(0, 0).Add(span))
		require.NoError(t, err)
		result, err := query.Exec(t.Context()).Vector()
		require.NoError(t, err, alert)
		if len(result) > 0 {
			list = append(list, alert)
		}
		query.Close()
	}
	return list
}
