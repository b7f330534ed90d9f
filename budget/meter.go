package budget

import "time"

// What DingTalk meters by the month.
const (
	MeterCalls  = "calls"
	MeterPushes = "pushes"
)

// PushCount is how many frames of one event type came in one hour, repetitions
// included.
type PushCount struct {
	Hour      time.Time
	EventType string
	Pushes    int
}
