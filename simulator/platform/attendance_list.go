package platform

import (
	"time"

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

// listRecord is `attendance-clock-in-record-is-open`: every punch in an exact interval, without pages.
func (p *Platform) listRecord(c *call) {
	var request struct {
		UserIDs []text `json:"userIds"`
		From    string `json:"checkDateFrom"`
		To      string `json:"checkDateTo"`
		IsI18n  bool   `json:"isI18n"`
	}
	if !c.decode(&request) {
		c.refuseOld(codeParameter, messageParameter)
		return
	}
	from, okFrom := c.parseLocal(request.From)
	to, okTo := c.parseLocal(request.To)
	switch {
	case !okFrom || !okTo || to.Before(from) || len(request.UserIDs) == 0 || len(request.UserIDs) > maxUsers:
		c.refuseOld(codeParameter, messageParameter)
		return
	case to.Sub(from) > maxDays*24*time.Hour:
		c.refuseOld(codeSpan, messageSpan)
		return
	}
	rows := []any{}
	if !request.IsI18n {
		rows = c.recordRows(request.UserIDs, from, to)
	}
	c.answer(map[string]any{"errcode": 0, "errmsg": "ok", "recordresult": rows})
}

func (c *call) recordRows(users []text, from, to time.Time) []any {
	rows, moment := []any{}, c.moment()
	inside := func(at time.Time) bool {
		return !at.Before(from) && !at.After(to) && !c.tooOld(company.DateOf(at.In(c.location())))
	}
	for _, user := range users {
		for date := company.DateOf(from) - 1; date <= company.DateOf(to)+1; date++ {
			day := c.batchDay(moment, string(user), date)
			shown := map[int64]company.Result{}
			for _, result := range day.Results {
				shown[result.RecordID] = result
				if result.Source == company.SourceApprove && result.TimeResult == company.TimeNormal && inside(result.At) && c.isMakeUp(result.Instance) {
					rows = append(rows, c.madeUpRow(result))
				}
			}
			for _, record := range day.Records {
				if inside(record.At) {
					rows = append(rows, c.recordRow(record, shown))
				}
			}
		}
	}
	return rows
}

func (c *call) isMakeUp(instance string) bool {
	a, _, ok := c.platform.company.Instance(c.moment(), instance)
	return ok && a.Kind == company.KindMakeUp
}

func (c *call) madeUpRow(result company.Result) map[string]any {
	row := c.listRow(result)
	row["corpId"], row["isLegal"], row["locationMethod"] = c.platform.company.CorpID(), "Y", "OTHER"
	row["planCheckTime"], row["classId"] = millis(result.Plan), result.ClassID
	row["gmtCreate"], row["gmtModified"] = millis(result.At), millis(result.At)
	return row
}

// recordRow is a physical punch. A row that counts for no slot lacks check type, plan and group.
func (c *call) recordRow(record company.Record, shown map[int64]company.Result) map[string]any {
	row := map[string]any{
		"id": record.ID, "bizId": record.BizID, "userId": record.User, "corpId": c.platform.company.CorpID(),
		"workDate": millis(record.WorkDate.In(c.location())), "userCheckTime": millis(record.At),
		"locationResult": record.LocationResult, "locationMethod": record.Method, "sourceType": record.Source,
		"isLegal": "Y", "userAddress": PersonalAddress, "userLongitude": PersonalLongitude, "userLatitude": PersonalLatitude,
		"userAccuracy": 15, "userSsid": PersonalSSID, "userMacAddr": PersonalMAC, "baseAddress": PersonalAddress,
		"baseMacAddr": PersonalMAC, "photoUrl": PersonalPhoto, "deviceId": "CANARY-DEVICE-ID",
		"gmtCreate": millis(record.At), "gmtModified": millis(record.At),
	}
	if record.Device != "" {
		row["deviceSN"] = record.Device
	}
	if record.Instance != "" {
		row["procInstId"], row["approveId"] = record.Instance, approveID(record.Instance)
	}
	if !record.Valid {
		row["isLegal"], row["invalidRecordType"], row["invalidRecordMsg"] = "N", "Other", record.InvalidMessage
	}
	if record.CheckType != "" {
		row["checkType"] = record.CheckType
	}
	if result, ok := shown[record.ID]; ok {
		row["planId"], row["groupId"], row["classId"] = result.PlanID, result.GroupID, result.ClassID
		row["planCheckTime"], row["baseCheckTime"] = millis(result.Plan), millis(result.Plan)
		row["timeResult"] = result.TimeResult
	}
	return row
}
