package dingtalk

import (
	"context"
	"slices"

	"dakasync/dingtalk/internal/loose"
)

const (
	// rootDepartment is the company itself; no list names it.
	rootDepartment = 1

	fieldDepartment = "dept_id"
)

// UserIDs walks all departments that the app may see and yields every user id
// once, sorted. A department that vanishes on the way is left out.
func (c *Client) UserIDs(ctx context.Context) ([]string, error) {
	queue := []int64{rootDepartment}
	visited := map[int64]struct{}{rootDepartment: {}}
	var users []string
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		children, members, err := c.department(ctx, id)
		if err != nil {
			if IsKind(err, KindNotFound) && id != rootDepartment {
				c.options.Logger.WarnContext(ctx, "a department vanished while its users were listed", "department", id)
				continue
			}
			return nil, err
		}
		users = append(users, members...)
		for _, child := range children {
			if _, seen := visited[child]; !seen {
				visited[child] = struct{}{}
				queue = append(queue, child)
			}
		}
	}
	slices.Sort(users)
	return slices.Compact(users), nil
}

// Members are the direct children and members of a department; 1 is the company.
func (c *Client) Members(ctx context.Context, id int64) (children []int64, members []string, err error) {
	return c.department(ctx, id)
}

// department asks for a department's children (obtain-the-list-of-sub-department-ids)
// and direct members (query-the-list-of-department-userids).
func (c *Client) department(ctx context.Context, id int64) (children []int64, members []string, err error) {
	ep := departmentIDsCall()
	body, err := c.askMidway(ctx, ep, question{body: map[string]any{fieldDepartment: id}})
	if err != nil {
		return nil, nil, err
	}
	o, _ := loose.ParseObject(body)
	result := o.Object("result")
	if _, ok := result.Array("deptidlist"); !ok && result.Get("deptidlist") != nil {
		return nil, nil, malformed(ep, errNoArray.Error())
	}
	list, _ := result.Array("deptidlist")
	for _, raw := range list {
		if child, ok := loose.Int(raw); ok {
			children = append(children, child)
		}
	}
	ep = memberIDsCall()
	if body, err = c.askMidway(ctx, ep, question{body: map[string]any{fieldDepartment: id}}); err != nil {
		return nil, nil, err
	}
	o, _ = loose.ParseObject(body)
	result = o.Object("result")
	if _, ok := result.Array("useridlist"); !ok && result.Get("useridlist") != nil {
		return nil, nil, malformed(ep, errNoArray.Error())
	}
	return children, result.Strings("useridlist"), nil
}

// User is a member of the company.
type User struct {
	UserID        string
	Name          string
	Active        bool
	Admin         bool
	DepartmentIDs []int64
}

// User asks about one member (query-user-details). One who left is KindNotFound.
func (c *Client) User(ctx context.Context, id string) (User, error) {
	ep := userCall()
	body, err := c.ask(ctx, ep, question{body: map[string]string{askedUser: id}})
	if err != nil {
		return User{}, err
	}
	o, _ := loose.ParseObject(body)
	result := o.Object("result")
	u := User{UserID: result.String("userid"), Name: result.String("name")}
	if u.UserID == "" {
		return User{}, malformed(ep, errNoUser.Error())
	}
	u.Active, _ = result.Bool("active")
	u.Admin, _ = result.Bool("admin")
	for _, s := range result.Strings("deptidlist") {
		if n, ok := loose.ParseInt(s); ok {
			u.DepartmentIDs = append(u.DepartmentIDs, n)
		}
	}
	return u, nil
}
