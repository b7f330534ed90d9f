package dingtalk

import "net/http"

// endpoint is one of DingTalk's calls.
type endpoint struct {
	method string
	path   string
	gen    generation
	billed bool   // attendance and OA calls and the failed pushes are; token and contacts are not
	scope  string // the permission that it wants, where an error does not name it
}

func post(path string, gen generation, billed bool, scope string) endpoint {
	return endpoint{method: http.MethodPost, path: path, gen: gen, billed: billed, scope: scope}
}

func get(path string, gen generation, billed bool, scope string) endpoint {
	return endpoint{method: http.MethodGet, path: path, gen: gen, billed: billed, scope: scope}
}

const (
	scopeAttendance = "qyapi_get_attendance_data"
	scopeGroup      = "qyapi_attendance_group_read"
	scopeInstance   = "Workflow.Instance.Read"
	scopeForm       = "Workflow.Form.Read"
	scopeBase       = "qyapi_base"
	scopeDepartment = "qyapi_get_department_list"
	scopeUser       = "qyapi_get_member"
	scopeHoliday    = "qyapi_holiday_readonly"
)

// The calls, by the slug of the page that describes them.
func accessTokenCall() endpoint { // obtain-the-access-token-of-an-internal-app
	return post("/v1.0/oauth2/accessToken", newAPI, false, "")
}

func userDayCall() endpoint { // obtain-the-attendance-update-data
	return post("/topapi/attendance/getupdatedata", oldAPI, true, scopeAttendance)
}

func resultsCall() endpoint { // open-attendance-clock-in-data
	return post("/attendance/list", oldAPI, true, scopeAttendance)
}

func recordsCall() endpoint { // attendance-clock-in-record-is-open
	return post("/attendance/listRecord", oldAPI, true, scopeAttendance)
}

func scheduleCall() endpoint { // query-batch-scheduling-information
	return post("/topapi/attendance/schedule/listbyusers", oldAPI, true, scopeGroup)
}

func holidaysCall() endpoint { // attendance holidays of users
	return post("/v1.0/attendance/holidays", newAPI, true, scopeGroup)
}

func instanceCall() endpoint { // obtains-the-details-of-a-single-approval-instance-pop
	return get("/v1.0/workflow/processInstances", newAPI, true, scopeInstance)
}

func instanceIDsCall() endpoint { // obtain-an-approval-list-of-instance-ids
	return post("/v1.0/workflow/processes/instanceIds/query", newAPI, true, scopeInstance)
}

func templatesCall() endpoint { // get-all-manageable-forms-for-the-current-enterprise
	return get("/v1.0/workflow/processes/managements/templates", newAPI, true, scopeForm)
}

func smartReportCall() endpoint { // determine-whether-to-enable-attendance-intelligent-report
	return post("/topapi/attendance/isopensmartreport", oldAPI, true, scopeBase)
}

func reportColumnsCall() endpoint { // queries-the-enterprise-attendance-report-column
	return post("/topapi/attendance/getattcolumns", oldAPI, true, scopeBase)
}

func columnValuesCall() endpoint { // queries-the-column-value-of-the-attendance-report
	return post("/topapi/attendance/getcolumnval", oldAPI, true, scopeBase)
}

func leaveTimesCall() endpoint { // obtains-the-holiday-data-from-the-smart-attendance-report
	return post("/topapi/attendance/getleavetimebynames", oldAPI, true, scopeBase)
}

func leaveTypesCall() endpoint { // holiday-type-query
	return post("/topapi/attendance/vacation/type/list", oldAPI, true, scopeHoliday)
}

func failedPushesCall() endpoint { // obtain-the-event-list-of-failed-push-messages
	return get("/call_back/get_call_back_failed_result", oldAPI, true, scopeBase)
}

func departmentIDsCall() endpoint { // obtain-the-list-of-sub-department-ids
	return post("/topapi/v2/department/listsubid", oldAPI, false, scopeDepartment)
}

func memberIDsCall() endpoint { // query-the-list-of-department-userids
	return post("/topapi/user/listid", oldAPI, false, scopeUser)
}

func userCall() endpoint { // query-user-details
	return post("/topapi/v2/user/get", oldAPI, false, scopeUser)
}
