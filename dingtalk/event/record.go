package event

import (
	"errors"
	"fmt"
	"time"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
)

// checkRecord reads a punch. One with checkByUser=false is a replay after a
// re-schedule: the punch may be old, but its day changed
// (employee-clock-in-event).
func checkRecord(r loose.Object, h *attendance.Hint, loc *time.Location) error {
	h.UserID = r.String("userid")
	if h.UserID == "" {
		return errors.New("the punch names no user")
	}
	at, err := loose.Time(r.Get("checktime"), loc) // 0 is a time, though an absurd one
	switch {
	case err != nil:
		return fmt.Errorf("the punch's checkTime: %w", err)
	case at.IsZero():
		return errors.New("the punch has no checkTime")
	}
	h.Kind, h.CheckTime = attendance.KindPunch, at
	h.BizID = r.String("bizid")
	h.LocationResult = r.String("locationresult")
	h.LocationMethod = r.String("locationmethod")
	if byUser, known := r.Bool("checkbyuser"); known && !byUser {
		h.Kind, h.WorkDate = attendance.KindDay, attendance.DateOf(at, loc)
		bear(r, h, loc)
	}
	return nil
}

// changedDay reads a record that says no more than that a user's work date
// changed.
func changedDay(r loose.Object, h *attendance.Hint, loc *time.Location) error {
	h.UserID = r.String("userid")
	if h.UserID == "" {
		return errors.New("the record names no user")
	}
	date, err := r.Date(loc, "workdate")
	switch {
	case err != nil:
		return fmt.Errorf("the record's workDate: %w", err)
	case date.IsZero():
		return errors.New("the record has no workDate")
	}
	h.Kind, h.WorkDate = attendance.KindDay, date
	bear(r, h, loc)
	return nil
}

// bear gives a day's hint a birth where the envelope has none: without id and
// birth two changes of one day would share a key, and the later one be lost.
func bear(r loose.Object, h *attendance.Hint, loc *time.Location) {
	if !h.BornAt.IsZero() {
		return
	}
	if t, err := r.Time(loc, "timestamp"); err == nil && !t.IsZero() {
		h.BornAt = t
	} else if h.EventID == "" {
		h.BornAt = h.ReceivedAt
	}
}

// instanceChange reads bpms_instance_change. Other processes than those of
// attendance are hints too: only their process code tells.
func instanceChange(r loose.Object, h *attendance.Hint, loc *time.Location) error {
	h.UserID = r.String("staffid", "originatoruserid", "userid")
	return approval(r, h, loc, "type", "status")
}

// approveStatus reads attendance_approve_status_change, which names neither a
// user nor a result.
func approveStatus(r loose.Object, h *attendance.Hint, loc *time.Location) error {
	h.UserID = r.String("staffid", "originatoruserid", "userid")
	return approval(r, h, loc, "status", "type")
}

func approval(r loose.Object, h *attendance.Hint, loc *time.Location, typeNames ...string) error {
	a := attendance.ApprovalHint{
		ProcessInstanceID:     r.String("processinstanceid", "procinstid", "procinsid"),
		MainProcessInstanceID: r.String("mainprocessinstanceid", "mainprocinstid"),
		ProcessCode:           r.String("processcode"),
		BizCategoryID:         r.String("bizcategoryid"),
		ApproveType:           r.String("approvetype"),
		Type:                  r.String(typeNames...),
		Result:                r.String("result"),
	}
	switch {
	case a.ProcessInstanceID == "":
		return errors.New("the record names no approval instance")
	case a.Type == "":
		return errors.New("the record does not say what became of the approval instance")
	}
	// Both times are only an exacter form of what the instance says: odd ones
	// are done without.
	if t, err := r.Time(loc, "createtime"); err == nil {
		a.CreatedAt = t
	}
	if t, err := r.Time(loc, "finishtime", "finshtime"); err == nil {
		a.FinishedAt = t
	}
	h.Kind, h.Approval = attendance.KindApproval, &a
	return nil
}
