package platform

import (
	"net/http"
	"strings"
)

type generation int

const (
	open   generation = iota // no token
	old                      // oapi: token in the query, HTTP 200 always
	modern                   // api: token in a header, HTTP statuses
)

// endpoint is one API.
type endpoint struct {
	method, path string
	generation   generation
	free         bool // of the monthly quota
	handle       func(c *call)
}

func (p *Platform) endpoints() []endpoint {
	return []endpoint{
		{http.MethodPost, "/v1.0/gateway/connections/open", open, true, p.openConnection},
		{http.MethodPost, "/v1.0/oauth2/accessToken", open, true, p.accessToken},
		{http.MethodPost, "/v1.0/oauth2/{corpId}/token", open, true, p.corpToken},
		{http.MethodGet, "/gettoken", open, true, p.getToken},

		{http.MethodPost, "/topapi/attendance/getupdatedata", old, false, p.updateData},
		{http.MethodPost, "/attendance/list", old, false, p.list},
		{http.MethodPost, "/attendance/listRecord", old, false, p.listRecord},
		{http.MethodPost, "/topapi/attendance/schedule/listbyusers", old, false, p.scheduleByUsers},
		{http.MethodPost, "/topapi/attendance/isopensmartreport", old, false, p.smartReport},
		{http.MethodPost, "/topapi/attendance/getattcolumns", old, false, p.reportColumns},
		{http.MethodPost, "/topapi/attendance/getcolumnval", old, false, p.columnValues},
		{http.MethodPost, "/topapi/attendance/getleavetimebynames", old, false, p.leaveTimes},
		{http.MethodPost, "/topapi/attendance/vacation/type/list", old, false, p.leaveTypes},
		{http.MethodPost, "/v1.0/attendance/holidays", modern, false, p.holidays},

		{http.MethodGet, "/v1.0/workflow/processInstances", modern, false, p.processInstance},
		{http.MethodPost, "/v1.0/workflow/processes/instanceIds/query", modern, false, p.instanceIDs},
		{http.MethodGet, "/v1.0/workflow/processes/managements/templates", modern, false, p.templates},

		{http.MethodGet, "/call_back/get_call_back_failed_result", old, false, p.failedResult},
		{http.MethodGet, "/v1.0/event/callbacks/failedResults", modern, false, p.failedResults},

		{http.MethodPost, "/topapi/v2/department/listsub", old, true, p.departmentListSub},
		{http.MethodPost, "/topapi/v2/department/listsubid", old, true, p.departmentListSubID},
		{http.MethodPost, "/topapi/user/listid", old, true, p.userListID},
		{http.MethodPost, "/topapi/user/listsimple", old, true, p.userListSimple},
		{http.MethodPost, "/topapi/v2/user/get", old, true, p.userGet},
		{http.MethodPost, "/topapi/smartwork/hrm/employee/queryonjob", old, true, p.queryOnJob},
	}
}

func (p *Platform) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for _, e := range p.endpoints() {
		mux.HandleFunc(e.path, func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, e) })
	}
	mux.HandleFunc("GET /connect", p.connect)
	p.controlRoutes(mux)
	mux.HandleFunc("/", p.unknownPath)
	return mux
}

func (p *Platform) unknownPath(w http.ResponseWriter, r *http.Request) {
	c := &call{platform: p, writer: w, request: r}
	if strings.HasPrefix(r.URL.Path, "/v1.0/") {
		c.refuseNew(http.StatusNotFound, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.")
	} else {
		name := "dingtalk.oapi" + strings.ReplaceAll(strings.TrimPrefix(r.URL.Path, "/topapi"), "/", ".")
		c.send(http.StatusOK, map[string]any{
			"errcode": 22, "sub_msg": "不合法ApiName，ApiName = " + name, "request_id": unique(6),
			"errmsg": "Invalid method[submsg=不合法ApiName，ApiName = " + name + "]",
		})
	}
	p.count("unknown path", callError, false)
}

// serve is the way of every API call: fault, method, token, rate, quota, answer.
func (p *Platform) serve(w http.ResponseWriter, r *http.Request, e endpoint) {
	c, err := p.newCall(w, r)
	if err != nil {
		p.count(e.path, callError, false)
		return
	}
	fault := p.takeFault(r.URL.Path)
	lost := fault != nil && fault.LoseAnswer
	if fault != nil && !lost {
		p.count(e.path, callFault, fault.Billed)
	}
	if fault != nil && !fault.play(w, r, p.stopped) {
		return
	}
	if lost {
		c.writer = lostAnswer{http.Header{}}
	}
	billed := p.answer(c, e)
	if lost {
		p.count(e.path, callFault, billed)
		panic(http.ErrAbortHandler)
	}
	p.count(e.path, c.outcome, billed)
}

// answer gives the true answer; it says whether the quota counts the call.
func (p *Platform) answer(c *call, e endpoint) bool {
	switch {
	case c.request.Method != e.method:
		c.refuseNew(http.StatusMethodNotAllowed, "MethodNotAllowed", "method "+c.request.Method+" is not supported")
	case e.generation != open && !c.authorized(e.generation):
		c.outcome = callToken
	case e.generation != open && !p.withinRate(e.path):
		c.throttle(e)
	case e.generation != open && !e.free && !p.withinQuota():
		c.quotaSpent(e)
	default:
		e.handle(c)
		return e.generation != open && !e.free
	}
	return false
}
