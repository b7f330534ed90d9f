package stream

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/budget"
)

type fakePushStore struct {
	err    error
	counts []budget.PushCount
	words  []time.Time
	again  []time.Time
}

func (f *fakePushStore) CountPushes(_ context.Context, counts []budget.PushCount) error {
	if f.err == nil {
		f.counts = append(f.counts, counts...)
	}
	return f.err
}

func (f *fakePushStore) SaveQuotaWord(_ context.Context, meter string, at time.Time) error {
	if meter != "pushes" {
		return errors.New("another meter")
	}
	f.words = append(f.words, at)
	return nil
}

func (f *fakePushStore) WithdrawQuotaWord(_ context.Context, meter string, at time.Time) error {
	if meter != "pushes" {
		return errors.New("another meter")
	}
	f.again = append(f.again, at)
	return nil
}

// What DingTalk bills is counted by the hour, and kept while PostgreSQL is away.
func TestPushesAreCounted(t *testing.T) {
	l := &fakePushStore{err: errors.New("away")}
	c := NewPushTally(l, slog.New(slog.DiscardHandler))
	at := time.Date(2026, 11, 2, 9, 59, 59, 0, time.UTC)
	c.Count("attendance_check_record", ContentUnknown, at)
	c.Count("attendance_check_record", ContentUnknown, at)
	require.Error(t, c.Flush(t.Context()))
	c.Count("attendance_check_record", ContentUnknown, at.Add(time.Second))
	c.Count("other", ContentMuted, at)
	c.Count("other", ContentMuted, at.Add(-time.Second))
	l.err = nil
	require.NoError(t, c.Flush(t.Context()))
	require.NoError(t, c.Flush(t.Context()))
	hour := at.Truncate(time.Hour)
	require.ElementsMatch(t, []budget.PushCount{
		{Hour: hour, EventType: "attendance_check_record", Pushes: 2},
		{Hour: hour.Add(time.Hour), EventType: "attendance_check_record", Pushes: 1},
		{Hour: hour, EventType: "other", Pushes: 2},
	}, l.counts)
	require.Equal(t, []time.Time{at}, l.words, "the last time that it was said")
	require.Empty(t, l.again, "nothing came with its content")
}

// Frames with their content show that there are pushes again, to this starter and
// to another that was told that there are none.
func TestFramesWithTheirContentTakeTheWordBack(t *testing.T) {
	l := &fakePushStore{err: errors.New("away")}
	c := NewPushTally(l, slog.New(slog.DiscardHandler))
	at := time.Date(2026, 11, 12, 9, 59, 59, 0, time.UTC)
	c.Count("other", ContentMuted, at)
	c.Count("attendance_check_record", ContentWhole, at.Add(2*time.Second))
	c.Count("bpms_instance_change", ContentWhole, at.Add(time.Second))
	c.Count("other", ContentUnknown, at.Add(time.Hour))
	require.Error(t, c.Flush(t.Context()))
	l.err = nil
	require.NoError(t, c.Flush(t.Context()))
	require.Equal(t, []time.Time{at, at}, l.words)
	require.Equal(t, []time.Time{at.Add(2 * time.Second), at.Add(2 * time.Second)}, l.again, "the last one that did, once a flush")

	c.Count("attendance_check_record", ContentUnknown, at.Add(time.Hour))
	require.NoError(t, c.Flush(t.Context()))
	require.Len(t, l.again, 2, "that one shows nothing")
	c.Count("attendance_check_record", ContentWhole, at.Add(time.Hour))
	require.NoError(t, c.Flush(t.Context()))
	require.Len(t, l.again, 3)
}
