package doctor

import (
	"errors"
	"time"

	"dakasync/dingtalk"
)

// The checks of what DingTalk lets the app do.
const (
	checkDingTalk    = "dingtalk"
	checkCredentials = "credentials"
	checkAddress     = "ip-whitelist"
	checkPermission  = "permission"
	checkOperator    = "operator"
	checkStream      = "stream"
	checkClock       = "clock"
	checkQuota       = "quota"
	checkCalls       = checkQuota + "/calls"
	checkPushes      = checkQuota + "/pushes"

	console = "developer console (open-dev.dingtalk.com)"
)

// judgeDingTalk judges all that DingTalk was asked.
func judgeDingTalk(a *Answers, facts LedgerFacts, s Settings, now time.Time) []Finding {
	findings := judgeAccess(a)
	findings = append(findings, judgePermissions(a.questions)...)
	findings = append(findings, judgeTroubles(a.questions)...)
	findings = append(findings, judgeOperator(a.Operator, s))
	findings = append(findings, judgeClock(a.Clock))
	findings = append(findings, judgeAgreement(a, facts, s)...)
	findings = append(findings, judgeReport(a)...)
	findings = append(findings, judgeSchedules(a, facts, now, s.Location)...)
	return append(findings, judgeHolidays(a.Holidays))
}

// judgeAccess judges whether the app is let in at all.
func judgeAccess(a *Answers) []Finding {
	credentials := fine(checkCredentials, Textf("DingTalk gave a token for DINGTALK_CLIENT_ID"))
	address := fine(checkAddress, Textf("this machine's address is let in"))
	var e *dingtalk.Error
	if !errors.As(a.Stop, &e) {
		return []Finding{credentials, address}
	}
	nothing := Textf("nothing can be asked of DingTalk: punches are known by their events only, and payroll has no results")
	switch e.Kind {
	case dingtalk.KindCredentials, dingtalk.KindInvalidToken:
		credentials = Finding{
			checkCredentials, Fault, Textf("no token: %s", e), nothing,
			Textf("copy Client ID and Client Secret from the " + console + " → the app → 凭证与基础信息 into DINGTALK_CLIENT_ID and DINGTALK_CLIENT_SECRET(_FILE)"),
		}
		address = skipped(checkAddress, Textf("no call came so far"))
	case dingtalk.KindIPNotAllowed:
		address = Finding{
			checkAddress, Fault, Textf("calls are not let in: %s", e), nothing,
			Textf("add the public address by which this machine reaches the Internet in the " + console + " → the app → 安全设置 → 服务器出口IP, and publish a version (版本管理与发布)"),
		}
	case dingtalk.KindQuotaSpent:
		return []Finding{credentials, address, {
			checkCalls, Fault, Textf("DingTalk answers no more calls: %s", e),
			Textf("no attendance call is answered until the month turns: events are kept, results are not fetched"),
			Textf("buy calls (管理后台 → 开放平台 API 调用量, or a larger edition), then set DAKASYNC_EDITION or DAKASYNC_MONTHLY_CALLS to match"),
		}}
	case dingtalk.KindNetwork:
		silent := Textf("DingTalk did not answer")
		credentials, address = skipped(checkCredentials, silent), skipped(checkAddress, silent)
		return []Finding{credentials, address, {
			checkDingTalk, Fault, Textf("no answer: %s", e), nothing,
			Textf("let this machine reach api.dingtalk.com and oapi.dingtalk.com on port 443; behind a proxy set HTTPS_PROXY; check DINGTALK_API_URL and DINGTALK_OAPI_URL"),
		}}
	case dingtalk.KindThrottled, dingtalk.KindPermissionMissing, dingtalk.KindNotFound, dingtalk.KindTooOld, dingtalk.KindInvalidRequest,
		dingtalk.KindTransient, dingtalk.KindMalformed:
	}
	return []Finding{credentials, address}
}

// whatFor says why a permission is needed.
func whatFor(scope string) Message {
	switch scope {
	case scopeAttendance:
		return Textf("without it no punch and no result can be read: there is nothing to pay by")
	case scopeGroup:
		return Textf("without it schedules and holidays are not known: a day without a punch cannot be told from a day off")
	case scopeInstance:
		return Textf("without it make-ups, leave, overtime and trips cannot be read")
	case scopeForm:
		return Textf("without it make-up forms are found only by DAKASYNC_MAKE_UP_PROCESS_CODES or by their looks, and sweeps miss approvals")
	case scopeBase:
		return Textf("without it the attendance report and the failed-push list cannot be read")
	case scopeContacts, scopeUser:
		return Textf("without it nobody knows whose days to sweep: what no event told of stays unknown")
	default:
		return Message{}
	}
}

// judgePermissions makes one finding for each permission.
func judgePermissions(questions []question) []Finding {
	var order []string
	byScope := map[string][]question{}
	for _, q := range questions {
		if q.Scope == "" {
			continue
		}
		if byScope[q.Scope] == nil {
			order = append(order, q.Scope)
		}
		byScope[q.Scope] = append(byScope[q.Scope], q)
	}
	findings := make([]Finding, 0, len(order))
	for _, scope := range order {
		findings = append(findings, judgePermission(scope, byScope[scope]))
	}
	return findings
}

