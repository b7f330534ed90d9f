package dingtalk_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"dakasync/attendance"
	"dakasync/dingtalk"
)

// pretend is a DingTalk with one punch and one user who left.
func pretend() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/accessToken"):
			fmt.Fprint(w, `{"accessToken":"t","expireIn":7200}`)
		case strings.HasSuffix(r.URL.Path, "/getupdatedata"):
			fmt.Fprint(w, `{"errcode":0,"result":{"check_record_list":[
				{"record_id":7,"user_check_time":"2026-11-02 08:57:12","source_type":"USER","valid_matched":true}]}}`)
		default:
			fmt.Fprint(w, `{"errcode":60121,"errmsg":"找不到该用户","request_id":"r1"}`)
		}
	}))
}

func ExampleClient_UserDay() {
	server := pretend()
	defer server.Close()
	client, err := dingtalk.New(dingtalk.Options{
		ClientID: "app", ClientSecret: "secret", APIURL: server.URL, OAPIURL: server.URL,
		CountFunc: func(c dingtalk.Call) { fmt.Println(c.API, c.Outcome, "billed:", c.Billed) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := client.UserDay(context.Background(), "0126", attendance.NewDate(2026, time.November, 2))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, record := range answer.Records {
		fmt.Println(record.CheckTime.Format(time.DateTime), record.SourceType, *record.Valid)
	}
	// Output:
	// /v1.0/oauth2/accessToken ok billed: false
	// /topapi/attendance/getupdatedata ok billed: true
	// 2026-11-02 08:57:12 USER true
}

func ExampleError() {
	server := pretend()
	defer server.Close()
	client, err := dingtalk.New(dingtalk.Options{ClientID: "app", ClientSecret: "secret", APIURL: server.URL, OAPIURL: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.User(context.Background(), "0126")
	fmt.Println(err)
	if e, ok := errors.AsType[*dingtalk.Error](err); ok {
		fmt.Println(e.Kind, "worth asking again:", e.Retryable())
	}
	// Output:
	// dingtalk /topapi/v2/user/get: DingTalk does not know it (code 60121: 找不到该用户), request r1
	// NotFound worth asking again: false
}
