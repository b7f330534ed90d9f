package attendance_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dakasync/attendance"
)

// book is the ledger without a database: the states and what follows from
// them. A delivery is a function that changes it.
type book struct {
	days      map[attendance.Date]*attendance.DayState
	punches   map[time.Time]*attendance.PunchState
	approvals map[string]*attendance.ApprovalState
}

type delivery func(b *book)

func entry[K comparable, V any](m map[K]*V, key K) *V {
	if m[key] == nil {
		m[key] = new(V)
	}
	return m[key]
}

// rows are what the ledger would show, as text.
func (b *book) rows(t require.TestingT) string {
	var dormant []attendance.Dormant
	shown := map[string]any{}
	for date, d := range b.days {
		results := d.Shown()
		for _, r := range results {
			if !r.UserCheckTime.IsZero() && !r.Punched() {
				dormant = append(dormant, attendance.Dormant{Source: r.Source, WorkDate: date, Result: r.Result})
			}
		}
		shown["day "+date.String()] = map[string]any{"results": results, "scheduled": d.Scheduled(), "tags": d.Tags(), "state": d}
	}
	var states []*attendance.ApprovalState
	for _, s := range b.approvals {
		states = append(states, s)
	}
	for id, s := range b.approvals {
		standing := attendance.StandingOf(s, states)
		shown["approval "+id] = map[string]any{"is": s.Instance(), "standing": standing, "state": s}
		for _, m := range s.Instance().MakeUps {
			switch {
			case s.Effective() && standing.Void:
				entry(b.punches, m.At).TakeBack(id)
			case s.Effective():
				entry(b.punches, m.At).Approve(id, m.Day(shanghai))
			}
		}
	}
	for at, p := range b.punches {
		var here []attendance.Dormant
		for _, d := range dormant {
			if d.Result.UserCheckTime.Equal(at) {
				here = append(here, d)
			}
		}
		shown["punch "+at.UTC().String()] = map[string]any{"is": p.Derive("u1", at, here), "state": p}
	}
	text, err := json.Marshal(shown)
	require.NoError(t, err)
	return string(text)
}

func drawTime(t *rapid.T, label string) time.Time {
	return at("00:00:00").Add(time.Duration(rapid.IntRange(0, 12).Draw(t, label)) * time.Hour).UTC()
}

func drawAnswer(t *rapid.T) delivery {
	a := attendance.Answer{
		UserID: "u1", WorkDate: monday.AddDays(rapid.IntRange(0, 1).Draw(t, "day")), AskedAt: drawTime(t, "asked"),
		Source: rapid.SampledFrom([]attendance.Source{attendance.SourceDetail, attendance.SourceSweep, attendance.SourceRecords}).Draw(t, "source"),
	}
	for range rapid.IntRange(0, 2).Draw(t, "results") {
		r := onDuty(rapid.SampledFrom([]string{"USER", "APPROVE", "BOSS", "SYSTEM"}).Draw(t, "by"), drawTime(t, "punched"))
		r.PlanID = rapid.Int64Range(0, 2).Draw(t, "plan")
		r.ClassID = rapid.Int64Range(0, 1).Draw(t, "class")
		r.TimeResult = rapid.SampledFrom([]string{"Normal", "NotSigned"}).Draw(t, "result")
		a.Results = append(a.Results, r)
	}
	for range rapid.IntRange(0, 2).Draw(t, "records") {
		a.Records = append(a.Records, attendance.Record{CheckTime: drawTime(t, "recorded"), RecordID: rapid.Int64Range(0, 2).Draw(t, "record")})
	}
	if rapid.Bool().Draw(t, "tagged") {
		a.Approvals = []attendance.Tag{{ProcessInstanceID: fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "tag"))}}
	}
	return func(b *book) {
		entry(b.days, a.WorkDate).Learn(a)
		for _, s := range a.Sightings() {
			entry(b.punches, s.At).Observe(s.Bearer, s.Witness)
		}
	}
}

func drawPlan(t *rapid.T) delivery {
	date, askedAt := monday.AddDays(rapid.IntRange(0, 1).Draw(t, "day")), drawTime(t, "asked")
	var slots []attendance.Planned
	for range rapid.IntRange(0, 2).Draw(t, "slots") {
		slots = append(slots, attendance.Planned{PlanID: rapid.Int64Range(0, 2).Draw(t, "plan"), ClassID: rapid.Int64Range(0, 2).Draw(t, "class"), GroupID: rapid.Int64Range(0, 1).Draw(t, "group"), Rest: rapid.Bool().Draw(t, "rest")})
	}
	return func(b *book) { entry(b.days, date).LearnPlan(askedAt, slots) }
}

func drawHint(t *rapid.T) delivery {
	h := hintAt(drawTime(t, "punched"))
	h.BizID, h.BornAt = fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "biz")), drawTime(t, "born")
	s := h.Sighting(shanghai)
	return func(b *book) { entry(b.punches, s.At).Observe(s.Bearer, s.Witness) }
}

func drawInstance(t *rapid.T) delivery {
	id := rapid.SampledFrom([]string{"i1", "i2", "i3"}).Draw(t, "id")
	i := attendance.Instance{
		ProcessInstanceID: id,
		Kind:              rapid.SampledFrom([]attendance.ApprovalKind{attendance.ApprovalMakeUp, attendance.ApprovalOther}).Draw(t, "kind"),
		Status: rapid.SampledFrom([]string{
			attendance.StatusRunning, attendance.StatusCompleted, attendance.StatusTerminated, attendance.StatusDeleted,
		}).Draw(t, "status"),
		Result:     rapid.SampledFrom([]string{"", attendance.ResultAgree, attendance.ResultRefuse}).Draw(t, "result"),
		BizAction:  rapid.SampledFrom([]string{"", attendance.ActionNone, attendance.ActionModify, attendance.ActionRevoke}).Draw(t, "action"),
		FinishedAt: drawTime(t, "finished"),
	}
	if rapid.Bool().Draw(t, "attached") {
		i.MainProcessInstanceID = "i1"
	}
	if rapid.Bool().Draw(t, "read") {
		i.ReadAt = drawTime(t, "read at").Add(time.Hour)
		i.MakeUps = []attendance.MakeUp{{UserID: "u1", At: drawTime(t, "made up")}}
		i.AttachedIDs = rapid.SliceOfN(rapid.SampledFrom([]string{"i2", "i3"}), 0, 2).Draw(t, "attached ids")
	}
	return func(b *book) { entry(b.approvals, id).Learn(i) }
}

// The same deliveries, in any order and any number of times, make the same
// states and the same rows.
func TestMergeIsOrderFreeAndIdempotent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		deliveries := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) delivery {
			return rapid.SampledFrom([]func(*rapid.T) delivery{drawAnswer, drawAnswer, drawPlan, drawHint, drawInstance, drawInstance}).Draw(t, "kind")(t)
		}), 1, 12).Draw(t, "deliveries")
		order := rapid.Permutation(deliveries).Draw(t, "order")
		again := rapid.SliceOfN(rapid.SampledFrom(deliveries), 0, 6).Draw(t, "again")
		require.Equal(t, apply(t, deliveries), apply(t, append(order, again...)))
	})
}

func apply(t require.TestingT, deliveries []delivery) string {
	b := &book{map[attendance.Date]*attendance.DayState{}, map[time.Time]*attendance.PunchState{}, map[string]*attendance.ApprovalState{}}
	for _, d := range deliveries {
		d(b)
	}
	return b.rows(t)
}
