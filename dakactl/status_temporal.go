package main

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"

	"dakasync/config"
	"dakasync/workflows"
)

// temporalStanding is what comes next and what operators asked for.
type temporalStanding struct {
	Schedules []scheduleStanding          `json:"schedules"`
	Resyncs   []workflows.RequestProgress `json:"resync_requests"`  // not finished, newest last
	Resync    string                      `json:"resync,omitempty"` // why they are not known
}

type scheduleStanding struct {
	ID      string     `json:"id"`
	Missing bool       `json:"missing,omitempty"`
	Paused  bool       `json:"paused,omitempty"`
	Running bool       `json:"running,omitempty"`
	Next    *time.Time `json:"next,omitempty"`
}

func (a *app) lookAtTemporal(ctx context.Context, settings config.Config) (*temporalStanding, error) {
	c, err := a.dialFunc(ctx, settings)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	s := &temporalStanding{Resyncs: []workflows.RequestProgress{}}
	for _, id := range []string{workflows.ScheduleDrain, workflows.ScheduleReconcile, workflows.ScheduleGovern} {
		one, err := lookAtSchedule(ctx, c, id)
		if err != nil {
			return nil, err
		}
		s.Schedules = append(s.Schedules, one)
	}
	s.Resyncs, s.Resync = lookAtResyncs(ctx, c, workflows.ResyncID(settings.Company.CorpID))
	return s, nil
}

func lookAtSchedule(ctx context.Context, c temporalClient, id string) (scheduleStanding, error) {
	is, err := c.ScheduleClient().GetHandle(ctx, id).Describe(ctx)
	if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
		return scheduleStanding{ID: id, Missing: true}, nil
	}
	if err != nil {
		return scheduleStanding{}, scheduleError(id, err)
	}
	one := scheduleStanding{ID: id, Running: len(is.Info.RunningWorkflows) > 0}
	one.Paused = is.Schedule.State != nil && is.Schedule.State.Paused
	if next := is.Info.NextActionTimes; len(next) > 0 {
		one.Next = &next[0]
	}
	return one, nil
}

// lookAtResyncs asks a worker, through the standing run. That none answers is
// worth showing, and no reason to show nothing else.
func lookAtResyncs(ctx context.Context, c temporalClient, id string) (open []workflows.RequestProgress, unknown string) {
	open = []workflows.RequestProgress{}
	var all workflows.ResyncProgress
	err := query(ctx, c, id, &all)
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &missing):
		return open, "the standing run " + id + " is not there: worker and starter start it"
	case err != nil:
		return open, "no worker answers for the standing run: " + err.Error()
	}
	for _, request := range all.Requests {
		if request.State == workflows.RequestQueued || request.State == workflows.RequestRunning {
			open = append(open, request)
		}
	}
	return open, ""
}

func (a *app) showTemporal(s *temporalStanding) {
	if s == nil {
		a.rowf("temporal", "no answer")
		return
	}
	for _, one := range s.Schedules {
		a.rowf("schedule", "%s: %s", one.ID, one.words(a))
	}
	switch {
	case s.Resync != "":
		a.rowf("resync", "%s", s.Resync)
	case len(s.Resyncs) == 0:
		a.rowf("resync", "nothing is asked for")
	}
	for _, r := range s.Resyncs {
		a.rowf("resync", "%s: %s to %s, %d of %d user-days (%s)", a.text(r.State), r.From, r.To, r.Done, r.Total, r.Reason)
	}
}

func (s scheduleStanding) words(a *app) string {
	if s.Missing {
		return a.text("not there: worker and starter create it")
	}
	words := a.text("no next run")
	if s.Next != nil {
		words = a.textf("next at %s", a.moment(*s.Next))
	}
	if s.Paused {
		words = a.text("paused")
	}
	if s.Running {
		words = a.textf("at work now, %s", words)
	}
	return words
}
