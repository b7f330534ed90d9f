package attendance

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// stored is an instant as PostgreSQL keeps it: UTC, to the microsecond. States
// hold only such instants, so that a state compares equal to itself read back.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// toSecond is the grain of a punch: DingTalk's answers have no finer times,
// its events have milliseconds (employee-clock-in-event).
func toSecond(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// newer reports whether the word said at newAt replaces the one said at oldAt.
// Two different words of one instant are ordered by their content: any choice
// will do as long as it does not depend on which came first.
func newer[T any](oldAt time.Time, oldWord T, newAt time.Time, newWord T) bool {
	if c := newAt.Compare(oldAt); c != 0 {
		return c > 0
	}
	return canonical(newWord) > canonical(oldWord)
}

// canonical is a text that is the same for equal content: object keys sorted,
// also inside raw JSON that a database has rearranged.
func canonical(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%+v", v) // a time beyond the year 9999: any fixed text will do
	}
	var tree any
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if dec.Decode(&tree) != nil {
		return string(b)
	}
	sorted, err := json.Marshal(tree)
	if err != nil {
		return string(b)
	}
	return string(sorted)
}

// sortedOnce sorts by first and then by content, and drops repetitions. It
// sorts in place.
func sortedOnce[T any](items []T, first func(a, b T) int) []T {
	if len(items) == 0 {
		return nil
	}
	type keyed struct {
		item T
		key  string
	}
	all := make([]keyed, len(items))
	for i, item := range items {
		all[i] = keyed{item, canonical(item)}
	}
	slices.SortFunc(all, func(a, b keyed) int { return cmp.Or(first(a.item, b.item), cmp.Compare(a.key, b.key)) })
	all = slices.CompactFunc(all, func(a, b keyed) bool { return a.key == b.key })
	items = items[:0]
	for _, k := range all {
		items = append(items, k.item)
	}
	return items
}
