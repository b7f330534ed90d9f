package attendance

import (
	"cmp"
	"slices"
	"time"
)

// ApprovalState is everything that events and reads have said about one
// instance. Learn is a join: any order and repetition of the same words gives
// the same state. What an instance does to its main one is not in here: it
// follows from both states, whichever came first (see StandingOf).
type ApprovalState struct {
	Event       *Instance `json:"event,omitempty"` // what events said, joined field by field
	Read        *Instance `json:"read,omitempty"`  // the read that got furthest
	AttachedIDs []string  `json:"attached_ids,omitempty"`
	Agreed      bool      `json:"agreed,omitempty"` // somebody saw it finished and agreed; never taken back
}

// Learn takes in what an event (no ReadAt) or a read said.
func (s *ApprovalState) Learn(i Instance) {
	i = tidyInstance(i)
	s.Agreed = s.Agreed || i.Approved()
	s.AttachedIDs = union(s.AttachedIDs, i.AttachedIDs)
	i.AttachedIDs = nil
	switch {
	case i.ReadAt.IsZero() && s.Event == nil:
		s.Event = &i
	case i.ReadAt.IsZero():
		joined := joinEvents(*s.Event, i)
		s.Event = &joined
	case s.Read == nil || furtherRead(*s.Read, i):
		s.Read = &i
	}
}

// Instance is what is known of the instance: what was read, mended by what
// events said. Events know the codes and the times to the millisecond; the API
// repeats no process code and its times end at the minute
// (obtains-the-details-of-a-single-approval-instance-pop).
func (s *ApprovalState) Instance() Instance {
	var i Instance
	switch {
	case s.Read == nil && s.Event == nil:
		return i
	case s.Read == nil:
		i = *s.Event
	case s.Event == nil:
		i = *s.Read
	default:
		i = mend(*s.Read, *s.Event)
	}
	i.AttachedIDs = s.AttachedIDs
	if i.MainProcessInstanceID == i.ProcessInstanceID {
		i.MainProcessInstanceID = ""
	}
	return i
}

// mend lays what events said under a read.
func mend(read, event Instance) Instance {
	i := read
	i.ProcessCode = cmp.Or(event.ProcessCode, read.ProcessCode)
	i.OriginatorUserID = cmp.Or(read.OriginatorUserID, event.OriginatorUserID)
	i.MainProcessInstanceID = cmp.Or(read.MainProcessInstanceID, event.MainProcessInstanceID)
	if !saysAction(i.BizAction) && saysAction(event.BizAction) {
		i.BizAction = event.BizAction
	}
	if !saysKind(i.Kind) && saysKind(event.Kind) {
		i.Kind = event.Kind
	}
	if !event.CreatedAt.IsZero() {
		i.CreatedAt = event.CreatedAt
	}
	if !event.FinishedAt.IsZero() {
		i.FinishedAt = event.FinishedAt
	}
	switch readRank, eventRank := statusRank(read.Status), statusRank(event.Status); {
	case eventRank > readRank:
		i.Status, i.Result = event.Status, cmp.Or(event.Result, read.Result)
	case eventRank == readRank:
		i.Result = cmp.Or(read.Result, event.Result)
	}
	return i
}

// joinEvents joins field by field; each field is a join of its own.
func joinEvents(a, b Instance) Instance {
	return Instance{
		ProcessInstanceID:     max(a.ProcessInstanceID, b.ProcessInstanceID),
		ProcessCode:           max(a.ProcessCode, b.ProcessCode),
		Kind:                  joinKind(a.Kind, b.Kind),
		OriginatorUserID:      max(a.OriginatorUserID, b.OriginatorUserID),
		Status:                joinStatus(a.Status, b.Status),
		Result:                max(a.Result, b.Result),
		BizAction:             joinAction(a.BizAction, b.BizAction),
		MainProcessInstanceID: max(a.MainProcessInstanceID, b.MainProcessInstanceID),
		CreatedAt:             later(a.CreatedAt, b.CreatedAt),
		FinishedAt:            later(a.FinishedAt, b.FinishedAt),
		MakeUps:               longer(a.MakeUps, b.MakeUps),
		Spans:                 longer(a.Spans, b.Spans),
	}
}

// furtherRead reports whether read b tells more than read a: a later stage of
// the instance's life, or the same stage asked later.
func furtherRead(a, b Instance) bool {
	if c := cmp.Compare(statusRank(b.Status), statusRank(a.Status)); c != 0 {
		return c > 0
	}
	return newer(a.ReadAt, a, b.ReadAt, b)
}

// statusRank orders the stages of an instance's life. A status that we do not
// know ranks lowest: it is kept until something is known.
func statusRank(status string) int {
	switch status {
	case StatusRunning:
		return 1
	case StatusCompleted, StatusTerminated:
		return 2
	case StatusDeleted:
		return 3
	default:
		return 0
	}
}

func joinStatus(a, b string) string {
	if c := cmp.Compare(statusRank(a), statusRank(b)); c != 0 {
		if c > 0 {
			return a
		}
		return b
	}
	return min(a, b) // COMPLETED rather than TERMINATED
}

func saysKind(k ApprovalKind) bool { return k != "" && k != ApprovalOther }

