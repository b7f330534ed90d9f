package dingtalk

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
	"dakasync/privacy"
)

var (
	errNoObject   = errors.New("it is not a JSON object")
	errHollow     = errors.New("it has neither a result nor a word of success")
	errNoArray    = errors.New("it is not a JSON array")
	errNoInstance = errors.New("it names no approval instance")
	errNoTime     = errors.New("it has no time")
	errNoSlot     = errors.New("it has neither a check type nor a plan")
	errNoUser     = errors.New("it names no user")
)

const notSigned = "NotSigned"

// result reads one planned slot, of a detail or of attendance/list. A slot that
// nobody signed repeats its plan as the user's time, which is not a punch
// (open-attendance-clock-in-data).
func (r *reader) result(o loose.Object, raw json.RawMessage) (attendance.Result, error) {
	row := attendance.Result{
		CheckType:         o.String("checktype"),
		TimeResult:        o.String("timeresult"),
		LocationResult:    o.String("locationresult"),
		SourceType:        o.String("sourcetype"),
		ProcessInstanceID: o.String(instanceNames()...),
		Extra:             r.extra(raw),
	}
	var err error
	if row.PlanCheckTime, err = o.Time(r.loc, "planchecktime", "basechecktime"); err != nil {
		return row, fmt.Errorf("its planned time: %w", err)
	}
	if row.UserCheckTime, err = o.Time(r.loc, "userchecktime"); err != nil {
		return row, fmt.Errorf("its user's time: %w", err)
	}
	if row.TimeResult == notSigned || row.LocationResult == notSigned {
		row.UserCheckTime = time.Time{}
	}
	row.RecordID, _ = o.Int("recordid")
	row.PlanID, _ = o.Int("planid")
	row.GroupID, _ = o.Int("groupid")
	row.ClassID, _ = o.Int("classid")
	if row.CheckType == "" && row.PlanCheckTime.IsZero() && row.UserCheckTime.IsZero() {
		return row, errNoSlot
	}
	return row, nil
}

// record reads one physical clock-in, of a detail or of attendance/listRecord.
func (r *reader) record(o loose.Object, raw json.RawMessage) (attendance.Record, error) {
	row := attendance.Record{
		CheckType:         o.String("checktype"),
		SourceType:        o.String("sourcetype"),
		LocationResult:    o.String("locationresult"),
		BizID:             o.String("bizid"),
		InvalidType:       o.String("invalidrecordtype"),
		InvalidMessage:    o.String("invalidrecordmsg"),
		ProcessInstanceID: o.String(instanceNames()...),
		Extra:             r.extra(raw),
	}
	var err error
	if row.CheckTime, err = o.Time(r.loc, "userchecktime"); err != nil {
		return row, fmt.Errorf("its time: %w", err)
	}
	if row.CheckTime.IsZero() || o.String("timeresult") == notSigned {
		return row, errNoTime
	}
	row.RecordID, _ = o.Int("recordid", "id")
	row.Valid = valid(o)
	return row, nil
}

// extra is a row's personal data as an object; nothing unless it is to be kept.
func (r *reader) extra(raw json.RawMessage) json.RawMessage {
	if r.policy != privacy.Full {
		return nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(loose.Unquote(raw), &members) != nil {
		return nil
	}
	personal := make(map[string]json.RawMessage)
	for name, value := range members {
		if privacy.Personal(name) && !loose.Null(value) {
			personal[name] = value
		}
	}
	if len(personal) == 0 {
		return nil
	}
	encoded, err := json.Marshal(personal)
	if err != nil {
		return nil // cannot be: every value came out of valid JSON
	}
	return encoded
}
