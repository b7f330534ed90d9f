package ledger

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// book is the part of one user's days that a transaction works on: the states
// of some dates, and of the punches at some times. It is loaded under the
// user's lock, its states learn, and save writes them with all that follows.
type book struct {
	store *Store
	user  string
	why   attendance.Why

	days    map[attendance.Date]*heldDay
	punches map[int64]*heldPunch // by epoch second
	dormant []heldDormant
	asked   []attendance.Date // the dates to load and to show anew
	times   []time.Time       // the times to load
	finds   *finds            // for a sweep: what differs is written
	fault   error
}

// heldDay is a day's state, and what it showed when it was loaded.
type heldDay struct {
	known   bool // the row is there
	learned bool // save writes the state
	state   attendance.DayState
	shown   shownDay
	asked   time.Time // when it was last asked about
	settled bool
}

// shownDay is what follows from a day's state.
type shownDay struct {
	results []attendance.Result
	source  attendance.Source
}

// heldPunch is a punch's state, and where it stood when it was loaded.
type heldPunch struct {
	at        time.Time
	known     bool // the row is there
	takenBack bool // the row is among those taken back
	state     attendance.PunchState
	workDate  attendance.Date
	explained bool
	before    *attendance.Punch // as it was shown, for a sweep
}

// heldDormant is a stored result that is no punch by itself.
type heldDormant struct {
	attendance.Dormant

	at int64
}

func (s *Store) newBook(
	user string, why attendance.Why, blind *attendance.Blindness, asked []attendance.Date, times []time.Time,
) *book {
	why.WorkflowID = cleanText(why.WorkflowID)
	return &book{store: s, user: user, why: why, finds: newFinds(blind), asked: asked, times: times}
}

// load queues the reading of the book. Punches at the times that the asked
// days' results name are loaded too: a result that goes may take their origin.
func (b *book) load(q *batch) {
	b.days, b.punches, b.dormant, b.fault = map[attendance.Date]*heldDay{}, map[int64]*heldPunch{}, nil, nil
	rows(q, pgx.RowToStructByPos[dayRow], b.holdDay, `
		SELECT work_date, state::text, settled_at IS NOT NULL
		FROM dakasync.day WHERE corp_id = $1 AND user_id = $2 AND work_date = ANY($3)`,
		b.store.corp, b.user, dates(b.asked))
	rows(q, pgx.RowToStructByPos[punchRow], b.holdPunch, `
		SELECT check_time, work_date, explained, state::text FROM dakasync.punch
		WHERE corp_id = $1 AND user_id = $2 AND check_time = ANY(`+timesOfInterest+`)
		UNION ALL SELECT check_time, NULL, false, state::text FROM dakasync.punch_taken_back
		WHERE corp_id = $1 AND user_id = $2 AND check_time = ANY(`+timesOfInterest+`)`,
		b.store.corp, b.user, dates(b.asked), b.times)
	rows(q, pgx.RowToStructByPos[resultRow], b.holdDormant, `
		SELECT work_date, user_check_time, origin, check_type, source_type, location_result, record_id, process_instance_id
		FROM dakasync.result
		WHERE corp_id = $1 AND user_id = $2 AND user_check_time IS NOT NULL AND user_check_time = ANY(`+timesOfInterest+`)`,
		b.store.corp, b.user, dates(b.asked), b.times)
	b.finds.load(q, b)
}

// timesOfInterest is one array, so that the indexes on times can be used.
const timesOfInterest = `coalesce($4::timestamptz[], '{}') || ARRAY(
	SELECT r.user_check_time FROM dakasync.result r
	WHERE r.corp_id = $1 AND r.user_id = $2 AND r.work_date = ANY($3) AND r.user_check_time IS NOT NULL)`

type dayRow struct {
	WorkDate time.Time
	State    string
	Settled  bool
}

type punchRow struct {
	CheckTime time.Time
	WorkDate  *time.Time // nil for one that was taken back
	Explained bool
	State     string
}

type resultRow struct {
	WorkDate          time.Time
	UserCheckTime     time.Time
	Origin            string
	CheckType         string
	SourceType        *string
	LocationResult    *string
	RecordID          *int64
	ProcessInstanceID *string
}

