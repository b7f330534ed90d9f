package grown

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// operations are what the product, an operator and payroll do.
func operations() []operation {
	return append(append(writing(), asking()...), reading()...)
}

// next is a date that nobody has been asked about yet.
func (s *side) next(dates int) attendance.Date {
	s.fresh += dates
	return today().AddDays(s.fresh)
}

func today() attendance.Date { return attendance.DateOf(time.Now(), zone) }

// plain is a user-day of the most usual shape.
func plain(person int, date attendance.Date) told { return shapes()[1].tell(userID(person), date) }

// agreed is one with a make-up that was agreed.
func agreed(person int, date attendance.Date) told { return shapes()[9].tell(userID(person), date) }

func writing() []operation {
	const group = "writes"
	var hinted, concluded told
	var answers []attendance.Answer
	many := func(s *side, people, dates int) {
		first := s.next(dates)
		answers = answers[:0]
		for person := range people {
			for n := range dates {
				answers = append(answers, plain(person, first.AddDays(n)).sweep)
			}
		}
	}
	save := func(ctx context.Context, s *side, trigger attendance.Trigger) error {
		return s.store.SaveAnswers(ctx, answers, attendance.Why{Trigger: trigger, WorkflowID: "batch/" + corp})
	}
	conclude := func(ctx context.Context, s *side, t told) error {
		key := t.hints[0].Key()
		return s.store.Conclude(ctx, t.details[1:], attendance.Why{Trigger: attendance.TriggerEvent, WorkflowID: key}, key, attendance.OutcomeDone)
	}
	return []operation{
		{name: "`PunchMentioned` and `ConcludeHint` of a punch", group: group, run: func(ctx context.Context, s *side) error {
			live := plain(s.fresh%smallPeople, s.next(1))
			hint := live.hints[0]
			if _, err := s.store.PunchMentioned(ctx, hint.UserID, hint.CheckTime); err != nil {
				return err
			}
			why := attendance.Why{Trigger: attendance.TriggerEvent, WorkflowID: hint.Key()}
			return s.store.ConcludeHint(ctx, hint, []byte(`{"locationMethod":"MAP"}`), live.details[1:], why, attendance.OutcomeDone)
		}},
		{name: "`RecordHint` of a punch", group: group, run: func(ctx context.Context, s *side) error {
			hinted = plain(s.fresh%smallPeople, s.next(1))
			_, err := s.store.RecordHint(ctx, hinted.hints[0], []byte(`{"locationMethod":"MAP"}`), hinted.hints[0].Key())
			return err
		}},
		{name: "`Conclude` of a new user-day", group: group, run: func(ctx context.Context, s *side) error {
			concluded = plain(s.fresh%smallPeople, s.next(1))
			return conclude(ctx, s, concluded)
		}},
		{name: "`Conclude`, once more", group: group, run: func(ctx context.Context, s *side) error { return conclude(ctx, s, concluded) }},
		{name: "`SaveInstance` of a new make-up", group: group, run: func(ctx context.Context, s *side) error {
			t := agreed(s.fresh%smallPeople, s.next(1))
			_, err := s.store.SaveInstance(ctx, *t.approval, attendance.Why{Trigger: attendance.TriggerEvent, WorkflowID: t.decided.Key()})
			return err
		}},
		{name: "`SaveAnswers` of 50 new user-days", group: group, once: true, run: func(ctx context.Context, s *side) error {
			many(s, 50, 1) //nolint:mnd // As said.
			return save(ctx, s, attendance.TriggerEvent)
		}},
		{name: "`SaveAnswers` of 50, once more", group: group, once: true, run: func(ctx context.Context, s *side) error { return save(ctx, s, attendance.TriggerEvent) }},
		{name: "`SaveAnswers` of 350 new user-days, by a sweep", group: group, once: true, run: func(ctx context.Context, s *side) error {
			many(s, 50, 7) //nolint:mnd // As said.
			return save(ctx, s, attendance.TriggerSweep)
		}},
		{name: "`SaveAnswers` of 350, by a sweep, once more", group: group, once: true, run: func(ctx context.Context, s *side) error { return save(ctx, s, attendance.TriggerSweep) }},
	}
}

