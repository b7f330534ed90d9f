package platform

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"dakasync/simulator/company"
)

const (
	maxReportColumns = 20
	maxReportDays    = 31
	dayHours         = 24

	codeReportColumn = 850015
	reportOn         = "on"
)

// leaveNames are the company's leave types.
func leaveNames() []string { return []string{"年假", "事假", "病假", "调休"} }

type reportColumn struct {
	id          int64
	alias, name string
}

// reportColumnsOf are the columns that have an id; leave columns have none.
func reportColumnsOf() []reportColumn {
	return []reportColumn{
		{129339038, "should_attendance_days", "应出勤天数"}, {129339039, "making_up_lack_times", "补卡次数"},
		{129339040, "attendance_days", "出勤天数"}, {129339041, "late_times", "迟到次数"},
	}
}

// smartReport is `determine-whether-to-enable-attendance-intelligent-report`.
func (p *Platform) smartReport(c *call) { c.result(p.Settings().Report == reportOn) }

// reportColumns is `queries-the-enterprise-attendance-report-column`; leave columns have no id.
func (p *Platform) reportColumns(c *call) {
	leaves := names(p.Settings().ReportLeaves)
	columns := make([]any, 0, len(reportColumnsOf())+len(leaves))
	for _, column := range reportColumnsOf() {
		columns = append(columns, map[string]any{
			"alias": column.alias, "expression_id": column.id - 5000, "id": column.id, "name": column.name, "status": 0, "sub_type": 0, "type": 0,
		})
	}
	for _, name := range leaves {
		columns = append(columns, leaveColumn(name))
	}
	c.result(map[string]any{"columns": columns})
}

func leaveColumn(name string) map[string]any {
	return map[string]any{"alias": "leave_", "name": name, "status": 0, "sub_type": 0, "type": 0}
}

func names(text string) []string {
	return slices.DeleteFunc(strings.Split(text, ","), func(name string) bool { return name == "" })
}

// reportRequest is what both reads of values take.
type reportRequest struct {
	UserID     text   `json:"userid"`
	ColumnIDs  string `json:"column_id_list"`
	LeaveNames string `json:"leave_names"`
	From       string `json:"from_date"`
	To         string `json:"to_date"`
}

// report reads a request for values and checks it.
func (p *Platform) report(c *call) (request reportRequest, days []string, ok bool) {
	if !c.decode(&request) {
		c.refuseOld(codeParameter, messageParameter)
		return request, nil, false
	}
	from, errFrom := time.ParseInLocation(time.DateTime, request.From, c.location())
	to, errTo := time.ParseInLocation(time.DateTime, request.To, c.location())
	asked := len(names(request.ColumnIDs)) + len(names(request.LeaveNames))
	switch _, known := p.company.Employee(string(request.UserID)); {
	case !known:
		c.refuseOld(codeUnknownUser, messageNoUser)
	case errFrom != nil || errTo != nil || to.Before(from) || asked == 0 || asked > maxReportColumns:
		c.refuseOld(codeParameter, messageParameter)
	case to.Sub(from) >= maxReportDays*dayHours*time.Hour:
		c.refuseOld(codeSpan, messageSpan)
	default:
		for date := company.DateOf(from); date <= company.DateOf(to); date++ {
			days = append(days, c.local(date.In(c.location())))
		}
		return request, days, true
	}
	return request, nil, false
}

// values are a column's; null where the report is not configured for it.
func (p *Platform) values(name string, days []string) []any {
	rows := make([]any, 0, len(days))
	for _, day := range days {
		var value any = "0.0"
		if slices.Contains(names(p.Settings().ReportNulls), name) {
			value = nil
		}
		rows = append(rows, map[string]any{"date": day, "value": value})
	}
	return rows
}

// columnValues is `queries-the-column-value-of-the-attendance-report`. The values themselves are not the company's: all are 0.
func (p *Platform) columnValues(c *call) {
	request, days, ok := p.report(c)
	if !ok {
		return
	}
	list := []any{}
	for _, asked := range names(request.ColumnIDs) {
		at := slices.IndexFunc(reportColumnsOf(), func(column reportColumn) bool { return strconv.FormatInt(column.id, 10) == asked })
		if at < 0 {
			c.refuseOld(codeReportColumn, "系统异常，请稍后重试")
			return
		}
		column := reportColumnsOf()[at]
		list = append(list, map[string]any{"column_vo": map[string]any{"id": column.id}, "column_vals": p.values(column.name, days)})
	}
	c.result(map[string]any{"column_vals": list})
}

// leaveTimes is `obtains-the-holiday-data-from-the-smart-attendance-report`. Of a leave type that the report is not configured for there
// are no values, and no error.
func (p *Platform) leaveTimes(c *call) {
	request, days, ok := p.report(c)
	if !ok {
		return
	}
	list := []any{}
	for _, name := range names(request.LeaveNames) {
		var values any
		if slices.Contains(names(p.Settings().ReportLeaves), name) {
			values = p.values(name, days)
		}
		list = append(list, map[string]any{"columnvo": leaveColumn(name), "columnvals": values})
	}
	c.result(map[string]any{"columns": list})
}

// leaveTypes is `holiday-type-query`.
func (p *Platform) leaveTypes(c *call) {
	var request struct {
		OpUserID text `json:"op_userid"`
	}
	_ = c.decode(&request)
	if operator, _ := p.company.Employee(string(request.OpUserID)); !operator.Admin {
		c.refuseOld(codeParameter, messageParameter)
		return
	}
	list := []any{}
	for i, name := range leaveNames() {
		list = append(list, map[string]any{"leave_code": "leave-" + strconv.Itoa(i+1), "leave_name": name, "leave_view_unit": "day"})
	}
	c.result(list)
}