func (b *book) holdDay(r dayRow) {
	d := &heldDay{known: true, settled: r.Settled}
	if err := json.Unmarshal([]byte(r.State), &d.state); err != nil {
		b.fault = fmt.Errorf("read the state of day %s: %w", dateOf(r.WorkDate), err)
	}
	d.shown, d.asked = show(&d.state), d.state.SyncedAt()
	b.days[dateOf(r.WorkDate)] = d
}

func (b *book) holdPunch(r punchRow) {
	p := &heldPunch{at: r.CheckTime.UTC(), known: r.WorkDate != nil, takenBack: r.WorkDate == nil, explained: r.Explained}
	if p.known {
		p.workDate = dateOf(*r.WorkDate)
	}
	if err := json.Unmarshal([]byte(r.State), &p.state); err != nil {
		b.fault = fmt.Errorf("read the state of the punch at %s: %w", p.at.Format(time.RFC3339), err)
	}
	b.punches[r.CheckTime.Unix()] = p
}

func (b *book) holdDormant(r resultRow) {
	result := attendance.Result{
		CheckType: r.CheckType, UserCheckTime: r.UserCheckTime.UTC(), SourceType: orZero(r.SourceType),
		LocationResult: orZero(r.LocationResult), RecordID: orZero(r.RecordID), ProcessInstanceID: orZero(r.ProcessInstanceID),
	}
	if result.Punched() {
		return
	}
	b.dormant = append(b.dormant, heldDormant{
		at:      r.UserCheckTime.Unix(),
		Dormant: attendance.Dormant{Source: attendance.Source(r.Origin), WorkDate: dateOf(r.WorkDate), Result: result},
	})
}

func show(s *attendance.DayState) shownDay {
	results, source := s.Results()
	return shownDay{results: results, source: source}
}

// day is a date's state, to learn from. The date must have been asked for.
func (b *book) day(date attendance.Date) *attendance.DayState {
	b.finds.remember(b)
	d := b.days[date]
	if d == nil {
		d = &heldDay{}
		b.days[date] = d
	}
	d.learned = true
	return &d.state
}

// punch is a time's state, to learn from. The time must have been asked for.
func (b *book) punch(at time.Time) *attendance.PunchState {
	b.finds.remember(b)
	p := b.punches[at.Unix()]
	if p == nil {
		p = &heldPunch{at: at.UTC().Truncate(time.Second)}
		b.punches[at.Unix()] = p
	}
	return &p.state
}

// dormantAt are the results that may wake at a punch's time: those stored for
// days that this book does not write, and those that it is about to write.
func (b *book) dormantAt(second int64) []attendance.Dormant {
	var at []attendance.Dormant
	for _, d := range b.dormant {
		if held := b.days[d.WorkDate]; d.at == second && (held == nil || !held.learned) {
			at = append(at, d.Dormant)
		}
	}
	for date, d := range b.days {
		if !d.learned {
			continue
		}
		now := show(&d.state)
		for _, r := range now.results {
			if !r.UserCheckTime.IsZero() && r.UserCheckTime.Unix() == second && !r.Punched() {
				at = append(at, attendance.Dormant{Source: now.source, WorkDate: date, Result: dormantPart(r)})
			}
		}
	}
	return at
}

// dormantPart is as much of a result as a punch takes from it.
func dormantPart(r attendance.Result) attendance.Result {
	return attendance.Result{
		CheckType: r.CheckType, UserCheckTime: r.UserCheckTime, SourceType: r.SourceType,
		LocationResult: r.LocationResult, RecordID: r.RecordID, ProcessInstanceID: r.ProcessInstanceID,
	}
}

// derive is a punch as it now follows from everything; nil if there is none.
func (b *book) derive(p *heldPunch) *attendance.Punch {
	return p.state.Derive(b.user, p.at, b.dormantAt(p.at.Unix()))
}

