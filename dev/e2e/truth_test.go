package e2e_test

import (
	"maps"
	"regexp"
	"slices"

	"dakasync/simulator/company"
)

// requireTruth fails the test unless every table equals what the company knows and what the platform delivered.
func (d *deployment) requireTruth() {
	d.t.Helper()
	d.report(d.differencesFromTruth())
}

// requireTruthOfEvents is requireTruth for a company in which whole days pass without an event: of those the ledger knows no result
// until a nightly sweep has asked.
func (d *deployment) requireTruthOfEvents() {
	d.t.Helper()
	truth := d.company.Truth()
	var found []string
	for _, check := range []func(company.Truth) []string{
		d.punchDifferences, d.approvalDifferences, d.approvalDayDifferences, d.versionDifferences, d.eventDifferences,
	} {
		found = append(found, check(truth)...)
	}
	d.report(found)
}

// differencesFromTruth are all differences, readable.
func (d *deployment) differencesFromTruth() []string {
	d.t.Helper()
	truth := d.company.Truth()
	var found []string
	for _, check := range []func(company.Truth) []string{
		d.punchDifferences, d.resultDifferences, d.dayDifferences, d.approvalDifferences, d.approvalDayDifferences,
		d.versionDifferences, d.eventDifferences, d.failedPushDifferences,
	} {
		found = append(found, check(truth)...)
	}
	return found
}

// report shows the first differences of each sort.
func (d *deployment) report(found []string) {
	d.t.Helper()
	const shown = 6
	sorts := map[string]int{}
	for _, difference := range found {
		sort := between.ReplaceAllString(difference, "")
		if sorts[sort]++; sorts[sort] <= shown {
			d.t.Error(difference)
		}
	}
	for _, sort := range slices.Sorted(maps.Keys(sorts)) {
		if sorts[sort] > shown {
			d.t.Errorf("… %d times: %s", sorts[sort], sort)
		}
	}
	if len(found) > 0 {
		d.t.FailNow()
	}
}

// between is what differs in differences of one sort: keys and values.
var between = regexp.MustCompile(`\[[^]]*\]|"[^"]*"|:.*$`)

func (d *deployment) punchDifferences(truth company.Truth) []string {
	want := map[string]wanted{}
	// A punch takes its approval from the result that shows it, or has shown it: one that excuses the slot, and need not have.
	excusing := map[string][]string{}
	for _, a := range truth.ApprovalDays {
		excusing[a.UserID+" | "+a.WorkDate.String()] = append(excusing[a.UserID+" | "+a.WorkDate.String()], a.ProcessInstanceID)
	}
	for _, p := range truth.Punches {
		key := p.UserID + " | " + instant(p.CheckTime)
		w := wanted{
			"corp_id": {p.CorpID}, "work_date": {p.WorkDate.String()}, "source_type": {p.SourceType}, "explained": {"true"},
			// A detail's record names no slot, and the slot's result may show another punch.
			"check_type": {p.CheckType, ""}, "process_instance_id": {p.ProcessInstanceID},
		}
		switch {
		case p.Valid == nil && !p.APIShows:
			w["origin"], w["valid"] = []string{"approval"}, []string{""}
		case p.Valid == nil:
			// Shown as the slot's result: by a detail, or by a sweep, which the approval outranks.
			// A sweep has a record of it as well, which is valid.
			w["origin"], w["valid"] = []string{"detail", "approval"}, []string{"", "true"}
		default:
			w["origin"] = []string{"detail", "sweep"}
			// A night shift ends on the next day, and may end in a leave of that day.
			w["process_instance_id"] = slices.Concat([]string{""}, excusing[p.UserID+" | "+p.WorkDate.String()],
				excusing[p.UserID+" | "+(p.WorkDate+1).String()])
			w["valid"] = []string{boolean(*p.Valid)}
			w["record_id"] = []string{number(p.RecordID)}
			w["biz_id"] = []string{p.BizID, ""} // only events and sweeps name it
			w["location_result"] = []string{p.LocationResult, ""}
		}
		want[key] = w
	}
	got := d.table("punch", "user_id", "check_time")
	// A make-up that was revoked or moved had pushed a punch: nothing accounts for that event any more.
	for key := range withdrawn(truth) {
		if _, is := want[key]; !is && got[key] != nil {
			want[key] = wanted{"origin": {"event"}, "explained": {"false"}}
		}
	}
	return differences("punch", want, got)
}

// withdrawn are the users and times of make-ups that no longer hold.
func withdrawn(truth company.Truth) map[string]bool {
	times := map[string]bool{}
	for _, a := range truth.ApprovalDays {
		if a.MadeUpTime != nil && a.State == company.StateVoid {
			times[a.UserID+" | "+instant(*a.MadeUpTime)] = true
		}
	}
	return times
}

