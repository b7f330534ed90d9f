package company

import (
	"slices"
	"time"
)

// Truth is what a perfect ledger holds at the company's now. Rows are named after the ledger's tables and columns, and sorted.
type Truth struct {
	Now          time.Time        `json:"now"`
	Days         []DayRow         `json:"day"`
	Results      []ResultRow      `json:"result"`
	Punches      []PunchRow       `json:"punch"`
	Approvals    []ApprovalRow    `json:"approval"`
	ApprovalDays []ApprovalDayRow `json:"approval_day"`
}

// DayRow is a user-day from the world's first day to today, and of those who came or went from their first to their last.
type DayRow struct {
	CorpID    string `json:"corp_id"`
	UserID    string `json:"user_id"`
	WorkDate  Date   `json:"work_date"`
	Scheduled bool   `json:"scheduled"`
}

// ResultRow is one slot's result.
type ResultRow struct {
	CorpID            string     `json:"corp_id"`
	UserID            string     `json:"user_id"`
	WorkDate          Date       `json:"work_date"`
	CheckType         string     `json:"check_type"`
	PlanCheckTime     *time.Time `json:"plan_check_time"`
	UserCheckTime     *time.Time `json:"user_check_time"` // nil if NotSigned
	TimeResult        string     `json:"time_result"`
	LocationResult    string     `json:"location_result"`
	SourceType        string     `json:"source_type"`
	RecordID          int64      `json:"record_id"`
	PlanID            int64      `json:"plan_id"`
	GroupID           int64      `json:"group_id"`
	ClassID           int64      `json:"class_id"`
	ProcessInstanceID string     `json:"process_instance_id,omitempty"`
}

// PunchRow is one clock-in. CheckType is the slot's that it counts for, whether or not the slot's result shows this very punch
// (the first of two on-duty punches is shown, and the last of two off-duty ones).
type PunchRow struct {
	CorpID            string    `json:"corp_id"`
	UserID            string    `json:"user_id"`
	WorkDate          Date      `json:"work_date"`
	CheckTime         time.Time `json:"check_time"`
	Valid             *bool     `json:"valid"` // nil for a make-up: it is no record
	SourceType        string    `json:"source_type"`
	CheckType         string    `json:"check_type,omitempty"`
	LocationResult    string    `json:"location_result,omitempty"`
	RecordID          int64     `json:"record_id,omitempty"` // of a record
	BizID             string    `json:"biz_id,omitempty"`
	ProcessInstanceID string    `json:"process_instance_id,omitempty"`
	// APIShows is false for the make-ups that only their approval tells of.
	APIShows bool `json:"api_shows"`
}

// ApprovalRow is one instance. Times are exact; the instance API shows minutes, the events milliseconds.
type ApprovalRow struct {
	CorpID                string     `json:"corp_id"`
	ProcessInstanceID     string     `json:"process_instance_id"`
	ProcessCode           string     `json:"process_code"`
	Kind                  string     `json:"kind"`
	OriginatorUserID      string     `json:"originator_user_id"`
	Status                string     `json:"status"`
	Result                string     `json:"result,omitempty"`
	CreatedAt             time.Time  `json:"created_at"`
	FinishedAt            *time.Time `json:"finished_at"`
	MainProcessInstanceID string     `json:"main_process_instance_id,omitempty"`
	BizAction             string     `json:"biz_action"`
	Revoked               bool       `json:"revoked"`
}

// States of an approval's day.
const (
	StateDue    = "due"
	StateSynced = "synced"
	StateVoid   = "void"
)

// ApprovalDayRow is the part of an agreed approval on one day of one person, half-open.
type ApprovalDayRow struct {
	CorpID            string     `json:"corp_id"`
	ProcessInstanceID string     `json:"process_instance_id"`
	UserID            string     `json:"user_id"`
	WorkDate          Date       `json:"work_date"`
	BeginTime         *time.Time `json:"begin_time"`
	EndTime           *time.Time `json:"end_time"`
	MadeUpTime        *time.Time `json:"made_up_time"`
	State             string     `json:"state"`
}

// Truth as of the company's now.
func (c *Company) Truth() Truth {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.moment()
	truth := Truth{Now: c.now}
	for _, employee := range c.employees {
		// A work date that begins tomorrow may have punches tonight.
		for date := c.FirstDay() - 1; date <= DateOf(c.now)+1; date++ {
			c.appendDay(&truth, m, employee, date)
		}
		c.appendMakeUps(&truth, m, employee)
	}
	for _, a := range c.order {
		truth.Approvals = append(truth.Approvals, c.approvalRow(a, m))
		truth.ApprovalDays = append(truth.ApprovalDays, c.approvalDays(a, m)...)
	}
	slices.SortFunc(truth.Punches, func(a, b PunchRow) int {
		if a.UserID != b.UserID {
			return compareText(a.UserID, b.UserID)
		}
		return a.CheckTime.Compare(b.CheckTime)
	})
	return truth
}

