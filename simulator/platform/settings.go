package platform

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Policies for an event that finds no connection.
const (
	NoConnectionDrop   = "drop"
	NoConnectionRetry  = "retry"
	NoConnectionFailed = "failed"
	NoConnectionMix    = "mix" // each event one of the three, by chance
)

// Settings are the knobs of the platform; all can be turned while it runs. The zero value of a chance, quota or lag is "none".
type Settings struct {
	AckDeadline time.Duration // 3s
	RetryDelays []time.Duration
	TicketLife  time.Duration // 90s
	TokenLife   time.Duration // 2h
	// PingInterval is the pause between SYSTEM pings; RecycleAfter ends a connection by a disconnect frame, Grace later it is closed.
	PingInterval time.Duration
	RecycleAfter time.Duration
	Grace        time.Duration

	DuplicateChance float64       // of a second delivery of an event that was acked
	DropChance      float64       // of an event that is never pushed and never on the failed list
	DelayMax        time.Duration // events wait a random while up to this, and so overtake each other
	NoConnection    string        // retry
	Seed            int           // of these chances; 0 deals others each time
	InFlight        int           // 64: pushes that wait for an ack at the same time

	PushQuota     int    // pushes a month
	PushOverQuota string // OverQuotaStop or OverQuotaEmpty
	CallQuota     int    // billed calls a month
	QPS           int    // 20 calls a second to one API

	Lag time.Duration // reads answer as of so long ago
	// ClearFailed is "immediately" or "next-call": when the failed list forgets what it answered.
	ClearFailed string
	// RefusedPushes is what becomes of an event that was pushed and never acked: after the last attempt it is "listed" on the failed list,
	// as the page of callbacks has it, or "lost", for no page says the same of Stream.
	RefusedPushes string
	// FailedShape picks the shape of the failed list's elements, 1 to 6; 0 deals them.
	FailedShape int
	// FailNext sends the next n events straight to the failed list.
	FailNext int
	// UnknownUser is "error" (60121) or "empty": what getupdatedata answers about strangers and people who left.
	UnknownUser string
	// RecordPlans are which rows of listRecord carry their slot's plan and result: of "all" punches that count, or only of the one that
	// is "shown" as the slot's result.
	RecordPlans string
	// Legal is what listRecord calls so: as its page has it only punches in "normal" time at a normal place, or "all" that count.
	Legal string
	// LeftUsers is "empty" or "shown": whether list and listRecord have the days of people who left, as they stood then. DingTalk says
	// only that wrong user ids give nothing.
	LeftUsers string
	// Statuses is what becomes of the statuses that instanceIds/query is asked for: they are "heeded" as its page says, "ignored" or
	// "refused".
	Statuses string
	// Report is "on" or "off": whether the company has the smart attendance report. ReportLeaves are the leave types that it is configured
	// for, and ReportNulls the columns whose values come back null, by name with commas.
	Report       string
	ReportLeaves string
	ReportNulls  string
}

// Defaults are the documented values.
func Defaults() Settings {
	return Settings{
		AckDeadline: 3 * time.Second, RetryDelays: []time.Duration{10 * time.Second, 30 * time.Second},
		TicketLife: 90 * time.Second, TokenLife: 2 * time.Hour, PingInterval: 30 * time.Second, Grace: 10 * time.Second,
		NoConnection: NoConnectionRetry, InFlight: 64, PushOverQuota: OverQuotaStop, QPS: 20, ClearFailed: "next-call", RefusedPushes: "listed",
		UnknownUser: "error", RecordPlans: "all", Legal: "normal", LeftUsers: "empty", Statuses: "heeded",
		Report: "on", ReportLeaves: strings.Join(leaveNames(), ","),
	}
}

func (s *Settings) fields() map[string]any {
	return map[string]any{
		"ack_deadline": &s.AckDeadline, "retry_delays": &s.RetryDelays, "ticket_life": &s.TicketLife, "token_life": &s.TokenLife,
		"ping_interval": &s.PingInterval, "recycle_after": &s.RecycleAfter, "grace": &s.Grace,
		"duplicate_chance": &s.DuplicateChance, "drop_chance": &s.DropChance, "delay_max": &s.DelayMax,
		"no_connection": &s.NoConnection, "seed": &s.Seed, "in_flight": &s.InFlight, "push_quota": &s.PushQuota,
		"push_over_quota": &s.PushOverQuota, "call_quota": &s.CallQuota, "qps": &s.QPS, "lag": &s.Lag,
		"clear_failed": &s.ClearFailed, "refused_pushes": &s.RefusedPushes, "failed_shape": &s.FailedShape, "fail_next": &s.FailNext,
		"unknown_user": &s.UnknownUser,
		"record_plans": &s.RecordPlans, "legal": &s.Legal, "left_users": &s.LeftUsers, "statuses": &s.Statuses,
		"report": &s.Report, "report_leaves": &s.ReportLeaves, "report_nulls": &s.ReportNulls,
	}
}

// Set turns one knob, given as text: durations as 10s, lists with commas.
func (s *Settings) Set(name, value string) error {
	field, ok := s.fields()[name]
	if !ok {
		return fmt.Errorf("setting %q is unknown; there are %s", name, strings.Join(slices.Sorted(maps.Keys(s.fields())), ", "))
	}
	var err error
	switch target := field.(type) {
	case *time.Duration:
		*target, err = time.ParseDuration(value)
	case *[]time.Duration:
		*target, err = parseDurations(value)
	case *int:
		*target, err = strconv.Atoi(value)
	case *float64:
		*target, err = strconv.ParseFloat(value, 64)
	case *string:
		*target = value
	}
	if err != nil {
		return fmt.Errorf("setting %s: %w", name, err)
	}
	return nil
}

func parseDurations(text string) ([]time.Duration, error) {
	var list []time.Duration
	for part := range strings.SplitSeq(text, ",") {
		if part == "" {
			continue
		}
		parsed, err := time.ParseDuration(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("list of durations: %w", err)
		}
		list = append(list, parsed)
	}
	return list, nil
}

// Map is the settings as text, for people.
func (s *Settings) Map() map[string]string {
	texts := map[string]string{}
	for name, field := range s.fields() {
		switch value := field.(type) {
		case *time.Duration:
			texts[name] = value.String()
		case *[]time.Duration:
			texts[name] = strings.Trim(fmt.Sprint(*value), "[]")
		case *int:
			texts[name] = strconv.Itoa(*value)
		case *float64:
			texts[name] = strconv.FormatFloat(*value, 'g', -1, 64)
		case *string:
			texts[name] = *value
		}
	}
	return texts
}
