package platform

import (
	"encoding/json"
	"strconv"
	"time"

	"dakasync/simulator/company"
)

const formMinute = "2006-01-02 15:04"

// form is an instance's formComponentValues.
func (p *Platform) form(a company.Approval) []any {
	switch a.Kind {
	case company.KindMakeUp:
		return append(p.makeUpForm(a), component("TextareaField-REASON", "补卡理由", "TextareaField", "reason", "忘记打卡", ""))
	case company.KindLeave:
		return []any{p.leaveForm(a), component("TextareaField-REASON", "请假事由", "TextareaField", "reason", "有事", "")}
	case company.KindOvertime:
		return []any{p.overtimeForm(a)}
	case company.KindTrip, company.KindOut:
		return p.travelForm(a)
	default:
		return []any{component("MoneyField-1", "金额（元）", "MoneyField", "", "128.50", "")}
	}
}

func component(id, name, kind, alias, value, extValue string) map[string]any {
	c := map[string]any{"id": id, "name": name, "componentType": kind, "value": value}
	if alias != "" {
		c["bizAlias"] = alias
	}
	if extValue != "" {
		c["extValue"] = extValue
	}
	return c
}

func encoded(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

// makeUpForm is one of the three shapes in which a make-up's time is found.
func (p *Platform) makeUpForm(a company.Approval) []any {
	madeUp := a.MadeUp.Format(formMinute)
	midnight := millis(a.WorkDate.In(p.company.Location()))
	details := map[string]any{
		"planTip": a.WorkDate.String() + " 补卡", "planText": madeUp, "workDate": midnight, "timeStamp": midnight,
		"userCheckTime": millis(a.MadeUp),
	}
	if slot, ok := p.company.MadeUpSlot(a); ok {
		details["planId"], details["planText"] = slot.PlanID, slot.Plan.Format(formMinute)
	}
	extValue := encoded(details)
	switch a.Shape {
	case 2:
		child := map[string]any{
			"componentName": "DDDateField", "value": madeUp, "extValue": extValue,
			"props": map[string]any{"bizAlias": "userCheckTime", "id": "DDDateField-JYNRW51O", "label": "补卡时间"},
		}
		return []any{component("DDBizSuite-SUPPLY", "补卡", "DDBizSuite", "supply", encoded([]any{child}), "")}
	case 3:
		return []any{component("DDDateField-LEGACY", "repairCheckTime", "DDDateField", "", strconv.FormatInt(millis(a.MadeUp), 10), extValue)}
	default:
		return []any{component("DDDateField-JYNRW51O", "补卡时间", "DDDateField", "userCheckTime", madeUp, extValue)}
	}
}

// detailDays bounds the list of a leave's days in its form.
const detailDays = 62

func (p *Platform) leaveForm(a company.Approval) map[string]any {
	duration, unit := durationOf(a)
	amount, _ := strconv.ParseFloat(duration, 64)
	if unit != company.UnitHour {
		unit = a.Unit
	}
	hours := a.End.Sub(a.Begin).Hours()
	details, loc := []any{}, p.company.Location()
	for date := company.DateOf(a.Begin); date.In(loc).Before(a.End) && len(details) < detailDays; date++ {
		begin, end := a.Part(date, loc)
		details = append(details, map[string]any{
			"workDate": millis(date.In(loc)), "isRest": false, "workTimeMinutes": 480,
			"approveInfo": map[string]any{
				"fromTime": millis(begin), "toTime": millis(end), "durationInDay": end.Sub(begin).Hours() / 24,
				"durationInHour": end.Sub(begin).Hours(),
			},
		})
	}
	value := encoded([]any{leaveBegin(a.Begin, a.Unit), leaveEnd(a.End, a.Unit), amount, unit, "年假", "请假类型"})
	return component("DDHolidayField-1", `["开始时间","结束时间"]`, "DDHolidayField", "", value, encoded(map[string]any{
		"durationInDay": hours / 24, "durationInHour": hours, "unit": unit, "pushTag": "请假", "detailList": details,
		"compressedValue": "1f8b08",
	}))
}

func leaveBegin(t time.Time, unit string) string {
	switch {
	case unit == company.UnitDay:
		return t.Format(time.DateOnly)
	case unit == company.UnitHalfDay && t.Hour() < 12:
		return t.Format(time.DateOnly) + " 上午"
	case unit == company.UnitHalfDay:
		return t.Format(time.DateOnly) + " 下午"
	default:
		return t.Format(formMinute)
	}
}

// leaveEnd writes a half-open end as forms do: the last day, or half day, is included.
func leaveEnd(t time.Time, unit string) string {
	if unit == company.UnitDay || unit == company.UnitHalfDay {
		return leaveBegin(t.Add(-time.Second), unit)
	}
	return t.Format(formMinute)
}

// people is an extValue of persons.
func (p *Platform) people(users []string) (string, []any) {
	names, list := "", make([]any, 0, len(users))
	for _, user := range users {
		if names != "" {
			names += ","
		}
		names += p.company.Name(user)
		list = append(list, map[string]any{"emplId": user, "name": p.company.Name(user)})
	}
	return names, list
}

func (p *Platform) overtimeForm(a company.Approval) map[string]any {
	duration, _ := durationOf(a)
	names, list := p.people(a.Users)
	child := func(kind, alias, label, value string) map[string]any {
		return map[string]any{
			"componentName": kind, "value": value,
			"props": map[string]any{"bizAlias": alias, "id": kind + "-" + alias, "label": label},
		}
	}
	partner := child("InnerContactField", "partner", "加班人", names)
	partner["extendValue"] = list
	return component("DDBizSuite-OVERTIME", "加班", "DDBizSuite", "batchovertime", encoded([]any{
		partner, child("DDDateField", "startTime", "开始时间", a.Begin.Format(formMinute)),
		child("DDDateField", "finishTime", "结束时间", a.End.Format(formMinute)),
		child("NumberField", "duration", "时长（小时）", duration), child("DDSelectField", "compensation", "加班补偿", "调休"),
	}), "")
}

func (p *Platform) travelForm(a company.Approval) []any {
	users := a.Users
	if a.OriginatorOmitted {
		users = users[1:]
	}
	duration, _ := durationOf(a)
	names, list := p.people(users)
	return []any{
		component("DDSelectField-TYPE", "类型", "DDSelectField", "type", company.TemplateOf(a.Kind).Title, ""),
		component("DDDateField-START", "开始时间", "DDDateField", "startTime", a.Begin.Format(formMinute), ""),
		component("DDDateField-FINISH", "结束时间", "DDDateField", "finishTime", a.End.Format(formMinute), ""),
		component("NumberField-DURATION", "时长", "NumberField", "duration", duration, ""),
		component("InnerContactField-TRAVELER", "同行人", "InnerContactField", "traveler", names, encoded(list)),
	}
}
