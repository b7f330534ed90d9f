package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// payload is what the events of interest have in them.
type payload struct {
	DataList []struct {
		UserID      string `json:"userId"`
		OtherUserID string `json:"userid"`
		CheckTime   int64  `json:"checkTime"`
		CheckByUser bool   `json:"checkByUser"`
		WorkDate    any    `json:"workDate"`
	} `json:"dataList"`
	UserID            string `json:"userId"`
	WorkDate          any    `json:"workDate"`
	ProcessInstanceID string `json:"processInstanceId"`
	Type              string `json:"type"`
	Status            string `json:"status"`
}

// naturalKeys spells the keys that an event's records have, independently of the product. A day's key ends in the event's id
// where the channel has one, and in the birth otherwise: it is returned up to there.
func (d *deployment) naturalKeys(event platform.Delivery) []string {
	d.t.Helper()
	var p payload
	require.NoError(d.t, json.Unmarshal([]byte(event.Data), &p), "%s", event.Data)
	corp := url.PathEscape(d.company.CorpID())
	dayKey := func(user, date string) string { return "day/" + corp + "/" + url.PathEscape(user) + "/" + date + "/" }
	var keys []string
	switch event.EventType {
	case "attendance_check_record":
		for _, r := range p.DataList {
			if r.CheckByUser {
				keys = append(keys, fmt.Sprintf("punch/%s/%s/%d", corp, url.PathEscape(r.UserID), r.CheckTime))
			} else {
				at := time.UnixMilli(r.CheckTime).In(d.company.Location())
				keys = append(keys, dayKey(r.UserID, at.Format(time.DateOnly)))
			}
		}
	case "bpms_instance_change":
		keys = append(keys, "approval/"+corp+"/"+url.PathEscape(p.ProcessInstanceID)+"/"+p.Type)
	case "attendance_approve_status_change":
		keys = append(keys, "approval/"+corp+"/"+url.PathEscape(p.ProcessInstanceID)+"/"+p.Status)
	case "attend_user_daily_summary_refresh", "attend_bossCheck_change":
		date, _, _ := strings.Cut(fmt.Sprint(p.WorkDate), " ")
		keys = append(keys, dayKey(p.UserID, date))
	case "attendance_overtime_duration":
		for _, r := range p.DataList {
			millis, _ := r.WorkDate.(float64)
			at := time.UnixMilli(int64(millis)).In(d.company.Location())
			keys = append(keys, dayKey(r.OtherUserID, at.Format(time.DateOnly)))
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// eventDifferences: every acked event has its row, every drained one too, none is pending, and there are no others.
func (d *deployment) eventDifferences(truth company.Truth) []string {
	gone, back := deleted(truth), withdrawn(truth)
	outcomes := func(r row) []string {
		at, _ := time.Parse(time.RFC3339Nano, r["check_time"])
		parts := strings.Split(r["event_key"], "/")
		switch {
		case parts[0] == "approval" && gone[parts[2]], parts[0] == "punch" && back[r["user_id"]+" | "+instant(at)]:
			return []string{"done", "unexplained"}
		default:
			return []string{"done"}
		}
	}
	got := d.table("event", "event_key", "origin")
	want := map[string]wanted{}
	var found []string
	for _, event := range d.platform.Deliveries() {
		origin := map[string]string{platform.StateAcked: "stream", platform.StateFailed: "failed_push"}[event.State]
		if origin == "" {
			continue
		}
		for _, key := range d.naturalKeys(event) {
			matches := d.rowsOf(got, key, origin, event)
			if len(matches) == 0 {
				found = append(found, fmt.Sprintf("event lacks %s of %s (%s, %s)", key, event.EventType, event.EventID, origin))
			}
			for _, match := range matches {
				want[match] = wanted{"corp_id": {d.company.CorpID()}, "outcome": outcomes(got[match]), "workflow_id": {got[match]["event_key"]}}
			}
		}
	}
	for key, r := range got {
		if r["deliveries"] < "1" {
			found = append(found, fmt.Sprintf("event [%s] was delivered %s times", key, r["deliveries"]))
		}
	}
	// An event that failed after a try may have been taken, and acked too late.
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, there := want[key]; !there && d.attempted(got[key]) {
			want[key] = wanted{"outcome": outcomes(got[key])}
		}
	}
	return append(found, differences("event", want, got)...)
}

// rowsOf finds the rows of a natural key; a day's has the event's id or birth behind it.
func (d *deployment) rowsOf(got map[string]row, key, origin string, event platform.Delivery) []string {
	if !strings.HasPrefix(key, "day/") {
		if _, there := got[key+" | "+origin]; there {
			return []string{key + " | " + origin}
		}
		return nil
	}
	for _, last := range []string{url.PathEscape(event.EventID), number(event.BornAt.UnixMilli())} {
		if full := key + last + " | " + origin; got[full] != nil {
			return []string{full}
		}
	}
	return nil
}

// attempted says whether a stream row belongs to an event that went to the failed list after all.
func (d *deployment) attempted(r row) bool {
	if r["origin"] != "stream" {
		return false
	}
	for _, event := range d.platform.Deliveries() {
		if event.State == platform.StateFailed && len(event.Attempts) > 0 && slices.ContainsFunc(d.naturalKeys(event), func(key string) bool {
			return strings.HasPrefix(r["event_key"], key)
		}) {
			return true
		}
	}
	return false
}

// failedPushDifferences: every event of the failed list is kept, and has been dispatched.
func (d *deployment) failedPushDifferences(company.Truth) []string {
	failed := 0
	for _, event := range d.platform.Deliveries() {
		if event.State == platform.StateFailed {
			failed++
		}
	}
	var found []string
	rows := d.table("failed_push", "drain_id", "position")
	if len(rows) != failed {
		found = append(found, fmt.Sprintf("failed_push has %d rows, the platform put %d events on the failed list", len(rows), failed))
	}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		if r := rows[key]; r["readable"] != "true" || r["dispatched_at"] == "" {
			found = append(found, fmt.Sprintf("failed_push [%s] was not dispatched: %s", key, r))
		}
	}
	return found
}

// callDifferences compares the count of calls with the platform's own. The worker must have stopped: it counts in memory for
// some seconds.
func (d *deployment) callDifferences() []string {
	d.t.Helper()
	type counts struct{ calls, counted int }
	got := map[string]counts{}
	rows, err := d.db.Query(d.t.Context(), "SELECT api, sum(calls)::int, sum(counted)::int FROM dakasync.api_call GROUP BY api")
	require.NoError(d.t, err)
	for rows.Next() {
		var api string
		var c counts
		require.NoError(d.t, rows.Scan(&api, &c.calls, &c.counted))
		got[api] = c
	}
	require.NoError(d.t, rows.Err())
	var found []string
	want := d.platform.Calls()
	for _, api := range slices.Sorted(maps.Keys(want)) {
		if api == "/v1.0/gateway/connections/open" {
			continue // the starter's, which calls no API
		}
		// Nobody knows whether DingTalk bills a call with a token that has expired: the ledger errs on the safe side.
		has, should := got[api], want[api]
		if has.calls != should.Calls || has.counted < should.Billed || has.counted > should.Billed+should.Outcomes["invalid token"] {
			found = append(found, fmt.Sprintf("api_call of %s is %d calls, %d billed; the platform counted %d and %d",
				api, has.calls, has.counted, should.Calls, should.Billed))
		}
		delete(got, api)
	}
	for api := range got {
		found = append(found, fmt.Sprintf("api_call has %s, which was never called", api))
	}
	return found
}
