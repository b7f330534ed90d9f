package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/workflows"
)

var shanghai = time.FixedZone("", 8*60*60) // nameless, as JSON gives it back

const corp = "ding1"

func clock(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, shanghai)
}

func day(month time.Month, d int) attendance.Date { return attendance.NewDate(2026, month, d) }

// world is DingTalk and the ledger as a run sees them: steps that answer what a
// test says, and remember what they were asked.
type world struct {
	t  *testing.T
	mu sync.Mutex

	asked   []string // steps with their subject, in order
	queues  map[string]string
	written []workflows.PersistInput
	saved   []attendance.Instance

	recalls   []attendance.Recall // of PlanPunch and PlanDay, one a time; then nothing is known
	reach     attendance.Reach
	delays    []time.Duration
	dayFunc   func(n int, d attendance.UserDay) (attendance.Answer, error)
	instances map[string][]attendance.Instance // by id: what the first, second … reading shows; the last one stays
	known     []string                         // instances that the ledger has read
	found     []workflows.InstanceRef          // what FindMakeUps and FindApprovals list
	touched   map[string][]attendance.UserDay  // by instance: what SaveInstance returns
	codes     []string
	explained bool
	today     attendance.Date
	employees []string
	due       []attendance.UserDay
	unsettled []attendance.Date
	lost      []string // reads of failed pushes
	resolved  []string
	ambiguous []string // what AbandonDrains names
	leftSince attendance.Date
	open      []attendance.OpenApproval
	operator  bool
	tooBig    int // user-days beyond which a window does not fit
	reads     []drainStep
	failures  map[string]error // by step: what it always ends in
	gaps      []attendance.Gap
	closed    []time.Time
	proof     *attendance.Evidence
	delay     time.Duration // before a look
	inVain    int           // reads of failed pushes without an answer
	named     []workflows.InstanceRef
	more      bool                    // there are more of them
	effective []workflows.InstanceRef // on the user-days that differ
	rows      int                     // of differences
	earlier   int                     // of differences that an earlier sweep has written

	persistFunc func(n int) error
	windowFunc  func(attendance.Window) error
	searchFunc  func(workflows.FindMakeUpsInput) error
	onNote      func() // after every step

	scheduleFunc func(attendance.Window) error

	answered   []attendance.UserDay                         // about which somebody has asked since an approval
	answers    []attendance.UserDay                         // the same, after the first look
	paces      []workflows.Pace                             // of events' plans, one a time; the last one stays
	missing    []workflows.InstanceRef                      // that are known and not listed
	split      *workflows.Split                             // of a sweep without a date
	openFunc   func(attendance.Window) []attendance.UserDay // what clock-ins leave open
	unplanned  bool                                         // the first time
	strict     []bool                                       // whether each look was a thrifty sweep's
	slotsEach  int                                          // of everybody at least so many slots are known
	batches    []workflows.BatchPlan                        // pages of PlanBatch, one a time; then nothing is wanted
	inTask     bool                                         // PlanPunch says so
	unrecorded bool                                         // and so
	busy       bool                                         // AskDay has no lane free
	unwritten  bool                                         // AskDay cannot write

	search    attendance.SearchMode         // of a sweep without a date
	searches  []attendance.TimeRange        // of a walk; none: one
	drains    []string                      // by reads of failed pushes: the run, where they may be left out
	foundFunc func(*workflows.Found)        // changes what a search finds
	searched  []attendance.SearchedTemplate // that a proven sweep has had listed
}

// drainStep is one destructive read: what it brings, or how it fails.
type drainStep struct {
	read workflows.DrainRead
	err  error
}

func newWorld(t *testing.T) *world {
	return &world{
		t: t, today: day(11, 23), queues: map[string]string{},
		instances: map[string][]attendance.Instance{}, touched: map[string][]attendance.UserDay{},
		failures: map[string]error{}, ambiguous: []string{"lost"},
	}
}

