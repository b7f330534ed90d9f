package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"dakasync/attendance"
)

// perTransaction is how many user-days one transaction writes: so many that round
// trips and commits count little, so few that nobody waits long for their users.
const perTransaction = 50

// SaveAnswers merges answers into their user-days, up to 50 of them in a
// transaction, and appends a day_version where something changed. A sweep that
// finds nothing about somebody who has left proves nothing. An answer that
// PostgreSQL refuses costs no other one: the error tells of it when all others are
// saved.
func (s *Store) SaveAnswers(ctx context.Context, answers []attendance.Answer, why attendance.Why) error {
	return s.saveAnswers(ctx, answers, why, nil)
}

// Conclude is SaveAnswers and then FinishEvent, in one transaction where the
// answers fit one: each commit is a wait for the disk.
func (s *Store) Conclude(ctx context.Context, answers []attendance.Answer, why attendance.Why, key string, outcome attendance.Outcome) error {
	e := &ending{key: cleanKey(key), outcome: outcome}
	if err := s.saveAnswers(ctx, answers, why, e); err != nil || e.written {
		return err
	}
	return s.FinishEvent(ctx, key, outcome)
}

// ConcludeHint is RecordHint and then Conclude, in one transaction where the answers
// fit one: one version of the day where there would be two, and half the waits for the disk. Without
// an outcome the event stays pending.
func (s *Store) ConcludeHint(
	ctx context.Context, h attendance.Hint, payload []byte, answers []attendance.Answer, why attendance.Why, outcome attendance.Outcome,
) error {
	told, err := s.tell(h, payload, why.WorkflowID)
	if err != nil {
		return err
	}
	if told.hint.Kind == attendance.KindPunch && told.hint.UserID != "" {
		e := &ending{key: told.row.key, outcome: outcome, told: &told}
		if err := s.saveAnswers(ctx, answers, why, e); err != nil || e.written {
			return err
		}
	}
	if _, err := s.RecordHint(ctx, h, payload, why.WorkflowID); err != nil || outcome == "" {
		return err
	}
	return s.FinishEvent(ctx, told.row.key, outcome)
}

// ending is what becomes of the event that answers are saved for.
type ending struct {
	key     string
	outcome attendance.Outcome // empty: none yet
	told    *telling           // of a punch, if it is to be recorded as well
	written bool
}

// ask has the shelf load what the event speaks of.
func (e *ending) ask(s *shelf) {
	if e != nil && e.told != nil {
		b := s.book(e.told.hint.UserID)
		b.times = append(b.times, e.told.times()...)
	}
}

// queue queues what becomes of the event, and lets it speak for its punch.
func (e *ending) queue(q *batch, s *shelf) {
	if e == nil {
		return
	}
	if e.told != nil {
		row := e.told.row
		row.outcome = cmp.Or(string(e.outcome), row.outcome)
		row.upsert(q)
		b := s.book(e.told.hint.UserID)
		b.see(e.told.hint.Sighting(b.zone))
		b.claimed = append(b.claimed, e.told.date)
	}
	if e.outcome != "" {
		s.store.finish(q, e.key, e.outcome)
	}
}

func (s *Store) saveAnswers(ctx context.Context, answers []attendance.Answer, why attendance.Why, end *ending) error {
	gone, err := s.left(ctx, unseen(answers))
	if err != nil {
		return err
	}
	blind, err := s.blindness(ctx, why, earliest(answers))
	if err != nil {
		return err
	}
	var named []attendance.Answer
	var odd []error
	for _, a := range answers {
		a = cleanAnswer(a)
		switch {
		case a.UserID == "" || a.WorkDate.IsZero() || a.AskedAt.IsZero():
			odd = append(odd, fmt.Errorf("%s: %w", whatOf([]attendance.Answer{a}), ErrNoSubject))
		case !a.Empty() || !gone[a.UserID]:
			named = append(named, a)
		}
	}
	slices.SortStableFunc(named, func(a, b attendance.Answer) int { return strings.Compare(a.UserID, b.UserID) })
	if end != nil && len(odd) == 0 && len(named) > 0 && len(named) <= perTransaction {
		if err := s.saveTogether(ctx, named, why, blind, end); !hopeless(err) {
			end.written = err == nil
			return err
		}
	}
	for group := range slices.Chunk(named, perTransaction) {
		refused, err := s.saveGroup(ctx, group, why, blind)
		if err != nil {
			return err
		}
		odd = append(odd, refused...)
	}
	return errors.Join(odd...)
}

// unseen are the users of whom an answer shows nothing.
func unseen(answers []attendance.Answer) []string {
	var users []string
	for _, a := range answers {
		if a.Empty() {
			users = append(users, cleanKey(a.UserID))
		}
	}
	return users
}

// earliest is the day before the first that the answers are about.
func earliest(answers []attendance.Answer) attendance.Date {
	var first attendance.Date
	for _, a := range answers {
		if date := cleanDate(a.WorkDate); first.IsZero() || !date.IsZero() && date.Before(first) {
			first = date
		}
	}
	return first.AddDays(-1)
}

