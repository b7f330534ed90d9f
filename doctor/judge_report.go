package doctor

import (
	"slices"

	"dakasync/dingtalk"
)

const (
	checkReport  = "report"
	checkLeaves  = "report/leave-types"
	checkColumns = "report/columns"

	// reportPage is where the report is configured.
	reportPage = "管理后台 (oa.dingtalk.com) → 工作台 → 考勤打卡 → 考勤统计 → 报表设置"
)

// judgeReport finds what the attendance report would give as null, without a word,
// because it is not configured for it.
func judgeReport(a *Answers) []Finding {
	switch {
	case !a.Report.good():
		return []Finding{skipped(checkReport, Textf("DingTalk did not say whether there is the smart report (isopensmartreport)"))}
	case !a.Report.Value:
		return []Finding{{
			checkReport, Warning, Textf("the smart attendance report is off (isopensmartreport)"),
			Textf("leave by type and the report's columns (days to work, make-ups, late arrivals) cannot be read by anybody's payroll"),
			Textf("switch 智能统计 on in " + reportPage),
		}}
	}
	return []Finding{fine(checkReport, Textf("the smart attendance report is on")), judgeLeaves(a), judgeColumns(a)}
}

func judgeLeaves(a *Answers) Finding {
	names := leaveNames(a)
	switch {
	case !a.Columns.good():
		return skipped(checkLeaves, Textf("the report's columns were not answered (getattcolumns)"))
	case len(names) == 0:
		return skipped(checkLeaves, Textf("no leave types are known: neither the company (vacation/type/list) nor the report (getattcolumns) names one"))
	case !a.Leaves.good():
		return skipped(checkLeaves, Textf("what the report knows of leave was not answered (getleavetimebynames)"))
	}
	var missing []string
	for _, name := range names {
		at := slices.IndexFunc(a.Leaves.Value, func(v dingtalk.Values) bool { return v.Name == name })
		if at < 0 || a.Leaves.Value[at].Known == 0 {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return fine(checkLeaves, Textf("the report answers for %d leave types: %s", len(names), few(names)))
	}
	return Finding{
		checkLeaves, Warning, Textf("getleavetimebynames gives null, without an error, for %s", few(missing)),
		Textf("payroll that reads leave by type from the report takes these for no leave at all"),
		Textf("add %s in "+reportPage+" → 假期类型; values appear for the days after that", few(missing)),
	}
}

func judgeColumns(a *Answers) Finding {
	asked := columnIDs(a.Columns.Value)
	switch {
	case !a.Columns.good():
		return skipped(checkColumns, Textf("the report's columns were not answered (getattcolumns)"))
	case len(asked) == 0:
		return Finding{
			checkColumns, Warning, Textf("the report has no column with an id (getattcolumns)"), Textf("there is nothing in it that could be read"),
			Textf("choose its columns in " + reportPage + " → 统计字段"),
		}
	case !a.Values.good():
		return skipped(checkColumns, Textf("the columns' values were not answered (getcolumnval)"))
	}
	var null []string
	for _, c := range a.Columns.Value {
		if !slices.Contains(asked, c.ID) {
			continue
		}
		at := slices.IndexFunc(a.Values.Value, func(v dingtalk.Values) bool { return v.ID == c.ID })
		if at < 0 || a.Values.Value[at].Known == 0 {
			null = append(null, c.Name)
		}
	}
	if len(null) == 0 {
		return fine(checkColumns, Textf("the report has values in the %d columns that were asked for", len(asked)))
	}
	return Finding{
		checkColumns, Warning, Textf("getcolumnval gives null, without an error, on %s for %s", a.Subject.WorkDate, few(null)),
		Textf("payroll that reads these columns takes them for 0"),
		Textf("choose %s in "+reportPage+" → 统计字段; if they are chosen, see that the user is in an attendance group", few(null)),
	}
}
