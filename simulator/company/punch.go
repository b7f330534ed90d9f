package company

import (
	"cmp"
	"fmt"
	"time"
)

// Sources of a record or result, as DingTalk spells them.
const (
	SourceUser      = "USER"
	SourceATM       = "ATM"
	SourceBeacon    = "BEACON"
	SourceDingATM   = "DING_ATM"
	SourceAutoCheck = "AUTO_CHECK"
	SourceApprove   = "APPROVE"
	SourceBoss      = "BOSS"
	SourceSystem    = "SYSTEM"
)

// Location results.
const (
	LocationNormal    = "Normal"
	LocationOutside   = "Outside"
	LocationNotSigned = "NotSigned"
)

const notInWindow = "当前不在可打卡的时间范围，请和管理员联系"

// Record is one physical punch (or, in a Punch happening, an approved make-up).
type Record struct {
	Serial   int64
	ID       int64
	BizID    string
	User     string
	At       time.Time
	WorkDate Date
	// CheckType is the slot's that the punch counts for; empty when it counts for none.
	CheckType      string
	Slot           int
	Valid          bool
	InvalidMessage string
	Source         string
	Method         string
	LocationResult string
	Device         string
	GroupKey       string
	Instance       string
}

// PunchRequest is a physical punch. Only User is needed.
type PunchRequest struct {
	User     string    `json:"user"`
	At       time.Time `json:"at,omitzero"`       // now; the past is a device that uploads late
	Source   string    `json:"source,omitempty"`  // USER
	Method   string    `json:"method,omitempty"`  // MAP, for machines ATM
	Invalid  string    `json:"invalid,omitempty"` // the reason why the punch does not count
	Location string    `json:"location,omitempty"`
}

// PunchResult says what became of it.
type PunchResult struct {
	RecordID  int64     `json:"record_id"`
	BizID     string    `json:"biz_id"`
	At        time.Time `json:"at"`
	WorkDate  Date      `json:"work_date"`
	CheckType string    `json:"check_type,omitempty"`
	Valid     bool      `json:"valid"`
	// Pushed is false for the second punch within a minute.
	Pushed bool `json:"pushed"`
	// Repeated says that the same second was punched before: nothing happened.
	Repeated bool `json:"repeated,omitempty"`
}

func (r PunchRequest) verb() string { return "punch" }

func (r PunchRequest) apply(c *Company) (PunchResult, error) {
	employee, err := c.employee(r.User)
	if err != nil {
		return PunchResult{}, err
	}
	at := c.now
	if !r.At.IsZero() {
		at = r.At.In(c.location).Truncate(time.Second)
	}
	if at.After(c.now) {
		return PunchResult{}, fmt.Errorf("%s: %w", at.Format(time.DateTime), ErrFuture)
	}
	if err := employee.joinedBy(at); err != nil {
		return PunchResult{}, err
	}
	if earlier, ok := c.seconds[minuteKey{r.User, at.Unix()}]; ok {
		result := resultOf(earlier, false)
		result.Repeated = true
		return result, nil
	}
	record := c.record(employee, at, r)
	pushed := c.announce(*record)
	return resultOf(record, pushed), nil
}

func resultOf(record *Record, pushed bool) PunchResult {
	return PunchResult{
		RecordID: record.ID, BizID: record.BizID, At: record.At, WorkDate: record.WorkDate, CheckType: record.CheckType,
		Valid: record.Valid, Pushed: pushed,
	}
}

// record stores a physical punch with what it counts for at this moment.
func (c *Company) record(employee *Employee, at time.Time, r PunchRequest) *Record {
	serial := c.next()
	workDate, slot := c.placed(employee, at)
	record := &Record{
		Serial: serial, ID: c.number(52_000_000_000, 900_000_000, "record", employee.UserID, at.Unix()),
		BizID: c.bizID(serial), User: employee.UserID, At: at, WorkDate: workDate,
		Source: cmp.Or(r.Source, SourceUser), LocationResult: cmp.Or(r.Location, LocationNormal), GroupKey: employee.group.Key,
	}
	machine := record.Source == SourceATM || record.Source == SourceDingATM || record.Source == SourceBeacon
	if machine {
		record.Device = fmt.Sprintf("160CANARY%07d", employee.number)
	}
	switch {
	case r.Method != "":
		record.Method = r.Method
	case machine:
		record.Method = "ATM"
	default:
		record.Method = "MAP"
	}
	switch {
	case r.Invalid != "":
		record.InvalidMessage = r.Invalid
	case slot != nil:
		record.Valid, record.CheckType, record.Slot = true, slot.CheckType, slot.Index
	case employee.group.Kind == GroupNone:
		record.Valid = true
	default:
		record.InvalidMessage = notInWindow
	}
	key := dayKey{employee.UserID, workDate}
	c.records[key] = append(c.records[key], record)
	c.seconds[minuteKey{employee.UserID, at.Unix()}] = record
	return record
}

// announce emits a punch and says whether an event goes with it.
func (c *Company) announce(record Record) bool {
	minute := minuteKey{record.User, record.At.Unix() / 60}
	quiet := c.minutes[minute]
	c.minutes[minute] = true
	c.emit(Punch{At: c.now, Record: record, Quiet: quiet})
	return !quiet
}
