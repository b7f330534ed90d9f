package dingtalk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"dakasync/dingtalk/internal/loose"
)

// generation is which of DingTalk's two APIs answers.
type generation int

const (
	oldAPI generation = iota // oapi: always HTTP 200, errcode tells
	newAPI                   // api: the HTTP status tells, code explains
)

const (
	// banPause is how long an address that sent too much is banned
	// (call-frequency-limit).
	banPause = 5 * time.Minute
	// quotaPause is how long a spent quota is not asked about.
	quotaPause = time.Hour
	// windowPause is the window of the limits by second.
	windowPause = time.Second
	// throttlePause is for limits of unknown window.
	throttlePause = time.Minute
	// maxPause bounds a pause that DingTalk names.
	maxPause = 24 * time.Hour
	// codeBanned is ours: the page that says it has none.
	codeBanned = "banned"
	// maxMessage bounds what is repeated of DingTalk's message, in characters.
	maxMessage = 300
)

var (
	subCodePattern = regexp.MustCompile(`subcode=([\w.\-]+)`)
	// The first is today's wording, the second that of 2018.
	endPattern   = regexp.MustCompile(`(?:限制|处罚)将在\s*(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})\s*结束`)
	scopePattern = regexp.MustCompile(`qyapi_\w+|[A-Z][A-Za-z]+(?:\.[A-Z][A-Za-z]+)+`)
)

// beijing is the zone of the times in DingTalk's own messages, whatever the
// company's zone is.
func beijing() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// classify judges an answer; nil is a good one. It is the only place that does.
func classify(status int, header http.Header, body []byte, gen generation, now time.Time) *Error {
	e := judge(status, header, body, gen, now)
	if e != nil {
		finish(e, header, now)
	}
	return e
}

func judge(status int, header http.Header, body []byte, gen generation, now time.Time) *Error {
	o, isObject := loose.ParseObject(body)
	switch {
	case banned(status, header, body, o):
		return &Error{Kind: KindThrottled, Code: codeBanned, Message: "this machine's address sent too many calls", ResumeAt: now.Add(banPause)}
	case !isObject:
		return unreadable(status, header, body)
	case gen == newAPI && (status/100 != 2 || failed(o)):
		return classifyNew(status, o)
	case o.Get("errcode") != nil:
		return classifyOld(status, o)
	case gen == oldAPI && o.Has("code"):
		return classifyNew(status, o) // the gateway's own voice
	case status/100 != 2:
		return byStatus(status)
	case gen == oldAPI:
		return &Error{Kind: KindMalformed, Message: "it has no errcode"}
	default:
		return nil
	}
}

// failed reports whether an answer denies its success, which is documented as a
// text and seen as a truth value.
func failed(o loose.Object) bool {
	ok, said := o.Bool("success")
	return said && !ok
}

// banned recognizes the pages that guard DingTalk from floods: HTML where JSON
// should be, or {"status":1111,"punish":"deny"} (call-frequency-limit).
func banned(status int, header http.Header, body []byte, o loose.Object) bool {
	if n, ok := o.Int("status"); ok && n == 1111 || o.Has("punish") && !o.Has("errcode") {
		return true
	}
	if status/100 == 3 {
		return strings.Contains(header.Get("Location"), "punish")
	}
	switch status {
	case http.StatusOK, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusTeapot, http.StatusTooManyRequests:
		return isHTML(body)
	default:
		return false
	}
}

func isHTML(body []byte) bool {
	start := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 1024)]))
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html")) ||
		bytes.HasPrefix(start, []byte("<!--")) || bytes.HasPrefix(start, []byte("<script"))
}

func unreadable(status int, header http.Header, body []byte) *Error {
	if status/100 == 5 {
		return byStatus(status)
	}
	e := &Error{Kind: KindMalformed}
	switch trimmed := bytes.TrimSpace(body); {
	case status/100 == 3:
		e.Message = fmt.Sprintf("a redirection (HTTP %d); check DINGTALK_API_URL, DINGTALK_OAPI_URL and any proxy", status)
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout:
		return byStatus(status)
	case len(trimmed) == 0:
		e.Message = fmt.Sprintf("HTTP %d with an empty body", status)
	case trimmed[0] == '<':
		e.Message = fmt.Sprintf("HTTP %d with a page instead of JSON, probably from a proxy; check DINGTALK_API_URL, DINGTALK_OAPI_URL", status)
	case json.Valid(trimmed):
		e.Message = fmt.Sprintf("HTTP %d with JSON that is no object", status)
	default:
		e.Message = fmt.Sprintf("HTTP %d with %d bytes that are not JSON (%.60q)", status, len(body), header.Get("Content-Type"))
	}
	return e
}