// save queues the writing of what was learned, and of a version for every date
// whose content is another one now.
func (b *book) save(q *batch, claimed ...attendance.Date) error {
	if b.fault != nil {
		return b.fault
	}
	touched := slices.Clone(claimed)
	for date, d := range b.days {
		if d.learned {
			touched = append(touched, date)
		}
	}
	seconds := make([]int64, 0, len(b.punches))
	for second := range b.punches {
		seconds = append(seconds, second)
	}
	slices.Sort(seconds)
	punches := make([]*attendance.Punch, len(seconds))
	for i, second := range seconds {
		held := b.punches[second]
		punches[i] = b.derive(held)
		if held.known {
			touched = append(touched, held.workDate)
		}
		if punches[i] != nil {
			touched = append(touched, punches[i].WorkDate)
		}
	}
	slices.SortFunc(touched, attendance.Date.Compare)
	touched = slices.Compact(touched)
	b.ensureDays(q, touched)
	for _, date := range touched {
		if d := b.days[date]; d != nil && d.learned {
			if err := b.saveDay(q, date, d); err != nil {
				return err
			}
		}
	}
	for i, second := range seconds {
		if err := b.savePunch(q, b.punches[second], punches[i]); err != nil {
			return err
		}
	}
	b.saveVersions(q, touched)
	return b.finds.save(q, b, seconds, punches)
}

// ensureDays makes a row for every date that anything ever claimed: which
// claims come first must not decide which rows there are.
func (b *book) ensureDays(q *batch, touched []attendance.Date) {
	q.exec(`INSERT INTO dakasync.day (corp_id, user_id, work_date, last_trigger)
		SELECT $1, $2, d, $4 FROM unnest($3::date[]) d ON CONFLICT DO NOTHING`,
		b.store.corp, b.user, dates(touched), string(b.why.Trigger))
}

func (b *book) saveDay(q *batch, date attendance.Date, d *heldDay) error {
	state, err := json.Marshal(d.state)
	if err != nil {
		return fmt.Errorf("write the state of day %s: %w", date, err)
	}
	tags, err := json.Marshal(append([]attendance.Tag{}, d.state.Tags()...))
	if err != nil {
		return fmt.Errorf("write the approvals of day %s: %w", date, err)
	}
	syncedAt := timeOrNull(d.state.SyncedAt())
	q.exec(`UPDATE dakasync.day SET scheduled = $4, synced_at = $5, approvals = $6::text::jsonb,
			plan_times = $7, state = $8::text::jsonb, updated_at = now()
		WHERE corp_id = $1 AND user_id = $2 AND work_date = $3`,
		b.store.corp, b.user, date.In(time.UTC), d.state.Scheduled(), syncedAt, string(tags), append([]time.Time{}, d.state.PlanTimes()...), string(state))
	q.exec(`UPDATE dakasync.approval_day SET state = 'synced'
		WHERE corp_id = $1 AND user_id = $2 AND work_date = $3 AND state = 'due' AND due_from <= $4`,
		b.store.corp, b.user, date.In(time.UTC), syncedAt)
	if now := show(&d.state); !reflect.DeepEqual(now, d.shown) {
		b.saveResults(q, date, now)
	}
	return nil
}

func (b *book) saveResults(q *batch, date attendance.Date, now shownDay) {
	q.exec(`DELETE FROM dakasync.result WHERE corp_id = $1 AND user_id = $2 AND work_date = $3`,
		b.store.corp, b.user, date.In(time.UTC))
	for slot, r := range now.results {
		q.exec(`INSERT INTO dakasync.result (corp_id, user_id, work_date, slot, check_type, plan_check_time,
				user_check_time, time_result, location_result, source_type, record_id, plan_id, group_id, class_id,
				process_instance_id, origin, extra)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17::text::jsonb)`,
			b.store.corp, b.user, date.In(time.UTC), slot, r.CheckType, timeOrNull(r.PlanCheckTime),
			timeOrNull(r.UserCheckTime), r.TimeResult, orNull(r.LocationResult), orNull(r.SourceType), orNull(r.RecordID),
			orNull(r.PlanID), orNull(r.GroupID), orNull(r.ClassID), orNull(r.ProcessInstanceID), string(now.source), jsonOrNull(r.Extra))
	}
}

