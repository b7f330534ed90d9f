package platform

import (
	"slices"

	"dakasync/simulator/company"
)

type departmentRequest struct {
	DeptID int64 `json:"dept_id"`
	Cursor int   `json:"cursor"`
	Size   int   `json:"size"`
}

// department reads and checks the department of a request.
func (p *Platform) department(c *call) (departmentRequest, bool) {
	request := departmentRequest{DeptID: company.RootDepartment}
	exists := func(d company.Department) bool { return d.ID == request.DeptID }
	if !c.decode(&request) {
		c.refuseOld(codeParameter, messageParameter)
		return request, false
	}
	if request.DeptID != company.RootDepartment && !slices.ContainsFunc(p.company.Departments(), exists) {
		c.refuseOld(60003, "未找到对应部门")
		return request, false
	}
	return request, true
}

func (p *Platform) children(parent int64) []company.Department {
	return slices.DeleteFunc(p.company.Departments(), func(d company.Department) bool { return d.Parent != parent })
}

// departmentListSub is `user-management-acquires-the-list-departments`: direct children only.
func (p *Platform) departmentListSub(c *call) {
	request, ok := p.department(c)
	if !ok {
		return
	}
	list := []any{}
	for _, d := range p.children(request.DeptID) {
		list = append(list, map[string]any{
			"dept_id": d.ID, "name": d.Name, "parent_id": d.Parent, "create_dept_group": true, "auto_add_user": true,
		})
	}
	c.result(list)
}

// departmentListSubID is `obtain-the-list-of-sub-department-ids`.
func (p *Platform) departmentListSubID(c *call) {
	request, ok := p.department(c)
	if !ok {
		return
	}
	ids := []int64{}
	for _, d := range p.children(request.DeptID) {
		ids = append(ids, d.ID)
	}
	c.result(map[string]any{"dept_id_list": ids})
}

func (p *Platform) members(department int64) []company.Employee {
	return slices.DeleteFunc(p.company.Employees(), func(e company.Employee) bool { return e.Department != department })
}

// userListID is `query-the-list-of-department-userids`: the whole department, without pages.
func (p *Platform) userListID(c *call) {
	request, ok := p.department(c)
	if !ok {
		return
	}
	ids := []string{}
	for _, e := range p.members(request.DeptID) {
		ids = append(ids, e.UserID)
	}
	c.result(map[string]any{"userid_list": ids})
}

// userListSimple is `queries-the-simple-information-of-a-department-user`: at most 100 a page.
func (p *Platform) userListSimple(c *call) {
	request, ok := p.department(c)
	if !ok {
		return
	}
	if request.Size <= 0 || request.Size > 100 || request.Cursor < 0 {
		c.refuseOld(40068, "不合法的偏移量或分页大小")
		return
	}
	members := p.members(request.DeptID)
	begin := min(request.Cursor, len(members))
	end := min(begin+request.Size, len(members))
	list := []any{}
	for _, e := range members[begin:end] {
		list = append(list, map[string]any{"userid": e.UserID, "name": e.Name})
	}
	result := map[string]any{"has_more": end < len(members), "list": list}
	if end < len(members) {
		result["next_cursor"] = end
	}
	c.result(result)
}

// userGet is `query-user-details`.
func (p *Platform) userGet(c *call) {
	var request struct {
		UserID text `json:"userid"`
	}
	if !c.decode(&request) || request.UserID == "" {
		c.refuseOld(33012, "无效的userId")
		return
	}
	e, ok := p.company.Employee(string(request.UserID))
	if !ok {
		c.refuseOld(codeUnknownUser, messageNoUser)
		return
	}
	c.result(map[string]any{
		"userid": e.UserID, "unionid": "union" + e.UserID, "name": e.Name, "title": "", "dept_id_list": []int64{e.Department},
		"active": true, "admin": e.Admin, "boss": false, "senior": false, "real_authed": true, "role_list": []any{},
		"mobile": "CANARY-MOBILE", "work_place": PersonalAddress,
	})
}

// queryOnJob lists everybody, at most 50 a page; the last page has no next_cursor.
func (p *Platform) queryOnJob(c *call) {
	var request struct {
		Offset int `json:"offset"`
		Size   int `json:"size"`
	}
	if !c.decode(&request) || request.Size <= 0 || request.Size > 50 || request.Offset < 0 {
		c.refuseOld(codeParameter, messageParameter)
		return
	}
	employees := p.company.Employees()
	begin := min(request.Offset, len(employees))
	end := min(begin+request.Size, len(employees))
	ids := []string{}
	for _, e := range employees[begin:end] {
		ids = append(ids, e.UserID)
	}
	result := map[string]any{"data_list": ids}
	if end < len(employees) {
		result["next_cursor"] = end
	}
	c.result(result)
}
