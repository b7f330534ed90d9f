package activities_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"dakasync/activities"
	"dakasync/attendance"
	"dakasync/budget"
)

var shanghai = time.FixedZone("", 8*60*60) // nameless, as JSON gives it back

// noon is the now of the tests.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, shanghai)

func day(month time.Month, d int) attendance.Date { return attendance.NewDate(2026, month, d) }

func settings() activities.Settings {
	return activities.Settings{
		CorpID: "ding1", Location: shanghai, SettleDelays: []time.Duration{5 * time.Second}, TaskQueue: "q", RecoveryDelay: time.Minute,
		NowFunc: func() time.Time { return noon },
		Budget:  budget.Budget{Calls: 5000, Reserve: 500},
	}
}

var errAway = errors.New("PostgreSQL is away")

// dingTalk answers what a test says, and remembers the questions.
type dingTalk struct {
	asked     []string
	err       error
	answers   []attendance.Answer
	planned   []attendance.Planned
	instance  attendance.Instance
	ids       []string
	codes     []string
	codesErr  error
	leaves    []string
	idsErrs   map[string]error                                                          // by template
	listFunc  func(code, status string, started attendance.TimeRange) ([]string, error) // instead of ids
	body      []byte
	onFailed  func()
	employees []string
}

func (d *dingTalk) ask(words string) error {
	d.asked = append(d.asked, words)
	return d.err
}

func (d *dingTalk) UserDay(_ context.Context, userID string, date attendance.Date) (attendance.Answer, error) {
	if err := d.ask("UserDay " + userID + " " + date.String()); err != nil {
		return attendance.Answer{}, err
	}
	return d.answers[0], nil
}

func (d *dingTalk) Window(_ context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Answer, error) {
	return d.answers, d.ask(fmt.Sprintf("Window %v %s %s", userIDs, from, to))
}

func (d *dingTalk) Schedule(context.Context, []string, attendance.Date, attendance.Date) ([]attendance.Planned, error) {
	return d.planned, d.ask("Schedule")
}

func (d *dingTalk) Instance(_ context.Context, id, code string) (attendance.Instance, error) {
	return d.instance, d.ask("Instance " + id + " " + code)
}

func (d *dingTalk) InstanceIDs(_ context.Context, code, status string, userIDs []string, from, to time.Time) ([]string, error) {
	if d.listFunc != nil {
		return d.listFunc(code, status, attendance.TimeRange{From: from, To: to})
	}
	if err := d.ask(fmt.Sprintf("InstanceIDs %s %s %v", code, status, userIDs)); err != nil {
		return nil, err
	}
	return d.ids, d.idsErrs[code]
}

func (d *dingTalk) LeaveCodes(context.Context) ([]string, error) { return d.leaves, nil }

func (d *dingTalk) MakeUpCodes(context.Context) ([]string, error) {
	d.asked = append(d.asked, "MakeUpCodes")
	return d.codes, d.codesErr
}

func (d *dingTalk) FailedPushes(context.Context) ([]byte, error) {
	if d.onFailed != nil {
		d.onFailed()
	}
	return d.body, d.ask("FailedPushes")
}

func (d *dingTalk) UserIDs(context.Context) ([]string, error) { return d.employees, d.ask("UserIDs") }

// book is a ledger in memory, as far as the steps look at it.
type book struct {
	activities.Ledger // what a test does not expect to be called panics

	log           []string
	onNote        func() // called by everything
	err           error  // of everything
	storeErrs     []error
	unreadableErr error // of the first ElementUnreadable
	deliveryErr   error // of RecordDelivery
	recall        attendance.Recall
	payload       []byte
	runs          string // the workflow ID that writes came from
	known         []string
	unsettled     []attendance.Date
	answered      []attendance.Date // asked about when it was final
	open          []attendance.OpenApproval
	unread        []attendance.OpenApproval
	inVain        int
	lost          []attendance.LostRead
	due           []attendance.UserDay
	elements      []attendance.FailedElement
	pages         map[string]attendance.DrainPage
	outcomes      map[string]attendance.Outcome // of deliveries, by key
	employees     []string

	gaps         []attendance.Gap
	unreconciled []attendance.Date
	reconciled   []attendance.Date
	templates    []string
	named        []string
	differing    int
	effective    []attendance.OpenApproval
	spending     spending
	search       searching
	quietSince   time.Time // when the failed pushes were last found empty, if nothing can have failed
	quietErr     error
	until        time.Time // the deadline of ConcludeHint
	mentioned    bool      // something speaks of the punch
}