func (c *Company) appendDay(truth *Truth, m Moment, employee *Employee, date Date) {
	day := c.day(m, employee, date)
	employed := employee.on(date) != nil || len(day.Results)+len(day.Records) > 0
	if employed && date >= c.FirstDay() && date <= DateOf(c.now) {
		truth.Days = append(truth.Days, DayRow{c.options.CorpID, employee.UserID, date, day.Scheduled})
	}
	for _, result := range day.Results {
		truth.Results = append(truth.Results, c.resultRow(result))
	}
	for _, record := range day.Records {
		if record.Source == SourceApprove {
			continue
		}
		truth.Punches = append(truth.Punches, PunchRow{
			CorpID: c.options.CorpID, UserID: record.User, WorkDate: date, CheckTime: record.At, Valid: &record.Valid,
			SourceType: record.Source, CheckType: record.CheckType, LocationResult: record.LocationResult,
			RecordID: record.ID, BizID: record.BizID, APIShows: true,
		})
	}
}

func (c *Company) resultRow(result Result) ResultRow {
	row := ResultRow{
		CorpID: c.options.CorpID, UserID: result.User, WorkDate: result.WorkDate, CheckType: result.CheckType,
		PlanCheckTime: &result.Plan, TimeResult: result.TimeResult, LocationResult: result.LocationResult,
		SourceType: result.Source, RecordID: result.RecordID, PlanID: result.PlanID, GroupID: result.GroupID,
		ClassID: result.ClassID, ProcessInstanceID: result.Instance,
	}
	if result.Signed() {
		row.UserCheckTime = &result.At
	}
	return row
}

// appendMakeUps adds the approved make-ups. One at the second of a physical punch is that punch.
func (c *Company) appendMakeUps(truth *Truth, m Moment, employee *Employee) {
	seen := map[int64]bool{}
	for _, a := range c.touching[employee.UserID] {
		at := a.MadeUp.Unix()
		if a.Kind != KindMakeUp || !c.inEffect(a, m) || seen[at] || c.seconds[minuteKey{employee.UserID, at}] != nil {
			continue
		}
		seen[at] = true
		row := PunchRow{
			CorpID: c.options.CorpID, UserID: employee.UserID, WorkDate: a.WorkDate, CheckTime: a.MadeUp,
			SourceType: SourceApprove, ProcessInstanceID: a.ID, APIShows: c.options.ShowUnscheduledMakeUps,
		}
		if slot := c.madeUpSlot(a); slot != nil {
			row.CheckType = slot.CheckType
			shown, _ := c.result(*slot, m)
			row.APIShows = shown.Instance == a.ID
		}
		truth.Punches = append(truth.Punches, row)
	}
}

func (c *Company) approvalRow(a *Approval, m Moment) ApprovalRow {
	row := ApprovalRow{
		CorpID: c.options.CorpID, ProcessInstanceID: a.ID, ProcessCode: a.ProcessCode, Kind: a.Kind,
		OriginatorUserID: a.Originator, Status: a.Status, Result: a.Result, CreatedAt: a.StartedAt,
		MainProcessInstanceID: a.Main, BizAction: a.BizAction, Revoked: c.revoked(a, m),
	}
	if !a.FinishedAt.IsZero() {
		row.FinishedAt = &a.FinishedAt
	}
	return row
}

// approvalDays are the days of an instance that was ever agreed; those of one that no longer holds are void.
func (c *Company) approvalDays(a *Approval, m Moment) []ApprovalDayRow {
	if a.Result != ResultAgree || a.BizAction == ActionRevoke || a.Kind == KindOther {
		return nil
	}
	state := func(user string, date Date) string {
		employee := c.byID[user]
		switch {
		case !c.inEffect(a, m):
			return StateVoid
		case date > DateOf(c.now), employee.gone() && date > DateOf(employee.Left):
			return StateDue // of one who left for ever: there is nobody to ask about
		default:
			return StateSynced
		}
	}
	var rows []ApprovalDayRow
	first, last := c.span(a)
	for _, user := range slices.Compact(slices.Sorted(slices.Values(a.Users))) {
		for date := first; date <= last; date++ {
			row := ApprovalDayRow{
				CorpID: c.options.CorpID, ProcessInstanceID: a.ID, UserID: user, WorkDate: date, State: state(user, date),
			}
			if a.Kind == KindMakeUp {
				row.MadeUpTime = &a.MadeUp
			} else {
				begin, end := a.Part(date, c.location)
				row.BeginTime, row.EndTime = &begin, &end
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// Part is the part of the approval on one day, half-open.
func (a *Approval) Part(date Date, loc *time.Location) (time.Time, time.Time) {
	begin, end := a.Begin, a.End
	if midnight := date.In(loc); begin.Before(midnight) {
		begin = midnight
	}
	if midnight := (date + 1).In(loc); end.After(midnight) {
		end = midnight
	}
	return begin, end
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}
