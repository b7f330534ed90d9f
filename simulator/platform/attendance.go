package platform

import (
	"strconv"
	"time"

	"dakasync/simulator/company"
)

// halfYear is how far back attendance may be read.
const halfYear = 180

const (
	codeTooOld       = 850002
	codeUnknownUser  = 60121
	codeSpan         = 41041
	codeParameter    = 40035
	messageTooOld    = "禁止查询半年以前的数据"
	messageNoUser    = "找不到该用户"
	messageSpan      = "时间跨度太大"
	messageParameter = "不合法的参数"
)

// local writes a time as the old APIs do: in the company's zone, without one.
func (c *call) local(t time.Time) string { return t.In(c.location()).Format(time.DateTime) }

// parseLocal reads a time in the company's zone, with or without the time of day.
func (c *call) parseLocal(value string) (time.Time, bool) {
	for _, layout := range []string{time.DateTime, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, value, c.location()); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func (c *call) tooOld(date company.Date) bool {
	return date < company.DateOf(c.platform.company.Now())-halfYear
}

// updateData is `obtain-the-attendance-update-data`: one person, one day.
func (p *Platform) updateData(c *call) {
	var request struct {
		UserID   text   `json:"userid"`
		WorkDate string `json:"work_date"`
	}
	if !c.decode(&request) {
		c.refuseOld(codeParameter, messageParameter)
		return
	}
	asked, ok := c.parseLocal(request.WorkDate)
	if !ok || request.UserID == "" {
		c.refuseOld(codeParameter, messageParameter)
		return
	}
	if c.tooOld(company.DateOf(asked)) {
		c.refuseOld(codeTooOld, messageTooOld)
		return
	}
	day, known := p.company.Day(c.moment(), string(request.UserID), company.DateOf(asked))
	if !known && p.Settings().UnknownUser == "error" {
		c.refuseOld(codeUnknownUser, messageNoUser)
		return
	}
	result := map[string]any{
		"userid": request.UserID, "corpId": p.company.CorpID(), "work_date": c.local(asked),
		"attendance_result_list": c.resultList(day), "check_record_list": c.recordList(day),
		"approve_list": c.approveList(day),
	}
	if day.Scheduled {
		result["class_setting_info"] = map[string]any{
			"rest_time_vo_list": []any{map[string]any{"rest_begin_time": 0, "rest_end_time": 0}},
		}
	}
	c.result(result)
}

func (c *call) resultList(day company.Day) []any {
	list := make([]any, 0, len(day.Results))
	for _, result := range day.Results {
		row := map[string]any{
			"record_id": result.RecordID, "plan_id": result.PlanID, "group_id": result.GroupID, "class_id": result.ClassID,
			"check_type": result.CheckType, "plan_check_time": c.local(result.Plan), "user_check_time": c.local(result.At),
			"time_result": result.TimeResult, "location_result": result.LocationResult, "source_type": result.Source,
		}
		if result.Method != "" {
			row["location_method"], row["user_address"] = result.Method, PersonalAddress
		}
		if result.LocationResult == company.LocationOutside {
			row["outside_remark"] = "CANARY-REMARK"
		}
		if result.Instance != "" {
			row["procInst_id"] = result.Instance
		}
		list = append(list, row)
	}
	return list
}

func (c *call) recordList(day company.Day) []any {
	list := make([]any, 0, len(day.Records))
	for _, record := range day.Records {
		row := map[string]any{
			"record_id": record.ID, "user_check_time": c.local(record.At), "valid_matched": record.Valid,
			"source_type": record.Source, "user_accuracy": "15.0",
			"user_longitude": strconv.FormatFloat(PersonalLongitude, 'f', -1, 64),
			"user_latitude":  strconv.FormatFloat(PersonalLatitude, 'f', -1, 64),
			"user_ssid":      PersonalSSID, "user_mac_addr": PersonalMAC, "base_accuracy": "0.0", "base_address": PersonalAddress,
		}
		if !record.Valid {
			row["invalid_record_type"], row["invalid_record_msg"] = "Other", record.InvalidMessage
		}
		list = append(list, row)
	}
	return list
}

// approveList repeats the whole approval's length on each of its days, as DingTalk does.
func (c *call) approveList(day company.Day) []any {
	list := make([]any, 0, len(day.Approvals))
	for _, a := range day.Approvals {
		duration, unit := durationOf(a)
		row := map[string]any{
			"procInst_id": a.ID, "begin_time": c.local(a.Begin), "end_time": c.local(a.End), "duration": duration,
			"duration_unit": unit, "gmt_finished": c.local(a.FinishedAt), "sub_type": "",
		}
		switch a.Kind {
		case company.KindOvertime:
			row["biz_type"], row["tag_name"] = 1, "加班"
		case company.KindTrip:
			row["biz_type"], row["tag_name"] = 2, "出差"
		case company.KindOut:
			row["biz_type"], row["tag_name"] = 2, "外出"
		default:
			row["biz_type"], row["tag_name"], row["sub_type"] = 3, "请假", "年假"
		}
		list = append(list, row)
	}
	return list
}

// durationOf is the length of a whole approval, as text.
func durationOf(a company.Approval) (string, string) {
	hours := a.End.Sub(a.Begin).Hours()
	if a.Unit == company.UnitHour {
		return strconv.FormatFloat(hours, 'f', 1, 64), company.UnitHour
	}
	return strconv.FormatFloat(hours/24, 'f', 1, 64), company.UnitDay
}
