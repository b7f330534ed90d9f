package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// mostGaps bounds how many blind times a difference is looked up in.
const mostGaps = 1000

// blindness is when, since from, the ledger may have been told nothing. Only a
// sweep wants to know.
func (s *Store) blindness(ctx context.Context, why attendance.Why, from attendance.Date) (*attendance.Blindness, error) {
	if why.Trigger != attendance.TriggerSweep {
		return nil, nil //nolint:nilnil // Nobody asks.
	}
	var blind *attendance.Blindness
	err := s.transact(ctx, "look up the blind time", func(q *batch) {
		blind = &attendance.Blindness{}
		rows(q, pgx.RowTo[*time.Time], func(at *time.Time) { blind.First = utcOr0(at) },
			`SELECT min(began_at) FROM dakasync.coverage WHERE corp_id = $1`, s.corp)
		rows(q, pgx.RowToStructByPos[attendance.Gap], func(g attendance.Gap) { blind.Gaps = append(blind.Gaps, g) }, `
			SELECT began_at, ended_at, reason FROM dakasync.gap WHERE corp_id = $1 AND ended_at >= $2
			UNION ALL SELECT began_at, ended_at, 'not looked at yet' FROM dakasync.blind_time b
			WHERE corp_id = $1 AND ended_at >= $2 AND ended_at < now() AND NOT EXISTS (SELECT FROM dakasync.gap g
				WHERE g.corp_id = $1 AND g.began_at < b.ended_at AND g.ended_at > b.began_at)
			ORDER BY began_at DESC LIMIT $3`, s.corp, from.In(s.zone), mostGaps)
		rows(q, pgx.RowToStructByPos[attendance.LostRead], func(r attendance.LostRead) { blind.Lost = append(blind.Lost, r) }, lostReads, s.corp)
	}, nil)
	return blind, err
}

// finds are what a sweep's write changes in what the ledger shows. It is nil for
// any other write.
type finds struct {
	blind *attendance.Blindness
	told  map[told]bool
}

// told is a punch or, without a time, a changed day that an event told of.
type told struct {
	date   attendance.Date
	second int64
}

func newFinds(blind *attendance.Blindness) *finds {
	if blind == nil {
		return nil
	}
	return &finds{blind: blind}
}

// forget leaves nothing of what was loaded.
func (f *finds) forget() {
	if f != nil {
		f.told = map[told]bool{}
	}
}

// loadTold queues what the users' events told of the books' dates and times.
func (s *shelf) loadTold(q *batch) {
	if s.blind == nil {
		return
	}
	var on userDates
	for _, b := range s.inOrder() {
		on.add(b.user, b.asked...)
		for _, at := range b.times {
			on.add(b.user, attendance.DateOf(at, b.zone))
		}
	}
	type event struct {
		UserID    string
		WorkDate  time.Time
		CheckTime *time.Time
	}
	rows(q, pgx.RowToStructByPos[event], func(e event) {
		t := told{date: dateOf(e.WorkDate)}
		if e.CheckTime != nil {
			t = told{second: e.CheckTime.Unix()}
		}
		s.books[e.UserID].finds.told[t] = true
	}, `SELECT DISTINCT e.user_id, e.work_date, e.check_time FROM unnest($2::text[], $3::date[]) AS k (user_id, work_date)
		JOIN dakasync.event e ON e.corp_id = $1 AND e.user_id = k.user_id AND e.work_date = k.work_date`,
		q.corp, on.users, on.dates)
}

// differences are all that differs in a book. The punches are those at the seconds,
// nil where there is none.
func (f *finds) differences(b *book, seconds []int64, punches []*attendance.Punch) ([]attendance.Difference, error) {
	if f == nil {
		return nil, nil
	}
	found, err := f.punches(b, seconds, punches)
	if err != nil {
		return nil, err
	}
	for _, date := range slices.SortedFunc(maps.Keys(b.days), attendance.Date.Compare) {
		day := b.days[date]
		if !day.learned {
			continue
		}
		for _, c := range attendance.ResultChanges(resultsOf(day.shown), resultsOf(day.showing())) {
			d, err := f.result(b, date, day, c)
			if err != nil {
				return nil, err
			}
			found = append(found, d)
		}
	}
	return found, nil
}

