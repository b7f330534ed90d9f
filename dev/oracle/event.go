package oracle

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

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

// NaturalKeys spells the keys that an event's records have, independently of the product. A day's key ends in the event's id
// where the channel has one, and in the birth otherwise: it is returned up to there.
func (o Oracle) NaturalKeys(event platform.Delivery) ([]string, error) {
	var p payload
	if err := json.Unmarshal([]byte(event.Data), &p); err != nil {
		return nil, fmt.Errorf("event %s: %w: %s", event.EventID, err, event.Data)
	}
	keys := o.keysOf(event.EventType, p)
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

func (o Oracle) keysOf(eventType string, p payload) []string {
	corp := url.PathEscape(o.Company.CorpID())
	dayKey := func(user, date string) string { return "day/" + corp + "/" + url.PathEscape(user) + "/" + date + "/" }
	dateOf := func(millis int64) string {
		return time.UnixMilli(millis).In(o.Company.Location()).Format(time.DateOnly)
	}
	var keys []string
	switch eventType {
	case "attendance_check_record":
		for _, r := range p.DataList {
			if r.CheckByUser {
				keys = append(keys, fmt.Sprintf("punch/%s/%s/%d", corp, url.PathEscape(r.UserID), r.CheckTime))
			} else {
				keys = append(keys, dayKey(r.UserID, dateOf(r.CheckTime)))
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
			keys = append(keys, dayKey(r.OtherUserID, dateOf(int64(millis))))
		}
	}
	return keys
}

// Events compares event: every acked event has its row, every drained one too, none is pending, and there are no others.
func (o Oracle) Events(ctx context.Context, truth company.Truth) ([]string, error) {
	got, err := textTable(ctx, o.DB, "event", "event_key", "origin")
	if err != nil {
		return nil, err
	}
	j := eventJudge{Oracle: o, got: got, want: map[string]Wanted{}, gone: Deleted(truth), back: Withdrawn(truth)}
	if err := j.expect(); err != nil {
		return nil, err
	}
	for key, r := range got {
		if r["deliveries"] < "1" {
			j.found = append(j.found, fmt.Sprintf("event [%s] was delivered %s times", key, r["deliveries"]))
		}
	}
	// An event that failed after a try may have been taken, and acked too late.
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, there := j.want[key]; !there && j.attempted(got[key]) {
			j.want[key] = Wanted{"outcome": j.outcomes(got[key])}
		}
	}
	return append(j.found, differences("event", j.want, got)...), nil
}

// eventJudge collects what event should hold.
type eventJudge struct {
	Oracle

	got   map[string]Row
	want  map[string]Wanted
	gone  map[string]bool // instances
	back  map[string]bool // users and times
	tried []string        // keys of events that went to the failed list after a try
	found []string
}

func (j *eventJudge) expect() error {
	for _, event := range j.Platform.Deliveries() {
		origin := map[string]string{platform.StateAcked: "stream", platform.StateFailed: "failed_push"}[event.State]
		if origin == "" {
			continue
		}
		keys, err := j.NaturalKeys(event)
		if err != nil {
			return err
		}
		if event.State == platform.StateFailed && len(event.Attempts) > 0 {
			j.tried = append(j.tried, keys...)
		}
		for _, key := range keys {
			matches := RowsOf(j.got, key, origin, event)
			if len(matches) == 0 {
				j.found = append(j.found, fmt.Sprintf("event lacks %s of %s (%s, %s)", key, event.EventType, event.EventID, origin))
			}
			for _, match := range matches {
				j.want[match] = Wanted{
					columnCorp: {j.Company.CorpID()}, "outcome": j.outcomes(j.got[match]), "workflow_id": {j.got[match]["event_key"]},
				}
			}
		}
	}
	return nil
}

func (j *eventJudge) outcomes(r Row) []string {
	at, _ := time.Parse(time.RFC3339Nano, r["check_time"])
	parts := strings.Split(r["event_key"], "/")
	switch {
	case parts[0] == ofApproval && j.gone[parts[2]], parts[0] == "punch" && j.back[r["user_id"]+" | "+Instant(at)]:
		return []string{"done", "unexplained"}
	default:
		return []string{"done"}
	}
}

// attempted says whether a stream row belongs to an event that went to the failed list after all.
func (j *eventJudge) attempted(r Row) bool {
	return r["origin"] == "stream" && slices.ContainsFunc(j.tried, func(key string) bool { return strings.HasPrefix(r["event_key"], key) })
}

// RowsOf finds the rows of a natural key; a day's has the event's id or birth behind it.
func RowsOf(got map[string]Row, key, origin string, event platform.Delivery) []string {
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

// FailedPushes compares failed_push: every event of the failed list is kept, and has been dispatched.
func (o Oracle) FailedPushes(ctx context.Context, _ company.Truth) ([]string, error) {
	failed := 0
	for _, event := range o.Platform.Deliveries() {
		if event.State == platform.StateFailed {
			failed++
		}
	}
	rows, err := textTable(ctx, o.DB, "failed_push", "drain_id", "position")
	if err != nil {
		return nil, err
	}
	var found []string
	if len(rows) != failed {
		found = append(found, fmt.Sprintf("failed_push has %d rows, the platform put %d events on the failed list", len(rows), failed))
	}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		if r := rows[key]; r["readable"] != yes || r["dispatched_at"] == "" {
			found = append(found, fmt.Sprintf("failed_push [%s] was not dispatched: %s", key, r))
		}
	}
	return found, nil
}
