package dingtalk

import (
	"cmp"
	"encoding/json"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
)

const offDuty = "OffDuty"

// slot reads the result that a row of listRecord shows of its slot; false if it
// shows none. A row's id is what attendance/list calls recordId.
func (r *reader) slot(o loose.Object, raw json.RawMessage) (attendance.Result, bool) {
	if !counted(o) {
		return attendance.Result{}, false
	}
	row, err := r.result(o, raw)
	if err != nil || row.TimeResult == "" {
		return attendance.Result{}, false // the clock-in is kept all the same
	}
	if row.RecordID == 0 {
		row.RecordID, _ = o.Int("id")
	}
	return row, true
}

// counted reports whether a clock-in counts for a slot. One that does not has
// neither check type nor plan, and usually a reason; isLegal is not it: of a
// clock-in that counts it says N where the time or the place is not the normal
// one (attendance-clock-in-record-is-open).
func counted(o loose.Object) bool {
	if matched, said := o.Bool("validmatched"); said && !matched {
		return false
	}
	return o.String("checktype") != "" && (planned(o, "planid") || planned(o, "planchecktime", "basechecktime")) &&
		o.String("invalidrecordtype", "invalidrecordmsg") == ""
}

func planned(o loose.Object, names ...string) bool {
	s := o.String(names...)
	return s != "" && s != "0"
}

// valid is what a row says of a clock-in's worth; nil if nothing.
func valid(o loose.Object) *bool {
	says, said := o.Bool("validmatched")
	if !said {
		says, said = o.Bool("islegal")
		says = says || counted(o)
	}
	if !said {
		return nil
	}
	return &says
}

// sign notes what a clock-in shows of its slot. Of several clock-ins the result
// shows the first that begins a shift or a half of it, the last that ends one;
// a row that is no clock-in, but what an approval or the boss set, goes before
// all of them.
func (w *window) sign(day attendance.UserDay, row attendance.Result) {
	slots := w.signed[day]
	for i, other := range slots {
		if sameSlot(row, other) {
			if shownRather(row, other) {
				slots[i] = row
			}
			return
		}
	}
	w.signed[day] = append(slots, row)
}

func shownRather(row, than attendance.Result) bool {
	if row.Punched() != than.Punched() {
		return than.Punched()
	}
	order := row.UserCheckTime.Compare(than.UserCheckTime)
	if row.CheckType == offDuty {
		order = -order
	}
	return cmp.Or(order, cmp.Compare(row.RecordID, than.RecordID)) < 0
}

func sameSlot(a, b attendance.Result) bool {
	if a.PlanID != 0 && b.PlanID != 0 {
		return a.PlanID == b.PlanID
	}
	return a.CheckType == b.CheckType && !a.PlanCheckTime.IsZero() && a.PlanCheckTime.Equal(b.PlanCheckTime)
}

// classify gives the slots of attendance/list the class and the group that
// their clock-ins name. Who is given another shift keeps the plan's id, at
// another time.
func (w *window) classify() {
	for day, signed := range w.signed {
		results := w.days[day].Results
		for i := range results {
			for _, s := range signed {
				if sameSlot(results[i], s) && results[i].PlanCheckTime.Equal(s.PlanCheckTime) {
					results[i].ClassID = cmp.Or(results[i].ClassID, s.ClassID)
					results[i].GroupID = cmp.Or(results[i].GroupID, s.GroupID)
				}
			}
		}
	}
}
