package doctor

import (
	"context"
	"slices"
	"time"

	"dakasync/attendance"
	"dakasync/dingtalk"
)

// DingTalk is what is asked of DingTalk; dingtalk.Client answers it.
type DingTalk interface {
	Members(ctx context.Context, department int64) (children []int64, members []string, err error)
	User(ctx context.Context, id string) (dingtalk.User, error)
	UserDay(ctx context.Context, userID string, date attendance.Date) (attendance.Answer, error)
	Results(ctx context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Answer, error)
	Records(ctx context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Answer, error)
	Schedule(ctx context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Planned, error)
	Holidays(ctx context.Context, userIDs []string, from, to attendance.Date) ([]dingtalk.Holiday, error)
	Templates(ctx context.Context) ([]dingtalk.Template, error)
	Instance(ctx context.Context, id, code string) (attendance.Instance, error)
	SmartReport(ctx context.Context) (bool, error)
	ReportColumns(ctx context.Context) ([]dingtalk.Column, error)
	ColumnValues(ctx context.Context, userID string, ids []int64, from, to attendance.Date) ([]dingtalk.Values, error)
	LeaveTypes(ctx context.Context) ([]string, error)
	LeaveTimes(ctx context.Context, userID string, names []string, from, to attendance.Date) ([]dingtalk.Values, error)
}

// Doctor has what it takes to examine an installation.
type Doctor struct {
	Settings     Settings
	DingTalk     DingTalk                                     // not asked if Settings.Offline
	StreamFunc   func(context.Context) error                  // opens a Stream connection and closes it; not called if Settings.Offline
	ClockFunc    func() Clock                                 // what DingTalk's answers so far say of its clock
	LedgerFunc   func(context.Context) (LedgerFacts, error)   // looks at PostgreSQL
	TemporalFunc func(context.Context) (TemporalFacts, error) // looks at Temporal
	// SpendFunc is told, before the first of them, how many billed calls there may
	// be. It says why there are to be none, or nothing.
	SpendFunc func(calls int, facts LedgerFacts, known bool) (refusal Message)
	NowFunc   func() time.Time
}

// Examine makes all checks.
func (d *Doctor) Examine(ctx context.Context) Report {
	now := d.NowFunc().In(d.Settings.Location)
	facts, err := d.LedgerFunc(ctx)
	findings := judgeLedger(facts, err)
	known := err == nil && facts.Serves()
	if known {
		findings = append(findings, judgeEvents(facts, drainInterval(d.Settings.Budget), now)...)
		findings = append(findings, JudgeLive(facts.Live, d.Settings.Location))
		findings = append(findings, judgeQuota(facts.Budget, d.Settings.Budget)...)
	} else {
		saw := Textf("the ledger cannot be worked with: see %s", checkPostgres)
		findings = append(findings, skipped(checkEvents, saw), skipped(checkDrain, saw), skipped(checkQuota, saw))
	}
	inTemporal, err := d.TemporalFunc(ctx)
	findings = append(findings, judgeTemporal(inTemporal, err)...)
	if d.Settings.Offline {
		return newReport(append(findings, skipped(checkDingTalk, Textf("DingTalk was not asked (--offline)"))))
	}
	if refusal := d.SpendFunc(Calls, facts, known); !refusal.IsZero() {
		return newReport(append(findings, skipped(checkDingTalk, Textf("DingTalk was not asked: %s", refusal))))
	}
	streamErr := d.StreamFunc(ctx)
	answers := d.ask(ctx, facts, now)
	answers.Clock = d.ClockFunc()
	if dingtalk.IsKind(answers.Stop, dingtalk.KindQuotaSpent) { // the ledger's word on it is older
		findings = slices.DeleteFunc(findings, func(f Finding) bool { return f.Check == checkCalls })
	}
	findings = append(findings, judgeStream(streamErr, answers.Stop))
	return newReport(append(findings, judgeDingTalk(answers, facts, d.Settings, now)...))
}