// saveGroup saves answers together or, where PostgreSQL will never take some of
// them, each by itself: those are returned as refused.
func (s *Store) saveGroup(
	ctx context.Context, group []attendance.Answer, why attendance.Why, blind *attendance.Blindness,
) (refused []error, err error) {
	err = s.saveTogether(ctx, group, why, blind, nil)
	if err == nil || !hopeless(err) {
		return nil, err
	}
	if len(group) == 1 {
		return []error{err}, nil
	}
	for one := range slices.Chunk(group, 1) {
		odd, err := s.saveGroup(ctx, one, why, blind)
		if err != nil {
			return nil, err
		}
		refused = append(refused, odd...)
	}
	return refused, nil
}

func (s *Store) saveTogether(
	ctx context.Context, group []attendance.Answer, why attendance.Why, blind *attendance.Blindness, end *ending,
) error {
	shelf := s.newShelf(why, blind)
	seen := make([][]attendance.Sighting, len(group))
	for i, a := range group {
		seen[i] = a.Sightings()
		b := shelf.book(a.UserID)
		b.asked, b.times = append(b.asked, a.WorkDate), append(b.times, timesOf(a, seen[i])...)
	}
	end.ask(shelf)
	return s.transact(ctx, whatOf(group), func(q *batch) {
		if len(group) == 1 {
			q.keepPlans()
		}
		if end != nil {
			q.lock("event", end.key) // before any user, as RecordHint takes them
		}
		shelf.lock(q)
		shelf.load(q)
	}, func(q *batch) error {
		end.queue(q, shelf)
		for i, a := range group {
			b := shelf.book(a.UserID)
			b.day(a.WorkDate).Learn(a)
			for _, sighting := range seen[i] {
				b.see(sighting)
			}
		}
		return shelf.save(q)
	})
}

func whatOf(group []attendance.Answer) string {
	first, last := group[0], group[len(group)-1]
	if len(group) == 1 {
		return fmt.Sprintf("save the %s answer about user %s on %s", first.Source, first.UserID, first.WorkDate)
	}
	return fmt.Sprintf("save %d answers about users %s to %s", len(group), first.UserID, last.UserID)
}

// timesOf are the times of all punches that an answer may bear upon: those
// that it shows, and those that its other results would wake.
func timesOf(a attendance.Answer, seen []attendance.Sighting) []time.Time {
	var times []time.Time
	for _, s := range seen {
		times = append(times, s.At)
	}
	for _, r := range a.Results {
		if !r.UserCheckTime.IsZero() {
			times = append(times, r.UserCheckTime.UTC().Truncate(time.Second))
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return slices.CompactFunc(times, time.Time.Equal)
}

// SaveSchedule records which user-days have a plan. Every user and date in the
// ranges that planned does not name is known to have none, unless they have left.
// A transaction writes about 50 user-days, and all of a user's.
func (s *Store) SaveSchedule(
	ctx context.Context, userIDs []string, from, to attendance.Date, planned []attendance.Planned, askedAt time.Time, why attendance.Why,
) error {
	users, asked := cleanKeys(userIDs), daysBetween(from, to)
	what := fmt.Sprintf("save the schedule of %d users from %s to %s", len(users), from, to)
	if slices.Contains(users, "") || len(asked) == 0 || cleanTime(askedAt).IsZero() {
		return fmt.Errorf("%s: %w", what, ErrNoSubject)
	}
	slots := map[attendance.UserDay][]attendance.Planned{}
	for _, p := range planned {
		p.UserID, p.CheckType, p.PlanCheckTime = cleanKey(p.UserID), cleanText(p.CheckType), cleanTime(p.PlanCheckTime)
		key := attendance.UserDay{UserID: p.UserID, WorkDate: p.WorkDate}
		slots[key] = append(slots[key], p)
	}
	gone, err := s.left(ctx, users)
	if err != nil {
		return err
	}
	blind, err := s.blindness(ctx, why, asked[0].AddDays(-1))
	if err != nil {
		return err
	}
	slices.Sort(users)
	for group := range slices.Chunk(users, max(1, perTransaction/len(asked))) {
		shelf := s.newShelf(why, blind)
		for _, user := range group {
			shelf.book(user).asked = asked
		}
		err := s.transact(ctx, what, func(q *batch) {
			shelf.lock(q)
			shelf.load(q)
		}, func(q *batch) error {
			for _, b := range shelf.books {
				b.plan(slots, gone[b.user], askedAt)
			}
			return shelf.save(q)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// plan lets the days learn their slots. Of who is gone the schedule names none.
func (b *book) plan(slots map[attendance.UserDay][]attendance.Planned, gone bool, askedAt time.Time) {
	for _, date := range b.asked {
		if planned := slots[attendance.UserDay{UserID: b.user, WorkDate: date}]; len(planned) > 0 || !gone {
			b.day(date).LearnPlan(askedAt, planned)
		}
	}
}
