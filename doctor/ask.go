package doctor

import (
	"context"
	"slices"
	"time"

	"dakasync/attendance"
	"dakasync/dingtalk"
)

// Calls is how many billed calls an examination takes at most. Those about
// people and the one for a token are free.
const Calls = 13

const (
	// horizonDays is how far ahead schedules are looked at. DingTalk plans fixed
	// shifts 15 days ahead (query-batch-scheduling-information).
	horizonDays = 2 * attendance.WindowDays
	// holidayDays is how far ahead holidays are named.
	holidayDays = 30
	// nobodys is the id of an approval that does not exist: to be told so takes
	// the permission to read one.
	nobodys = "dakasync-doctor-no-such-instance"

	company = 1 // the root department
)

// Permissions that the calls take, as the console's 权限管理 names them.
const (
	scopeAttendance = "qyapi_get_attendance_data"
	scopeGroup      = "qyapi_attendance_group_read"
	scopeInstance   = "Workflow.Instance.Read"
	scopeForm       = "Workflow.Form.Read"
	scopeBase       = "qyapi_base"
	scopeContacts   = "qyapi_get_department_list, qyapi_get_member"
	scopeUser       = "qyapi_get_member"
	scopeLeave      = "" // qyapi_holiday_readonly, which nothing else wants: it is done without
)

// Answer is what became of one question.
type Answer[T any] struct {
	Asked bool
	Err   error
	Value T
}

func (a Answer[T]) good() bool { return a.Asked && a.Err == nil }

// question is one that was put, or would have been.
type question struct {
	API   string
	Scope string
	Asked bool
	Err   error
}

// Answers are what DingTalk was asked.
type Answers struct {
	Subject attendance.UserDay // whom the attendance questions are about
	Clock   Clock

	Members  Answer[[]string]
	Operator Answer[dingtalk.User]
	Detail   Answer[attendance.Answer]
	Results  Answer[[]attendance.Answer]
	Records  Answer[[]attendance.Answer]
	Planned  Answer[[]attendance.Planned] // of facts.Scheduled, or the subject
	Holidays Answer[[]dingtalk.Holiday]
	Report   Answer[bool]
	Columns  Answer[[]dingtalk.Column]
	Values   Answer[[]dingtalk.Values]
	Types    Answer[[]string]
	Leaves   Answer[[]dingtalk.Values]

	Stop      error // why nothing more was asked
	questions []question
}

// asker puts questions until an answer says that no other will be answered.
type asker struct {
	answers *Answers
	ctx     context.Context //nolint:containedctx // It lives for one examination.
}

func put[T any](a asker, into *Answer[T], api, scope string, ask func(context.Context) (T, error)) {
	q := question{API: api, Scope: scope}
	if a.answers.Stop == nil {
		into.Value, into.Err = ask(a.ctx)
		into.Asked = true
		q.Asked, q.Err = true, into.Err
		if ends(into.Err) {
			a.answers.Stop = into.Err
		}
	}
	a.answers.questions = append(a.answers.questions, q)
}

// ends reports whether every other question would fail likewise.
func ends(err error) bool {
	for _, kind := range []dingtalk.Kind{
		dingtalk.KindCredentials, dingtalk.KindInvalidToken, dingtalk.KindIPNotAllowed, dingtalk.KindNetwork, dingtalk.KindQuotaSpent,
	} {
		if dingtalk.IsKind(err, kind) {
			return true
		}
	}
	return false
}

func (d *Doctor) ask(ctx context.Context, facts LedgerFacts, now time.Time) *Answers {
	answers := &Answers{}
	a := asker{answers, ctx}
	put(a, &answers.Members, "/topapi/user/listid", scopeContacts, func(ctx context.Context) ([]string, error) {
		_, members, err := d.DingTalk.Members(ctx, company)
		return members, err // It names the API.
	})
	if d.Settings.OperatorUserID != "" {
		put(a, &answers.Operator, "/topapi/v2/user/get", scopeUser, func(ctx context.Context) (dingtalk.User, error) {
			return d.DingTalk.User(ctx, d.Settings.OperatorUserID) // It names the API.
		})
	}
	today := attendance.DateOf(now, d.Settings.Location)
	answers.Subject = d.subject(facts, answers.Members.Value, today)
	if answers.Subject.UserID == "" {
		return answers
	}
	d.askAttendance(a)
	d.askPlans(a, facts, today)
	d.askReport(a)
	return answers
}

// subject is whose day is asked about: one that has a punch, if one is known.
func (d *Doctor) subject(facts LedgerFacts, members []string, today attendance.Date) attendance.UserDay {
	switch {
	case facts.SignedIsThere:
		return facts.Signed
	case d.Settings.OperatorUserID != "":
		return attendance.UserDay{UserID: d.Settings.OperatorUserID, WorkDate: today}
	case len(members) > 0:
		return attendance.UserDay{UserID: members[0], WorkDate: today}
	default:
		return attendance.UserDay{}
	}
}

