package activities

import (
	"context"
	"encoding/json"
	"fmt"

	"dakasync/attendance"
	"dakasync/dingtalk/event"
	"dakasync/workflows"
)

// dispatchBatch is how many elements are taken from the ledger at a time.
const dispatchBatch = 200

// DispatchElements starts a run for everything that stored failed pushes tell
// of, by the same natural keys as Stream. An element that fails does not keep
// the others waiting: it stays undispatched, and the step is tried again.
func (s *LedgerSteps) DispatchElements(ctx context.Context, _ workflows.Nothing) (workflows.Dispatched, error) {
	var sum workflows.Dispatched
	for {
		elements, err := s.Ledger.UndispatchedElements(ctx, dispatchBatch)
		if err != nil {
			return sum, fmt.Errorf("list failed pushes to dispatch: %w", err)
		}
		if len(elements) == 0 {
			return sum, nil
		}
		var failures []error
		for _, e := range elements {
			if err := s.dispatch(ctx, e, &sum); err != nil {
				failures = append(failures, fmt.Errorf("element %s/%d: %w", e.DrainID, e.Position, err))
			}
		}
		if len(failures) > 0 {
			return sum, fmt.Errorf("%d of %d failed pushes could not be dispatched, the first: %w",
				len(failures), len(elements), failures[0])
		}
	}
}

func (s *LedgerSteps) dispatch(ctx context.Context, e attendance.FailedElement, sum *workflows.Dispatched) error {
	element, err := event.DecodeElement([]byte(e.Raw), s.NowFunc(), s.Location, s.Policy)
	if err != nil {
		sum.Unreadable++
		return s.unreadable(ctx, e)
	}
	first := ""
	for i, h := range element.Hints {
		h.CorpID = event.CorpOf(element.Corps[i], s.CorpID) // the list was read with our own token
		id, err := s.deliver(ctx, h, element.Payloads[i], sum)
		if refusedForGood(err) { // no later drain could do better, and all would wait for it
			sum.Unreadable++
			return s.unreadable(ctx, e)
		}
		if err != nil {
			return err
		}
		if first == "" {
			first = id
		}
	}
	if len(element.Bad) > 0 { // first: whatever was dispatched is not looked at again
		if err := s.unreadable(ctx, e); err != nil {
			return err
		}
		sum.Unreadable++
	}
	if err := s.Ledger.ElementDispatched(ctx, e.DrainID, e.Position, first); err != nil {
		return fmt.Errorf("record what came of it: %w", err)
	}
	sum.Elements++
	return nil
}

// deliver makes one happening durable as a run, then counts the delivery.
// Another corp's is recorded as refused and starts nothing.
func (s *LedgerSteps) deliver(ctx context.Context, h attendance.Hint, payload json.RawMessage, sum *workflows.Dispatched) (string, error) {
	if h.CorpID != s.CorpID {
		return "", s.recordDelivery(ctx, h, payload, attendance.OutcomeRefused, "")
	}
	_, started, err := workflows.Start(ctx, s.Starter, s.TaskQueue, h, payload)
	if err != nil {
		return "", fmt.Errorf("start its run: %w", err)
	}
	if started {
		sum.Started++
		return h.Key(), s.recordDelivery(ctx, h, payload, attendance.OutcomePending, h.Key())
	}
	sum.Duplicates++
	if h.Kind == attendance.KindApproval {
		// Two types of event tell of one change, and each knows what the other does not: the run has heard only one of them.
		if err := s.learn(ctx, h); err != nil {
			return "", err
		}
	}
	return h.Key(), s.recordDelivery(ctx, h, payload, attendance.OutcomePending, h.Key())
}

func (s *LedgerSteps) recordDelivery(ctx context.Context, h attendance.Hint, payload json.RawMessage, o attendance.Outcome, id string) error {
	if err := s.Ledger.RecordDelivery(ctx, h, payload, o, id); err != nil {
		return fmt.Errorf("record the delivery of %s: %w", h.Key(), err)
	}
	return nil
}

func (s *LedgerSteps) unreadable(ctx context.Context, e attendance.FailedElement) error {
	if err := s.Ledger.ElementUnreadable(ctx, e.DrainID, e.Position); err != nil {
		return fmt.Errorf("mark it unreadable: %w", err)
	}
	return nil
}