func people(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = userID(i)
	}
	return ids
}

const finalAfter = 48 * time.Hour

// The groups of questions.
const (
	sweeps = "sweeps and batches"
	status = "`dakactl status`, metrics, governor"
)

func ask(group, name string, wide bool, run func(ctx context.Context, s *side) error) operation {
	return operation{name: name, group: group, wide: wide, run: run}
}

// asking are the questions of sweeps, batches, the governor and `dakactl status`.
func asking() []operation {
	return slices.Concat(askingOfDays(), askingOfApprovals(), askingOfProofs(), askingOfStatus())
}

func askingOfDays() []operation {
	last := today().AddDays(-1)
	old := last.AddDays(-179) //nolint:mnd // Half a year.
	return []operation{
		ask(sweeps, "`PunchExplained`", false, func(ctx context.Context, s *side) error {
			_, err := s.store.PunchExplained(ctx, userID(1), last.In(zone).Add(9*time.Hour)) //nolint:mnd // In the morning.
			return err
		}),
		ask(sweeps, "`Wanted`, 50 users", false, func(ctx context.Context, s *side) error {
			_, err := s.store.Wanted(ctx, time.Now(), "", 50) //nolint:mnd // As said.
			return err
		}),
		ask(sweeps, "`OpenSlots`, 50 users, 2 dates", false, func(ctx context.Context, s *side) error {
			_, _, _, err := s.store.OpenSlots(ctx, people(50), attendance.DateRange{From: last.AddDays(-3), To: last.AddDays(-2)}, finalAfter, true) //nolint:mnd // As said.
			return err
		}),
		ask(sweeps, "`UnsettledDates`", true, func(ctx context.Context, s *side) error {
			_, err := s.store.UnsettledDates(ctx, old, last)
			return err
		}),
		ask(sweeps, "`LooseDays`", true, func(ctx context.Context, s *side) error {
			_, err := s.store.LooseDays(ctx, old, last, finalAfter)
			return err
		}),
		ask(sweeps, "`DueDays`", false, func(ctx context.Context, s *side) error {
			_, err := s.store.DueDays(ctx, old, last)
			return err
		}),
		ask(sweeps, "`SettleDay`, nothing to settle", true, func(ctx context.Context, s *side) error {
			return s.store.SettleDay(ctx, last.AddDays(-4), last.In(zone)) //nolint:mnd // Settled.
		}),
		ask(sweeps, "`SettleAnswered`, nothing to settle", true, func(ctx context.Context, s *side) error {
			return s.store.SettleAnswered(ctx, last.AddDays(-4), last.In(zone)) //nolint:mnd // Settled.
		}),
		ask(sweeps, "`NamedApprovals`, 3 dates", true, func(ctx context.Context, s *side) error {
			_, err := s.store.NamedApprovals(ctx, []attendance.Date{last, last.AddDays(-1), last.AddDays(-2)}, 100) //nolint:mnd // As said.
			return err
		}),
	}
}

func askingOfApprovals() []operation {
	last := today().AddDays(-1)
	since := time.Now().AddDate(0, 0, -7)
	all := attendance.TimeRange{From: time.Now().AddDate(0, 0, -30), To: time.Now()}
	ids := make([]string, 0, mostOpen)
	for n := range mostOpen {
		ids = append(ids, instanceID(userID(n), last))
	}
	return []operation{
		ask(sweeps, "`KnownInstances`, 60", false, func(ctx context.Context, s *side) error {
			_, err := s.store.KnownInstances(ctx, ids)
			return err
		}),
		ask(sweeps, "`UnlistedApprovals`, 30 days", true, func(ctx context.Context, s *side) error {
			_, err := s.store.UnlistedApprovals(ctx, []string{makeUpCode, leaveCode}, all, ids, 20) //nolint:mnd // As the sweep's.
			return err
		}),
		ask(sweeps, "`ApprovalCodes`", true, func(ctx context.Context, s *side) error {
			_, err := s.store.ApprovalCodes(ctx)
			return err
		}),
		ask(sweeps, "`ApprovalSearches`, 30 days", true, func(ctx context.Context, s *side) error {
			_, err := s.store.ApprovalSearches(ctx, all.From)
			return err
		}),
		ask(sweeps, "`EndedApprovals`, 30 days", true, func(ctx context.Context, s *side) error {
			_, err := s.store.EndedApprovals(ctx, leaveCode, ids, all, 20) //nolint:mnd // As the sweep's.
			return err
		}),
		ask(sweeps, "`JudgeApprovals`, 7 days", true, func(ctx context.Context, s *side) error { return s.store.JudgeApprovals(ctx, since) }),
		ask(sweeps, "`OpenApprovals`", false, func(ctx context.Context, s *side) error {
			_, err := s.store.OpenApprovals(ctx, since, 20) //nolint:mnd // As the sweep's.
			return err
		}),
		ask(sweeps, "`UnreadApprovals`", false, func(ctx context.Context, s *side) error {
			_, err := s.store.UnreadApprovals(ctx, 20) //nolint:mnd // As the sweep's.
			return err
		}),
	}
}

