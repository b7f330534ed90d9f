package dingtalk

import (
	"context"
	"encoding/json"
	"fmt"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
)

// Holiday is a day that is special for a user: a make-up punch on one pushes no
// event.
type Holiday struct {
	UserID       string
	WorkDate     attendance.Date
	Name         string
	Type         string          // e.g. festival
	RealWorkDate attendance.Date // the day worked in its place, or zero
}

// Holidays asks for the holidays of up to 50 users.
func (c *Client) Holidays(ctx context.Context, userIDs []string, from, to attendance.Date) ([]Holiday, error) {
	ep := holidaysCall()
	if len(userIDs) == 0 || len(userIDs) > attendance.WindowUsers || to.Before(from) {
		return nil, invalid(ep, fmt.Sprintf("%d users from %s to %s", len(userIDs), from, to))
	}
	body, err := c.ask(ctx, ep, question{body: map[string]any{
		fieldUserIDs:   userIDs,
		"workDateFrom": from.In(c.options.Location).UnixMilli(), "workDateTo": to.In(c.options.Location).UnixMilli(),
	}})
	if err != nil {
		return nil, err
	}
	rows := c.reader()
	holidays, err := rows.holidays(body)
	if err != nil {
		return nil, malformed(ep, err.Error())
	}
	c.skipped(ctx, ep, rows.skipped, rows.first)
	return holidays, nil
}

func (r *reader) holidays(body []byte) ([]Holiday, error) {
	o, ok := loose.ParseObject(body)
	if !ok {
		return nil, errNoObject
	}
	users, ok := o.Array("result")
	if !ok && o.Get("result") != nil {
		return nil, errNoArray
	}
	var holidays []Holiday
	r.each(users, func(user loose.Object, _ json.RawMessage) error {
		list, _ := user.Array("holidays")
		r.each(list, func(o loose.Object, _ json.RawMessage) error {
			h := Holiday{UserID: user.String("userid"), Name: o.String("holidayname"), Type: o.String("holidaytype")}
			var err error
			if h.WorkDate, err = o.Date(r.loc, "workdate"); err != nil || h.WorkDate.IsZero() {
				return errNoTime
			}
			h.RealWorkDate, _ = o.Date(r.loc, "realworkdate") // an odd one is done without
			holidays = append(holidays, h)
			return nil
		})
		return nil
	})
	return holidays, nil
}
