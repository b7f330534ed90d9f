package oracle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// Oracle compares one company's ledger.
type Oracle struct {
	DB       DB
	Company  *company.Company
	Platform *platform.Platform
}

// Check compares one table with the truth. The error is for what could not be read.
type Check func(ctx context.Context, truth company.Truth) ([]string, error)

// Differences are all that are found in every table, readable.
func (o Oracle) Differences(ctx context.Context) ([]string, error) {
	return Run(ctx, o.Company.Truth(), o.Punches, o.Results, o.Days, o.Approvals, o.ApprovalDays, o.Versions, o.Events, o.FailedPushes)
}

// Run makes some checks against one truth.
func Run(ctx context.Context, truth company.Truth, checks ...Check) ([]string, error) {
	var found []string
	for _, check := range checks {
		differences, err := check(ctx, truth)
		if err != nil {
			return nil, err
		}
		found = append(found, differences...)
	}
	return found, nil
}

// Punches compares punch: every punch once, where it stands and what it counts for, and every event that nothing accounts for any more.
func (o Oracle) Punches(ctx context.Context, truth company.Truth) ([]string, error) {
	want := map[string]Wanted{}
	// A punch takes its approval from the result that shows it, or has shown it: one that excuses the slot, and need not have.
	excusing := map[string][]string{}
	for _, a := range truth.ApprovalDays {
		excusing[a.UserID+" | "+a.WorkDate.String()] = append(excusing[a.UserID+" | "+a.WorkDate.String()], a.ProcessInstanceID)
	}
	for _, p := range truth.Punches {
		key := p.UserID + " | " + Instant(p.CheckTime)
		w := Wanted{
			columnCorp: {p.CorpID}, "work_date": {p.WorkDate.String()}, "source_type": {p.SourceType}, "explained": {yes},
			// A detail's record names no slot, and the slot's result may show another punch.
			"check_type": {p.CheckType, ""}, "process_instance_id": {p.ProcessInstanceID},
		}
		switch {
		case p.Valid == nil && !p.APIShows:
			w["origin"], w["valid"] = []string{ofApproval}, []string{""}
		case p.Valid == nil:
			// Shown as the slot's result: by a detail, or by a sweep, which the approval outranks.
			// A sweep has a record of it as well, which is valid.
			w["origin"], w["valid"] = []string{"detail", ofApproval}, []string{"", yes}
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
	got, err := textTable(ctx, o.DB, "punch", "user_id", "check_time")
	if err != nil {
		return nil, err
	}
	// A make-up that was revoked or moved had pushed a punch: nothing accounts for that event any more.
	for key := range Withdrawn(truth) {
		if _, is := want[key]; !is && got[key] != nil {
			want[key] = Wanted{"origin": {"event"}, "explained": {"false"}}
		}
	}
	return differences("punch", want, got), nil
}

// Withdrawn are the users and times of make-ups that no longer hold.
func Withdrawn(truth company.Truth) map[string]bool {
	times := map[string]bool{}
	for _, a := range truth.ApprovalDays {
		if a.MadeUpTime != nil && a.State == company.StateVoid {
			times[a.UserID+" | "+Instant(*a.MadeUpTime)] = true
		}
	}
	return times
}

// Deleted are the instances that DingTalk no longer shows: one that is deleted soon after its end can no longer be read.
func Deleted(truth company.Truth) map[string]bool {
	ids := map[string]bool{}
	for _, a := range truth.Approvals {
		if a.Status == company.StatusDeleted {
			ids[a.ProcessInstanceID] = true
		}
	}
	return ids
}

// Results compares result: every slot of every day, and no other.
func (o Oracle) Results(ctx context.Context, truth company.Truth) ([]string, error) {
	want := map[string]Wanted{}
	for _, r := range truth.Results {
		if r.WorkDate < o.Company.FirstDay() {
			continue // Nobody was told of the day before the world began.
		}
		want[r.UserID+" | "+r.WorkDate.String()+" | "+r.CheckType+" | "+MaybeInstant(r.PlanCheckTime)] = Wanted{
			columnCorp: {r.CorpID}, "user_check_time": {MaybeInstant(r.UserCheckTime)}, "time_result": {r.TimeResult},
			"location_result": {r.LocationResult}, "source_type": {r.SourceType}, "record_id": {number(r.RecordID)},
			"plan_id": {number(r.PlanID)}, "group_id": {number(r.GroupID)},
			"class_id":            {number(r.ClassID), ""}, // attendance/list has none
			"process_instance_id": {r.ProcessInstanceID},
		}
	}
	got, err := textTable(ctx, o.DB, "result", "user_id", "work_date", "check_type", "plan_check_time")
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(got, func(_ string, r Row) bool { return r["work_date"] < o.Company.FirstDay().String() })
	return differences("result", want, got), nil
}

// Days compares day: what the ledger says of a plan must be so, and days with results have one.
func (o Oracle) Days(ctx context.Context, truth company.Truth) ([]string, error) {
	withResults := map[string]bool{}
	for _, r := range truth.Results {
		withResults[r.UserID+" | "+r.WorkDate.String()] = true
	}
	got, err := textTable(ctx, o.DB, "day", "user_id", "work_date")
	if err != nil {
		return nil, err
	}
	want := map[string]Wanted{}
	for _, truthDay := range truth.Days {
		key := truthDay.UserID + " | " + truthDay.WorkDate.String()
		if _, known := got[key]; !known && !withResults[key] {
			continue
		}
		w := Wanted{columnCorp: {truthDay.CorpID}, "scheduled": {boolean(truthDay.Scheduled)}}
		if !withResults[key] {
			w["scheduled"] = append(w["scheduled"], "")
		}
		want[key] = w
	}
	// Days before the world or after today may be known: a punch of tonight counts for tomorrow, a leave reaches far.
	last := company.DateOf(o.Company.Now())
	for key, r := range got {
		date, err := company.ParseDate(r["work_date"])
		if _, inside := want[key]; err == nil && !inside && (date > last || date < o.Company.FirstDay()) {
			want[key] = Wanted{columnCorp: {o.Company.CorpID()}}
		}
	}
	return differences("day", want, got), nil
}

// Approvals compares approval.
func (o Oracle) Approvals(ctx context.Context, truth company.Truth) ([]string, error) {
	want := map[string]Wanted{}
	for _, a := range truth.Approvals {
		w := Wanted{
			columnCorp: {a.CorpID}, "process_code": {a.ProcessCode}, "kind": {a.Kind},
			"originator_user_id": {a.OriginatorUserID}, "status": {a.Status}, "result": {a.Result},
			"created_at": {Instant(a.CreatedAt)}, "finished_at": {MaybeInstant(a.FinishedAt)},
			"main_process_instance_id": {a.MainProcessInstanceID}, "biz_action": {a.BizAction},
			"revoked": {boolean(a.Revoked)},
		}
		if a.Status != company.StatusCompleted || a.Result != company.ResultAgree {
			// Nobody reads an instance that was never agreed; its events do not say what it does to another one.
			w["biz_action"] = append(w["biz_action"], "")
			if a.Kind == company.KindMakeUp || a.Kind == company.KindOther {
				// Of these nor do they say to which one: there is no attendance_approve_status_change of them.
				w["main_process_instance_id"] = append(w["main_process_instance_id"], "")
			}
		}
		if a.Status == company.StatusDeleted {
			w["result"] = append(w["result"], "")
			w["main_process_instance_id"] = append(w["main_process_instance_id"], "")
		}
		want[a.ProcessInstanceID] = w
	}
	got, err := textTable(ctx, o.DB, "approval", "process_instance_id")
	if err != nil {
		return nil, err
	}
	return differences("approval", want, got), nil
}

// ApprovalsFound compares approval where events may never have come: a sweep finds only what attendance knows and what was agreed, from which
// something follows, and DingTalk shows it to the minute.
func (o Oracle) ApprovalsFound(ctx context.Context, truth company.Truth) ([]string, error) {
	idle := map[string]bool{}
	for _, a := range truth.Approvals {
		idle[a.ProcessInstanceID] = a.Status != company.StatusCompleted || a.Result != company.ResultAgree || a.Kind == company.KindOther
	}
	found, err := o.Approvals(ctx, truth)
	return slices.DeleteFunc(found, func(difference string) bool { return idle[KeyIn(difference)] || OnlyToTheMinute(difference) }), err
}

// KeyIn is the key that a difference names.
func KeyIn(difference string) string {
	_, after, _ := strings.Cut(difference, "[")
	key, _, _ := strings.Cut(after, "]")
	return key
}

// OnlyToTheMinute says whether a difference of an approval is that its times have no seconds.
func OnlyToTheMinute(difference string) bool {
	var has, should string
	for _, column := range []string{"created_at", "finished_at"} {
		_, after, is := strings.Cut(difference, "] "+column+" is ")
		if !is {
			continue
		}
		if _, err := fmt.Sscanf(after, "%q, should be %q", &has, &should); err != nil {
			return false
		}
		const toMinute = len("2006-01-02T15:04:")
		return len(has) > toMinute && len(should) > toMinute && has[:toMinute] == should[:toMinute] && strings.HasPrefix(has[toMinute:], "00Z")
	}
	return false
}

// ApprovalDays compares approval_day.
func (o Oracle) ApprovalDays(ctx context.Context, truth company.Truth) ([]string, error) {
	want, gone := map[string]Wanted{}, Deleted(truth)
	got, err := textTable(ctx, o.DB, "approval_day", "process_instance_id", "user_id", "work_date", "begin_time")
	if err != nil {
		return nil, err
	}
	for _, a := range truth.ApprovalDays {
		key := a.ProcessInstanceID + " | " + a.UserID + " | " + a.WorkDate.String() + " | " + MaybeInstant(a.BeginTime)
		if gone[a.ProcessInstanceID] && got[key] == nil {
			continue
		}
		want[key] = Wanted{
			columnCorp: {a.CorpID}, "end_time": {MaybeInstant(a.EndTime)}, "made_up_time": {MaybeInstant(a.MadeUpTime)},
			"state": {a.State},
		}
	}
	return differences("approval_day", want, got), nil
}