func askingOfProofs() []operation {
	last := today().AddDays(-1)
	old := last.AddDays(-179) //nolint:mnd // Half a year.
	return []operation{
		ask(sweeps, "`Unreconciled`", false, func(ctx context.Context, s *side) error {
			_, err := s.store.Unreconciled(ctx, old, last.AddDays(-2), 7) //nolint:mnd // As the sweep's.
			return err
		}),
		ask(sweeps, "`Differing`", false, func(ctx context.Context, s *side) error {
			_, _, err := s.store.Differing(ctx, "reconcile/"+corp+"/"+last.AddDays(-3).String(), nil) //nolint:mnd // One of the filled.
			return err
		}),
		ask(sweeps, "`EffectiveApprovals`", false, func(ctx context.Context, s *side) error {
			_, err := s.store.EffectiveApprovals(ctx, "reconcile/"+corp+"/"+last.AddDays(-3).String(), nil, time.Time{}, 100) //nolint:mnd // As `Differing`; enough.
			return err
		}),
		ask(sweeps, "`FindGaps`", true, func(ctx context.Context, s *side) error {
			_, err := s.store.FindGaps(ctx, time.Time{})
			return err
		}),
		ask(sweeps, "`LostReads`", false, func(ctx context.Context, s *side) error {
			_, err := s.store.LostReads(ctx, time.Time{})
			return err
		}),
		ask(sweeps, "`ReadsInVain`", false, func(ctx context.Context, s *side) error {
			_, err := s.store.ReadsInVain(ctx)
			return err
		}),
		ask(sweeps, "`Backlog`", false, func(ctx context.Context, s *side) error {
			_, err := s.store.Backlog(ctx)
			return err
		}),
	}
}

func askingOfStatus() []operation {
	return []operation{
		ask(status, "`BudgetFacts`", true, func(ctx context.Context, s *side) error {
			_, err := s.store.BudgetFacts(ctx, time.Now())
			return err
		}),
		ask(status, "`CurrentDecision`", false, func(ctx context.Context, s *side) error {
			_, _, err := s.store.CurrentDecision(ctx)
			return err
		}),
		ask(status, "`Stats`", false, func(ctx context.Context, s *side) error {
			_, err := s.store.Stats(ctx)
			return err
		}),
		ask(status, "`CompleteThrough`", false, func(ctx context.Context, s *side) error {
			_, err := s.store.CompleteThrough(ctx)
			return err
		}),
		ask(status, "`OpenGaps`", true, func(ctx context.Context, s *side) error {
			_, err := s.store.OpenGaps(ctx)
			return err
		}),
		ask(status, "`BlindTime`, 30 days", true, func(ctx context.Context, s *side) error {
			_, _, err := s.store.BlindTime(ctx, time.Now().AddDate(0, 0, -30)) //nolint:mnd // As said.
			return err
		}),
		ask(status, "all that `dakactl status` asks", false, everything),
	}
}