func (b *book) savePunch(q *batch, held *heldPunch, p *attendance.Punch) error {
	if held.known && p == nil {
		q.exec(`DELETE FROM dakasync.punch WHERE corp_id = $1 AND user_id = $2 AND check_time = $3`,
			b.store.corp, b.user, held.at)
	}
	if held.takenBack && (p != nil || held.state.Blank()) {
		q.exec(`DELETE FROM dakasync.punch_taken_back WHERE corp_id = $1 AND user_id = $2 AND check_time = $3`,
			b.store.corp, b.user, held.at)
	}
	if p == nil && held.state.Blank() {
		return nil
	}
	state, err := json.Marshal(held.state)
	if err != nil {
		return fmt.Errorf("write the state of the punch at %s: %w", held.at.Format(time.RFC3339), err)
	}
	if p == nil {
		q.exec(`INSERT INTO dakasync.punch_taken_back (corp_id, user_id, check_time, state) VALUES ($1, $2, $3, $4::text::jsonb)
			ON CONFLICT (corp_id, user_id, check_time) DO UPDATE SET state = excluded.state, updated_at = now()`,
			b.store.corp, b.user, held.at, string(state))
		return nil
	}
	q.exec(`INSERT INTO dakasync.punch (corp_id, user_id, work_date, check_time, check_type, source_type,
			location_result, valid, record_id, biz_id, process_instance_id, invalid_type, invalid_message, origin,
			explained, extra, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16::text::jsonb, $17::text::jsonb)
		ON CONFLICT (corp_id, user_id, check_time) DO UPDATE SET
			work_date = excluded.work_date, check_type = excluded.check_type, source_type = excluded.source_type,
			location_result = excluded.location_result, valid = excluded.valid, record_id = excluded.record_id,
			biz_id = excluded.biz_id, process_instance_id = excluded.process_instance_id,
			invalid_type = excluded.invalid_type, invalid_message = excluded.invalid_message, origin = excluded.origin,
			explained = excluded.explained, extra = excluded.extra, state = excluded.state, updated_at = now()`,
		b.store.corp, b.user, p.WorkDate.In(time.UTC), held.at, orNull(p.CheckType), orNull(p.SourceType),
		orNull(p.LocationResult), p.Valid, orNull(p.RecordID), orNull(p.BizID), orNull(p.ProcessInstanceID),
		orNull(p.InvalidType), orNull(p.InvalidMessage), string(p.Origin), p.Explained, jsonOrNull(p.Extra), string(state))
	if !p.Explained && (!held.known || held.explained) {
		q.exec(`UPDATE dakasync.day SET settled_at = NULL
			WHERE corp_id = $1 AND user_id = $2 AND work_date = $3 AND settled_at IS NOT NULL`,
			b.store.corp, b.user, p.WorkDate.In(time.UTC))
	}
	return nil
}

// saveVersions appends a version where the content differs from the last one.
// The content is read back from the tables that were just written, so that it
// is what a reader sees.
func (b *book) saveVersions(q *batch, touched []attendance.Date) {
	q.exec(`WITH shown AS (
			SELECT d.work_date, v.snapshot AS before, jsonb_build_object(
				'scheduled', d.scheduled,
				'approvals', d.approvals,
				'results', coalesce((
					SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(r) - '{corp_id,user_id,work_date,slot,origin,extra}'::text[]) ORDER BY r.slot)
					FROM dakasync.result r
					WHERE r.corp_id = d.corp_id AND r.user_id = d.user_id AND r.work_date = d.work_date), '[]'),
				'punches', coalesce((
					SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(p) - '{corp_id,user_id,work_date,state,extra,created_at,updated_at}'::text[]) ORDER BY p.check_time)
					FROM dakasync.punch p
					WHERE p.corp_id = d.corp_id AND p.user_id = d.user_id AND p.work_date = d.work_date), '[]')
				) AS snapshot
			FROM dakasync.day d
			LEFT JOIN dakasync.day_version v
				ON v.corp_id = d.corp_id AND v.user_id = d.user_id AND v.work_date = d.work_date AND v.version = d.version
			WHERE d.corp_id = $1 AND d.user_id = $2 AND d.work_date = ANY($3)
		), changed AS (
			UPDATE dakasync.day d SET version = d.version + 1, last_trigger = $4, updated_at = now()
			FROM shown
			WHERE d.corp_id = $1 AND d.user_id = $2 AND d.work_date = shown.work_date
				AND shown.snapshot IS DISTINCT FROM coalesce(shown.before,
					'{"scheduled": null, "approvals": [], "results": [], "punches": []}'::jsonb)
			RETURNING d.work_date, d.version, shown.snapshot
		)
		INSERT INTO dakasync.day_version (corp_id, user_id, work_date, version, trigger, workflow_id, snapshot)
		SELECT $1, $2, work_date, version, $4, $5, snapshot FROM changed`,
		b.store.corp, b.user, dates(touched), string(b.why.Trigger), orNull(b.why.WorkflowID))
}