// deleted are the instances that DingTalk no longer shows: one that is deleted soon after its end can no longer be read.
func deleted(truth company.Truth) map[string]bool {
	ids := map[string]bool{}
	for _, a := range truth.Approvals {
		if a.Status == company.StatusDeleted {
			ids[a.ProcessInstanceID] = true
		}
	}
	return ids
}

func boolean(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

func (d *deployment) resultDifferences(truth company.Truth) []string {
	want := map[string]wanted{}
	for _, r := range truth.Results {
		if r.WorkDate < d.company.FirstDay() {
			continue // Nobody was told of the day before the world began.
		}
		want[r.UserID+" | "+r.WorkDate.String()+" | "+r.CheckType+" | "+maybeInstant(r.PlanCheckTime)] = wanted{
			"corp_id": {r.CorpID}, "user_check_time": {maybeInstant(r.UserCheckTime)}, "time_result": {r.TimeResult},
			"location_result": {r.LocationResult}, "source_type": {r.SourceType}, "record_id": {number(r.RecordID)},
			"plan_id": {number(r.PlanID)}, "group_id": {number(r.GroupID)},
			"class_id":            {number(r.ClassID), ""}, // attendance/list has none
			"process_instance_id": {r.ProcessInstanceID},
		}
	}
	got := d.table("result", "user_id", "work_date", "check_type", "plan_check_time")
	maps.DeleteFunc(got, func(_ string, r row) bool { return r["work_date"] < d.company.FirstDay().String() })
	return differences("result", want, got)
}

// dayDifferences: what the ledger says of a plan must be so, and days with results have one.
func (d *deployment) dayDifferences(truth company.Truth) []string {
	withResults := map[string]bool{}
	for _, r := range truth.Results {
		withResults[r.UserID+" | "+r.WorkDate.String()] = true
	}
	got := d.table("day", "user_id", "work_date")
	want := map[string]wanted{}
	for _, truthDay := range truth.Days {
		key := truthDay.UserID + " | " + truthDay.WorkDate.String()
		if _, known := got[key]; !known && !withResults[key] {
			continue
		}
		w := wanted{"corp_id": {truthDay.CorpID}, "scheduled": {boolean(truthDay.Scheduled)}}
		if !withResults[key] {
			w["scheduled"] = append(w["scheduled"], "")
		}
		want[key] = w
	}
	// Days before the world or after today may be known: a punch of tonight counts for tomorrow, a leave reaches far.
	last := company.DateOf(d.company.Now())
	for key, r := range got {
		date, err := company.ParseDate(r["work_date"])
		if _, inside := want[key]; err == nil && !inside && (date > last || date < d.company.FirstDay()) {
			want[key] = wanted{"corp_id": {d.company.CorpID()}}
		}
	}
	return differences("day", want, got)
}

func (d *deployment) approvalDifferences(truth company.Truth) []string {
	want := map[string]wanted{}
	for _, a := range truth.Approvals {
		w := wanted{
			"corp_id": {a.CorpID}, "process_code": {a.ProcessCode}, "kind": {a.Kind},
			"originator_user_id": {a.OriginatorUserID}, "status": {a.Status}, "result": {a.Result},
			"created_at": {instant(a.CreatedAt)}, "finished_at": {maybeInstant(a.FinishedAt)},
			"main_process_instance_id": {a.MainProcessInstanceID}, "biz_action": {a.BizAction},
			"revoked": {boolean(a.Revoked)},
		}
		if a.Status != company.StatusCompleted || a.Result != company.ResultAgree {
			// Nobody reads an instance that was never agreed; its events do not say what it does to another one.
			w["biz_action"] = append(w["biz_action"], "")
		}
		if a.Status == company.StatusDeleted {
			w["result"] = append(w["result"], "")
			w["main_process_instance_id"] = append(w["main_process_instance_id"], "")
		}
		want[a.ProcessInstanceID] = w
	}
	return differences("approval", want, d.table("approval", "process_instance_id"))
}

func (d *deployment) approvalDayDifferences(truth company.Truth) []string {
	want, gone := map[string]wanted{}, deleted(truth)
	got := d.table("approval_day", "process_instance_id", "user_id", "work_date", "begin_time")
	for _, a := range truth.ApprovalDays {
		key := a.ProcessInstanceID + " | " + a.UserID + " | " + a.WorkDate.String() + " | " + maybeInstant(a.BeginTime)
		if gone[a.ProcessInstanceID] && got[key] == nil {
			continue
		}
		want[key] = wanted{
			"corp_id": {a.CorpID}, "end_time": {maybeInstant(a.EndTime)}, "made_up_time": {maybeInstant(a.MadeUpTime)},
			"state": {a.State},
		}
	}
	return differences("approval_day", want, got)
}
