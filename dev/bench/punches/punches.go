// Package punches pushes punches into dakasync, at an even pace or as fast as acks allow, and finds out what became of each: when it was
// pushed, when acknowledged, and when its row was committed.
//
// The simulator's delivery records and PostgreSQL's own commit timestamps are authoritative. Every punch is another person's or another
// day's, so each costs a call and a write, and none finds its day fetched.
package punches

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"dakasync/attendance"
	"dakasync/dev/bench/rig"
	"dakasync/dev/bench/rounds"
	"dakasync/simulator/company"
)

// rowsTimeout is how long the rows of a round are waited for.
const rowsTimeout = 4 * time.Minute

// Puncher deals out the punches of an installation.
type Puncher struct {
	rig    *rig.Rig
	into   *rig.Installation
	people []string
	days   []company.Date
	dealt  int
}

// New takes people and days of fixed day shifts, as most are, but nobody of but: each punch fills a planned slot of its calendar date.
func New(r *rig.Rig, into *rig.Installation, but ...string) *Puncher {
	p := &Puncher{rig: r, into: into}
	for _, employee := range into.Company.Employees() {
		if employee.GroupKind == company.GroupFixed && !slices.Contains(but, employee.UserID) {
			p.people = append(p.people, employee.UserID)
		}
	}
	for day := company.DateOf(into.Company.Now()) - 1; day > into.Company.FirstDay(); day-- {
		_, holiday := into.Company.Holiday(day)
		if !holiday && day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
			p.days = append(p.days, day)
		}
	}
	return p
}

// Even pushes at an even pace.
func (p *Puncher) Even(ctx context.Context, count, perSecond int) (rounds.Round, error) {
	first := p.dealt
	ticker := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticker.Stop()
	for range count {
		if err := p.punch(); err != nil {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-ticker.C:
		}
	}
	return p.collect(ctx, first)
}

// Burst makes all of them happen at once: the simulator pushes as fast as acks allow.
func (p *Puncher) Burst(ctx context.Context, count int) (rounds.Round, error) {
	first := p.dealt
	for range count {
		if err := p.punch(); err != nil {
			return nil, err
		}
	}
	return p.collect(ctx, first)
}

type punchKey struct {
	user   string
	second int64
}

// nth deals out the punches: everybody once on a day at about half past eight, then everybody on the day before.
func (p *Puncher) nth(n int) punchKey {
	const morning = 8*time.Hour + 30*time.Minute
	day := p.days[n/len(p.people)]
	at := day.In(p.into.Company.Location()).Add(morning).Add(time.Duration(n%60) * time.Second) //nolint:mnd // Seconds of a minute.
	return punchKey{p.people[n%len(p.people)], at.Unix()}
}

func (p *Puncher) punch() error {
	if p.dealt == len(p.people)*len(p.days) {
		return fmt.Errorf("there are only %d punches to push: ask for fewer rounds", p.dealt)
	}
	next := p.nth(p.dealt)
	p.dealt++
	result, err := p.into.Company.Punch(company.PunchRequest{User: next.user, At: time.Unix(next.second, 0)})
	if err == nil && !result.Pushed {
		err = fmt.Errorf("the punch of %s was not pushed", next.user)
	}
	return err
}

// collect waits for the rows of the punches from the first on, and puts together what the stores know of them.
func (p *Puncher) collect(ctx context.Context, first int) (rounds.Round, error) {
	if err := p.into.Platform.AwaitSettled(ctx); err != nil {
		return nil, err
	}
	committed, err := p.awaitRows(ctx, first)
	if err != nil {
		return nil, err
	}
	pushed := p.pushes(first)
	var samples rounds.Round
	for n := first; n < p.dealt; n++ {
		key := p.nth(n)
		one, ok := pushed[key]
		if !ok {
			return nil, fmt.Errorf("the push of the punch of %s was not acknowledged", key.user)
		}
		one.Run = p.runID(key)
		if one.Row, ok = committed[key]; !ok {
			return nil, fmt.Errorf("the punch of %s has no row", key.user)
		}
		samples = append(samples, one)
	}
	return samples, nil
}

// awaitRows counts cheaply, and looks closely once.
func (p *Puncher) awaitRows(ctx context.Context, first int) (map[punchKey]time.Time, error) {
	const query = `SELECT count(*) FROM dakasync.punch WHERE explained AND origin = 'detail'`
	var explained int
	var failure error
	err := p.rig.Until(ctx, "the rows of the punches", rowsTimeout, func(ctx context.Context) bool {
		failure = p.into.Database.QueryRow(ctx, query).Scan(&explained)
		return failure != nil || explained >= p.dealt
	})
	if err := firstError(failure, err); err != nil {
		return nil, fmt.Errorf("%d of %d punches are explained: %w", explained, p.dealt, err)
	}
	return p.committed(ctx, first)
}

func firstError(failures ...error) error {
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// committed asks PostgreSQL when the rows were committed that a detail explains.
func (p *Puncher) committed(ctx context.Context, first int) (map[punchKey]time.Time, error) {
	const query = `SELECT user_id, check_time, pg_xact_commit_timestamp(xmin) FROM dakasync.punch WHERE explained AND origin = 'detail'`
	rows, err := p.into.Database.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read the punches: %w", err)
	}
	defer rows.Close()
	wanted := map[punchKey]bool{}
	for n := first; n < p.dealt; n++ {
		wanted[p.nth(n)] = true
	}
	committed := map[punchKey]time.Time{}
	for rows.Next() {
		var user string
		var at, commit time.Time
		if err := rows.Scan(&user, &at, &commit); err != nil {
			return nil, fmt.Errorf("read a punch: %w", err)
		}
		if key := (punchKey{user, at.Unix()}); wanted[key] {
			committed[key] = commit
		}
	}
	return committed, rows.Err()
}

// pushes reads the simulator's records of what it pushed and when it was acknowledged.
func (p *Puncher) pushes(first int) map[punchKey]rounds.Sample {
	pushes := map[punchKey]rounds.Sample{}
	deliveries := p.into.Platform.Deliveries()
	for _, delivery := range deliveries[min(first, len(deliveries)):] {
		var data struct {
			DataList []struct {
				UserID    string `json:"userId"`
				CheckTime int64  `json:"checkTime"`
			} `json:"dataList"`
		}
		if json.Unmarshal([]byte(delivery.Data), &data) != nil || len(data.DataList) == 0 || delivery.AckedAt.IsZero() {
			continue
		}
		record := data.DataList[0]
		key := punchKey{record.UserID, time.UnixMilli(record.CheckTime).Unix()}
		// From the first attempt on, as one that was not acknowledged in time is part of the delay.
		begun := delivery.Attempts[0].At
		pushes[key] = rounds.Sample{Pushed: begun, Durable: delivery.AckedAt.Sub(begun)}
	}
	return pushes
}

func (p *Puncher) runID(key punchKey) string {
	hint := attendance.Hint{
		Kind: attendance.KindPunch, CorpID: p.into.Company.CorpID(), UserID: key.user, CheckTime: time.Unix(key.second, 0),
	}
	return hint.Key()
}
