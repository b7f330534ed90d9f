package main

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"dakasync/budget"
)

// spendingLedger says what was decided.
type spendingLedger interface {
	CurrentDecision(ctx context.Context) (budget.Decision, bool, error)
}

// spending shows how events are answered, and what the month costs, as metrics.
type spending struct {
	*scraped

	ledger spendingLedger
	budget budget.Budget
	log    *slog.Logger

	mode, window, spent, forecast, bound, limit *prometheus.Desc
}

const meterLabel = "meter"

func newSpending(ctx context.Context, l spendingLedger, b budget.Budget, log *slog.Logger) *spending {
	s := &spending{
		ledger: l, budget: b, log: log,
		mode:     prometheus.NewDesc("dakasync_mode", "1 for the mode in which events are answered: live, batched, sweep or stopped.", []string{"mode"}, nil),
		window:   prometheus.NewDesc("dakasync_batch_window_seconds", "How long the window of a batch is; 0 unless batched.", nil, nil),
		spent:    prometheus.NewDesc("dakasync_month_spent", "Calls and pushes of this month, as of the last decision.", []string{meterLabel}, nil),
		forecast: prometheus.NewDesc("dakasync_month_forecast", "Calls and pushes expected by the end of this month; of pushes the budget where that is spent before.", []string{meterLabel}, nil),
		bound:    prometheus.NewDesc("dakasync_month_budget", "Calls and pushes that the edition or the settings allow a month; absent without a bound.", []string{meterLabel}, nil),
		limit:    prometheus.NewDesc("dakasync_month_limit", "What of that budget may be spent before all that is automatic stops: the calls less their reserve, and all pushes.", []string{meterLabel}, nil),
	}
	s.scraped = newScraped(ctx, s.ask, s.mode, s.window, s.spent, s.forecast, s.bound, s.limit)
	return s
}

func (s *spending) ask(ctx context.Context) []prometheus.Metric {
	d, decided, err := s.ledger.CurrentDecision(ctx)
	if err != nil || !decided {
		s.log.DebugContext(ctx, "how events are answered is not known", "error", err)
		return nil
	}
	var list []prometheus.Metric
	for _, mode := range []budget.Mode{budget.ModeLive, budget.ModeBatched, budget.ModeSweep, budget.ModeStopped} {
		is := 0.0
		if mode == d.Mode {
			is = 1
		}
		list = append(list, gauge(s.mode, is, string(mode)))
	}
	list = append(list, gauge(s.window, d.Window.Seconds()),
		gauge(s.spent, float64(d.Calls), budget.MeterCalls), gauge(s.spent, float64(d.Pushes), budget.MeterPushes),
		gauge(s.forecast, float64(d.ForecastCalls), budget.MeterCalls), gauge(s.forecast, float64(d.ForecastPushes), budget.MeterPushes))
	if limit, bound := s.budget.Left(budget.Facts{}, false); bound {
		list = append(list, gauge(s.bound, float64(s.budget.Calls), budget.MeterCalls), gauge(s.limit, float64(limit), budget.MeterCalls))
	}
	if pushes := float64(s.budget.Pushes); pushes > 0 {
		list = append(list, gauge(s.bound, pushes, budget.MeterPushes), gauge(s.limit, pushes, budget.MeterPushes))
	}
	return list
}