// everything is what `dakactl status` asks of the ledger.
func everything(ctx context.Context, s *side) error {
	_, version := s.store.Version(ctx)
	_, stats := s.store.Stats(ctx)
	_, _, decision := s.store.CurrentDecision(ctx)
	_, complete := s.store.CompleteThrough(ctx)
	_, gaps := s.store.OpenGaps(ctx)
	_, _, blind := s.store.BlindTime(ctx, time.Now().AddDate(0, 0, -30)) //nolint:mnd // As it shows.
	_, listeners := s.store.Listeners(ctx)
	_, lag := s.store.Lag(ctx)
	return errors.Join(version, stats, decision, complete, gaps, blind, listeners, lag)
}

// reading is what payroll and a person who looks into a case ask the tables.
func reading() []operation {
	last := today().AddDays(-1)
	month := func(s *side) attendance.Date { return last.AddDays(-min(s.size.dates, monthDates) + 1) }
	week := last.AddDays(-smallDates + 1)
	sql := func(name string, wide bool, query string, args func(s *side) []any) operation {
		return operation{name: name, group: "payroll and people", wide: wide, run: func(ctx context.Context, s *side) error {
			answer, err := s.sql.Query(ctx, query, args(s)...)
			if err != nil {
				return fmt.Errorf("ask: %w", err)
			}
			_, err = pgx.CollectRows(answer, func(r pgx.CollectableRow) (int, error) { return len(r.RawValues()), nil })
			return err
		}}
	}
	one := func(*side) []any { return []any{corp, userID(7), week.In(time.UTC), last.In(time.UTC)} }
	everybody := func(s *side) []any { return []any{corp, month(s).In(time.UTC), last.In(time.UTC)} }
	none := func(*side) []any { return nil }
	const ofUser = ` WHERE corp_id = $1 AND user_id = $2 AND work_date BETWEEN $3 AND $4`
	const ofAll = ` WHERE corp_id = $1 AND work_date BETWEEN $2 AND $3`
	return []operation{
		sql("one person's results, a week", false, `SELECT work_date, check_type, user_check_time, time_result FROM dakasync.result`+ofUser+` ORDER BY work_date, slot`, one),
		sql("one person's punches, a week", false, `SELECT work_date, check_time, origin FROM dakasync.punch`+ofUser+` ORDER BY check_time`, one),
		sql("one person's approval days, a week", false, `SELECT work_date, process_instance_id, state FROM dakasync.approval_day`+ofUser, one),
		sql("one person's versions, a week", false, `SELECT work_date, version, trigger, workflow_id, snapshot FROM dakasync.day_version`+ofUser+` ORDER BY recorded_at`, one),
		sql("one person's events, a week", false, `SELECT event_key, event_type, outcome, payload FROM dakasync.event`+ofUser, one),
		sql("everybody's results, a month", true, `SELECT work_date, check_type, user_check_time, time_result FROM dakasync.result`+ofAll, everybody),
		sql("everybody's punches, a month", true, `SELECT user_id, work_date, check_time, origin FROM dakasync.punch`+ofAll, everybody),
		sql("everybody's late and missing, a month", true, `SELECT user_id, time_result, count(*) FROM dakasync.result`+ofAll+` AND time_result <> 'Normal' GROUP BY 1, 2`, everybody),
		sql("everybody's approval days, a month", true, `SELECT d.user_id, d.work_date, d.state, a.kind FROM dakasync.approval_day d JOIN dakasync.approval a USING (corp_id, process_instance_id)
			WHERE d.corp_id = $1 AND d.work_date BETWEEN $2 AND $3 AND d.state <> 'void'`, everybody),
		sql("README: `complete_through`", false, `SELECT domain, complete_through, held_back_on, held_back_by FROM dakasync.complete_through`, none),
		sql("README: the differences, a month", true, `SELECT work_date, user_id, what, before, after, why FROM dakasync.difference WHERE work_date BETWEEN $2 AND $3 AND corp_id = $1 ORDER BY found_at`, everybody),
		sql("README: the newest decision", false, `SELECT decided_at, mode, batch_window, reason, calls, forecast_calls, pushes, forecast_pushes FROM dakasync.decision ORDER BY decided_at DESC LIMIT 1`, none),
		sql("README: what was spent in the month, on what", true, `SELECT api, sum(counted) FROM dakasync.api_call JOIN dakasync.company USING (corp_id) WHERE hour >= date_trunc('month', now(), time_zone) GROUP BY api`, none),
	}
}