func byStatus(status int) *Error {
	e := &Error{Kind: KindInvalidRequest, Message: fmt.Sprintf("HTTP %d", status)}
	switch {
	case status/100 == 5, status == http.StatusRequestTimeout:
		e.Kind = KindTransient
	case status == http.StatusTooManyRequests:
		e.Kind = KindThrottled
	case status == http.StatusUnauthorized:
		e.Kind = KindInvalidToken
	case status == http.StatusForbidden:
		e.Kind = KindPermissionMissing
	}
	return e
}

// classifyOld reads {"errcode","sub_code","sub_msg","errmsg","request_id"}.
// errcode 88, 15 and 22 only wrap the code that matters: sub_code, or what
// errmsg says of it.
func classifyOld(status int, o loose.Object) *Error {
	outer := o.String("errcode")
	if n, ok := o.Int("errcode"); ok && n == 0 {
		switch {
		case status/100 != 2:
			return byStatus(status)
		case failed(o):
			return &Error{Kind: KindTransient, Message: "errcode is 0, but success is false", RequestID: o.String("requestid")}
		}
		return nil
	}
	code := o.String("subcode") // sub_code or subcode: names are folded
	message := o.String("errmsg")
	if code == "" {
		if m := subCodePattern.FindStringSubmatch(message); m != nil {
			code = m[1]
		}
	}
	if code == "" {
		code = outer
	}
	if sub := o.String("submsg"); sub != "" {
		message = sub
	}
	kind, known := kindOfOldCode(code)
	if !known {
		if kind, known = kindOfNewCode(code); !known {
			kind = KindInvalidRequest
		}
		if status/100 == 5 {
			kind = KindTransient
		}
	}
	return &Error{Kind: kind, Code: code, Message: message, RequestID: o.String("requestid")}
}

// classifyNew reads {"code","requestid","message","accessdenieddetail"}.
func classifyNew(status int, o loose.Object) *Error {
	code := o.String("code")
	e := &Error{Code: code, Message: o.String("message"), RequestID: o.String("requestid")}
	kind, known := kindOfNewCode(code)
	if !known {
		kind, known = kindOfOldCode(code)
	}
	if !known {
		kind = byStatus(status).Kind
	}
	if e.Message == "" && code == "" {
		e.Message = fmt.Sprintf("HTTP %d", status)
	}
	e.Kind = kind
	e.Scopes = o.Object("accessdenieddetail").Strings("requiredscopes")
	return e
}

// finish adds what the message and headers say: when a throttle ends, which
// permission is missing.
func finish(e *Error, header http.Header, now time.Time) {
	switch e.Kind {
	case KindThrottled:
		if e.ResumeAt.IsZero() {
			e.ResumeAt = throttleEnd(e, header, now)
		}
	case KindQuotaSpent:
		e.ResumeAt = now.Add(quotaPause)
	case KindPermissionMissing:
		if len(e.Scopes) == 0 {
			e.Scopes = scopePattern.FindAllString(e.Message, -1)
			slices.Sort(e.Scopes)
			e.Scopes = slices.DeleteFunc(slices.Compact(e.Scopes), func(s string) bool { return s == e.Code })
		}
	case KindInvalidToken, KindCredentials, KindIPNotAllowed, KindNotFound, KindTooOld, KindInvalidRequest, KindTransient,
		KindMalformed, KindNetwork:
	}
	e.Message, e.Code, e.RequestID = cut(e.Message), cut(e.Code), cut(e.RequestID)
}

func cut(s string) string {
	if runes := []rune(s); len(runes) > maxMessage {
		return string(runes[:maxMessage]) + "…"
	}
	return s
}

// throttleEnd is when a throttle ends: as the message says, as the header says,
// or after the window of that limit. It lies in the future, within a day.
func throttleEnd(e *Error, header http.Header, now time.Time) time.Time {
	lower := strings.ToLower(e.Code)
	pause := throttlePause
	if e.Code == "90018" || e.Code == "90002" || strings.Contains(lower, "qpslimit") {
		pause = windowPause
	}
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil && seconds > 0 {
		pause = time.Duration(min(seconds, int(maxPause/time.Second))) * time.Second
	}
	if m := endPattern.FindStringSubmatch(e.Message); m != nil {
		if end, err := time.ParseInLocation(time.DateTime, m[1], beijing()); err == nil {
			pause = end.Sub(now)
		}
	}
	return now.Add(min(max(pause, windowPause), maxPause))
}
