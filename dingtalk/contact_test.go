package dingtalk_test

import (
	"context"
	"strings"
	"testing"
	"time"

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

// A company with more departments than calls a second could never be listed by who begins anew each time.
func TestUserIDsGoOnAfterAThrottling(t *testing.T) {
	t.Parallel()
	const throttled = `{"errcode":88,"sub_code":"90018","sub_msg":"您的应用调用当前接口次数过多，超出了该接口承受的最大qps，请求被暂时限制了"}`
	f := newFake(t)
	f.says("/topapi/v2/department/listsubid", `{"errcode":0,"result":{"dept_id_list":[2]}}`, throttled, `{"errcode":0,"result":{"dept_id_list":[]}}`)
	f.says("/topapi/user/listid", throttled, throttled, `{"errcode":0,"result":{"userid_list":["a"]}}`, throttled, `{"errcode":0,"result":{"userid_list":["b"]}}`)
	waits := 0
	c := f.client(func(o *dingtalk.Options) {
		o.SleepFunc = func(_ context.Context, d time.Duration) bool { waits++; f.pass(d); return true }
	})
	ids, err := c.UserIDs(context.Background())
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, ids)
	require.Equal(t, 4, waits)
	require.Len(t, f.sent("/topapi/v2/department/listsubid"), 3)

	f.says("/topapi/user/listid", throttled)
	_, err = c.UserIDs(context.Background())
	requireKind(t, err, dingtalk.KindThrottled)
	require.Equal(t, 4+4, waits, "and does not wait for ever")
	f.says("/topapi/v2/department/listsubid", `<html>您的访问被阻断</html>`)
	f.pass(time.Hour)
	_, err = c.UserIDs(context.Background())
	require.Error(t, err)
	require.Equal(t, 4+4, waits, "nor for a ban")
}

func TestContacts(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says("/topapi/v2/user/get", `{"errcode":"0","result":{"userid":"u","name":"n","active":"true","admin":false,"dept_id_list":"[2,3]"}}`, `{"errcode":33012}`)
	c := f.client()
	user, err := c.User(context.Background(), "u")
	require.NoError(t, err)
	require.Equal(t, dingtalk.User{UserID: "u", Name: "n", Active: true, DepartmentIDs: []int64{2, 3}}, user)
	_, err = c.User(context.Background(), "u")
	requireKind(t, err, dingtalk.KindNotFound)
}