func (w *world) note(ctx context.Context, step, subject string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, strings.TrimSpace(step+" "+subject))
	w.queues[step] = activity.GetInfo(ctx).TaskQueue
	if w.onNote != nil {
		w.onNote()
	}
	return w.failures[step]
}

// count says how often a step was taken with a subject that begins so.
func (w *world) count(prefix string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, a := range w.asked {
		if strings.HasPrefix(a, prefix) {
			n++
		}
	}
	return n
}

func (w *world) recall() attendance.Recall {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.recalls) == 0 {
		return attendance.Recall{}
	}
	r := w.recalls[0]
	w.recalls = w.recalls[1:]
	return r
}

func (w *world) pace() workflows.Pace {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.paces) == 0 {
		return workflows.Pace{}
	}
	p := w.paces[0]
	if len(w.paces) > 1 {
		w.paces = w.paces[1:]
	}
	return p
}

func (w *world) planBatch(ctx context.Context, in workflows.PlanBatchInput) (workflows.BatchPlan, error) {
	if err := w.note(ctx, workflows.StepPlanBatch, in.After); err != nil {
		return workflows.BatchPlan{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.batches) == 0 {
		return workflows.BatchPlan{}, nil
	}
	page := w.batches[0]
	w.batches = w.batches[1:]
	return page, nil
}

func (w *world) decide(ctx context.Context, _ workflows.Nothing) (budget.Decision, error) {
	return budget.Decision{Mode: budget.ModeLive, Reason: "there is enough"}, w.note(ctx, workflows.StepDecide, "")
}

func (w *world) planPunch(ctx context.Context, in workflows.PlanPunchInput) (workflows.PunchPlan, error) {
	at := in.Hint.CheckTime
	if in.Record {
		return workflows.PunchPlan{Recall: w.recall()}, w.note(ctx, workflows.StepPlanPunch, "record")
	}
	return workflows.PunchPlan{
		Recall: w.recall(), Reach: w.reach, Calendar: attendance.DateOf(at, shanghai),
		Candidates: attendance.CandidatesFor(at, shanghai), SettleDelays: w.delays, Pace: w.pace(), InTask: w.inTask, Unrecorded: w.unrecorded,
	}, w.note(ctx, workflows.StepPlanPunch, "")
}

func (w *world) planDay(ctx context.Context, _ workflows.EventInput) (workflows.DayPlan, error) {
	plan := workflows.DayPlan{Recall: w.recall(), Reach: w.reach, Pace: w.pace()}
	if len(w.delays) > 0 {
		plan.Gather = w.delays[0]
	}
	return plan, w.note(ctx, workflows.StepPlanDay, "")
}

func (w *world) planApproval(ctx context.Context, _ workflows.EventInput) (workflows.ApprovalPlan, error) {
	return workflows.ApprovalPlan{SettleDelays: w.delays}, w.note(ctx, workflows.StepPlanApproval, "")
}

func (w *world) planApprovalDays(ctx context.Context, in workflows.ApprovalDaysInput) (workflows.ApprovalDaysPlan, error) {
	open := slices.DeleteFunc(slices.Clone(in.Days), func(d attendance.UserDay) bool { return slices.Contains(w.answered, d) })
	w.answered = append(w.answered, w.answers...)
	plan := workflows.ApprovalDaysPlan{Open: open}
	if len(open) > 0 {
		plan.Pace = w.pace()
	}
	return plan, w.note(ctx, workflows.StepPlanApprovalDays, "")
}

func (w *world) persist(ctx context.Context, in workflows.PersistInput) error {
	n := w.count(workflows.StepPersist)
	if err := w.note(ctx, workflows.StepPersist, string(in.Outcome)); err != nil {
		return err
	}
	if w.persistFunc != nil {
		if err := w.persistFunc(n); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written = append(w.written, in)
	return nil
}

func (w *world) punchExplained(ctx context.Context, _ workflows.Punch) (bool, error) {
	return w.explained, w.note(ctx, workflows.StepPunchExplained, "")
}

func (w *world) saveInstance(ctx context.Context, in workflows.SaveInstanceInput) ([]attendance.UserDay, error) {
	id := in.Instance.ProcessInstanceID
	w.mu.Lock()
	w.saved = append(w.saved, in.Instance)
	w.mu.Unlock()
	return w.touched[id], w.note(ctx, workflows.StepSaveInstance, id)
}

func (w *world) unknownInstances(ctx context.Context, ids []string) ([]string, error) {
	unknown := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(w.known, id) })
	return unknown, w.note(ctx, workflows.StepUnknownInstances, "")
}

