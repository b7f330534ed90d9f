package platform

import (
	"dakasync/simulator/company"
)

// Limits of the batch reads.
const (
	maxUsers = 50
	maxDays  = 7
	maxLimit = 50
)

// list is `open-attendance-clock-in-data`: results of 50 people and 7 days, 50 a page.
func (p *Platform) list(c *call) {
	var request struct {
		From    string `json:"workDateFrom"`
		To      string `json:"workDateTo"`
		UserIDs []text `json:"userIdList"`
		Offset  int    `json:"offset"`
		Limit   int    `json:"limit"`
		IsI18n  bool   `json:"isI18n"`
	}
	if !c.decode(&request) {
		c.refuseOld(codeParameter, messageParameter)
		return
	}
	from, okFrom := c.parseLocal(request.From)
	to, okTo := c.parseLocal(request.To)
	first, last := company.DateOf(from), company.DateOf(to)
	switch {
	case !okFrom || !okTo || last < first || len(request.UserIDs) == 0 || len(request.UserIDs) > maxUsers,
		request.Limit <= 0 || request.Limit > maxLimit || request.Offset < 0:
		c.refuseOld(codeParameter, messageParameter)
		return
	case last-first >= maxDays:
		c.refuseOld(codeSpan, messageSpan)
		return
	}
	rows := []any{}
	if !request.IsI18n {
		rows = c.listRows(request.UserIDs, first, last)
	}
	begin := min(request.Offset, len(rows))
	end := min(begin+request.Limit, len(rows))
	c.answer(map[string]any{"errcode": 0, "errmsg": "ok", "hasMore": end < len(rows), "recordresult": rows[begin:end]})
}

func (c *call) listRows(users []text, first, last company.Date) []any {
	rows, moment := []any{}, c.moment()
	for _, user := range users {
		for date := first; date <= last; date++ {
			if c.tooOld(date) {
				continue
			}
			day := c.batchDay(moment, string(user), date)
			for _, result := range day.Results {
				rows = append(rows, c.listRow(result))
			}
		}
	}
	return rows
}

// batchDay is a day as the batch reads show it: of strangers, and by Settings.LeftUsers of those who left, silently nothing.
func (c *call) batchDay(moment company.Moment, user string, date company.Date) company.Day {
	if c.platform.Settings().LeftUsers == "shown" {
		return c.platform.company.PastDay(moment, user, date)
	}
	day, _ := c.platform.company.Day(moment, user, date)
	return day
}

func (c *call) listRow(result company.Result) map[string]any {
	row := map[string]any{
		"id": result.PlanID + 1, "recordId": result.RecordID, "planId": result.PlanID, "groupId": result.GroupID,
		"userId": result.User, "workDate": millis(result.WorkDate.In(c.location())), "checkType": result.CheckType,
		"timeResult": result.TimeResult, "locationResult": result.LocationResult, "sourceType": result.Source,
		"baseCheckTime": millis(result.Plan), "userCheckTime": millis(result.At),
	}
	if result.Instance != "" {
		row["procInstId"], row["approveId"] = result.Instance, approveID(result.Instance)
	}
	return row
}

// approveID is a stable number for an instance.
func approveID(instance string) int64 {
	id := int64(7)
	for _, r := range instance {
		id = (id*31 + int64(r)) % 2_000_000_000
	}
	return id + 1_000_000_000
}
