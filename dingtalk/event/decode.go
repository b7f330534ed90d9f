package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
	"dakasync/privacy"
)

// The event types that dakasync understands.
const (
	TypeCheckRecord      = "attendance_check_record"           // employee-clock-in-event
	TypeInstanceChange   = "bpms_instance_change"              // event-bpms-instance-change
	TypeApproveStatus    = "attendance_approve_status_change"  // leave-overtime-business-trip-out-of-office-status-change-events
	TypeDailySummary     = "attend_user_daily_summary_refresh" // attendance-day-statistics-change-event
	TypeBossCheck        = "attend_bossCheck_change"           // change-of-attendance-results
	TypeOvertimeDuration = "attendance_overtime_duration"      // employee-overtime-events
)

// maxKey bounds attendance.Hint.Key: it is a workflow ID, which Temporal bounds
// at 1,000 bytes.
const maxKey = 900

// ErrUnreadable says that the data of a known event type could not be read at
// all. The caller keeps it as it came.
var ErrUnreadable = errors.New("the event's data cannot be read")

// Envelope is what surrounds an event's data.
type Envelope struct {
	Type       string // the header eventType, or the element's call_back_tag
	ID         string // the header eventId; empty in the failed-push list
	CorpID     string // the header eventCorpId, or the element's corpid
	BornAt     time.Time
	ReceivedAt time.Time
	Channel    attendance.Channel
}

// Decoded is what an event says.
type Decoded struct {
	Hints    []attendance.Hint
	Payloads []json.RawMessage // of each hint its record, scrubbed
	Corps    [][]string        // of each hint the companies that header, wrappers and record name
	Bad      []BadRecord
}

// CorpOf is the company that a hint belongs to: ours, if nobody is named but us,
// or else the first other one.
func CorpOf(named []string, ours string) string {
	for _, corp := range named {
		if corp != ours {
			return corp
		}
	}
	return ours
}

// BadRecord is a record of a readable event that names no user-day or approval.
type BadRecord struct {
	Raw json.RawMessage // scrubbed
	Why string
}

// recordFunc turns one record into a hint; envelope fields are filled in before.
type recordFunc func(r loose.Object, h *attendance.Hint, loc *time.Location) error

func recordFuncOf(eventType string) (recordFunc, bool) {
	switch eventType {
	case TypeCheckRecord:
		return checkRecord, true
	case TypeInstanceChange:
		return instanceChange, true
	case TypeApproveStatus:
		return approveStatus, true
	case TypeDailySummary, TypeBossCheck, TypeOvertimeDuration:
		return changedDay, true
	default:
		return nil, false
	}
}

// Known reports whether Decode understands the event type.
func Known(eventType string) bool {
	_, ok := recordFuncOf(eventType)
	return ok
}

// Types are the event types to tick in DingTalk's console.
func Types() []string {
	return []string{
		TypeCheckRecord, TypeInstanceChange, TypeApproveStatus, TypeDailySummary, TypeBossCheck, TypeOvertimeDuration,
	}
}

// Decode reads the data of an event of a known type. An empty list of records
// is no error: nothing follows from it, unless the data says that its content was
// taken out, which is ErrMuted. Times without a zone are read in loc.
func Decode(env Envelope, data []byte, loc *time.Location, policy privacy.Policy) (Decoded, error) {
	read, ok := recordFuncOf(env.Type)
	if !ok {
		return Decoded{}, fmt.Errorf("event type %.60q is not one that is read here: %w", env.Type, ErrUnreadable)
	}
	body, ok := unwrap(data)
	switch {
	case body.muted && !body.found:
		return Decoded{}, mutedError(env)
	case !ok:
		return Decoded{}, fmt.Errorf("%s: its data is not a JSON object: %w", env.Type, ErrUnreadable)
	case !body.found:
		return Decoded{}, fmt.Errorf("%s: its data holds no record: %w", env.Type, ErrUnreadable)
	}
	if env.ID == "" {
		env.ID = body.eventID
	}
	var d Decoded
	for _, raw := range body.records {
		h, corps, err := decodeRecord(env, body, raw, read, loc)
		scrubbed, _ := policy.Scrub(raw)
		if err != nil {
			d.Bad = append(d.Bad, BadRecord{Raw: scrubbed, Why: err.Error()})
			continue
		}
		d.Hints = append(d.Hints, h)
		d.Payloads = append(d.Payloads, scrubbed)
		d.Corps = append(d.Corps, corps)
	}
	if body.muted && len(d.Hints) == 0 {
		return Decoded{}, mutedError(env)
	}
	return d, nil
}

// decodeRecord reads one record. Its hint carries the innermost company that is
// named; corps are all of them.
func decodeRecord(
	env Envelope, body wrapped, raw json.RawMessage, read recordFunc, loc *time.Location,
) (h attendance.Hint, corps []string, err error) {
	r, ok := loose.ParseObject(raw)
	if !ok {
		return h, nil, errors.New("the record is not a JSON object")
	}
	h = attendance.Hint{
		EventType: env.Type, EventID: env.ID, Channel: env.Channel, BornAt: env.BornAt, ReceivedAt: env.ReceivedAt,
	}
	if err := read(r, &h, loc); err != nil {
		return h, nil, err
	}
	named := slices.Concat([]string{env.CorpID}, body.corpIDs, []string{r.String("corpid")})
	for _, corp := range named {
		if corp == "" {
			continue
		}
		corps, h.CorpID = append(corps, corp), corp
		if n := len(h.Key()); n > maxKey {
			return h, nil, fmt.Errorf("its ids make a key of %d bytes, more than %d", n, maxKey)
		}
	}
	if n := len(h.Key()); n > maxKey {
		return h, nil, fmt.Errorf("its ids make a key of %d bytes, more than %d", n, maxKey)
	}
	return h, corps, nil
}
