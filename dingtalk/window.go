package dingtalk

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
)

const (
	// pageRows is the page size of attendance/list.
	pageRows = 50
	// maxPages bounds a list that says there is more for ever: five times what
	// 50 users can have in 7 days with six slots a day.
	maxPages = 200

	fieldUserIDs = "userIds"
)

// Window asks attendance/list and attendance/listRecord. The first goes by work
// date, the second by the clock: so as to see the morning that ends the last
// night shift, and the evening before a shift that begins at midnight, the
// records are asked for from noon before the window to the end of the day after
// it, in two questions where that is more than a week. Rows of work dates
// outside the window are dropped. The results are those of attendance/list,
// which names no class: a slot that somebody signed takes it from its clock-in.
func (c *Client) Window(ctx context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Answer, error) {
	if why := windowFault(userIDs, from, to); why != "" {
		return nil, invalid(resultsCall(), why)
	}
	w := newWindow(userIDs, from, to, attendance.SourceSweep, c.instant())
	if err := c.results(ctx, w); err != nil {
		return nil, err
	}
	if err := c.records(ctx, w, c.askMidway); err != nil {
		return nil, err
	}
	w.classify()
	return w.answers(), nil
}

// Results asks attendance/list alone: Window without the clock-ins.
func (c *Client) Results(ctx context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Answer, error) {
	if why := windowFault(userIDs, from, to); why != "" {
		return nil, invalid(resultsCall(), why)
	}
	w := newWindow(userIDs, from, to, attendance.SourceSweep, c.instant())
	if err := c.results(ctx, w); err != nil {
		return nil, err
	}
	return w.answers(), nil
}

func windowFault(userIDs []string, from, to attendance.Date) string {
	switch {
	case len(userIDs) == 0 || len(userIDs) > attendance.WindowUsers:
		return fmt.Sprintf("%d users, where 1 to %d may be asked about at once", len(userIDs), attendance.WindowUsers)
	case to.Before(from):
		return fmt.Sprintf("from %s to %s is backwards", from, to)
	case from.DaysUntil(to) >= attendance.WindowDays:
		return fmt.Sprintf("%s to %s is more than %d days", from, to, attendance.WindowDays)
	}
	return ""
}

// window collects the rows of a window's user-days.
type window struct {
	userIDs  []string
	from, to attendance.Date
	days     map[attendance.UserDay]*attendance.Answer
	signed   map[attendance.UserDay][]attendance.Result // slots, as their clock-ins show them
	seen     map[int64]struct{}                         // rows by id: pages and questions overlap
	askedAt  time.Time                                  // when the first question was sent
	asked    bool
}

// sent hears of each question.
func (w *window) sent(at time.Time) {
	if !w.asked {
		w.askedAt, w.asked = at, true
	}
}

func newWindow(userIDs []string, from, to attendance.Date, source attendance.Source, askedAt time.Time) *window {
	w := &window{
		userIDs: slices.Compact(slices.Sorted(slices.Values(userIDs))), from: from, to: to,
		days: make(map[attendance.UserDay]*attendance.Answer), signed: make(map[attendance.UserDay][]attendance.Result),
		seen: make(map[int64]struct{}), askedAt: askedAt,
	}
	for _, id := range w.userIDs {
		for d := from; !d.After(to); d = d.AddDays(1) {
			w.days[attendance.UserDay{UserID: id, WorkDate: d}] = &attendance.Answer{
				UserID: id, WorkDate: d, Source: source,
			}
		}
	}
	return w
}

// answers are all user-days that were asked for, by user and date.
func (w *window) answers() []attendance.Answer {
	answers := make([]attendance.Answer, 0, len(w.days))
	for _, id := range w.userIDs {
		for d := w.from; !d.After(w.to); d = d.AddDays(1) {
			answer := *w.days[attendance.UserDay{UserID: id, WorkDate: d}]
			answer.AskedAt = w.askedAt
			answers = append(answers, answer)
		}
	}
	return answers
}

// day is the answer to which a row belongs: by the work date that it names, or
// else by its calendar day. There is none outside the window.
func (w *window) day(o loose.Object, at time.Time, loc *time.Location) (*attendance.Answer, error) {
	user := o.String("userid")
	if user == "" {
		return nil, errNoUser
	}
	date, err := o.Date(loc, "workdate")
	switch {
	case err != nil:
		return nil, fmt.Errorf("its work date: %w", err)
	case date.IsZero() && at.IsZero():
		return nil, errNoTime
	case date.IsZero():
		date = attendance.DateOf(at, loc)
	}
	return w.days[attendance.UserDay{UserID: user, WorkDate: date}], nil
}

func (w *window) repeated(o loose.Object) bool {
	id, ok := o.Int("id")
	if !ok {
		return false
	}
	_, seen := w.seen[id]
	w.seen[id] = struct{}{}
	return seen
}

// results asks attendance/list, all pages (open-attendance-clock-in-data).
func (c *Client) results(ctx context.Context, w *window) error {
	ep := resultsCall()
	rows := c.reader()
	for page, ask := 0, askFunc(c.ask); page < maxPages; page, ask = page+1, c.askMidway {
		body, err := ask(ctx, ep, question{body: map[string]any{
			"workDateFrom": w.from.String() + " 00:00:00", "workDateTo": w.to.String() + " 00:00:00",
			"userIdList": w.userIDs, "offset": page * pageRows, "limit": pageRows, "isI18n": false,
		}, sentFunc: w.sent})
		if err != nil {
			return err
		}
		n, more, err := rows.resultPage(body, w)
		if err != nil {
			return malformed(ep, err.Error())
		}
		if !more || n == 0 {
			c.skipped(ctx, ep, rows.skipped, rows.first)
			return nil
		}
	}
	return malformed(ep, fmt.Sprintf("after %d pages it still says that there is more", maxPages))
}

func (r *reader) resultPage(body []byte, w *window) (n int, more bool, err error) {
	o, list, err := rowsOf(body)
	if err != nil {
		return 0, false, err
	}
	r.each(list, func(o loose.Object, raw json.RawMessage) error {
		row, err := r.result(o, raw)
		if err != nil {
			return err
		}
		answer, err := w.day(o, row.PlanCheckTime, r.loc)
		if err == nil && answer != nil && !w.repeated(o) {
			answer.Results = append(answer.Results, row)
		}
		return err
	})
	more, _ = o.Bool("hasmore")
	return len(list), more, nil
}

// rowsOf are the rows of attendance/list and listRecord.
func rowsOf(body []byte) (loose.Object, []json.RawMessage, error) {
	o, ok := loose.ParseObject(body)
	if !ok {
		return nil, nil, errNoObject
	}
	list, ok := o.Array("recordresult")
	if !ok && o.Get("recordresult") != nil {
		return nil, nil, fmt.Errorf("its recordresult is no array, among %v", slices.Sorted(maps.Keys(o)))
	}
	return o, list, nil
}
