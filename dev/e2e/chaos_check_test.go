package e2e_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"dakasync/dev/oracle"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// trialDifferences compares the ledger with the truth after a trial. Whole days of which nobody was told wait for the nightly sweep, as
// in requireTruthOfEvents; so do approvals that were never agreed, when their events were lost: nothing follows from them.
func (l *lane) trialDifferences(deceived bool) []string {
	truth, deliveries := l.company.Truth(), l.platform.Deliveries()
	var found []string
	found = append(found, l.punchesAfterTrial(truth, deceived)...)
	found = append(found, l.approvalsAfterTrial(truth)...)
	found = append(found, l.approvalDayDifferences(truth)...)
	found = append(found, l.resultsAfterTrial(truth, deliveries, deceived)...)
	found = append(found, l.versionDifferences(truth)...)
	found = append(found, l.eventsAfterTrial(truth, deliveries, deceived)...)
	return append(found, l.failedPushesAfterTrial(deliveries)...)
}

// punchesAfterTrial: where DingTalk lied about a day, its punches may stand there as the events told them, until the nightly sweep. A
// made-up punch is valid where a sweep has seen it as a record, also when another one has taken its slot since.
func (l *lane) punchesAfterTrial(truth company.Truth, deceived bool) []string {
	found := slices.DeleteFunc(l.punchDifferences(truth), func(difference string) bool {
		return strings.HasSuffix(difference, `] valid is "true", should be ""`)
	})
	if !deceived {
		return found
	}
	unexplained := l.table("punch", "user_id", "check_time")
	maps.DeleteFunc(unexplained, func(_ string, r oracle.Row) bool { return r["explained"] == "true" })
	return slices.DeleteFunc(found, func(difference string) bool {
		_, is := unexplained[oracle.KeyIn(difference)]
		return is
	})
}

// approvalsAfterTrial: of one that was found by a sweep DingTalk shows minutes only.
func (l *lane) approvalsAfterTrial(truth company.Truth) []string {
	idle := map[string]bool{} // nothing follows from these
	for _, a := range truth.Approvals {
		idle[a.ProcessInstanceID] = a.Status != company.StatusCompleted || a.Result != company.ResultAgree
	}
	return slices.DeleteFunc(l.approvalDifferences(truth), func(difference string) bool {
		return idle[oracle.KeyIn(difference)] || oracle.OnlyToTheMinute(difference)
	})
}

// resultsAfterTrial compares the results of the user-days that an acked event told of, but for those that nothing but time brings.
func (l *lane) resultsAfterTrial(truth company.Truth, deliveries []platform.Delivery, deceived bool) []string {
	if deceived {
		return nil
	}
	told := map[string]bool{}
	for _, event := range deliveries {
		if event.State != platform.StateAcked {
			continue
		}
		for _, key := range l.naturalKeys(event) {
			if parts := strings.Split(key, "/"); parts[0] == "day" {
				told[parts[2]+" | "+parts[3]] = true
			}
		}
	}
	untold := map[string]bool{}
	for _, r := range truth.Results {
		untold[r.UserID+" | "+r.WorkDate.String()+" | "+r.CheckType+" | "+oracle.MaybeInstant(r.PlanCheckTime)] = byTimeAlone(r, l.began)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(l.resultDifferences(truth), func(difference string) bool {
		key := oracle.KeyIn(difference)
		parts := strings.Split(key, " | ")
		if len(parts) < 2 {
			return false
		}
		day := parts[0] + " | " + parts[1]
		return !told[day] || l.rescheduled[day] || untold[key] && strings.HasPrefix(difference, "result lacks")
	})
}

// byTimeAlone says whether DingTalk shows a result because its minute has come, and pushes no event then: that a punch is missing, and that a
// leave or trip excuses a slot which came due since. The sweep of the night learns of both.
func byTimeAlone(r company.ResultRow, since time.Time) bool {
	return r.TimeResult == company.TimeNotSigned || r.SourceType == company.SourceApprove && r.PlanCheckTime != nil && r.PlanCheckTime.After(since)
}

// eventsAfterTrial: every acked event has its row with a final outcome. What was dropped, or is on the failed list still, may have one.
func (l *lane) eventsAfterTrial(truth company.Truth, deliveries []platform.Delivery, deceived bool) []string {
	gone, back := oracle.Deleted(truth), oracle.Withdrawn(truth)
	got := l.table("event", "event_key", "origin")
	var found []string
	known := map[string]bool{}
	for _, event := range deliveries {
		for _, key := range l.naturalKeys(event) {
			matches := slices.Concat(oracle.RowsOf(got, key, "stream", event), oracle.RowsOf(got, key, "failed_push", event))
			for _, match := range matches {
				known[match] = true
			}
			if event.State == platform.StateAcked && len(oracle.RowsOf(got, key, "stream", event)) == 0 {
				found = append(found, fmt.Sprintf("event lacks %s of %s (%s), which was acked", key, event.EventType, event.EventID))
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		r := got[key]
		parts := strings.Split(r["event_key"], "/")
		mayStay := deceived || parts[0] == "approval" && gone[parts[2]] || parts[0] == "punch" && back[parts[2]+" | "+instantOfMillis(parts[3])]
		switch {
		case !known[key]:
			found = append(found, fmt.Sprintf("event has [%s] too many: %s", key, r))
		case r["outcome"] != "done" && (!mayStay || r["outcome"] != "unexplained"):
			found = append(found, fmt.Sprintf("event [%s] outcome is %q, should be \"done\"", key, r["outcome"]))
		}
	}
	return found
}

// failedPushesAfterTrial: nothing is read twice, and what was read has been followed up.
func (l *lane) failedPushesAfterTrial(deliveries []platform.Delivery) []string {
	failed := 0
	for _, event := range deliveries {
		if event.State == platform.StateFailed {
			failed++
		}
	}
	var found []string
	rows := l.table("failed_push", "drain_id", "position")
	if len(rows) > failed {
		found = append(found, fmt.Sprintf("failed_push has %d rows, the platform put %d events on the failed list", len(rows), failed))
	}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		if r := rows[key]; r["readable"] != "true" || r["dispatched_at"] == "" {
			found = append(found, fmt.Sprintf("failed_push [%s] was not dispatched: %s", key, r))
		}
	}
	return found
}

// instantOfMillis spells the time in a punch's key as the tables do.
func instantOfMillis(text string) string {
	millis, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return ""
	}
	return oracle.Instant(time.UnixMilli(millis))
}
