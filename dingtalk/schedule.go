package dingtalk

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
)

// Schedule asks what is planned for up to 50 users and 7 days. Fixed shifts are
// planned 15 days ahead only (query-batch-scheduling-information).
func (c *Client) Schedule(ctx context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Planned, error) {
	ep := scheduleCall()
	if c.options.OperatorUserID == "" {
		return nil, ErrNoOperator
	}
	if why := windowFault(userIDs, from, to); why != "" {
		return nil, invalid(ep, why)
	}
	loc := c.options.Location
	body, err := c.ask(ctx, ep, question{body: map[string]any{
		"op_user_id":     c.options.OperatorUserID,
		"userids":        strings.Join(userIDs, ","),
		"from_date_time": from.In(loc).UnixMilli(),
		"to_date_time":   to.AddDays(1).In(loc).Add(-time.Second).UnixMilli(),
	}})
	if err != nil {
		return nil, err
	}
	o, _ := loose.ParseObject(body)
	list, ok := o.Array("result")
	if !ok && o.Get("result") != nil {
		return nil, malformed(ep, "its result is no array")
	}
	var planned []attendance.Planned
	rows := c.reader()
	rows.each(list, func(o loose.Object, _ json.RawMessage) error {
		row, err := rows.planned(o)
		if err == nil {
			planned = append(planned, row)
		}
		return err
	})
	c.skipped(ctx, ep, rows.skipped, rows.first)
	return planned, nil
}

func (r *reader) planned(o loose.Object) (attendance.Planned, error) {
	row := attendance.Planned{UserID: o.String("userid"), CheckType: o.String("checktype")}
	if row.UserID == "" {
		return row, errNoUser
	}
	var err error
	if row.PlanCheckTime, err = o.Time(r.loc, "planchecktime", "realplantime", "checkdatetime"); err != nil {
		return row, fmt.Errorf("its planned time: %w", err)
	}
	if row.WorkDate, err = o.Date(r.loc, "workdate"); err != nil {
		return row, fmt.Errorf("its work date: %w", err)
	}
	if row.WorkDate.IsZero() {
		if row.PlanCheckTime.IsZero() {
			return row, errNoTime
		}
		row.WorkDate = attendance.DateOf(row.PlanCheckTime, r.loc)
	}
	row.PlanID, _ = o.Int("id", "planid")
	row.GroupID, _ = o.Int("groupid")
	row.ClassID, _ = o.Int("shiftid", "classid")
	row.Rest, _ = o.Bool("isrest")
	return row, nil
}