func (d *Doctor) askAttendance(a asker) {
	subject, users := a.answers.Subject, []string{a.answers.Subject.UserID}
	// In a wrong zone their rows fall on the date before or after: see judgeZone.
	from, to := subject.WorkDate.AddDays(-1), subject.WorkDate.AddDays(1)
	put(a, &a.answers.Detail, "/topapi/attendance/getupdatedata", scopeAttendance, func(ctx context.Context) (attendance.Answer, error) {
		return d.DingTalk.UserDay(ctx, subject.UserID, subject.WorkDate) // It names the API.
	})
	put(a, &a.answers.Results, "/attendance/list", scopeAttendance, func(ctx context.Context) ([]attendance.Answer, error) {
		return d.DingTalk.Results(ctx, users, from, to) // It names the API.
	})
	put(a, &a.answers.Records, "/attendance/listRecord", scopeAttendance, func(ctx context.Context) ([]attendance.Answer, error) {
		return d.DingTalk.Records(ctx, users, from, to) // It names the API.
	})
	var instance Answer[attendance.Instance]
	put(a, &instance, "/v1.0/workflow/processInstances", scopeInstance, func(ctx context.Context) (attendance.Instance, error) {
		found, err := d.DingTalk.Instance(ctx, nobodys, "")
		if dingtalk.IsKind(err, dingtalk.KindNotFound) || dingtalk.IsKind(err, dingtalk.KindInvalidRequest) {
			err = nil // we may read; there is nothing
		}
		return found, err // It names the API.
	})
}

// operates reports whether there is an administrator to ask in the name of.
func (a asker) operates() bool { return a.answers.Operator.good() && a.answers.Operator.Value.Admin }

func (d *Doctor) askPlans(a asker, facts LedgerFacts, today attendance.Date) {
	users := facts.Scheduled
	if len(users) == 0 {
		users = []string{a.answers.Subject.UserID}
	}
	users = users[:min(len(users), attendance.WindowUsers)]
	put(a, &a.answers.Holidays, "/v1.0/attendance/holidays", scopeGroup, func(ctx context.Context) ([]dingtalk.Holiday, error) {
		return d.DingTalk.Holidays(ctx, users, today, today.AddDays(holidayDays)) // It names the API.
	})
	if !a.operates() {
		return
	}
	put(a, &a.answers.Planned, "/topapi/attendance/schedule/listbyusers", scopeGroup, func(ctx context.Context) ([]attendance.Planned, error) {
		var all []attendance.Planned
		for first := 1; first <= horizonDays; first += attendance.WindowDays {
			from := today.AddDays(first)
			planned, err := d.DingTalk.Schedule(ctx, users, from, from.AddDays(attendance.WindowDays-1))
			if err != nil {
				return nil, err // It names the API.
			}
			all = append(all, planned...)
		}
		return all, nil
	})
	var templates Answer[[]dingtalk.Template]
	put(a, &templates, "/v1.0/workflow/processes/managements/templates", scopeForm, d.DingTalk.Templates)
}

func (d *Doctor) askReport(a asker) {
	answers, subject := a.answers, a.answers.Subject
	put(a, &answers.Report, "/topapi/attendance/isopensmartreport", scopeBase, d.DingTalk.SmartReport)
	if !answers.Report.good() || !answers.Report.Value {
		return
	}
	put(a, &answers.Columns, "/topapi/attendance/getattcolumns", scopeBase, d.DingTalk.ReportColumns)
	if !answers.Columns.good() {
		return
	}
	if ids := columnIDs(answers.Columns.Value); len(ids) > 0 {
		put(a, &answers.Values, "/topapi/attendance/getcolumnval", scopeBase, func(ctx context.Context) ([]dingtalk.Values, error) {
			return d.DingTalk.ColumnValues(ctx, subject.UserID, ids, subject.WorkDate, subject.WorkDate) // It names the API.
		})
	}
	if a.operates() {
		put(a, &answers.Types, "/topapi/attendance/vacation/type/list", scopeLeave, d.DingTalk.LeaveTypes)
	}
	if names := leaveNames(answers); len(names) > 0 {
		put(a, &answers.Leaves, "/topapi/attendance/getleavetimebynames", scopeBase, func(ctx context.Context) ([]dingtalk.Values, error) {
			return d.DingTalk.LeaveTimes(ctx, subject.UserID, names, subject.WorkDate, subject.WorkDate) // It names the API.
		})
	}
}

// columnIDs are those of the first columns that have one.
func columnIDs(columns []dingtalk.Column) []int64 {
	var ids []int64
	for _, c := range columns {
		if c.ID != 0 && !c.Leave() && len(ids) < dingtalk.ReportColumns {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// leaveNames are the company's leave types, or those that the report names.
func leaveNames(answers *Answers) []string {
	names := slices.Clone(answers.Types.Value)
	for _, c := range answers.Columns.Value {
		if c.Leave() && c.Name != "" && !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names[:min(len(names), dingtalk.ReportColumns)]
}
