package dingtalk_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/dingtalk"
)

func TestUserIDs(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says("/topapi/v2/department/listsubid", `{"errcode":0,"result":{"dept_id_list":[2,"3",1]}}`, `{"errcode":0,"result":{"dept_id_list":[]}}`,
		`{"errcode":60003,"errmsg":"未找到对应部门"}`)
	f.says("/topapi/user/listid", `{"errcode":0,"result":{"userid_list":["c","a"]}}`, `{"errcode":0,"result":{"userid_list":["b","a",7]}}`)
	ids, err := f.client().UserIDs(context.Background())
	require.NoError(t, err)
	require.Equal(t, []string{"7", "a", "b", "c"}, ids)
	require.Contains(t, f.log.String(), "department=3")
	require.Len(t, f.sent("/topapi/v2/department/listsubid"), 3)
	require.NotContains(t, strings.Join(f.outcomes(), ","), "true", "contacts are free")

	f.says("/topapi/v2/department/listsubid", `{"errcode":50004,"errmsg":"企业部门不在授权范围"}`)
	_, err = f.client().UserIDs(context.Background())
	requireKind(t, err, dingtalk.KindPermissionMissing)
}

func TestContacts(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says("/topapi/v2/department/listsub", `{"errcode":0,"result":[{"dept_id":37,"name":"市场部","parent_id":1}]}`)
	f.says("/topapi/v2/user/get", `{"errcode":"0","result":{"userid":"u","name":"n","active":"true","admin":false,"dept_id_list":"[2,3]"}}`, `{"errcode":33012}`)
	c := f.client()
	departments, err := c.Departments(context.Background(), 1)
	require.NoError(t, err)
	require.Equal(t, []dingtalk.Department{{ID: 37, ParentID: 1, Name: "市场部"}}, departments)
	user, err := c.User(context.Background(), "u")
	require.NoError(t, err)
	require.Equal(t, dingtalk.User{UserID: "u", Name: "n", Active: true, DepartmentIDs: []int64{2, 3}}, user)
	_, err = c.User(context.Background(), "u")
	requireKind(t, err, dingtalk.KindNotFound)
}
