package platform

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"dakasync/simulator/company"
)

// falseZulu is how the workflow API writes times: Beijing minutes with a Z that is not true.
const falseZulu = "2006-01-02T15:04Z"

// processInstance is `obtains-the-details-of-a-single-approval-instance-pop`. Neither id nor process code are repeated in it.
func (p *Platform) processInstance(c *call) {
	id := c.request.URL.Query().Get("processInstanceId")
	if id == "" {
		c.refuseNew(http.StatusBadRequest, "MissingprocessInstanceId", "processInstanceId is mandatory for this action.")
		return
	}
	a, attached, ok := p.company.Instance(c.moment(), id)
	if !ok {
		c.refuseNew(http.StatusBadRequest, "processInstanceNotExist", "审批实例不存在")
		return
	}
	if attached == nil {
		attached = []string{}
	}
	created := a.StartedAt.Format(falseZulu)
	result := map[string]any{
		"title": p.title(a), "businessId": businessID(a), "status": a.Status, "result": a.Result, "createTime": created,
		"originatorUserId": a.Originator, "originatorDeptId": "37", "originatorDeptName": "市场部", "bizAction": a.BizAction,
		"bizData": "{}", "attachedProcessInstanceIds": attached, "approverUserIds": []string{company.AdminUserID},
		"ccUserIds": []string{}, "formComponentValues": p.form(a),
		"operationRecords": []any{map[string]any{
			"date": created, "images": []any{}, "result": "NONE", "showName": "提交申请", "type": "START_PROCESS_INSTANCE",
			"userId": a.Originator,
		}},
		"tasks": []any{map[string]any{
			"activityId": "sid-1234_5678", "createTime": created, "result": taskResult(a), "status": a.Status,
			"taskId": approveID(a.ID), "userId": company.AdminUserID,
		}},
	}
	if !a.FinishedAt.IsZero() {
		result["finishTime"] = a.FinishedAt.Format(falseZulu)
	}
	if a.Main != "" {
		result["mainProcessInstanceId"] = a.Main
	}
	c.answer(map[string]any{"result": result, "success": true})
}

func taskResult(a company.Approval) string {
	switch a.Result {
	case company.ResultAgree:
		return "AGREE"
	case company.ResultRefuse:
		return "REFUSE"
	default:
		return "NONE"
	}
}

// Limits of the id list.
const (
	maxResults   = 20
	maxFilter    = 10
	maxIDSpan    = 120 * 24 * time.Hour
	maxIDHistory = 365 * 24 * time.Hour
)

// instanceIDs is `obtain-an-approval-list-of-instance-ids`: the filter is on the start time.
func (p *Platform) instanceIDs(c *call) {
	var request struct {
		ProcessCode string   `json:"processCode"`
		StartTime   int64    `json:"startTime"`
		EndTime     int64    `json:"endTime"`
		NextToken   text     `json:"nextToken"`
		MaxResults  int      `json:"maxResults"`
		UserIDs     []string `json:"userIds"`
		Statuses    []string `json:"statuses"`
	}
	if !c.decode(&request) {
		c.refuseNew(http.StatusBadRequest, "invalidParameter", messageParameter)
		return
	}
	now, clock := p.company.Now(), p.now()
	from, to := time.UnixMilli(request.StartTime), time.UnixMilli(request.EndTime)
	open := request.EndTime == 0
	if open { // up to now, by the later clock, as below
		to = now
		if clock.After(to) {
			to = clock
		}
	}
	p.mu.Lock()
	statuses := p.settings.Statuses
	p.mu.Unlock()
	if statuses == "ignored" {
		request.Statuses = nil
	}
	offset, err := strconv.Atoi(orText(string(request.NextToken), "0"))
	known := slices.ContainsFunc(company.Templates(), func(t company.Template) bool { return t.ProcessCode == request.ProcessCode })
	var refusal string
	switch {
	case !known:
		refusal = "invalidProcessCode"
	case request.StartTime <= 0 || from.Before(now.Add(-maxIDHistory)) || open && from.Before(now.Add(-maxIDSpan)):
		refusal = "invalidInstanceListIdsStartTime"
	// Where the company's clock runs beside the real one, "future" is later than both.
	case to.Before(from) || !open && to.Sub(from) > maxIDSpan || to.After(now.Add(time.Minute)) && to.After(clock):
		refusal = "invalidEndTime"
	case request.MaxResults <= 0 || request.MaxResults > maxResults:
		refusal = "invalidMaxResults"
	case len(request.UserIDs) > maxFilter:
		refusal = "invalidUserIds"
	case err != nil || offset < 0:
		refusal = "invalidNextToken"
	case statuses == "refused" && len(request.Statuses) > 0:
		refusal = "invalidParameter"
	}
	if refusal != "" {
		c.refuseNew(http.StatusBadRequest, refusal, messageParameter)
		return
	}
	ids := []string{}
	for _, a := range p.company.Instances(c.moment(), request.ProcessCode, from, to) {
		wanted := (len(request.UserIDs) == 0 || slices.Contains(request.UserIDs, a.Originator)) &&
			(len(request.Statuses) == 0 || slices.Contains(request.Statuses, a.Status))
		if wanted {
			ids = append(ids, a.ID)
		}
	}
	begin := min(offset, len(ids))
	end := min(begin+request.MaxResults, len(ids))
	result := map[string]any{"list": ids[begin:end]}
	if end < len(ids) {
		result["nextToken"] = strconv.Itoa(end)
	}
	c.answer(map[string]any{"result": result, "success": true})
}

// templates is `get-all-manageable-forms-for-the-current-enterprise`; the user must be one who may manage forms.
func (p *Platform) templates(c *call) {
	operator, _ := p.company.Employee(c.request.URL.Query().Get("userId"))
	if !operator.Admin {
		c.refuseNew(http.StatusBadRequest, "invalidUserId", "userId 无效或没有权限")
		return
	}
	list := []any{}
	for _, template := range company.Templates() {
		list = append(list, map[string]any{
			"flowTitle": template.Title, "processCode": template.ProcessCode, "attendanceType": template.AttendanceType,
			"newProcess": true, "gmtModified": "2022-08-23T17:09Z", "iconName": "icon", "iconUrl": "https://static.example.com/icon.png",
		})
	}
	c.answer(map[string]any{"result": list, "success": true})
}
