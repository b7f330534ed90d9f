package attendance

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Types of approval events (event-bpms-instance-change).
const (
	TypeStart     = "start"
	TypeFinish    = "finish"
	TypeTerminate = "terminate"
	TypeDelete    = "delete"
)

// NeedsRead reports whether an approval event is worth a call: it may have been
// agreed. What was only started, refused, withdrawn or deleted says all itself.
func (a ApprovalHint) NeedsRead() bool {
	return a.Type == TypeFinish && a.Result != ResultRefuse
}

// InstanceFromHint is what an approval event alone says of its instance.
func InstanceFromHint(h Hint) Instance {
	a := h.Approval
	i := Instance{
		ProcessInstanceID:     a.ProcessInstanceID,
		ProcessCode:           a.ProcessCode,
		OriginatorUserID:      h.UserID,
		Status:                statusOfType(a.Type),
		Result:                a.Result,
		MainProcessInstanceID: a.MainProcessInstanceID,
		CreatedAt:             a.CreatedAt,
		FinishedAt:            a.FinishedAt,
	}
	i.Kind = Classify(i, *a, nil)
	return i
}

// statusOfType is the status that an event's type implies. One that is not
// known yet leaves the instance as it was.
func statusOfType(eventType string) string {
	switch eventType {
	case TypeFinish:
		return StatusCompleted
	case TypeTerminate:
		return StatusTerminated
	case TypeDelete:
		return StatusDeleted
	default:
		return StatusRunning
	}
}

// WithHint adds to an instance that was read what only its event knows: the
// process code, the main instance, and times to the millisecond where the API
// has minutes.
func (i Instance) WithHint(h Hint) Instance {
	a := h.Approval
	i.ProcessInstanceID = cmp.Or(i.ProcessInstanceID, a.ProcessInstanceID)
	i.ProcessCode = cmp.Or(i.ProcessCode, a.ProcessCode)
	i.MainProcessInstanceID = cmp.Or(i.MainProcessInstanceID, a.MainProcessInstanceID)
	i.OriginatorUserID = cmp.Or(i.OriginatorUserID, h.UserID)
	if !a.CreatedAt.IsZero() {
		i.CreatedAt = a.CreatedAt
	}
	if !a.FinishedAt.IsZero() {
		i.FinishedAt = a.FinishedAt
	}
	return i
}

// Classify says what an approval is about. Its form speaks first (Kind, as the
// reader of the form set it), then the process code, then what the event says:
// its category, then its approve type.
func Classify(i Instance, a ApprovalHint, makeUpCodes []string) ApprovalKind {
	switch {
	case i.Kind != "" && i.Kind != ApprovalOther:
		return i.Kind
	case len(i.MakeUps) > 0:
		return ApprovalMakeUp
	case i.ProcessCode != "" && slices.Contains(makeUpCodes, i.ProcessCode):
		return ApprovalMakeUp
	}
	if kind := kindOfCategory(a.BizCategoryID); kind != ApprovalOther {
		return kind
	}
	return kindOfApproveType(a.ApproveType)
}

// kindOfCategory reads bizCategoryId; leave has none, and it may be empty
// (event-bpms-instance-change).
func kindOfCategory(category string) ApprovalKind {
	switch category {
	case "attendance.supply":
		return ApprovalMakeUp
	case "attendance.batchovertime":
		return ApprovalOvertime
	case "attendance.goout":
		return ApprovalOut
	case "alitrip.business":
		return ApprovalTrip
	default:
		return ApprovalOther
	}
}

// kindOfApproveType reads approveType. The page's field table seems to swap
// TRAVEL and OUT, so only the form tells them apart for certain
// (leave-overtime-business-trip-out-of-office-status-change-events).
func kindOfApproveType(approveType string) ApprovalKind {
	switch strings.ToUpper(approveType) {
	case "LEAVE":
		return ApprovalLeave
	case "OVERTIME":
		return ApprovalOvertime
	case "TRAVEL":
		return ApprovalTrip
	case "OUT":
		return ApprovalOut
	default:
		return ApprovalOther
	}
}

// NewestInstances are at most limit of the ids, those of the newest instances
// first. The last ten digits of an id have been its creation second in every
// capture; an id without them goes last, so that no limit depends on it.
func NewestInstances(ids []string, limit int) []string {
	sorted := slices.Clone(ids)
	slices.SortStableFunc(sorted, func(a, b string) int {
		return cmp.Compare(createdSecond(b), createdSecond(a))
	})
	return sorted[:min(limit, len(sorted))]
}

func createdSecond(id string) int64 {
	const digits = 10
	if len(id) < digits {
		return 0
	}
	n, err := strconv.ParseInt(id[len(id)-digits:], 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
