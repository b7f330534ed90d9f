package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/ledger"
)

// conditionLedger says what is open in the ledger.
type conditionLedger interface {
	Condition(ctx context.Context) (ledger.Condition, error)
}

// condition shows what is open in the ledger as metrics. What is counted is there
// with 0 as well, so that an alarm can tell "none" from "not known".
type condition struct {
	*scraped

	ledger conditionLedger
	log    *slog.Logger

	events, pending, oldest, lag, measured                *prometheus.Desc
	unexplained, overdue, dueDays, unread, differences    *prometheus.Desc
	reconciled, failedPushes, drained, refusedForTheMonth *prometheus.Desc
}

func newCondition(ctx context.Context, l conditionLedger, log *slog.Logger) *condition {
	plain := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	c := &condition{
		ledger: l, log: log,
		events: plain("dakasync_events_1h",
			"Events that came within the last hour, by kind and by what became of them so far.", "kind", "outcome"),
		pending: plain("dakasync_pending_events", "Events that nothing accounts for yet, by kind.", "kind"),
		oldest:  plain("dakasync_oldest_pending_event_seconds", "Age of the oldest event that nothing accounts for yet; 0 if there is none."),
		lag: plain("dakasync_event_lag_seconds",
			"Time from an event's birth until its rows were written, of the events of the last hour that came once; absent if there were none.", "quantile"),
		measured:    plain("dakasync_event_lag_events", "Events of which dakasync_event_lag_seconds tells."),
		unexplained: plain("dakasync_unexplained_punches", "Punches that only an event tells of: nothing that DingTalk shows accounts for them."),
		overdue:     plain("dakasync_overdue_user_days", "User-days that are not final three days after their date."),
		dueDays:     plain("dakasync_due_approval_days", "Days of decided approvals that are still to be asked about."),
		unread:      plain("dakasync_unread_approvals", "Approvals that a sweep came upon and could not read."),
		differences: plain("dakasync_differences_30d",
			"Differences that sweeps have found and healed on the last 30 work dates: what events alone would have missed.", "domain"),
		reconciled: plain("dakasync_last_reconciled_timestamp_seconds", "When DingTalk was last asked about a whole date; 0 if never."),
		failedPushes: plain("dakasync_failed_pushes",
			"Elements of the failed-push list that were read within the last day, and every older one that waits for its run.", "state"),
		drained:            plain("dakasync_last_drain_timestamp_seconds", "When the failed-push list was last read with an answer; 0 if never."),
		refusedForTheMonth: plain("dakasync_month_spent_says_dingtalk", "1 if DingTalk has said that this month's calls, or pushes, are spent.", meterLabel),
	}
	c.scraped = newScraped(ctx, c.ask, c.events, c.pending, c.oldest, c.lag, c.measured, c.unexplained, c.overdue, c.dueDays, c.unread,
		c.differences, c.reconciled, c.failedPushes, c.drained, c.refusedForTheMonth)
	return c
}

func (c *condition) ask(ctx context.Context) []prometheus.Metric {
	now, err := c.ledger.Condition(ctx)
	if err != nil {
		c.log.DebugContext(ctx, "the ledger's condition is not known", "error", err)
		return nil
	}
	list := append(c.ofEvents(now), c.ofLag(now.Lag)...)
	for d, value := range map[*prometheus.Desc]float64{
		c.unexplained: float64(now.Unexplained), c.overdue: float64(now.OverdueDays), c.dueDays: float64(now.DueApprovalDays),
		c.unread: float64(now.UnreadApprovals), c.reconciled: unix(now.Reconciled), c.drained: unix(now.Drained),
	} {
		list = append(list, gauge(d, value))
	}
	for _, d := range []attendance.Domain{attendance.DomainPunches, attendance.DomainResults, attendance.DomainApprovals} {
		list = append(list, gauge(c.differences, float64(now.Differences[d]), string(d)))
	}
	for _, s := range []ledger.PushState{ledger.PushDispatched, ledger.PushWaiting, ledger.PushUnreadable} {
		list = append(list, gauge(c.failedPushes, float64(now.FailedPushes[s]), string(s)))
	}
	for _, meter := range []string{budget.MeterCalls, budget.MeterPushes} {
		list = append(list, gauge(c.refusedForTheMonth, truth(now.Spent[meter]), meter))
	}
	return list
}

// kinds are those of runs; "other" has none.
func kinds() []string { return []string{"punch", "approval", "day", "other"} }

func (c *condition) ofEvents(now ledger.Condition) []prometheus.Metric {
	type key struct {
		kind    string
		outcome attendance.Outcome
	}
	recent := map[key]int64{}
	for _, kind := range kinds() {
		recent[key{kind, attendance.OutcomeDone}] = 0
	}
	for _, e := range now.Recent {
		recent[key{e.Kind, e.Outcome}] = e.Events
	}
	var list []prometheus.Metric
	for k, events := range recent {
		list = append(list, gauge(c.events, float64(events), k.kind, string(k.outcome)))
	}

	pending, oldest := map[string]int64{}, time.Duration(0)
	for _, p := range now.Pending {
		pending[p.Kind] = p.Events
		oldest = max(oldest, time.Since(p.Oldest))
	}
	for _, kind := range kinds() {
		list = append(list, gauge(c.pending, float64(pending[kind]), kind))
	}
	return append(list, gauge(c.oldest, oldest.Seconds()))
}

func (c *condition) ofLag(lag ledger.Lag) []prometheus.Metric {
	measured := gauge(c.measured, float64(lag.Events))
	if lag.Events == 0 {
		return []prometheus.Metric{measured}
	}
	return []prometheus.Metric{
		measured, gauge(c.lag, lag.Median.Seconds(), "0.5"), gauge(c.lag, lag.P95.Seconds(), "0.95"), gauge(c.lag, lag.Longest.Seconds(), "1"),
	}
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