func (w *world) resolveRange(ctx context.Context, in workflows.RangeInput) (attendance.DateRange, error) {
	days, err := attendance.ParseRange(in.From, in.To, w.today)
	if err != nil {
		return days, final(workflows.ErrorBadRange, err.Error())
	}
	return days, w.note(ctx, workflows.StepResolveRange, "")
}

func (w *world) planWalk(ctx context.Context, in workflows.WalkInput) (workflows.WalkPlan, error) {
	days, users := 0, len(in.UserIDs)
	for _, c := range in.Chunks {
		days += c.Days()
	}
	if users == 0 {
		users = len(w.employees)
	}
	started := attendance.MakeUpSearch(in.Chunks[0].From.In(shanghai), clock(11, 23, 12, 0))
	plan := workflows.WalkPlan{Total: users * days, Searches: []attendance.TimeRange{started}}
	if len(w.searches) > 0 {
		plan.Searches = w.searches
	}
	return plan, w.note(ctx, workflows.StepPlanWalk, "")
}

func (w *world) employeePage(ctx context.Context, in workflows.PageInput) ([]string, error) {
	w.mu.Lock()
	w.leftSince = in.LeftSince
	w.mu.Unlock()
	i := 0
	if in.After != "" {
		i = slices.Index(w.employees, in.After) + 1
	}
	return w.employees[i:min(i+in.Limit, len(w.employees))], w.note(ctx, workflows.StepEmployeePage, in.After)
}

func (w *world) planSweep(ctx context.Context, in workflows.SweepInput) (workflows.SweepPlan, error) {
	if in.Date != "" {
		d, err := attendance.ParseDate(in.Date)
		if err != nil {
			return workflows.SweepPlan{}, final(workflows.ErrorBadRange, err.Error())
		}
		return workflows.SweepPlan{Dates: []attendance.Date{d}, At: clock(11, 23, 12, 0)}, w.note(ctx, workflows.StepPlanSweep, in.Date)
	}
	plan := workflows.SweepPlan{Dates: w.unsettled, Drains: w.lost, Gaps: w.gaps, At: clock(11, 23, 12, 0)}
	if in.Blind {
		return plan, w.note(ctx, workflows.StepPlanSweep, "blind")
	}
	plan.Due, plan.Approvals, plan.Split, plan.Search = w.due, w.open, w.split, w.search
	return plan, w.note(ctx, workflows.StepPlanSweep, "")
}

