package platform

import (
	"slices"
	"time"

	"dakasync/simulator/company"
)

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
			for _, result := range day.Results {
				if result.Source == company.SourceApprove && result.TimeResult == company.TimeNormal && inside(result.At) && c.isMakeUp(result.Instance) {
					rows = append(rows, c.madeUpRow(result))
				}
			}
			for _, record := range day.Records {
				if inside(record.At) {
					rows = append(rows, c.recordRow(record, day.Results))
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
func (c *call) recordRow(record company.Record, results []company.Result) map[string]any {
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
		c.plan(row, record, results)
	}
	return row
}

// plan adds the slot that a punch counts for: as the slot's result, if that shows this very punch, or else as what it would be.
func (c *call) plan(row map[string]any, record company.Record, results []company.Result) {
	index := slices.IndexFunc(results, func(r company.Result) bool { return r.Index == record.Slot && r.CheckType == record.CheckType })
	if index < 0 {
		return
	}
	result, settings := results[index], c.platform.Settings()
	timeResult := result.TimeResultAt(record.At)
	switch {
	case result.RecordID == record.ID:
		timeResult = result.TimeResult
		if result.Instance != "" {
			row["procInstId"], row["approveId"] = result.Instance, approveID(result.Instance)
		}
	case settings.RecordPlans == "shown":
		return
	}
	row["planId"], row["groupId"], row["classId"] = result.PlanID, result.GroupID, result.ClassID
	row["planCheckTime"], row["baseCheckTime"] = millis(result.Plan), millis(result.Plan)
	row["timeResult"] = timeResult
	if normal := timeResult == company.TimeNormal && record.LocationResult == company.LocationNormal; !normal && settings.Legal == "normal" {
		row["isLegal"] = "N"
	}
}
