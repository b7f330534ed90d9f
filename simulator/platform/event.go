package platform

import (
	"time"

	"dakasync/simulator/company"
)

// Personal data that the platform sends with punches. Each value is recognisable: whoever must not keep personal data can be
// searched for them.
const (
	PersonalAddress   = "CANARY-ADDRESS 绿城未来park"
	PersonalSSID      = "CANARY-SSID"
	PersonalMAC       = "ca:4a:71:ca:4a:71"
	PersonalLatitude  = 30.285230848524307
	PersonalLongitude = 120.01713514539931
	PersonalPhoto     = "https://static.example.com/CANARY-PHOTO.jpg"
	PersonalDevice    = "160CANARY"
)

// PersonalKinds are texts of each kind of personal data, by which it can be recognised wherever it went.
func PersonalKinds() map[string]string {
	return map[string]string{
		"address": "CANARY-ADDRESS", "SSID": PersonalSSID, "MAC": PersonalMAC, "latitude": "30.2852308485", "longitude": "120.0171351453",
		"photo": "CANARY-PHOTO", "device id": "CANARY-DEVICE-ID", "device name": "CANARY-DEVICE\"", "device number": PersonalDevice,
		"remark": "CANARY-REMARK", "mobile": "CANARY-MOBILE",
	}
}

// PersonalValues are texts that must be found nowhere when only the least is kept.
func PersonalValues() []string {
	return []string{"CANARY", PersonalMAC, "30.2852308485", "120.0171351453"}
}

// event is a push: type and business data. The data's own eventId is added by newEvent.
type event struct {
	id, kind string
	corpID   string // of the header; empty: the company's
	data     any
}

func newEvent(kind string, data map[string]any) event {
	id := unique(16)
	data["eventId"] = id
	return event{id: id, kind: kind, data: data}
}

func millis(t time.Time) int64 { return t.UnixMilli() }

// happened turns what happens in the company into events.
func (p *Platform) happened(happening company.Happening, moment company.Moment) {
	p.sight(moment)
	corpID := p.company.CorpID()
	switch h := happening.(type) {
	case company.Punch:
		if !h.Quiet {
			p.publish(newEvent("attendance_check_record", map[string]any{
				"dataList": []any{punchData(corpID, h.Record, true)},
			}))
		}
	case company.Replay:
		list := make([]any, 0, len(h.Records))
		for _, record := range h.Records {
			list = append(list, punchData(corpID, record, false))
		}
		p.publish(newEvent("attendance_check_record", map[string]any{"dataList": list}))
	case company.ApprovalChanged:
		p.publish(p.instanceEvent(h))
		if approveType, ok := approveTypes()[h.Approval.Kind]; ok {
			p.publish(newEvent("attendance_approve_status_change", map[string]any{
				"approveType": approveType, "processInstanceId": h.Approval.ID, "mainProcessInstanceId": h.Approval.Main,
				"corpId": corpID, "processCode": h.Approval.ProcessCode, "status": h.Change,
			}))
		}
	case company.BossEdited:
		p.publish(newEvent("attend_bossCheck_change", map[string]any{
			"workDate": h.WorkDate.String() + " 00:00:00", "action": "attend_bossCheck_update", "planId": h.PlanID, "userId": h.User,
		}))
	case company.DaySummary:
		p.publish(newEvent("attend_user_daily_summary_refresh", map[string]any{
			"workDate": h.WorkDate.String(), "userId": h.User,
		}))
	case company.OvertimeCounted:
		p.publish(newEvent("attendance_overtime_duration", map[string]any{"dataList": []any{p.overtimeData(h)}}))
	case company.ScheduleChanged:
		midnight := h.WorkDate.In(p.company.Location())
		p.publish(newEvent("attendance_schedule_change", map[string]any{"DataList": []any{map[string]any{
			"workDateBegin": millis(midnight), "workDateEnd": millis(midnight), "corpId": corpID, "userIds": h.Users,
			"type": "modify",
		}}}))
	}
}

// punchData is an element of attendance_check_record (`employee-clock-in-event`).
func punchData(corpID string, record company.Record, byUser bool) map[string]any {
	data := map[string]any{
		"corpId": corpID, "checkTime": millis(record.At), "locationResult": record.LocationResult, "groupId": record.GroupKey,
		"bizId": record.BizID, "locationMethod": record.Method, "userId": record.User, "checkByUser": byUser,
	}
	switch {
	case record.Source == company.SourceApprove:
	case record.Device != "":
		data["deviceSN"], data["deviceName"], data["baseMacAddr"] = record.Device, "CANARY-DEVICE", PersonalMAC
	default:
		data["address"], data["latitude"], data["longitude"] = PersonalAddress, PersonalLatitude, PersonalLongitude
	}
	return data
}

// approveTypes are those of attendance_approve_status_change; a make-up has none.
func approveTypes() map[string]string {
	return map[string]string{
		company.KindLeave: "LEAVE", company.KindOvertime: "OVERTIME", company.KindTrip: "TRAVEL", company.KindOut: "OUT",
	}
}

// instanceEvent is bpms_instance_change (`event-bpms-instance-change`).
func (p *Platform) instanceEvent(h company.ApprovalChanged) event {
	template := company.TemplateOf(h.Approval.Kind)
	data := map[string]any{
		"resource":          "/v1.0/event/bpms_instance_change/processCode/" + template.ProcessCode + "/type/" + h.Change,
		"processInstanceId": h.Approval.ID, "processCode": h.Approval.ProcessCode, "bizCategoryId": template.BizCategory,
		"businessId": businessID(h.Approval), "type": h.Change, "title": p.title(h.Approval), "staffId": h.Approval.Originator,
		"createTime": millis(h.Approval.StartedAt), "url": "https://aflow.dingtalk.com/simulated", "businessType": "",
	}
	if h.Change == company.ChangeFinish {
		data["result"] = h.Approval.Result
	}
	if !h.Approval.FinishedAt.IsZero() {
		data["finishTime"] = millis(h.Approval.FinishedAt)
	}
	return newEvent("bpms_instance_change", data)
}

func businessID(a company.Approval) string {
	return a.StartedAt.Format("200601021504") + a.ID[len(a.ID)-9:]
}

func (p *Platform) title(a company.Approval) string {
	return p.company.Name(a.Originator) + "提交的" + company.TemplateOf(a.Kind).Title
}

func (p *Platform) overtimeData(h company.OvertimeCounted) map[string]any {
	return map[string]any{
		"workHoursPerDay": 8, "overtimeDayType": "workDay", "workDate": millis(h.WorkDate.In(p.company.Location())),
		"overtimeDay": 0, "corpId": p.company.CorpID(), "action": "modify", "overtimeHour": h.Hours, "vacationRate": 1.0,
		"workMinutesPerDay": 480, "userid": h.User, "key": h.User + "_" + h.WorkDate.String(), "timestamp": millis(h.At),
	}
}
