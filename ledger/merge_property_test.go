package ledger_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dakasync/attendance"
	"dakasync/ledger"
)

type delivery struct {
	name string
	to   func(ctx context.Context, s *ledger.Store) error
}

func (d delivery) String() string { return d.name }

var byEvent = attendance.Why{Trigger: attendance.TriggerEvent}

// drawWhy is an event's or a sweep's, which looks first what was shown before.
func drawWhy(t *rapid.T) attendance.Why {
	return rapid.SampledFrom([]attendance.Why{byEvent, swept}).Draw(t, "why")
}

func drawClock(t *rapid.T, label string) time.Time {
	return at("00:00:00").Add(time.Duration(rapid.IntRange(0, 8).Draw(t, label)) * time.Hour)
}

func drawUser(t *rapid.T) string {
	return rapid.SampledFrom([]string{"u1", "u1", "u2"}).Draw(t, "user")
}

func drawHint(t *rapid.T) delivery {
	h := punchHint(drawClock(t, "punched").Add(time.Duration(rapid.IntRange(0, 1).Draw(t, "ms"))*time.Millisecond), at("00:00:00"))
	h.UserID, h.BizID = drawUser(t), fmt.Sprint(h.CheckTime.UnixMilli())
	h.BornAt = h.CheckTime.Add(time.Minute)
	if rapid.Bool().Draw(t, "drained") {
		h.Channel = attendance.ChannelFailedPush
		return delivery{fmt.Sprintf("failed push %+v", h), func(ctx context.Context, s *ledger.Store) error {
			return s.RecordDelivery(ctx, h, []byte(`{}`), attendance.OutcomePending, h.Key())
		}}
	}
	return delivery{fmt.Sprintf("hint %+v", h), func(ctx context.Context, s *ledger.Store) error {
		_, err := s.RecordHint(ctx, h, []byte(`{}`), h.Key())
		return err
	}}
}

func drawAnswer(t *rapid.T) delivery {
	a, why := drawnAnswer(t), drawWhy(t)
	return delivery{fmt.Sprintf("answer %+v", a), func(ctx context.Context, s *ledger.Store) error {
		return s.SaveAnswers(ctx, []attendance.Answer{a}, why)
	}}
}

func drawAnswers(t *rapid.T) delivery {
	answers, why := rapid.SliceOfN(rapid.Custom(drawnAnswer), 2, 5).Draw(t, "answers"), drawWhy(t)
	return delivery{fmt.Sprintf("answers %+v", answers), func(ctx context.Context, s *ledger.Store) error {
		return s.SaveAnswers(ctx, answers, why)
	}}
}

func drawnAnswer(t *rapid.T) attendance.Answer {
	a := attendance.Answer{
		UserID: drawUser(t), WorkDate: monday.AddDays(rapid.IntRange(-1, 0).Draw(t, "day")), AskedAt: drawClock(t, "asked").Add(time.Hour),
		Source: rapid.SampledFrom([]attendance.Source{attendance.SourceDetail, attendance.SourceSweep, attendance.SourceRecords}).Draw(t, "source"),
	}
	for range rapid.IntRange(0, 2).Draw(t, "results") {
		r := result(rapid.SampledFrom([]string{"USER", "APPROVE", "BOSS"}).Draw(t, "by"), at("09:00:00"), drawClock(t, "punched"))
		r.PlanID, r.RecordID = rapid.Int64Range(0, 2).Draw(t, "plan"), rapid.Int64Range(0, 1).Draw(t, "record")
		r.TimeResult = rapid.SampledFrom([]string{"Normal", "NotSigned"}).Draw(t, "result")
		a.Results = append(a.Results, r)
	}
	for range rapid.IntRange(0, 2).Draw(t, "records") {
		a.Records = append(a.Records, attendance.Record{CheckTime: drawClock(t, "recorded"), SourceType: rapid.SampledFrom([]string{"ATM", "APPROVE"}).Draw(t, "record by"), RecordID: rapid.Int64Range(0, 1).Draw(t, "record")})
	}
	if rapid.Bool().Draw(t, "tagged") {
		a.Approvals = []attendance.Tag{{ProcessInstanceID: "i1", Duration: "2.0"}}
	}
	return a
}

func drawSchedule(t *rapid.T) delivery {
	user, asked, why := drawUser(t), drawClock(t, "asked"), drawWhy(t)
	var planned []attendance.Planned
	for range rapid.IntRange(0, 2).Draw(t, "slots") {
		planned = append(planned, attendance.Planned{
			UserID: user, WorkDate: monday.AddDays(rapid.IntRange(-1, 0).Draw(t, "day")), PlanID: rapid.Int64Range(1, 2).Draw(t, "plan"),
			ClassID: rapid.Int64Range(0, 2).Draw(t, "class"), GroupID: rapid.Int64Range(0, 1).Draw(t, "group"), PlanCheckTime: drawClock(t, "planned"), Rest: rapid.Bool().Draw(t, "rest"),
		})
	}
	return delivery{fmt.Sprintf("schedule of %s at %s %+v", user, asked, planned), func(ctx context.Context, s *ledger.Store) error {
		return s.SaveSchedule(ctx, []string{user}, monday.AddDays(-1), monday, planned, asked, why)
	}}
}