func newBook() *book {
	return &book{pages: map[string]attendance.DrainPage{}, outcomes: map[string]attendance.Outcome{}}
}

func (b *book) note(format string, args ...any) error {
	b.log = append(b.log, fmt.Sprintf(format, args...))
	if b.onNote != nil {
		b.onNote()
	}
	return b.err
}

func (b *book) RecordHint(_ context.Context, h attendance.Hint, payload []byte, workflowID string) (attendance.Recall, error) {
	b.payload, b.runs = payload, workflowID
	return b.recall, b.note("RecordHint %s", h.Key())
}

func (b *book) Conclude(_ context.Context, answers []attendance.Answer, why attendance.Why, key string, outcome attendance.Outcome) error {
	b.runs = why.WorkflowID
	return b.note("Conclude %d %s %s %s", len(answers), why.Trigger, key, outcome)
}

func (b *book) ConcludeHint(
	ctx context.Context, h attendance.Hint, payload []byte, answers []attendance.Answer, why attendance.Why, outcome attendance.Outcome,
) error {
	if err := ctx.Err(); err != nil {
		return err //nolint:wrapcheck // As the driver does.
	}
	b.until, _ = ctx.Deadline()
	b.payload, b.runs = payload, why.WorkflowID
	return b.note("ConcludeHint %s %d %s", h.Key(), len(answers), cmp.Or(outcome, "pending"))
}

func (b *book) PunchMentioned(_ context.Context, userID string, _ time.Time) (bool, error) {
	return b.mentioned, b.note("PunchMentioned %s", userID)
}

func (b *book) SaveAnswers(_ context.Context, answers []attendance.Answer, why attendance.Why) error {
	b.runs = why.WorkflowID
	return b.note("SaveAnswers %d %s", len(answers), why.Trigger)
}

func (b *book) SaveSchedule(_ context.Context, userIDs []string, from, to attendance.Date, planned []attendance.Planned, _ time.Time, _ attendance.Why) error {
	return b.note("SaveSchedule %v %s %s %d", userIDs, from, to, len(planned))
}

func (b *book) PunchExplained(_ context.Context, userID string, _ time.Time) (bool, error) {
	return true, b.note("PunchExplained %s", userID)
}

func (b *book) UnsettledDates(_ context.Context, since, through attendance.Date) ([]attendance.Date, error) {
	return b.unsettled, b.note("UnsettledDates %s %s", since, through)
}

func (b *book) Unasked(_ context.Context, days []attendance.UserDay, since time.Time) ([]attendance.UserDay, error) {
	return b.due, b.note("Unasked %d since %s", len(days), since.Format(time.TimeOnly))
}

func (b *book) DueDays(_ context.Context, since, through attendance.Date) ([]attendance.UserDay, error) {
	return b.due, b.note("DueDays %s %s", since, through)
}

func (b *book) SettleDay(_ context.Context, date attendance.Date, finalAt time.Time) error {
	return b.note("SettleDay %s %s", date, finalAt.Format(time.DateTime))
}

func (b *book) SettleAnswered(_ context.Context, date attendance.Date, finalAt time.Time) error {
	b.unsettled = slices.DeleteFunc(b.unsettled, func(d attendance.Date) bool { return slices.Contains(b.answered, d) })
	return b.note("SettleAnswered %s %s", date, finalAt.Format(time.DateTime))
}

func (b *book) LostReads(_ context.Context, before time.Time) ([]attendance.LostRead, error) {
	return b.lost, b.note("LostReads %s", before.Format(time.TimeOnly))
}

