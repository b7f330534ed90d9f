package attendance

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Kind says which workflow a hint starts.
type Kind string

// The three kinds of thing that happened.
const (
	KindPunch    Kind = "punch"
	KindApproval Kind = "approval"
	KindDay      Kind = "day"
)

// Channel says how a hint reached us; it is event.origin in the ledger.
type Channel string

// The two channels by which DingTalk tells us something.
const (
	ChannelStream     Channel = "stream"
	ChannelFailedPush Channel = "failed_push"
)

// Hint is one thing that DingTalk says happened, read out of a Stream frame or
// out of the failed-push list. It is never the ledger: it says where to look.
// It holds no personal data beyond ids.
type Hint struct {
	Kind       Kind      `json:"kind"`
	CorpID     string    `json:"corp_id"`
	EventType  string    `json:"event_type"` // DingTalk's, e.g. attendance_check_record
	EventID    string    `json:"event_id,omitempty"`
	Channel    Channel   `json:"channel"`
	BornAt     time.Time `json:"born_at,omitzero"` // when DingTalk made the event; zero if it did not say
	ReceivedAt time.Time `json:"received_at"`

	UserID string `json:"user_id,omitempty"` // for an approval its originator, if known

	// KindPunch (employee-clock-in-event).
	CheckTime      time.Time `json:"check_time,omitzero"` // to the millisecond, as DingTalk sent it
	BizID          string    `json:"biz_id,omitempty"`
	LocationResult string    `json:"location_result,omitempty"`
	LocationMethod string    `json:"location_method,omitempty"`

	// KindDay.
	WorkDate Date `json:"work_date,omitzero"`

	// KindApproval (event-bpms-instance-change and
	// leave-overtime-business-trip-out-of-office-status-change-events).
	Approval *ApprovalHint `json:"approval,omitempty"`
}

// ApprovalHint is what an approval event says about its instance.
type ApprovalHint struct {
	ProcessInstanceID     string    `json:"process_instance_id"`
	MainProcessInstanceID string    `json:"main_process_instance_id,omitempty"`
	ProcessCode           string    `json:"process_code,omitempty"`
	BizCategoryID         string    `json:"biz_category_id,omitempty"` // e.g. attendance.supply; may be empty
	ApproveType           string    `json:"approve_type,omitempty"`    // LEAVE, OVERTIME, TRAVEL, OUT
	Type                  string    `json:"type"`                      // start, finish, terminate, delete
	Result                string    `json:"result,omitempty"`          // agree, refuse; empty if the event does not say
	CreatedAt             time.Time `json:"created_at,omitzero"`
	FinishedAt            time.Time `json:"finished_at,omitzero"`
}

// Key is the natural key of what happened, not of its delivery: the workflow
// ID and event.event_key. Stream redelivery, a second connection and the
// failed-push drain of one happening meet in it.
func (h Hint) Key() string {
	switch h.Kind {
	case KindPunch:
		return joinKey("punch", h.CorpID, h.UserID, strconv.FormatInt(h.CheckTime.UnixMilli(), 10))
	case KindApproval:
		return joinKey("approval", h.CorpID, h.Approval.ProcessInstanceID, h.Approval.Type)
	case KindDay:
		last := h.EventID
		if last == "" {
			last = strconv.FormatInt(h.BornAt.UnixMilli(), 10)
		}
		return joinKey("day", h.CorpID, h.UserID, h.WorkDate.String(), last)
	default:
		panic(fmt.Sprintf("hint of unknown kind %q", h.Kind))
	}
}

func joinKey(kind string, parts ...string) string {
	var key strings.Builder
	key.WriteString(kind)
	for _, p := range parts {
		key.WriteString("/" + url.PathEscape(p))
	}
	return key.String()
}

// Outcome is what became of an event; it is event.outcome and DakaOutcome.
type Outcome string

// The outcomes of an event.
const (
	OutcomePending     Outcome = "pending"     // known, not yet accounted for
	OutcomeDone        Outcome = "done"        // its user-days are in the ledger
	OutcomeUnexplained Outcome = "unexplained" // stored, but nothing accounts for the punch yet
	OutcomeIgnored     Outcome = "ignored"     // nothing follows from it (an empty list)
	OutcomeRefused     Outcome = "refused"     // another corp's
	OutcomeUnreadable  Outcome = "unreadable"  // kept as it came; nobody could read it
)

// Trigger says why a user-day was written; it is day_version.trigger.
type Trigger string

// The reasons for which a user-day is written.
const (
	TriggerEvent    Trigger = "event"
	TriggerApproval Trigger = "approval"
	TriggerDrain    Trigger = "drain"
	TriggerResync   Trigger = "resync"
	TriggerBackfill Trigger = "backfill"
	TriggerSweep    Trigger = "sweep"
)

// Trigger is the reason under which a hint writes user-days.
func (h Hint) Trigger() Trigger {
	switch {
	case h.Channel == ChannelFailedPush:
		return TriggerDrain
	case h.Kind == KindApproval:
		return TriggerApproval
	default:
		return TriggerEvent
	}
}