func (f *finds) punches(b *book, seconds []int64, punches []*attendance.Punch) ([]attendance.Difference, error) {
	const minute = 60
	crowd := map[int64]int{}
	for i, second := range seconds {
		if punches[i] != nil {
			crowd[second/minute]++
		}
	}
	var found []attendance.Difference
	for i, second := range seconds {
		before, after := b.punches[second].before, punches[i]
		if !attendance.PunchDiffers(before, after) {
			continue
		}
		clue := attendance.Clue{At: time.Unix(second, 0), Told: f.told[told{second: second}], Crowded: crowd[second/minute] > 1}
		d := attendance.Difference{
			UserID: b.user, Domain: attendance.DomainPunches, What: attendance.PunchName(clue.At, b.zone), Why: f.blind.Why(clue, b.zone),
		}
		var err error
		if before != nil {
			d.WorkDate = before.WorkDate
			if d.Before, err = element(columnsOf(before)); err != nil {
				return nil, err
			}
		}
		if after != nil {
			d.WorkDate = after.WorkDate
			if d.After, err = element(columnsOf(after)); err != nil {
				return nil, err
			}
		}
		found = append(found, d)
	}
	return found, nil
}

func (f *finds) result(b *book, date attendance.Date, day *heldDay, c attendance.ResultChange) (attendance.Difference, error) {
	asked := day.asked
	if asked.IsZero() {
		asked = date.In(b.zone)
	}
	clue := c.Clue(asked)
	clue.Told = f.told[told{date: date}]
	if !clue.At.IsZero() {
		clue.Told = f.told[told{second: clue.At.Unix()}]
	}
	d := attendance.Difference{
		UserID: b.user, WorkDate: date, Domain: attendance.DomainResults, What: c.Name(date, b.zone), Why: f.blind.Why(clue, b.zone),
	}
	var err error
	if c.Before != nil {
		if d.Before, err = resultElement(*c.Before); err != nil {
			return d, err
		}
	}
	if c.After != nil {
		d.After, err = resultElement(*c.After)
	}
	return d, err
}

func resultsOf(shown []attendance.ShownResult) []attendance.Result {
	results := make([]attendance.Result, len(shown))
	for i, s := range shown {
		results[i] = s.Result
	}
	return results
}

// punchColumns is a punch as its table shows it, without personal data.
type punchColumns struct {
	WorkDate          attendance.Date   `json:"work_date"`
	CheckTime         time.Time         `json:"check_time"`
	CheckType         string            `json:"check_type,omitempty"`
	SourceType        string            `json:"source_type,omitempty"`
	LocationResult    string            `json:"location_result,omitempty"`
	Valid             *bool             `json:"valid,omitempty"`
	RecordID          int64             `json:"record_id,omitempty"`
	BizID             string            `json:"biz_id,omitempty"`
	ProcessInstanceID string            `json:"process_instance_id,omitempty"`
	InvalidType       string            `json:"invalid_type,omitempty"`
	InvalidMessage    string            `json:"invalid_message,omitempty"`
	Origin            attendance.Origin `json:"origin"`
	Explained         bool              `json:"explained"`
}

func columnsOf(p *attendance.Punch) punchColumns {
	return punchColumns{
		p.WorkDate, p.CheckTime, p.CheckType, p.SourceType, p.LocationResult, p.Valid, p.RecordID, p.BizID, p.ProcessInstanceID,
		p.InvalidType, p.InvalidMessage, p.Origin, p.Explained,
	}
}

// samePunch reports whether a row shows both alike; nil is no punch.
func samePunch(a, b *attendance.Punch) bool {
	if a == nil || b == nil {
		return a == b
	}
	return reflect.DeepEqual(columnsOf(a), columnsOf(b))
}

// resultElement is a result as its table shows it, without personal data.
func resultElement(r attendance.Result) (json.RawMessage, error) {
	r.Extra = nil
	return element(r)
}

func element(v any) (json.RawMessage, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write what differs: %w", err)
	}
	return cleanJSON(text), nil
}

// writeDifferences queues a row for each.
func (s *Store) writeDifferences(q *batch, why attendance.Why, found []attendance.Difference) error {
	if len(found) == 0 {
		return nil
	}
	text, err := json.Marshal(found)
	if err != nil {
		return fmt.Errorf("write what differs: %w", err)
	}
	q.exec(`INSERT INTO dakasync.difference (corp_id, user_id, work_date, domain, what, before, after, why, workflow_id)
		SELECT $1, nullif(user_id, ''), work_date, domain, what, before, after, why, $3
		FROM jsonb_to_recordset($2::text::jsonb) AS d (user_id text, work_date date, domain text, what text, before jsonb, after jsonb, why text)`,
		s.corp, string(text), cleanText(why.WorkflowID))
	return nil
}