func judgePermission(scope string, questions []question) Finding {
	check := checkPermission + "/" + scope
	var granted, refused []string
	ask := Textf("%s", scope)
	for _, q := range questions {
		var e *dingtalk.Error
		switch {
		case q.Asked && q.Err == nil:
			granted = append(granted, q.API)
		case errors.As(q.Err, &e) && e.Kind == dingtalk.KindPermissionMissing:
			refused = append(refused, q.API)
			if len(e.Scopes) > 0 {
				ask = joined(e.Scopes)
			}
		}
	}
	switch {
	case len(refused) > 0:
		return Finding{
			check, Fault, Textf("DingTalk refuses %s", few(refused)), whatFor(scope),
			Textf("tick %s in the "+console+" → the app → 权限管理, widen 通讯录授权范围 to all staff if the refusal names one user or department, and publish a version (版本管理与发布)", ask),
		}
	case len(granted) > 0:
		return fine(check, Textf("DingTalk answers %s", few(granted)))
	default:
		return skipped(check, Textf("nothing that needs it was answered"))
	}
}

// judgeTroubles finds answers that failed for a reason of their own.
func judgeTroubles(questions []question) []Finding {
	var findings []Finding
	for _, q := range questions {
		var e *dingtalk.Error
		switch {
		case q.Err == nil:
			continue
		case !errors.As(q.Err, &e):
			findings = append(findings, Finding{
				"api" + q.API, Warning, Textf("it fails: %s", q.Err), Textf("what this API tells cannot be fetched"),
				Textf("run dakactl doctor again; if it stays, look for the API in the worker's log"),
			})
			continue
		}
		var next Message
		switch e.Kind {
		case dingtalk.KindThrottled:
			next = Textf("run doctor again later; if it comes often, lower DAKASYNC_QPS, and look for other programs that use this app or this address")
		case dingtalk.KindTransient, dingtalk.KindMalformed:
			next = Textf("run doctor again; if it stays, give DingTalk's support the request id")
		case dingtalk.KindNotFound, dingtalk.KindTooOld, dingtalk.KindInvalidRequest:
			next = Textf("this API is described on open.dingtalk.com; the code says what it refused")
		case dingtalk.KindCredentials, dingtalk.KindInvalidToken, dingtalk.KindIPNotAllowed, dingtalk.KindNetwork, dingtalk.KindQuotaSpent,
			dingtalk.KindPermissionMissing:
			continue // found above
		}
		if q.API == "/topapi/v2/user/get" && e.Kind == dingtalk.KindNotFound {
			continue // the operator's finding
		}
		findings = append(findings, Finding{"api" + q.API, Warning, Textf("it fails: %s", e), Textf("what this API tells cannot be fetched while it answers so"), next})
	}
	return findings
}

func judgeOperator(a Answer[dingtalk.User], s Settings) Finding {
	why := Textf("DingTalk answers about schedules and approval forms to an administrator only: without them days off and make-up forms are guessed")
	next := Textf("set DINGTALK_OP_USER_ID to the user id of a main or attendance administrator (管理后台 → 通讯录 → the person → 员工UserID)")
	switch {
	case s.OperatorUserID == "":
		return Finding{checkOperator, Warning, Textf("DINGTALK_OP_USER_ID is not set; schedules, approval forms and leave types were not asked about"), why, next}
	case dingtalk.IsKind(a.Err, dingtalk.KindNotFound):
		return Finding{checkOperator, Fault, Textf("DingTalk knows no user %s (DINGTALK_OP_USER_ID)", s.OperatorUserID), why, next}
	case !a.good():
		return skipped(checkOperator, Textf("the user of DINGTALK_OP_USER_ID could not be read"))
	case !a.Value.Admin:
		return Finding{checkOperator, Fault, Textf("the user %s (DINGTALK_OP_USER_ID) is no administrator", s.OperatorUserID), why, next}
	default:
		return fine(checkOperator, Textf("the user of DINGTALK_OP_USER_ID is an administrator"))
	}
}

// Clocks: an answer's date is exact to a second, and its way takes some time.
const (
	clockWarning = 5 * time.Second
	clockFault   = time.Minute
)

func judgeClock(c Clock) Finding {
	const check = checkClock + "/dingtalk"
	if !c.Known {
		return skipped(check, Textf("no answer of DingTalk bore a date"))
	}
	return judgeSkew(check, Textf("DingTalk's"), c.Skew)
}

func judgeSkew(check string, whose Message, skew time.Duration) Finding {
	off := skew.Abs().Round(time.Second)
	if off < clockWarning {
		return fine(check, Textf("this machine's clock and %s agree within %s", whose, clockWarning))
	}
	saw := Textf("this machine's clock is %s behind %s", off, whose)
	if skew < 0 {
		saw = Textf("this machine's clock is %s ahead of %s", off, whose)
	}
	severity := Warning
	if off >= clockFault {
		severity = Fault
	}
	return Finding{
		check, severity, saw,
		Textf("times without a connection are dated by clocks: a wrong one hides a gap or makes one up; tokens and tickets are believed too long"),
		Textf("let NTP set the clock of this machine (timedatectl, chronyc tracking) and of the database's"),
	}
}

// judgeStream judges the opening of a connection. Where calls are refused as well,
// what is wrong with those is wrong with it.
func judgeStream(err, stop error) Finding {
	if err == nil {
		return fine(checkStream, Textf("the gateway opened a connection"))
	}
	if stop != nil && !dingtalk.IsKind(stop, dingtalk.KindQuotaSpent) {
		return skipped(checkStream, Textf("the gateway did not open a connection, as DingTalk does not answer calls either: %s", err))
	}
	return Finding{
		checkStream, Fault, Textf("no connection: %s", err), Textf("no event arrives: punches are seen by the nightly sweep only, a day late"),
		Textf("in the " + console + " → the app → 事件订阅 → 推送方式 must be Stream 模式推送, and a version published; the machine must reach the gateway by wss on port 443"),
	}
}
