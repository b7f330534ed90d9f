package story

import (
	"slices"
	"strings"

	"dakasync/attendance"
	"dakasync/ledger"
)

// Change is one thing in which a version differs from the one before: a result, a
// punch, an approval's tag, or whether a plan is known. Before is nil for what is
// new, After for what is gone.
type Change struct {
	Result    *Changed[ledger.ShownResult] `json:"result,omitempty"`
	Punch     *Changed[ledger.ShownPunch]  `json:"punch,omitempty"`
	Tag       *Changed[attendance.Tag]     `json:"approval,omitempty"`
	Scheduled *Changed[bool]               `json:"scheduled,omitempty"`
}

// Changed is something before and after.
type Changed[T any] struct {
	Before *T `json:"before"`
	After  *T `json:"after"`
}

func changes(before, after ledger.Shown) []Change {
	var list []Change
	if !same(before.Scheduled, after.Scheduled) {
		list = append(list, Change{Scheduled: &Changed[bool]{before.Scheduled, after.Scheduled}})
	}
	for _, c := range compare(before.Results, after.Results, resultKey, sameResult) {
		list = append(list, Change{Result: &c})
	}
	for _, c := range compare(before.Punches, after.Punches, punchKey, samePunch) {
		list = append(list, Change{Punch: &c})
	}
	for _, c := range compare(before.Approvals, after.Approvals, tagKey, sameTag) {
		list = append(list, Change{Tag: &c})
	}
	return list
}

// compare pairs things of one key in their order; what has no partner is gone or new.
func compare[T any, K comparable](before, after []T, key func(T) K, equal func(a, b T) bool) []Changed[T] {
	rest := map[K][]*T{}
	for i := range after {
		rest[key(after[i])] = append(rest[key(after[i])], &after[i])
	}
	var changed []Changed[T]
	paired := map[*T]bool{}
	for i := range before {
		k := key(before[i])
		var now *T
		if queue := rest[k]; len(queue) > 0 {
			now, rest[k] = queue[0], queue[1:]
			paired[now] = true
		}
		if now == nil || !equal(before[i], *now) {
			changed = append(changed, Changed[T]{&before[i], now})
		}
	}
	for i := range after {
		if !paired[&after[i]] {
			changed = append(changed, Changed[T]{nil, &after[i]})
		}
	}
	return changed
}

func same[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

type slotKey struct {
	checkType string
	at        int64
	planned   bool
}

// resultKey tells a day's results apart by their slot, or where nothing is planned
// by their time.
func resultKey(r ledger.ShownResult) slotKey {
	if r.PlanCheckTime.IsZero() {
		return slotKey{r.CheckType, r.UserCheckTime.Unix(), false}
	}
	return slotKey{r.CheckType, r.PlanCheckTime.Unix(), true}
}

func sameResult(a, b ledger.ShownResult) bool {
	return a.PlanCheckTime.Equal(b.PlanCheckTime) && a.UserCheckTime.Equal(b.UserCheckTime) && a.TimeResult == b.TimeResult &&
		a.LocationResult == b.LocationResult && a.SourceType == b.SourceType && a.RecordID == b.RecordID && a.PlanID == b.PlanID &&
		a.GroupID == b.GroupID && a.ClassID == b.ClassID && a.ProcessInstanceID == b.ProcessInstanceID && a.Origin == b.Origin
}

func punchKey(p ledger.ShownPunch) int64 { return p.CheckTime.Unix() }

func samePunch(a, b ledger.ShownPunch) bool {
	return same(a.Valid, b.Valid) && a.CheckType == b.CheckType && a.SourceType == b.SourceType && a.LocationResult == b.LocationResult &&
		a.InvalidType == b.InvalidType && a.InvalidMessage == b.InvalidMessage && a.ProcessInstanceID == b.ProcessInstanceID &&
		a.Origin == b.Origin && a.Explained == b.Explained
}

func tagKey(t attendance.Tag) string {
	return t.ProcessInstanceID + "\x00" + t.SubType + "\x00" + t.TagName
}

func sameTag(a, b attendance.Tag) bool {
	return a.Begin.Equal(b.Begin) && a.End.Equal(b.End) && a.FinishedAt.Equal(b.FinishedAt) &&
		a.Duration == b.Duration && a.DurationUnit == b.DurationUnit && a.BizType == b.BizType
}

// kindOf is what an event's key says first (see attendance.Hint.Key).
func kindOf(key string) attendance.Kind {
	first, _, _ := strings.Cut(key, "/")
	kinds := []attendance.Kind{attendance.KindPunch, attendance.KindApproval, attendance.KindDay}
	if i := slices.Index(kinds, attendance.Kind(first)); i >= 0 {
		return kinds[i]
	}
	return ""
}