func (b *book) OpenApprovals(context.Context, time.Time, int) ([]attendance.OpenApproval, error) {
	return b.open, b.err
}

func (b *book) UnreadApprovals(context.Context, int) ([]attendance.OpenApproval, error) {
	return b.unread, b.err
}

func (b *book) SaveUnread(_ context.Context, id, code string, from attendance.Date, reason string) error {
	return b.note("SaveUnread %s %s %s %s", id, code, from, reason)
}

func (b *book) QuietSince(context.Context) (time.Time, error) { return b.quietSince, b.quietErr }

func (b *book) ReadsInVain(context.Context) (int, error) { return b.inVain, b.err }

func (b *book) ResolveDrains(_ context.Context, ids []string) error {
	return b.note("ResolveDrains %v", ids)
}

func (b *book) SaveInstance(_ context.Context, i attendance.Instance, why attendance.Why) ([]attendance.UserDay, error) {
	return b.due, b.note("SaveInstance %s %s", i.ProcessInstanceID, why.Trigger)
}

func (b *book) KnownInstances(context.Context, []string) ([]string, error) {
	return b.known, b.note("KnownInstances")
}

func (b *book) OpenDrain(_ context.Context, id string) error { return b.note("OpenDrain %s", id) }

func (b *book) StoreDrain(_ context.Context, id string, page attendance.DrainPage) error {
	if len(b.storeErrs) > 0 {
		err := b.storeErrs[0]
		b.storeErrs = b.storeErrs[1:]
		if err != nil {
			return err
		}
	}
	b.pages[id] = page
	return b.note("StoreDrain %s %d", id, len(page.Elements))
}

func (b *book) AbandonDrains(_ context.Context, before time.Time) ([]string, error) {
	return []string{"d"}, b.note("AbandonDrains %s", before.Format(time.TimeOnly))
}

func (b *book) UndispatchedElements(_ context.Context, limit int) ([]attendance.FailedElement, error) {
	return slices.Clone(b.elements[:min(limit, len(b.elements))]), b.err
}

func (b *book) drop(drainID string, position int) {
	b.elements = slices.DeleteFunc(b.elements, func(e attendance.FailedElement) bool {
		return e.DrainID == drainID && e.Position == position
	})
}

func (b *book) ElementDispatched(_ context.Context, drainID string, position int, workflowID string) error {
	b.drop(drainID, position)
	return b.note("ElementDispatched %d %s", position, workflowID)
}

func (b *book) ElementUnreadable(_ context.Context, drainID string, position int) error {
	if err := b.unreadableErr; err != nil {
		b.unreadableErr = nil
		return err
	}
	b.drop(drainID, position)
	return b.note("ElementUnreadable %d", position)
}

func (b *book) RecordDelivery(_ context.Context, h attendance.Hint, _ []byte, outcome attendance.Outcome, workflowID string) error {
	b.outcomes[h.Key()] = outcome
	if b.deliveryErr != nil {
		return b.deliveryErr
	}
	return b.note("RecordDelivery %s %s %s", h.Key(), outcome, workflowID)
}

func (b *book) SaveEmployees(_ context.Context, userIDs []string, _ time.Time) error {
	b.employees = userIDs
	return b.note("SaveEmployees")
}

func (b *book) EmployeesAfter(_ context.Context, after string, limit int, leftSince time.Time) ([]string, error) {
	return b.employees, b.note("EmployeesAfter %s %d %s", after, limit, leftSince.Format(time.DateTime))
}

func (b *book) CountEmployees(_ context.Context, leftSince time.Time) (int, error) {
	return len(b.employees), b.note("CountEmployees %s", leftSince.Format(time.DateTime))
}

func (b *book) FindGaps(_ context.Context, before time.Time) ([]attendance.Gap, error) {
	if !before.IsZero() {
		return nil, errors.New("only PostgreSQL's clock dates coverage")
	}
	return b.gaps, b.note("FindGaps")
}

func (b *book) CloseGaps(_ context.Context, began []time.Time, e attendance.Evidence, workflowID string) error {
	return b.note("CloseGaps %d %d %s", len(began), e.UserDays, workflowID)
}

