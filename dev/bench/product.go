package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"dakasync/attendance"
	"dakasync/simulator/company"
)

// pastDays is how many days there are to punch in: one punch for a person and day, so that every event costs a call and no
// event finds its day fetched already.
const pastDays = 60

// product pushes punches into dakasync and finds out what became of them.
type product struct {
	rig    *rig
	people []string
	days   []company.Date
	dealt  int
}

// newProduct takes people and days of fixed day shifts, as most are: each punch fills a planned slot of its calendar date.
func newProduct(r *rig) *product {
	p := &product{rig: r}
	for _, employee := range r.company.Employees() {
		if employee.GroupKind == company.GroupFixed {
			p.people = append(p.people, employee.UserID)
		}
	}
	for day := company.DateOf(r.company.Now()) - 1; day > r.company.FirstDay(); day-- {
		_, holiday := r.company.Holiday(day)
		if !holiday && day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
			p.days = append(p.days, day)
		}
	}
	return p
}

// even pushes at an even pace.
func (p *product) even(ctx context.Context, count, perSecond int) (round, error) {
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

// burst makes all of them happen at once: the simulator pushes as fast as acks allow.
func (p *product) burst(ctx context.Context, count int) (round, error) {
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
func (p *product) nth(n int) punchKey {
	const morning = 8*time.Hour + 30*time.Minute
	day := p.days[n/len(p.people)]
	at := day.In(p.rig.company.Location()).Add(morning).Add(time.Duration(n%60) * time.Second) //nolint:mnd // Seconds of a minute.
	return punchKey{p.people[n%len(p.people)], at.Unix()}
}

func (p *product) punch() error {
	if p.dealt == len(p.people)*len(p.days) {
		return fmt.Errorf("there are only %d punches to push: ask for fewer rounds", p.dealt)
	}
	next := p.nth(p.dealt)
	p.dealt++
	result, err := p.rig.company.Punch(company.PunchRequest{User: next.user, At: time.Unix(next.second, 0)})
	if err == nil && !result.Pushed {
		err = fmt.Errorf("the punch of %s was not pushed", next.user)
	}
	return err
}

// collect waits for the rows of the punches from the first on, and puts together what the stores know of them.
func (p *product) collect(ctx context.Context, first int) (round, error) {
	if err := p.rig.platform.AwaitSettled(ctx); err != nil {
		return nil, err
	}
	committed, err := p.awaitRows(ctx, first)
	if err != nil {
		return nil, err
	}
	pushed := p.pushes(first)
	var samples round
	for n := first; n < p.dealt; n++ {
		key := p.nth(n)
		one, ok := pushed[key]
		if !ok {
			return nil, fmt.Errorf("the push of the punch of %s was not acknowledged", key.user)
		}
		one.Run, one.Row = p.runID(key), committed[key]
		samples = append(samples, one)
	}
	return samples, nil
}

// awaitRows counts cheaply, and looks closely once.
func (p *product) awaitRows(ctx context.Context, first int) (map[punchKey]time.Time, error) {
	const query = `SELECT count(*) FROM dakasync.punch WHERE explained AND origin = 'detail'`
	var explained int
	var failure error
	err := p.rig.until(ctx, "the rows of the punches", workTimeout, func(ctx context.Context) bool {
		failure = p.rig.database.QueryRow(ctx, query).Scan(&explained)
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
func (p *product) committed(ctx context.Context, first int) (map[punchKey]time.Time, error) {
	const query = `SELECT user_id, check_time, pg_xact_commit_timestamp(xmin) FROM dakasync.punch WHERE explained AND origin = 'detail'`
	rows, err := p.rig.database.Query(ctx, query)
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
func (p *product) pushes(first int) map[punchKey]sample {
	pushes := map[punchKey]sample{}
	deliveries := p.rig.platform.Deliveries()
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
		pushes[key] = sample{Pushed: begun, Durable: delivery.AckedAt.Sub(begun)}
	}
	return pushes
}

func (p *product) runID(key punchKey) string {
	hint := attendance.Hint{
		Kind: attendance.KindPunch, CorpID: p.rig.company.CorpID(), UserID: key.user, CheckTime: time.Unix(key.second, 0),
	}
	return hint.Key()
}