// drawInstance gives an instance one form, whoever reads it: forms do not
// change, instances that change others are new ones.
func drawInstance(t *rapid.T) delivery {
	n, why := rapid.IntRange(1, 3).Draw(t, "id"), drawWhy(t)
	i := attendance.Instance{
		ProcessInstanceID: fmt.Sprintf("i%d", n), Kind: attendance.ApprovalMakeUp, OriginatorUserID: "u1",
		Status:     rapid.SampledFrom([]string{"RUNNING", "COMPLETED", "COMPLETED", "TERMINATED", "DELETED"}).Draw(t, "status"),
		Result:     rapid.SampledFrom([]string{"", "agree", "agree", "refuse"}).Draw(t, "result"),
		FinishedAt: at("03:00:00").Add(time.Duration(n) * time.Minute),
	}
	if n > 1 {
		i.MainProcessInstanceID = "i1"
	}
	if rapid.Bool().Draw(t, "read") {
		i.ReadAt = drawClock(t, "read at").Add(12 * time.Hour)
		i.BizAction = []string{"NONE", "MODIFY", "REVOKE"}[n-1]
		i.MakeUps = []attendance.MakeUp{{UserID: []string{"u1", "u2"}[n%2], At: at("00:00:00").Add(time.Duration(n) * time.Hour), WorkDate: monday.AddDays(-1)}}
		i.Spans = []attendance.Span{{UserIDs: []string{"u1", "u2"}, Begin: at("05:00:00").AddDate(0, 0, -1), End: at("05:00:00")}}
	}
	return delivery{fmt.Sprintf("instance %+v", i), func(ctx context.Context, s *ledger.Store) error {
		_, err := s.SaveInstance(ctx, i, why)
		return err
	}}
}

// tables is every table without what depends on when something was recorded,
// and how often.
func tables(t require.TestingT, ctx context.Context, sql *pgx.Conn) []string {
	var lines []string
	for _, table := range []string{"event", "day", "result", "punch", "punch_taken_back", "approval", "approval_day"} {
		lines = append(lines, readLines(t, ctx, sql, `SELECT '`+table+` ' || (to_jsonb(t)
			- '{created_at,updated_at,settled_at,version,last_trigger,deliveries,counted}'::text[]
			|| CASE WHEN '`+table+`' = 'approval' THEN jsonb_build_object('began', to_jsonb(t) -> 'created_at') ELSE '{}' END)::text
			FROM dakasync.`+table+` t ORDER BY 1`)...)
	}
	// The last version is what the tables show, whatever led there.
	return append(lines, readLines(t, ctx, sql, `SELECT 'version ' || d.user_id || d.work_date || v.snapshot::text FROM dakasync.day d
		JOIN dakasync.day_version v USING (corp_id, user_id, work_date, version)
		WHERE v.snapshot <> '{"scheduled": null, "approvals": [], "results": [], "punches": []}' ORDER BY 1`)...)
}

// The same deliveries in any order, any number of times, some of them at once,
// leave the same rows.
func TestLedgerIsOrderFreeAndIdempotent(t *testing.T) {
	t.Parallel()
	one, two := setup(t), setup(t)
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		for _, b := range []bundle{one, two} {
			_, err := b.sql.Exec(ctx, `TRUNCATE dakasync.event, dakasync.day, dakasync.approval, dakasync.punch_taken_back, dakasync.employee CASCADE`)
			require.NoError(t, err)
		}
		if rapid.Bool().Draw(t, "u2 has left") { // what a sweep does not find about them tells nothing
			for _, b := range []bundle{one, two} {
				require.NoError(t, b.SaveEmployees(ctx, []string{"u1", "u2"}, at("00:00:00")))
				require.NoError(t, b.SaveEmployees(ctx, []string{"u1"}, at("01:00:00")))
			}
		}
		deliveries := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) delivery {
			return rapid.SampledFrom([]func(*rapid.T) delivery{drawHint, drawAnswer, drawAnswers, drawSchedule, drawInstance, drawInstance}).Draw(t, "kind")(t)
		}), 1, 12).Draw(t, "deliveries")
		order := rapid.Permutation(deliveries).Draw(t, "order")
		order = append(order, rapid.SliceOfN(rapid.SampledFrom(deliveries), 0, 5).Draw(t, "again")...)
		for _, d := range deliveries {
			require.NoError(t, d.to(ctx, one.Store), d.name)
		}
		atOnce(t, ctx, two.Store, order)
		require.Equal(t, tables(t, ctx, one.sql), tables(t, ctx, two.sql))
	})
}

func atOnce(t require.TestingT, ctx context.Context, s *ledger.Store, deliveries []delivery) {
	const hands = 3
	errs := make([]error, hands)
	var group sync.WaitGroup
	for hand := range hands {
		group.Go(func() {
			for i := hand; i < len(deliveries); i += hands {
				if err := deliveries[i].to(ctx, s); err != nil {
					errs[hand] = fmt.Errorf("%s: %w", deliveries[i], err)
				}
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}