func (w *world) planRecovery(ctx context.Context, in workflows.RecoveryInput) (workflows.RecoveryPlan, error) {
	if !in.Look {
		return workflows.RecoveryPlan{Delay: w.delay, InVain: w.inVain}, w.note(ctx, workflows.StepPlanRecovery, "delay")
	}
	if err := w.note(ctx, workflows.StepPlanRecovery, ""); err != nil {
		return workflows.RecoveryPlan{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return workflows.RecoveryPlan{Gaps: w.gaps, Drains: w.lost}, nil
}

func (w *world) requestRecovery(ctx context.Context, in workflows.RequestInput) error {
	return w.note(ctx, workflows.StepRequestRecovery, in.Reason)
}

func (w *world) triggerDrain(ctx context.Context, _ workflows.Nothing) error {
	return w.note(ctx, workflows.StepTriggerDrain, "")
}

func (w *world) namedApprovals(ctx context.Context, in workflows.NamedInput) (workflows.Unread, error) {
	return workflows.Unread{Instances: w.named, More: w.more}, w.note(ctx, workflows.StepNamedApprovals, fmt.Sprint(in.Limit))
}

func (w *world) keepUnread(ctx context.Context, in workflows.KeepUnreadInput) error {
	return w.note(ctx, workflows.StepKeepUnread, fmt.Sprint(in.Instance.ID, " ", in.From, " ", in.Reason))
}

var errNoSince = errors.New("a sweep that reads approvals says since when it has read some")

func (w *world) differences(ctx context.Context, in workflows.DifferencesInput) (workflows.Differences, error) {
	d := workflows.Differences{Rows: w.earlier + w.rows, UserDays: w.rows}
	if w.count(workflows.StepFetchWindow) == 0 {
		d = workflows.Differences{Rows: w.earlier}
	}
	if in.Limit > 0 && in.Since.IsZero() {
		return d, errNoSince // else what this sweep has read is read again
	}
	if in.Limit > 0 {
		d.Effective.Instances = w.effective
	}
	return d, w.note(ctx, workflows.StepDifferences, fmt.Sprint(in.Limit))
}

func (w *world) saveSchedule(ctx context.Context, in workflows.SaveScheduleInput) error {
	return w.note(ctx, workflows.StepSaveSchedule, windowName(in.Window))
}

func (w *world) settleDays(ctx context.Context, in workflows.SettleInput) ([]attendance.Date, error) {
	w.mu.Lock()
	w.resolved = append(w.resolved, in.Drains...)
	w.closed, w.proof, w.searched = append(w.closed, in.Gaps...), in.Evidence, in.Searched
	w.mu.Unlock()
	return in.Dates[:min(1, len(in.Dates))], w.note(ctx, workflows.StepSettleDays, fmt.Sprint(in.Dates))
}

func (w *world) abandonDrains(ctx context.Context, in workflows.AbandonInput) ([]string, error) {
	return w.ambiguous, w.note(ctx, workflows.StepAbandonDrains, in.OlderThan.String())
}

func (w *world) storeDrain(ctx context.Context, in workflows.StoreDrainInput) error {
	return w.note(ctx, workflows.StepStoreDrain, fmt.Sprint(len(in.Page.Elements)))
}

func (w *world) dispatchElements(ctx context.Context, _ workflows.Nothing) (workflows.Dispatched, error) {
	return workflows.Dispatched{Elements: 1, Started: 1}, w.note(ctx, workflows.StepDispatchElements, "")
}

func (w *world) fetchDay(ctx context.Context, d attendance.UserDay) (attendance.Answer, error) {
	subject := d.UserID + " " + d.WorkDate.String()
	n := w.count(workflows.StepFetchDay + " " + subject)
	if err := w.note(ctx, workflows.StepFetchDay, subject); err != nil {
		return attendance.Answer{}, err
	}
	if w.dayFunc == nil {
		return w.empty(d), nil
	}
	return w.dayFunc(n, d)
}

func (w *world) askDay(ctx context.Context, in workflows.AskDayInput) (workflows.AskedDay, error) {
	subject := in.Day.UserID + " " + in.Day.WorkDate.String()
	n := w.count(workflows.StepAskDay + " " + subject)
	if err := w.note(ctx, workflows.StepAskDay, subject); err != nil || w.busy {
		return workflows.AskedDay{}, err
	}
	answer := w.empty(in.Day)
	var err error
	if w.dayFunc != nil {
		answer, err = w.dayFunc(n, in.Day)
	}
	return workflows.AskedDay{Answer: &answer, Written: !w.unwritten}, err
}

func (w *world) empty(d attendance.UserDay) attendance.Answer {
	return attendance.Answer{UserID: d.UserID, WorkDate: d.WorkDate, Source: attendance.SourceDetail, AskedAt: clock(11, 23, 12, 0)}
}

func (w *world) fetchWindow(ctx context.Context, in attendance.Window) ([]attendance.Answer, error) {
	if err := w.note(ctx, workflows.StepFetchWindow, windowName(in)); err != nil {
		return nil, err
	}
	if w.windowFunc != nil {
		if err := w.windowFunc(in); err != nil {
			return nil, err
		}
	}
	days := in.UserDays()
	if w.tooBig > 0 && len(days) > w.tooBig {
		return nil, final(workflows.ErrorTooBig, "too big")
	}
	source := attendance.SourceSweep
	if in.Only == attendance.PartRecords {
		source = attendance.SourceRecords
	}
	answers := make([]attendance.Answer, 0, len(days))
	for _, d := range days {
		answers = append(answers, attendance.Answer{UserID: d.UserID, WorkDate: d.WorkDate, Source: source})
	}
	return answers, nil
}

func (w *world) fetchSchedule(ctx context.Context, in attendance.Window) (workflows.ScheduleAnswer, error) {
	if w.scheduleFunc != nil {
		if err := w.scheduleFunc(in); err != nil {
			return workflows.ScheduleAnswer{}, err
		}
	}
	return workflows.ScheduleAnswer{NoOperator: !w.operator}, w.note(ctx, workflows.StepFetchSchedule, windowName(in))
}

func (w *world) readInstance(ctx context.Context, ref workflows.InstanceRef) (workflows.Reading, error) {
	n := w.count(workflows.StepReadInstance + " " + ref.ID)
	if err := w.note(ctx, workflows.StepReadInstance, ref.ID); err != nil {
		return workflows.Reading{}, err
	}
	versions := w.instances[ref.ID]
	if len(versions) == 0 {
		return workflows.Reading{}, final(workflows.ErrorNotFound, "DingTalk knows no approval "+ref.ID)
	}
	return workflows.Reading{Instance: versions[min(n, len(versions)-1)], MakeUpCodes: w.codes}, nil
}

func (w *world) findMakeUps(ctx context.Context, in workflows.FindMakeUpsInput) (workflows.Found, error) {
	return workflows.Found{Instances: w.found, Calls: 1}, w.note(ctx, workflows.StepFindMakeUps, strings.Join(in.UserIDs, ","))
}

func (w *world) findApprovals(ctx context.Context, in workflows.FindMakeUpsInput) (workflows.Found, error) {
	if err := w.note(ctx, workflows.StepFindApprovals, strings.Join(in.UserIDs, ",")); err != nil {
		return workflows.Found{}, err
	}
	if w.searchFunc != nil {
		if err := w.searchFunc(in); err != nil {
			return workflows.Found{}, err
		}
	}
	found := workflows.Found{Instances: w.found, Missing: w.missing, Calls: 1}
	if w.foundFunc != nil {
		w.foundFunc(&found)
	}
	return found, nil
}

func (w *world) refreshEmployees(ctx context.Context, _ workflows.Nothing) (int, error) {
	return len(w.employees), w.note(ctx, workflows.StepRefreshEmployees, "")
}

func (w *world) readFailedPushes(ctx context.Context, in workflows.ReadDrainInput) (workflows.DrainRead, error) {
	w.drains = append(w.drains, in.Run)
	if err := w.note(ctx, workflows.StepReadFailedPushes, in.DrainID); err != nil {
		return workflows.DrainRead{}, err
	}
	if len(w.reads) == 0 {
		return workflows.DrainRead{}, nil
	}
	step := w.reads[0]
	w.reads = w.reads[1:]
	return step.read, step.err
}

// env is a test environment in which the world's steps are registered.
func (w *world) env() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetDisableRegistrationAliasing(true)
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(clock(11, 23, 12, 0))
	env.SetTestTimeout(30 * time.Second)
	workflows.Register(registry{env})
	for name, step := range map[string]any{
		workflows.StepPlanPunch: w.planPunch, workflows.StepPlanDay: w.planDay, workflows.StepPlanApproval: w.planApproval,
		workflows.StepPersist: w.persist, workflows.StepPunchExplained: w.punchExplained, workflows.StepSaveInstance: w.saveInstance,
		workflows.StepUnknownInstances: w.unknownInstances, workflows.StepResolveRange: w.resolveRange, workflows.StepPlanWalk: w.planWalk,
		workflows.StepEmployeePage: w.employeePage, workflows.StepPlanSweep: w.planSweep, workflows.StepSaveSchedule: w.saveSchedule,
		workflows.StepSettleDays: w.settleDays, workflows.StepAbandonDrains: w.abandonDrains, workflows.StepStoreDrain: w.storeDrain,
		workflows.StepDispatchElements: w.dispatchElements, workflows.StepFetchDay: w.fetchDay, workflows.StepFetchWindow: w.fetchWindow,
		workflows.StepFetchSchedule: w.fetchSchedule, workflows.StepReadInstance: w.readInstance, workflows.StepFindMakeUps: w.findMakeUps,
		workflows.StepRefreshEmployees: w.refreshEmployees, workflows.StepReadFailedPushes: w.readFailedPushes,
		workflows.StepFindApprovals: w.findApprovals, workflows.StepPlanRecovery: w.planRecovery, workflows.StepTriggerDrain: w.triggerDrain,
		workflows.StepRequestRecovery: w.requestRecovery, workflows.StepNamedApprovals: w.namedApprovals, workflows.StepDifferences: w.differences,
		workflows.StepKeepUnread: w.keepUnread, workflows.StepPlanBatch: w.planBatch, workflows.StepDecide: w.decide,
		workflows.StepOpenSlots: w.openSlots, workflows.StepAskDay: w.askDay, workflows.StepPlanApprovalDays: w.planApprovalDays,
	} {
		env.RegisterActivityWithOptions(step, activity.RegisterOptions{Name: name})
	}
	return env
}

// registry lets Register fill a test environment.
type registry struct {
	*testsuite.TestWorkflowEnvironment
}

func (r registry) RegisterDynamicWorkflow(w any, o workflow.DynamicRegisterOptions) {
	r.TestWorkflowEnvironment.RegisterDynamicWorkflow(w, o)
}

// run runs a workflow of an event and returns its decision.
func (w *world) run(h attendance.Hint) workflows.Decision {
	w.t.Helper()
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeOf(h.Kind), workflows.EventInput{Hint: h})
	require.True(w.t, env.IsWorkflowCompleted())
	require.NoError(w.t, env.GetWorkflowError())
	var d workflows.Decision
	require.NoError(w.t, env.GetWorkflowResult(&d))
	return d
}

// outcomes are the outcomes that were written, in order.
func (w *world) outcomes() []attendance.Outcome {
	var outcomes []attendance.Outcome
	for _, p := range w.written {
		if p.Key != "" {
			outcomes = append(outcomes, p.Outcome)
		}
	}
	return outcomes
}

func final(errorType, message string) error {
	return temporal.NewNonRetryableApplicationError(message, errorType, nil)
}

func passing(message string) error { return temporal.NewApplicationError(message, "Transient") }

func windowName(w attendance.Window) string {
	name := fmt.Sprintf("%s..%s %s", w.Days.From, w.Days.To, strings.Join(w.UserIDs, ","))
	if w.Only != "" {
		name += " " + string(w.Only)
	}
	return name
}

// suggest tells the run to continue as new, from inside a step: it is heard
// before the step's answer.
func suggest(env *testsuite.TestWorkflowEnvironment) {
	env.RegisterDelayedCallback(func() { env.SetContinueAsNewSuggested(true) }, 0)
}

// successor is the input of the run that a continue-as-new starts.
func successor[T any](t *testing.T, err error) T {
	t.Helper()
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, err, &next)
	var state T
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &state))
	return state
}
