package workflows

import (
	"cmp"
	"slices"

	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
)

// split asks a page of users for a sweep's days in parts. Clock-ins take one call
// for 50 users, whatever they span, and carry the results of the slots that were
// signed. Results take a call for every 50 rows: they are asked for only where
// they are final, of as many people at once as fill whole pages, and in a thrifty
// sweep only of the user-days that clock-ins and schedule leave open: somebody did
// not sign, or an approval or an edit is known.
func (w *walker) split(ctx workflow.Context, f *fetcher, window attendance.Window) error {
	records := window
	records.Only = attendance.PartRecords
	if err := f.window(ctx, records); err != nil {
		return err
	}
	final, some := w.final(window)
	if !some {
		return nil
	}
	if w.walk.Split.Anew {
		if err := w.plans(ctx, window); err != nil {
			return err
		}
	}
	slots, err := w.slots(ctx, final)
	if err != nil {
		return err
	}
	switch {
	case w.walk.Split.Thrift:
		w.walk.Split.Open = append(w.walk.Split.Open, slots.Open...)
		return w.results(ctx, f, false)
	case len(slots.Planned) == len(final.UserIDs):
		for i, id := range final.UserIDs {
			w.walk.Split.Waiting = append(w.walk.Split.Waiting, Waiting{UserID: id, Days: final.Days, Rows: slots.Planned[i]})
		}
		return w.pages(ctx, f, false)
	default:
		final.Only = attendance.PartResults
		return f.window(ctx, final)
	}
}

// final is the part of a window whose results are asked for.
func (w *walker) final(window attendance.Window) (attendance.Window, bool) {
	var days attendance.DateRange
	for d := window.Days.From; !d.After(window.Days.To); d = d.AddDays(1) {
		if slices.Contains(w.walk.Split.Early, d) {
			continue
		}
		if days.From.IsZero() {
			days.From = d
		}
		days.To = d
	}
	return attendance.Window{UserIDs: window.UserIDs, Days: days}, !days.From.IsZero()
}

// slots says what is open of a window whose clock-ins are known. Where no plan is
// known of some day, the schedule is asked first, for a week ahead: one call says
// it for 50 users, and the next nights need none.
func (w *walker) slots(ctx workflow.Context, window attendance.Window) (Slots, error) {
	in := SlotsInput{Window: window, Thrift: w.walk.Split.Thrift}
	slots, err := ledger[Slots](ctx, StepOpenSlots, "What do the clock-ins leave open?", in)
	if err != nil || !slots.Unplanned || w.walk.NoSchedule || w.walk.Split.Anew {
		return slots, err
	}
	ahead := window
	ahead.Days.To = ahead.Days.From.AddDays(attendance.WindowDays - 1)
	if err := w.plans(ctx, ahead); err != nil {
		return slots, err
	}
	if !w.walk.Split.Thrift && len(slots.Planned) == 0 {
		return slots, nil
	}
	return ledger[Slots](ctx, StepOpenSlots, "What does the schedule leave open?", in)
}

// results asks for the results of open user-days, those of one date together, as
// many users a question as it may name; what is left at the end, too.
func (w *walker) results(ctx workflow.Context, f *fetcher, end bool) error {
	open := w.walk.Split.Open
	slices.SortFunc(open, func(a, b attendance.UserDay) int {
		return cmp.Or(a.WorkDate.Compare(b.WorkDate), cmp.Compare(a.UserID, b.UserID))
	})
	var rest []attendance.UserDay
	for len(open) > 0 {
		date := open[0].WorkDate
		n := 0
		for n < len(open) && n < attendance.WindowUsers && open[n].WorkDate == date {
			n++
		}
		if n < attendance.WindowUsers && !end {
			rest = append(rest, open[:n]...)
			open = open[n:]
			continue
		}
		window := attendance.Window{Days: attendance.DateRange{From: date, To: date}, Only: attendance.PartResults}
		for _, d := range open[:n] {
			window.UserIDs = append(window.UserIDs, d.UserID)
		}
		if err := f.window(ctx, window); err != nil {
			return err
		}
		open = open[n:]
	}
	w.walk.Split.Open = rest
	return nil
}

// pages asks for the results of those who wait, as far as they fill the pages of
// calls; at the end of all.
func (w *walker) pages(ctx workflow.Context, f *fetcher, end bool) error {
	for {
		taken, rest := takeWindow(w.walk.Split.Waiting, end)
		if len(taken) == 0 {
			return nil
		}
		window := attendance.Window{Days: taken[0].Days, Only: attendance.PartResults}
		for _, user := range taken {
			window.UserIDs = append(window.UserIDs, user.UserID)
		}
		if err := f.window(ctx, window); err != nil {
			return err
		}
		w.walk.Split.Waiting = rest
	}
}

// rest asks for what pages of users left open.
func (w *walker) rest(ctx workflow.Context) error {
	f := w.fetcher()
	if err := w.results(ctx, f, true); err != nil {
		return err
	}
	if err := w.pages(ctx, f, true); err != nil {
		return err
	}
	w.account(f)
	return nil
}
