package doctor

import (
	"slices"
	"time"

	"dakasync/budget"
)

// The checks of our own stores.
const (
	checkPostgres = "postgresql"
	checkSchema   = "postgresql/schema"
	checkEvents   = "events"
	checkDrain    = "failed-pushes"
	checkCounted  = "quota/counted"

	oldestServer = 140000 // PostgreSQL 14
	mebibyte     = 1 << 20
)

// judgeLedger judges PostgreSQL itself.
func judgeLedger(f LedgerFacts, err error) []Finding {
	why := Textf("nothing can be stored: runs wait, and what comes while Temporal is away too waits in DingTalk's failed-push list or is lost")
	if err != nil {
		return []Finding{{
			checkPostgres, Fault, Textf("the ledger cannot be read: %s", err), why,
			Textf("check DATABASE_URL, that the server runs and takes connections, and (missing schema) run dakactl migrate"),
		}}
	}
	server := fine(checkPostgres, Textf("version %d.%d, %d MiB", f.ServerVersion/10000, f.ServerVersion%10000, f.SizeBytes/mebibyte))
	switch {
	case f.ReadOnly:
		server = Finding{
			checkPostgres, Fault, Textf("the server takes no writes: it is a standby, or set to read only"), why,
			Textf("let DATABASE_URL name the primary (target_session_attrs=read-write); see that default_transaction_read_only is off and the disk is not full"),
		}
	case f.ServerVersion < oldestServer:
		server = Finding{
			checkPostgres, Fault, server.Saw, Textf("the migrations and queries need PostgreSQL 14"), Textf("upgrade the server to PostgreSQL 14 or newer"),
		}
	}
	schema := fine(checkSchema, Textf("schema version %d", f.SchemaVersion))
	switch {
	case f.SchemaVersion < f.WantedVersion:
		schema = Finding{
			checkSchema, Fault, Textf("the schema has version %d, this program needs %d", f.SchemaVersion, f.WantedVersion),
			Textf("worker and starter wait until it is brought up"), Textf("run dakactl migrate with a role that may create tables"),
		}
	case f.SchemaVersion > f.WantedVersion:
		schema = Finding{
			checkSchema, Warning, Textf("the schema has version %d, newer than the %d of this program", f.SchemaVersion, f.WantedVersion),
			Textf("this dakactl is older than the worker that migrated: what it shows may be wrong"), Textf("use the dakactl of the worker's release"),
		}
	}
	return []Finding{server, schema, judgeSkew(checkClock+"/postgresql", Textf("PostgreSQL's"), f.Skew)}
}

// wantedEvent is an event to tick, with what stays unknown without it.
type wantedEvent struct {
	name, label string
	why         Message
}

// wantedEvents must have come in a company that works.
func wantedEvents() []wantedEvent {
	return []wantedEvent{
		{"attendance_check_record", "员工打卡事件", Textf("punches are known a day late, by the nightly sweep")},
		{"bpms_instance_change", "审批实例开始、结束", Textf("make-ups, leave and overtime are known a day late, by the nightly sweep")},
	}
}

// drainLate is after how many intervals the failed-push list counts as not read.
const drainLate = 3

// judgeEvents judges which events have come. A type that never came may not be
// ticked, or nothing of the kind has happened.
func judgeEvents(f LedgerFacts, drain time.Duration, now time.Time) []Finding {
	const place = " in the " + console + " → the app → 事件订阅, and publish a version (版本管理与发布)"
	var findings []Finding
	if len(f.Events) == 0 {
		since := Textf("nothing has ever come, nor was there a connection")
		if !f.Listening.IsZero() {
			since = Textf("we listen since %s", f.Listening.In(now.Location()).Format(time.DateTime))
		}
		findings = append(findings, Finding{
			checkEvents, Warning, Textf("no event has come in the last %d days; %s", EventSpan/(24*time.Hour), since),
			Textf("punches and approvals are known a day late, by the nightly sweep"),
			Textf("see that a starter runs (dakactl status), and tick attendance_check_record and bpms_instance_change" + place),
		})
		return append(findings, judgeDrain(f, drain, now))
	}
	for _, wanted := range wantedEvents() {
		at := slices.IndexFunc(f.Events, func(e EventType) bool { return e.Name == wanted.name })
		if at < 0 {
			findings = append(findings, Finding{
				checkEvents + "/" + wanted.name, Warning, Textf("%s (%s) has not come in the last %d days; others have", wanted.name, wanted.label, EventSpan/(24*time.Hour)),
				wanted.why, Textf("tick it" + place + ", unless nothing of the kind has happened"),
			})
		}
	}
	for _, e := range f.Events {
		findings = append(findings, fine(checkEvents+"/"+e.Name, Textf("%d in the last %d days, the last one at %s",
			e.Count, EventSpan/(24*time.Hour), e.Last.In(now.Location()).Format(time.DateTime))))
	}
	return append(findings, judgeDrain(f, drain, now))
}