func joinKind(a, b ApprovalKind) ApprovalKind {
	if saysKind(a) != saysKind(b) {
		if saysKind(a) {
			return a
		}
		return b
	}
	return max(a, b)
}

func saysAction(a string) bool { return a != "" && a != ActionNone }

func joinAction(a, b string) string {
	if saysAction(a) != saysAction(b) {
		if saysAction(a) {
			return a
		}
		return b
	}
	return max(a, b)
}

func longer[T any](a, b []T) []T {
	if c := cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(canonical(a), canonical(b))); c >= 0 {
		return a
	}
	return b
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func tidyInstance(i Instance) Instance {
	i.CreatedAt, i.FinishedAt, i.ReadAt = stored(i.CreatedAt), stored(i.FinishedAt), stored(i.ReadAt)
	i.MakeUps = slices.Clone(i.MakeUps)
	for n := range i.MakeUps {
		i.MakeUps[n].At = toSecond(i.MakeUps[n].At)
	}
	i.MakeUps = sortedOnce(i.MakeUps, func(a, b MakeUp) int { return a.At.Compare(b.At) })
	i.Spans = slices.Clone(i.Spans)
	for n, s := range i.Spans {
		i.Spans[n] = Span{UserIDs: union(s.UserIDs, nil), Begin: stored(s.Begin), End: stored(s.End)}
	}
	i.Spans = sortedOnce(i.Spans, func(a, b Span) int { return a.Begin.Compare(b.Begin) })
	return i
}

// Standing is what an instance is worth in view of its relatives.
type Standing struct {
	Revoked bool // an attached instance that revokes it was agreed
	Void    bool // nothing follows from it any more: revoked, replaced or deleted
}

// StandingOf judges an instance by its relatives: those attached to it and
// those attached to the same main one, in any order. "An approved instance that
// is modified or revoked makes a new one, attached to it"
// (obtains-the-details-of-a-single-approval-instance-pop).
func StandingOf(s *ApprovalState, relatives []*ApprovalState) Standing {
	self := s.Instance()
	standing := Standing{Void: self.Status == StatusDeleted}
	for _, relative := range relatives {
		other := relative.Instance()
		if !relative.Agreed || other.ProcessInstanceID == self.ProcessInstanceID {
			continue
		}
		if attached(self, other) {
			standing.Revoked = standing.Revoked || other.BizAction == ActionRevoke
			standing.Void = standing.Void || saysAction(other.BizAction)
		}
		if saysAction(self.BizAction) && saysAction(other.BizAction) && siblings(self, other, relatives) && after(other, self) {
			standing.Void = true // a later change of the same main instance replaces this one
		}
	}
	return standing
}

// attached reports whether one of the two names the other as attached to main.
func attached(main, other Instance) bool {
	return other.MainProcessInstanceID == main.ProcessInstanceID ||
		slices.Contains(main.AttachedIDs, other.ProcessInstanceID)
}

// siblings reports whether two instances are attached to one main instance.
func siblings(a, b Instance, relatives []*ApprovalState) bool {
	if a.MainProcessInstanceID != "" && a.MainProcessInstanceID == b.MainProcessInstanceID {
		return true
	}
	return slices.ContainsFunc(relatives, func(m *ApprovalState) bool {
		main := m.Instance()
		return attached(main, a) && attached(main, b)
	})
}

// after reports whether a was decided later than b. Where the times do not
// tell, as reads know only minutes, a revocation was last: nothing can be
// changed after it.
func after(a, b Instance) bool {
	return cmp.Or(a.FinishedAt.Compare(b.FinishedAt), a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(revokes(a), revokes(b)),
		cmp.Compare(a.ProcessInstanceID, b.ProcessInstanceID)) > 0
}

func revokes(i Instance) int {
	if i.BizAction == ActionRevoke {
		return 1
	}
	return 0
}

// Effective reports whether the instance ever had an effect on attendance: it
// was agreed, is of a kind that has one, and is not itself a revocation.
func (s *ApprovalState) Effective() bool {
	i := s.Instance()
	return s.Agreed && saysKind(i.Kind) && i.BizAction != ActionRevoke
}

// ReadToItsEnd reports whether nothing new is to be had by reading it again:
// a read saw it finished, or an event refused, which no read says otherwise.
func (s *ApprovalState) ReadToItsEnd() bool {
	if s.Read != nil {
		return statusRank(s.Read.Status) >= statusRank(StatusCompleted)
	}
	return s.Event != nil && s.Event.Status == StatusCompleted && s.Event.Result == ResultRefuse && !s.Agreed
}

// MayChangeDays reports whether attendance may look different now that the
// instance was told of: it was read, or an event says that it is over without
// an agreement that holds. An event that says started, agreed or refused changes
// nothing by itself, be the instance known as agreed.
func (i Instance) MayChangeDays() bool {
	return !i.ReadAt.IsZero() || i.Status == StatusTerminated || i.Status == StatusDeleted
}

// EffectiveAt is when the instance began to have its effect; zero if unknown.
func (i Instance) EffectiveAt() time.Time {
	if i.FinishedAt.IsZero() {
		return i.CreatedAt
	}
	return i.FinishedAt
}
