package platform_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

func TestControlMakesThingsHappen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fast())
	post := func(path string, body any) reading {
		return w.send(t, http.MethodPost, "/control/"+path, "", body)
	}
	get := func(path string) reading { return w.send(t, http.MethodGet, "/control/"+path, "", nil) }
	require.Contains(t, get("").text, "/control/make-up")
	require.Equal(t, http.StatusOK, post("set", map[string]string{"no_connection": "failed", "retry_delays": "1s,2s"}).status)
	require.Equal(t, "1s 2s", get("settings").body["retry_delays"])
	require.Equal(t, http.StatusBadRequest, post("set", map[string]string{"nonsense": "1"}).status)
	require.Equal(t, http.StatusOK, post("advance", map[string]string{"by": "1h"}).status)
	require.Contains(t, get("now").text, "2026-11-02T13:00:00+08:00")

	punched := post("punch", map[string]string{"user": w.user, "source": "ATM"})
	require.Equal(t, "2026-11-02", punched.body["work_date"], punched.text)
	require.Equal(t, http.StatusNotFound, post("punch", map[string]string{"user": "nobody"}).status)
	leave := post("leave", map[string]string{
		"user": w.user, "begin": "2026-11-03T00:00:00+08:00", "end": "2026-11-05T00:00:00+08:00",
	})
	instance := orEmpty(leave.body["process_instance_id"])
	require.NotEmpty(t, instance, leave.text)
	changed := post("modify", map[string]string{"instance": instance, "end": "2026-11-04T00:00:00+08:00"})
	require.Equal(t, instance, changed.body["main_process_instance_id"], changed.text)
	require.Equal(t, http.StatusOK, post("revoke", map[string]string{"instance": orEmpty(changed.body["process_instance_id"])}).status)
	require.Equal(t, http.StatusBadRequest, post("revoke", map[string]string{"instance": instance}).status, "revoked already")
	running := post("out", map[string]any{
		"user": w.user, "begin": "2026-11-02T14:00:00+08:00", "end": "2026-11-02T16:00:00+08:00", "decision": "none",
	})
	require.Equal(t, "RUNNING", running.body["status"])
	refused := post("refuse", map[string]any{"instance": running.body["process_instance_id"]})
	require.Equal(t, "refuse", refused.body["result"], refused.text)
	require.Equal(t, http.StatusNotFound, post("terminate", map[string]any{"instance": "x"}).status)
	require.Equal(t, http.StatusOK, post("boss-edit", map[string]any{"user": w.user, "work_date": "2026-11-02", "check_type": "OnDuty"}).status)
	require.Equal(t, http.StatusOK, post("reschedule", map[string]any{"users": []string{w.user}, "work_date": "2026-11-02", "shift": "shifted"}).status)
	w.settled(t)
	truth := get("truth").body
	require.Len(t, rowsOf(truth["punch"]), 1)
	require.Len(t, rowsOf(truth["approval"]), 4)
	states := map[any]int{}
	for _, row := range rowsOf(truth["approval_day"]) {
		states[row["state"]]++
	}
	require.Equal(t, map[any]int{"void": 3}, states, "two of the leave, one of its change")

	require.Equal(t, http.StatusOK, post("fault", map[string]any{"path": "/gettoken", "kind": "ban", "times": 1}).status)
	require.Contains(t, w.send(t, http.MethodGet, "/gettoken", "", nil).text, "<html>")
	require.Equal(t, http.StatusOK, post("fail-event", map[string]int{"count": 2}).status)
	require.Equal(t, http.StatusOK, post("push-event", map[string]any{"type": "x", "data": map[string]int{}}).status)
	require.Equal(t, http.StatusOK, post("fail-raw", []int{1}).status)
	for _, path := range []string{"disconnect", "cut", "silence", "invalidate-token", "clear-faults", "push-raw"} {
		require.Equal(t, http.StatusOK, post(path, nil).status, path)
	}
	for _, path := range []string{"calls", "deliveries", "connections", "status", "employees"} {
		require.Equal(t, http.StatusOK, get(path).status, path)
	}
}
