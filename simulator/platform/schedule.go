package platform

import (
	"net/http"
	"strings"
	"time"

	"dakasync/simulator/company"
)

// scheduleByUsers is `query-batch-scheduling-information`. Rest days of fixed shifts answer with is_rest "Y", days off of turning
// shifts with nothing.
func (p *Platform) scheduleByUsers(c *call) {
	var request struct {
		OpUserID text   `json:"op_user_id"`
		UserIDs  string `json:"userids"`
		From     int64  `json:"from_date_time"`
		To       int64  `json:"to_date_time"`
	}
	if !c.decode(&request) {
		c.refuseOld(codeParameter, messageParameter)
		return
	}
	users := strings.Split(request.UserIDs, ",")
	from, to := time.UnixMilli(request.From).In(c.location()), time.UnixMilli(request.To).In(c.location())
	operator, _ := p.company.Employee(string(request.OpUserID))
	switch {
	case !operator.Admin:
		c.refuseOld(400002, "op_user_id 无效或没有权限")
		return
	case request.UserIDs == "" || len(users) > maxUsers || to.Before(from):
		c.refuseOld(codeParameter, messageParameter)
		return
	case to.Sub(from) > maxDays*24*time.Hour:
		c.refuseOld(codeSpan, messageSpan)
		return
	case c.tooOld(company.DateOf(from)):
		c.refuseOld(codeTooOld, messageTooOld)
		return
	}
	rows, moment := []any{}, c.moment()
	for _, user := range users {
		for date := company.DateOf(from); date <= company.DateOf(to); date++ {
			rows = append(rows, c.planRows(moment, user, date)...)
		}
	}
	c.result(rows)
}

func (c *call) planRows(moment company.Moment, user string, date company.Date) []any {
	midnight := c.local(date.In(c.location()))
	slots := c.platform.company.Plan(moment, user, date)
	var rows []any
	for _, slot := range slots {
		rows = append(rows, map[string]any{
			"id": slot.PlanID, "userid": user, "group_id": slot.GroupID, "shift_id": slot.ClassID, "shift_version": 1,
			"check_type": slot.CheckType, "plan_check_time": c.local(slot.Plan), "work_date": midnight, "is_rest": "N",
		})
	}
	group, known := c.platform.company.Group(moment, user, date)
	if known && len(slots) == 0 && group.Kind == company.GroupFixed {
		rows = append(rows, map[string]any{
			"id": 0, "userid": user, "group_id": group.ID, "work_date": midnight, "is_rest": "Y",
		})
	}
	return rows
}

// holidays is POST /v1.0/attendance/holidays.
func (p *Platform) holidays(c *call) {
	var request struct {
		UserIDs []string `json:"userIds"`
		From    int64    `json:"workDateFrom"`
		To      int64    `json:"workDateTo"`
	}
	if !c.decode(&request) || len(request.UserIDs) == 0 || len(request.UserIDs) > maxUsers || request.To < request.From {
		c.refuseNew(http.StatusBadRequest, "invalidParameter", messageParameter)
		return
	}
	first := company.DateOf(time.UnixMilli(request.From).In(c.location()))
	last := company.DateOf(time.UnixMilli(request.To).In(c.location()))
	list := []any{}
	for _, user := range request.UserIDs {
		if _, known := p.company.Employee(user); !known {
			continue
		}
		days := []any{}
		for date := first; date <= min(last, first+366); date++ {
			if name, ok := p.company.Holiday(date); ok {
				midnight := millis(date.In(c.location()))
				days = append(days, map[string]any{
					"workDate": midnight, "holidayName": name, "holidayType": "festival", "realWorkDate": midnight,
				})
			}
		}
		list = append(list, map[string]any{"userId": user, "holidays": days})
	}
	c.answer(map[string]any{"result": list})
}
