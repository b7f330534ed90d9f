package budget

// What DingTalk meters by the month.
const (
	MeterCalls  = "calls"
	MeterPushes = "pushes"
)
