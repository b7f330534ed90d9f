package doctor

import (
	"time"

	"dakasync/attendance"
)

const (
	checkEmpty = "isI18n"
	checkZone  = "time-zone"
)

// judgeAgreement compares the three routes to a day of which the ledger knows
// that it has a punch. A question with isI18n as another kind of company wants
// it is answered with nothing and no error.
func judgeAgreement(a *Answers, facts LedgerFacts, s Settings) []Finding {
	if !facts.SignedIsThere {
		return []Finding{
			skipped(checkEmpty, Textf("the ledger has no punch yet that the APIs could be asked for")),
			skipped(checkZone, Textf("the ledger has no punch yet whose times could be compared")),
		}
	}
	if !a.Detail.good() || !a.Results.good() || !a.Records.good() {
		return []Finding{skipped(checkEmpty, Textf("an attendance call was not answered")), skipped(checkZone, Textf("an attendance call was not answered"))}
	}
	detail := a.Detail.Value
	return []Finding{judgeEmpty(detail, a.Results.Value, a.Records.Value), judgeZone(detail, a.Results.Value, s.Location)}
}

func judgeEmpty(detail attendance.Answer, listed, recorded []attendance.Answer) Finding {
	results, records := 0, 0
	for _, answer := range listed {
		results += len(answer.Results)
	}
	for _, answer := range recorded {
		records += len(answer.Records)
	}
	switch {
	case len(detail.Results) == 0 && len(detail.Records) == 0:
		return skipped(checkEmpty, Textf("DingTalk shows nothing any more on the day that the ledger knows a punch of"))
	case len(detail.Results) > 0 && results == 0, len(detail.Records) > 0 && records == 0:
		return Finding{
			checkEmpty, Fault,
			Textf("of one user's %s getupdatedata shows %d results and %d records, attendance/list %d results of it and the days beside it, listRecord %d records",
				detail.WorkDate, len(detail.Results), len(detail.Records), results, records),
			Textf("sweeps, batches and re-syncs ask list and listRecord: they find nothing, without an error, and lost events are not made good"),
			Textf("these are asked with isI18n false, as companies in mainland China must; one that was registered overseas is answered only with true, " +
				"which dakasync does not support: ask DingTalk's support which kind the company is (管理后台 → 企业信息 shows its region)"),
		}
	default:
		return fine(checkEmpty, Textf("attendance/list and listRecord (isI18n false) show what getupdatedata shows"))
	}
}

// judgeZone compares a slot's planned time: getupdatedata writes it in the
// company's local time without a zone, attendance/list as an instant.
func judgeZone(detail attendance.Answer, listed []attendance.Answer, zone *time.Location) Finding {
	instants := map[int64]time.Time{}
	for _, answer := range listed {
		for _, r := range answer.Results {
			instants[r.RecordID] = r.PlanCheckTime
		}
	}
	for _, r := range detail.Results {
		instant, both := instants[r.RecordID]
		if !both || r.RecordID == 0 || instant.IsZero() || r.PlanCheckTime.IsZero() {
			continue
		}
		off := r.PlanCheckTime.Sub(instant)
		if off.Abs() < time.Minute {
			return fine(checkZone, Textf("DingTalk's local times are those of DAKASYNC_TIMEZONE (%s)", zone))
		}
		return Finding{
			checkZone, Fault,
			Textf("the same slot is planned for %s by DingTalk's local time read in %s, and for %s by its instant: %s apart",
				r.PlanCheckTime.In(zone).Format(time.DateTime), zone, instant.In(zone).Format(time.DateTime), off.Abs()),
			Textf("every punch is stored at a wrong time, and may fall on a wrong date"),
			Textf("set DAKASYNC_TIMEZONE to the company's zone in every process (Asia/Shanghai in mainland China), then dakactl resync the days that were stored"),
		}
	}
	return skipped(checkZone, Textf("no slot is shown by both getupdatedata and attendance/list"))
}
