package dingtalk

import (
	"slices"
	"strings"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
)

const (
	aliasStart    = "starttime"
	aliasFinish   = "finishtime"
	aliasTraveler = "traveler"
	aliasPartner  = "partner"
	// aliasEveryDay only repeats, day by day, how long the whole lasts.
	aliasEveryDay = "everydayduration"
	// unitIndex is where a DDHolidayField's value has the unit.
	unitIndex = 3
)

func isTraveler(c component) bool {
	return c.alias == aliasTraveler || c.name == "同行人" || c.name == "出差人" || c.name == "外出人"
}

func isPartner(c component) bool { return c.alias == aliasPartner || c.name == "加班人" }

// spans are the intervals that the form asks for, each with the users whom it
// covers. Fields without an alias count only in a form known to be about
// attendance: other forms have times too.
func (f form) spans(kind attendance.ApprovalKind) []attendance.Span {
	if kind == attendance.ApprovalMakeUp || f.originator == "" {
		return nil
	}
	s := spanReader{form: f, labels: kind != attendance.ApprovalOther}
	s.group(f.components, []string{f.originator})
	return s.spans
}

type spanReader struct {
	form

	labels bool // whether a label may stand for an alias
	spans  []attendance.Span
}

// group reads fields that stand together: a form, a suite, a row. People named
// in it are whom its spans, and those of the groups inside, cover.
func (s *spanReader) group(components []component, users []string) {
	users = s.covered(components, users)
	var start, finish *component
	for i, c := range components {
		switch {
		case c.alias == aliasStart, s.labels && c.alias == "" && c.name == "开始时间" && start == nil:
			start = &components[i]
		case c.alias == aliasFinish, c.alias == "endtime", s.labels && c.alias == "" && c.name == "结束时间" && finish == nil:
			finish = &components[i]
		case c.kind == componentHoliday:
			s.holiday(c, users)
		case c.kind == componentDateRange && s.labels:
			s.dateRange(c, users)
		}
		if c.alias != aliasEveryDay {
			s.group(c.children, users)
		}
	}
	if start != nil && finish != nil {
		s.add(loose.Text(start.value), loose.Text(finish.value), "", users)
	}
}

// covered is whom a group's spans cover. Overtime covers the people whom it
// names; a trip or an outing covers the originator and his companions.
func (s *spanReader) covered(components []component, users []string) []string {
	for _, c := range components {
		switch {
		case isPartner(c):
			if people := peopleOf(c); len(people) > 0 {
				users = people
			}
		case isTraveler(c):
			users = append([]string{s.originator}, peopleOf(c)...)
		}
	}
	slices.Sort(users)
	return slices.Compact(users)
}

// peopleOf are the user ids in a field of people, [{"emplId","name"}].
func peopleOf(c component) []string {
	var people []string
	for _, raw := range []loose.Object{{"people": c.ext}, {"people": c.value}} {
		for _, person := range raw.Objects("people") {
			if id := person.String("emplid", "userid", "staffid"); id != "" && len(people) < maxFormParts {
				people = append(people, id)
			}
		}
		if len(people) > 0 {
			break
		}
	}
	return people
}

// holiday reads a DDHolidayField, [T1,T2,duration,unit,…]. Its detailList, day
// by day without the days off, is for when that cannot be read.
func (s *spanReader) holiday(c component, users []string) {
	ext := c.extObject()
	if list, ok := loose.ParseArray(c.value); ok && len(list) > 1 {
		unit := ext.String("unit")
		if len(list) > unitIndex {
			if text := loose.Text(list[unitIndex]); text != "" {
				unit = text
			}
		}
		if s.add(loose.Text(list[0]), loose.Text(list[1]), unit, users) {
			return
		}
	}
	for _, day := range ext.Objects("detaillist") {
		info := day.Object("approveinfo")
		s.add(info.String("fromtime"), info.String("totime"), "", users)
	}
}

func (s *spanReader) dateRange(c component, users []string) {
	if list, ok := loose.ParseArray(c.value); ok && len(list) > 1 {
		s.add(loose.Text(list[0]), loose.Text(list[1]), "", users)
	}
}

// add adds a span unless it is empty, backwards or not readable.
func (s *spanReader) add(from, to, unit string, users []string) bool {
	days := strings.EqualFold(unit, "day") || unit == "天"
	begin, ok := readFormTime(from, days, s.loc)
	if !ok {
		return false
	}
	end, ok := readFormTime(to, days, s.loc)
	if !ok || len(s.spans) >= maxFormParts {
		return false
	}
	span := attendance.Span{UserIDs: slices.Clone(users), Begin: begin.begin(), End: end.end()}
	if !span.Begin.Before(span.End) {
		return false
	}
	s.spans = append(s.spans, span)
	return true
}
