package company

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// request is one verb with its arguments; T is what it answers.
type request[T any] interface {
	verb() string
	apply(c *Company) (T, error)
}

// entry is a line of the journal.
type entry struct {
	At      time.Time       `json:"at"`
	Verb    string          `json:"verb"`
	Request json.RawMessage `json:"request"`
}

// perform journals a request and then applies it: one that is refused is refused again by Restore.
func perform[T any](c *Company, r request[T]) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var none T
	if c.options.Journal != nil {
		arguments, err := json.Marshal(r)
		if err != nil {
			return none, fmt.Errorf("journal of %s: %w", r.verb(), err)
		}
		line, err := json.Marshal(entry{At: c.now, Verb: r.verb(), Request: arguments})
		if err != nil {
			return none, fmt.Errorf("journal of %s: %w", r.verb(), err)
		}
		if _, err := c.options.Journal.Write(append(line, '\n')); err != nil {
			return none, fmt.Errorf("journal of %s: %w", r.verb(), err)
		}
	}
	answer, err := r.apply(c)
	if err != nil {
		return none, fmt.Errorf("%s: %w", r.verb(), err)
	}
	return answer, nil
}

type verbFunc func(c *Company, arguments []byte) (any, error)

func decoded[R request[T], T any](c *Company, arguments []byte) (any, error) {
	var r R
	if len(arguments) > 0 {
		if err := json.Unmarshal(arguments, &r); err != nil {
			return nil, fmt.Errorf("arguments of %s: %w", r.verb(), err)
		}
	}
	return perform(c, request[T](r))
}

func verbs() map[string]verbFunc {
	return map[string]verbFunc{
		PunchRequest{}.verb():      decoded[PunchRequest, PunchResult],
		MakeUpRequest{}.verb():     decoded[MakeUpRequest, Approval],
		LeaveRequest{}.verb():      decoded[LeaveRequest, Approval],
		OvertimeRequest{}.verb():   decoded[OvertimeRequest, Approval],
		TripRequest{}.verb():       decoded[TripRequest, Approval],
		OutRequest{}.verb():        decoded[OutRequest, Approval],
		OtherRequest{}.verb():      decoded[OtherRequest, Approval],
		RevokeRequest{}.verb():     decoded[RevokeRequest, Approval],
		ModifyRequest{}.verb():     decoded[ModifyRequest, Approval],
		DecideRequest{}.verb():     decoded[DecideRequest, Approval],
		BossEditRequest{}.verb():   decoded[BossEditRequest, BossEditResult],
		RescheduleRequest{}.verb(): decoded[RescheduleRequest, RescheduleResult],
		HireRequest{}.verb():       decoded[HireRequest, Employee],
		ResignRequest{}.verb():     decoded[ResignRequest, Employee],
	}
}

// Do performs a verb by its name with JSON arguments, for the control API and for the journal.
func (c *Company) Do(verb string, arguments []byte) (any, error) {
	perform, ok := verbs()[verb]
	if !ok {
		return nil, fmt.Errorf("verb %q is unknown: %w", verb, ErrNotAllowed)
	}
	return perform(c, arguments)
}

// Verbs that Do takes.
func Verbs() []string {
	list := make([]string, 0, len(verbs()))
	for name := range verbs() {
		list = append(list, name)
	}
	return list
}

// Restore repeats a journal on a company that was made with the same options (and no journal yet). A torn last line, as a
// kill leaves it, ends the journal.
func (c *Company) Restore(journal io.Reader) error {
	decoder := json.NewDecoder(journal)
	for {
		var line entry
		err := decoder.Decode(&line)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("journal cannot be read: %w", err)
		}
		c.Advance(line.At)
		// A verb that was refused then is refused now: the world is the same.
		_, _ = c.Do(line.Verb, line.Request)
	}
}

// SetJournal starts writing a journal, usually after Restore.
func (c *Company) SetJournal(journal io.Writer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.options.Journal = journal
}

// Punch clocks a person in.
func (c *Company) Punch(r PunchRequest) (PunchResult, error) {
	return perform(c, request[PunchResult](r))
}

// MakeUp files a make-up punch (补卡).
func (c *Company) MakeUp(r MakeUpRequest) (Approval, error) { return perform(c, request[Approval](r)) }

// Leave files a leave (请假).
func (c *Company) Leave(r LeaveRequest) (Approval, error) { return perform(c, request[Approval](r)) }

// Overtime files overtime (加班) for one or several people.
func (c *Company) Overtime(r OvertimeRequest) (Approval, error) {
	return perform(c, request[Approval](r))
}

// Trip files a business trip (出差).
func (c *Company) Trip(r TripRequest) (Approval, error) { return perform(c, request[Approval](r)) }

// Out files an outing (外出).
func (c *Company) Out(r OutRequest) (Approval, error) { return perform(c, request[Approval](r)) }

// Other files an approval that is no attendance matter.
func (c *Company) Other(r OtherRequest) (Approval, error) { return perform(c, request[Approval](r)) }

// Revoke files the revocation of an agreed approval, as an attached instance.
func (c *Company) Revoke(r RevokeRequest) (Approval, error) { return perform(c, request[Approval](r)) }

// Modify files the change of an agreed approval, as an attached instance.
func (c *Company) Modify(r ModifyRequest) (Approval, error) { return perform(c, request[Approval](r)) }

// Decide ends a running approval, or deletes any.
func (c *Company) Decide(r DecideRequest) (Approval, error) { return perform(c, request[Approval](r)) }

// Refuse a running approval.
func (c *Company) Refuse(instance string) (Approval, error) {
	return c.Decide(DecideRequest{Instance: instance, Decision: DecideRefuse})
}

// Delete an approval, whatever its state.
func (c *Company) Delete(instance string) (Approval, error) {
	return c.Decide(DecideRequest{Instance: instance, Decision: DecideDelete})
}

// BossEdit corrects one result (老板改签).
func (c *Company) BossEdit(r BossEditRequest) (BossEditResult, error) {
	return perform(c, request[BossEditResult](r))
}

// Reschedule gives people another shift, or none, on a day, and replays the punches of a day that has some.
func (c *Company) Reschedule(r RescheduleRequest) (RescheduleResult, error) {
	return perform(c, request[RescheduleResult](r))
}
