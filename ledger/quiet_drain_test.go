package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/budget"
)

// Nothing can have come onto the failed-push list while somebody listened all the
// time since it was empty; whatever is not so, or not known, is a reason to read it.
func TestQuietSince(t *testing.T) {
	t.Parallel()
	empty := attendance.DrainPage{AnsweredAt: at("12:00:00")}
	for name, test := range map[string]struct {
		change func(b bundle)
		loud   bool
	}{
		"quiet": {func(bundle) {}, false},
		"a hole before": {func(b bundle) {
			b.exec(`UPDATE dakasync.coverage SET began_at = began_at + interval '20 minutes' WHERE id = 'b'`)
		}, false},
		"a hole just before": {func(b bundle) {
			b.exec(`UPDATE dakasync.coverage SET began_at = began_at + interval '57 minutes' WHERE id = 'b'`)
		}, true},
		"a hole since": {func(b bundle) {
			b.exec(`UPDATE dakasync.coverage SET began_at = began_at + interval '70 minutes' WHERE id = 'b'`)
		}, true},
		"nobody listens": {func(b bundle) {
			b.exec(`UPDATE dakasync.coverage SET proven_until = proven_until - interval '1 minute'`)
		}, true},
		"the last seconds": {func(b bundle) {
			b.exec(`UPDATE dakasync.coverage SET proven_until = proven_until - interval '5 seconds'`)
		}, false},
		"nobody ever listened": {func(b bundle) { b.exec(`DELETE FROM dakasync.coverage`) }, true},
		"somebody listens anew": {func(b bundle) {
			b.exec(`DELETE FROM dakasync.coverage WHERE id = 'a'; UPDATE dakasync.coverage SET began_at = now() - interval '30 minutes'`)
		}, true},
		"another's connection": {func(b bundle) { b.exec(`UPDATE dakasync.coverage SET corp_id = 'ding2'`) }, true},
		"an open gap": {func(b bundle) {
			b.exec(`INSERT INTO dakasync.gap VALUES ('ding1', '2026-11-01 12:00+08', '2026-11-01 12:01+08', 'lost')`)
		}, true},
		"never read":           {func(b bundle) { b.exec(`DELETE FROM dakasync.drain`) }, true},
		"it held something":    {func(b bundle) { b.exec(`UPDATE dakasync.drain SET count = 1`) }, true},
		"there was more":       {func(b bundle) { b.exec(`UPDATE dakasync.drain SET has_more = true`) }, true},
		"it could not be read": {func(b bundle) { b.exec(`UPDATE dakasync.drain SET body = 'x'`) }, true},
		"it was turned away":   {func(b bundle) { b.exec(`UPDATE dakasync.drain SET count = NULL`) }, true},
		"a read is lost": {func(b bundle) {
			b.exec(`INSERT INTO dakasync.drain (id, corp_id, requested_at, state) VALUES ('old', 'ding1', now() - interval '3 days', 'ambiguous')`)
		}, true},
		"one is made good": {func(b bundle) {
			b.exec(`INSERT INTO dakasync.drain (id, corp_id, requested_at, state) VALUES ('old', 'ding1', now() - interval '3 days', 'resolved')`)
		}, false},
		"the last is made good": {func(b bundle) { b.exec(`UPDATE dakasync.drain SET state = 'resolved'`) }, true},
		"a read is under way":   {func(b bundle) { require.NoError(b.t, b.OpenDrain(b.t.Context(), "e")) }, true},
		"pushes are spent": {func(b bundle) {
			require.NoError(b.t, b.SaveQuotaWord(b.t.Context(), budget.MeterPushes, at("09:00:00")))
		}, true},
		"calls are spent": {func(b bundle) {
			require.NoError(b.t, b.SaveQuotaWord(b.t.Context(), budget.MeterCalls, at("09:00:00")))
		}, false},
		"they were last month": {func(b bundle) {
			require.NoError(b.t, b.SaveQuotaWord(b.t.Context(), budget.MeterPushes, at("09:00:00").AddDate(0, -1, 0)))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.exec(`INSERT INTO dakasync.coverage VALUES ('ding1', 'a', 's', now() - interval '3 hours', now() - interval '2 hours', 'replaced'),
				('ding1', 'b', 's', now() - interval '2 hours', now(), NULL)`)
			require.NoError(t, b.StoreDrain(t.Context(), "d", empty))
			b.exec(`UPDATE dakasync.drain SET requested_at = now() - interval '1 hour'`)
			test.change(b)
			since, err := b.QuietSince(t.Context())
			require.NoError(t, err)
			if test.loud {
				require.Zero(t, since)
				return
			}
			require.True(t, since.Equal(empty.AnsweredAt), since)
		})
	}
	b := setup(t)
	since, err := b.QuietSince(t.Context())
	require.NoError(t, err)
	require.Equal(t, time.Time{}, since)
}

func (b bundle) exec(sql string) {
	b.t.Helper()
	_, err := b.sql.Exec(b.t.Context(), sql)
	require.NoError(b.t, err)
}