func (b *book) SaveReconciled(_ context.Context, dates []attendance.Date, _ attendance.Evidence, _ string) error {
	b.reconciled = dates
	return b.note("SaveReconciled %v", dates)
}

func (b *book) Unreconciled(_ context.Context, since, through attendance.Date, limit int) ([]attendance.Date, error) {
	return b.unreconciled, b.note("Unreconciled %s %s %d", since, through, limit)
}

func (b *book) ApprovalCodes(context.Context) ([]string, error) { return b.templates, b.err }

func (b *book) NamedApprovals(_ context.Context, dates []attendance.Date, limit int) ([]string, error) {
	return b.named[:min(limit, len(b.named))], b.note("NamedApprovals %v", dates)
}

func (b *book) Differing(_ context.Context, workflowID string, dates []attendance.Date) (userDays, rows int, err error) {
	return b.differing, 2 * b.differing, b.note("Differing %s %v", workflowID, dates)
}

func (b *book) EffectiveApprovals(
	_ context.Context, workflowID string, dates []attendance.Date, readBefore time.Time, limit int,
) ([]attendance.OpenApproval, error) {
	if !readBefore.IsZero() {
		return nil, b.note("EffectiveApprovals %s %v before %s", workflowID, dates, readBefore.Format(time.TimeOnly))
	}
	return b.effective[:min(limit, len(b.effective))], b.note("EffectiveApprovals %s %v", workflowID, dates)
}

// temporalStarts is a Temporal client as far as starting goes.
type temporalStarts struct {
	client.WorkflowRun

	started []string
	signals []string
	errs    map[string]error
}

func (s *temporalStarts) SignalWithStartWorkflow(
	_ context.Context, id, name string, arg any, o client.StartWorkflowOptions, _ any, _ ...any,
) (client.WorkflowRun, error) {
	s.signals = append(s.signals, fmt.Sprint(id, " ", name, " ", arg, " ", o.TaskQueue))
	return s, s.errs[id]
}

func (s *temporalStarts) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	if err := s.errs[o.ID]; err != nil {
		return nil, err
	}
	s.started = append(s.started, o.ID)
	return s, nil
}

func (s *temporalStarts) GetRunID() string { return "run" }

// bench runs single steps.
type bench struct {
	t        *testing.T
	env      *testsuite.TestActivityEnvironment
	dingTalk *dingTalk
	book     *book
	starts   *temporalStarts
	drains   *drains

	ledgerSteps *activities.LedgerSteps
	calls       *activities.DingTalkSteps
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return newBenchWith(t, settings())
}

func newBenchWith(t *testing.T, settings activities.Settings) *bench {
	t.Helper()
	b := &bench{t: t, dingTalk: &dingTalk{}, book: newBook(), starts: &temporalStarts{errs: map[string]error{}}, drains: &drains{}}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	b.env = suite.NewTestActivityEnvironment()
	b.ledgerSteps = &activities.LedgerSteps{Settings: settings, Ledger: b.book, Starter: b.starts, Drains: b.drains}
	b.calls = &activities.DingTalkSteps{Settings: settings, DingTalk: b.dingTalk, Ledger: b.book, StorePause: time.Millisecond}
	b.ledgerSteps.Register(registry{b.env, nil})
	b.calls.Register(registry{b.env, nil})
	return b
}

// step runs a step whose result a test looks at.
func step[Out any](b *bench, name string, in any) (Out, error) {
	var out Out
	var value converter.EncodedValue
	value, err := b.env.ExecuteActivity(name, in)
	if err == nil && value.HasValue() {
		require.NoError(b.t, value.Get(&out))
	}
	return out, err
}

func must[Out any](b *bench, name string, in any) Out {
	out, err := step[Out](b, name, in)
	require.NoError(b.t, err)
	return out
}

func appError(t *testing.T, err error) *temporal.ApplicationError {
	t.Helper()
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	return app
}

var _ activities.Starter = (*temporalStarts)(nil)