// drainInterval is how far apart the reads of the failed-push list may be: where
// nothing can be on it, some are left out.
func drainInterval(b budget.Budget) time.Duration {
	if b.Drain <= 0 {
		return 0
	}
	return max(b.Drain, b.QuietDrains())
}

// judgeDrain judges the reading of the failed-push list by its last time: the
// doctor does not read it, since reading destroys it.
func judgeDrain(f LedgerFacts, interval time.Duration, now time.Time) Finding {
	why := Textf("DingTalk keeps on it what it could not push, and forgets it: what is not read there in time is found by the nightly sweep only")
	next := Textf("see the run of the schedule drain-failed-pushes in the Temporal UI; a refusal there names qyapi_base, to be ticked in 权限管理")
	switch {
	case f.UnreadFailures > 0:
		return Finding{
			checkDrain, Warning, Textf("%d failed pushes could not be read", f.UnreadFailures), Textf("each is an event that no run took over"),
			Textf("look at dakasync.failed_push where not readable; dakactl resync over the days that they name"),
		}
	case interval <= 0:
		return fine(checkDrain, Textf("the list is not read by itself (DAKASYNC_DRAIN_INTERVAL)"))
	case f.Drained.IsZero():
		return Finding{checkDrain, Warning, Textf("the failed-push list was never answered"), why, next}
	case now.Sub(f.Drained) > drainLate*interval:
		return Finding{checkDrain, Warning, Textf("the failed-push list was last answered at %s", f.Drained.In(now.Location()).Format(time.DateTime)), why, next}
	default:
		return fine(checkDrain, Textf("the failed-push list was answered at %s (not read by doctor: reading empties it)",
			f.Drained.In(now.Location()).Format(time.DateTime)))
	}
}

// judgeQuota judges what is spent and forecast of the month's calls and pushes.
func judgeQuota(f budget.Facts, b budget.Budget) []Finding {
	d, unbound := budget.Decide(f, b), b
	unbound.Pushes = 0 // a forecast of pushes ends where they do
	pushes := budget.Decide(f, unbound).ForecastPushes
	return []Finding{
		judgeMeter(checkCalls, Textf("calls"), b.Calls, f.Calls, d.ForecastCalls, !f.Refused.IsZero(),
			"DAKASYNC_MONTHLY_CALLS", Textf("when they are spent no result is fetched until the month turns")),
		judgeMeter(checkPushes, Textf("pushes"), b.Pushes, f.Pushes, pushes, !f.Muted.IsZero(),
			"DAKASYNC_MONTHLY_PUSHES", Textf("when they are spent no event comes until the month turns: punches are known by sweeps only")),
	}
}

func judgeMeter(check string, what Message, bound, spent, forecast int, said bool, setting string, why Message) Finding {
	buy := Textf("compare with 管理后台 → 开放平台 → 调用量; buy more or a larger edition and set DAKASYNC_EDITION or %s; dakactl plan reckons what is needed", setting)
	saw := Textf("%s of %s %s are spent this month, %s are forecast", budget.Number(spent), budget.Number(bound), what, budget.Number(forecast))
	switch {
	case said:
		return Finding{check, Fault, Textf("DingTalk says that this month's %s are spent; %s are counted here", what, budget.Number(spent)), why, buy}
	case bound == 0:
		return Finding{Check: check, Severity: Note, Saw: Textf("%s %s are counted this month, and no bound is set", budget.Number(spent), what)}
	case spent >= bound:
		return Finding{check, Fault, saw, why, buy}
	case forecast > bound:
		return Finding{check, Warning, saw, why, buy}
	default:
		return fine(check, saw)
	}
}

// Uncounted is found where the examination's own calls could not be counted.
func Uncounted(err error) Finding {
	return Finding{
		checkCounted, Warning, Textf("the calls to DingTalk were not counted: %s", err), Textf("the month's budget believes that more is left than there is"),
		Textf("nothing, if it is few calls; otherwise lower DAKASYNC_MONTHLY_CALLS for this month by what doctor has spent"),
	}
}
