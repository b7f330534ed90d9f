package dingtalk

import (
	"context"
	"encoding/json"
	"time"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
)

// recordSpan is the longest interval of attendance/listRecord.
const recordSpan = attendance.WindowDays * 24 * time.Hour

// Records asks attendance/listRecord alone: what 50 users have signed in 7
// days, for one call (two, where the window and its margins are more than a
// week: see Window). A clock-in that counts names its slot, so that the slot's
// result is in the answer besides; of slots that nobody signed, and of what the
// boss changed, it says nothing. There is an answer for every user-day that was
// asked for, be it empty.
func (c *Client) Records(ctx context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Answer, error) {
	if why := windowFault(userIDs, from, to); why != "" {
		return nil, invalid(recordsCall(), why)
	}
	w := newWindow(userIDs, from, to, attendance.SourceRecords, c.instant())
	if err := c.records(ctx, w, c.ask); err != nil {
		return nil, err
	}
	for day, results := range w.signed {
		w.days[day].Results = results
	}
	return w.answers(), nil
}

// records asks attendance/listRecord (attendance-clock-in-record-is-open).
func (c *Client) records(ctx context.Context, w *window, ask askFunc) error {
	ep := recordsCall()
	rows := c.reader()
	clear(w.seen)
	for _, span := range recordSpans(w.from, w.to, c.options.NowFunc(), c.options.Location) {
		body, err := ask(ctx, ep, question{body: map[string]any{
			fieldUserIDs:    w.userIDs,
			"checkDateFrom": span.begin.Format(time.DateTime), "checkDateTo": span.end.Format(time.DateTime),
			"isI18n": false,
		}, sentFunc: w.sent})
		if err != nil {
			return err
		}
		if err := rows.recordPage(body, w); err != nil {
			return malformed(ep, err.Error())
		}
		ask = c.askMidway
	}
	c.skipped(ctx, ep, rows.skipped, rows.first)
	return nil
}

func (r *reader) recordPage(body []byte, w *window) error {
	_, list, err := rowsOf(body)
	if err != nil {
		return err
	}
	r.each(list, func(o loose.Object, raw json.RawMessage) error {
		row, err := r.record(o, raw)
		if err != nil {
			return err
		}
		answer, err := w.day(o, row.CheckTime, r.loc)
		if err != nil || answer == nil || w.repeated(o) {
			return err
		}
		answer.Records = append(answer.Records, row)
		if slot, ok := r.slot(o, raw); ok {
			w.sign(attendance.UserDay{UserID: answer.UserID, WorkDate: answer.WorkDate}, slot)
		}
		return nil
	})
	return nil
}

// span is an interval of the clock.
type span struct{ begin, end time.Time }

// recordSpans covers a window's clock-ins: from noon before it to the end of
// the day after it, but not before what DingTalk still answers nor after today,
// in pieces of at most a week. The pieces touch: an end without its fraction of
// a second would lose what lies in it.
func recordSpans(from, to attendance.Date, now time.Time, loc *time.Location) []span {
	const noon = 12 * time.Hour
	today := attendance.DateOf(now, loc)
	begin := from.AddDays(-1).In(loc).Add(noon)
	if oldest := today.AddDays(-attendance.HorizonDays); from.AddDays(-1).Before(oldest) {
		begin = from.In(loc)
	}
	end := to.AddDays(2).In(loc)
	if latest := today.AddDays(1).In(loc); latest.Before(end) {
		end = latest
	}
	var spans []span
	for begin.Before(end) {
		next := begin.Add(recordSpan)
		if next.After(end) {
			next = end
		}
		spans = append(spans, span{begin: begin, end: next})
		begin = next
	}
	return spans
}
