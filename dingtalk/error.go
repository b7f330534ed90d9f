package dingtalk

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrNoOperator says that a call wants an administrator's user id
// (DINGTALK_OP_USER_ID) and none is set. No call was spent.
var ErrNoOperator = errors.New("DINGTALK_OP_USER_ID is not set: DingTalk answers this only to an administrator")

// Kind says what went wrong, by what can be done about it.
type Kind string

// The kinds of failure.
const (
	KindInvalidToken      Kind = "InvalidToken"      // refused twice, with a fresh token too
	KindCredentials       Kind = "Credentials"       // wrong AppKey or AppSecret
	KindThrottled         Kind = "Throttled"         // too many calls, or a ban; see ResumeAt
	KindQuotaSpent        Kind = "QuotaSpent"        // the month's calls are used up
	KindPermissionMissing Kind = "PermissionMissing" // see Scopes
	KindIPNotAllowed      Kind = "IPNotAllowed"      // the app's white list does not hold our address
	KindNotFound          Kind = "NotFound"          // no such user, department or instance, or not any more
	KindTooOld            Kind = "TooOld"            // more than half a year ago
	KindInvalidRequest    Kind = "InvalidRequest"    // the question itself is wrong
	KindTransient         Kind = "Transient"         // DingTalk's own trouble
	KindMalformed         Kind = "Malformed"         // an answer that cannot be read
	KindNetwork           Kind = "Network"           // no answer, or one that broke off
)

// Error is every failure of a call.
type Error struct {
	Kind      Kind
	API       string // the URL's path
	Code      string // DingTalk's: the sub_code if there is one
	Message   string // DingTalk's, or ours where it said nothing
	RequestID string
	ResumeAt  time.Time // for throttled, banned and quota: do not ask before
	Scopes    []string  // for a missing permission: what to tick
	Local     bool      // refused here, as DingTalk did before; nothing was sent

	unsent bool  // the question itself never went out
	cause  error // the network's error; it holds no URL
}

// Error says what failed and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "dingtalk %s: %s", e.API, e.what())
	if e.Code != "" {
		fmt.Fprintf(&b, " (code %s", e.Code)
		if e.Message != "" {
			fmt.Fprintf(&b, ": %s", e.Message)
		}
		b.WriteByte(')')
	} else if e.Message != "" {
		fmt.Fprintf(&b, " (%s)", e.Message)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, ", request %s", e.RequestID)
	}
	if next := e.next(); next != "" {
		b.WriteString("; " + next)
	}
	return b.String()
}

func (e *Error) what() string {
	switch e.Kind {
	case KindInvalidToken:
		return "the access token was refused"
	case KindCredentials:
		return "the client id or secret is wrong"
	case KindThrottled:
		return "too many calls"
	case KindQuotaSpent:
		return "the month's calls are used up"
	case KindPermissionMissing:
		return "the app lacks a permission"
	case KindIPNotAllowed:
		return "this machine's address is not on the app's white list"
	case KindNotFound:
		return "DingTalk does not know it"
	case KindTooOld:
		return "it is more than half a year ago"
	case KindInvalidRequest:
		return "the request was refused"
	case KindTransient:
		return "DingTalk is in trouble"
	case KindMalformed:
		return "the answer cannot be read"
	case KindNetwork:
		return "no answer"
	default:
		return "it failed"
	}
}

func (e *Error) next() string {
	switch e.Kind {
	case KindCredentials:
		return "check DINGTALK_CLIENT_ID and the secret against the app's credentials page"
	case KindThrottled:
		return e.resume("it may be asked again")
	case KindQuotaSpent:
		return "buy calls or wait for the next month; " + e.resume("the next try is")
	case KindPermissionMissing:
		if len(e.Scopes) == 0 {
			return "tick the permission in the developer console and publish a new version of the app"
		}
		return fmt.Sprintf("tick %s in the developer console (权限管理) and publish a new version of the app", strings.Join(e.Scopes, ", "))
	case KindIPNotAllowed:
		return "add it to the app's 服务器出口IP in the developer console and publish a new version"
	case KindInvalidToken, KindNotFound, KindTooOld, KindInvalidRequest, KindTransient, KindMalformed, KindNetwork:
	}
	return ""
}

func (e *Error) resume(words string) string {
	if e.ResumeAt.IsZero() {
		return words + " later"
	}
	return words + " at " + e.ResumeAt.Format(time.DateTime+" -07:00")
}

// Unwrap is the network's error, so that a cancelled call is one.
func (e *Error) Unwrap() error { return e.cause }

// Retryable reports whether the same call can succeed later without anybody
// changing the question: some of these want a person to act first.
func (e *Error) Retryable() bool {
	switch e.Kind {
	case KindNotFound, KindTooOld, KindInvalidRequest, KindMalformed:
		return false
	case KindInvalidToken, KindCredentials, KindThrottled, KindQuotaSpent, KindPermissionMissing, KindIPNotAllowed,
		KindTransient, KindNetwork:
		return true
	default:
		return false
	}
}

// TurnedAway reports whether it is certain that DingTalk did not do what it was
// asked. It matters for the read that destroys what it reads.
func (e *Error) TurnedAway() bool {
	switch e.Kind {
	case KindInvalidToken, KindCredentials, KindThrottled, KindQuotaSpent, KindPermissionMissing, KindIPNotAllowed,
		KindNotFound, KindTooOld, KindInvalidRequest:
		return true
	case KindTransient, KindMalformed, KindNetwork:
		return e.Local || e.unsent
	default:
		return e.Local || e.unsent
	}
}

// deniesApp reports whether nothing that this app asks of the API would be
// answered. A user or department outside the app's range (50002 to 50004) is a
// matter of the question.
func (e *Error) deniesApp() bool {
	return e.Kind == KindIPNotAllowed ||
		e.Kind == KindPermissionMissing && (e.Code == "60011" || strings.Contains(strings.ToLower(e.Code), "accesstokenpermissiondenied"))
}

// IsKind reports whether an error is a DingTalk error of that kind.
func IsKind(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}
