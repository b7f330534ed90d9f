package ledger_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dakasync/attendance"
)

// What stands in the tables is what follows from the states beside it, whichever delivery was the last: nothing that one brought bears
// upon rows that were not looked at again.
func TestTheTablesShowWhatFollowsFromTheStates(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		_, err := b.sql.Exec(ctx, `TRUNCATE dakasync.event, dakasync.day, dakasync.approval, dakasync.punch_taken_back, dakasync.difference CASCADE`)
		require.NoError(t, err)
		deliveries := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) delivery {
			return rapid.SampledFrom([]func(*rapid.T) delivery{drawHint, drawAnswer, drawAnswers, drawSchedule, drawInstance, drawInstance}).Draw(t, "kind")(t)
		}), 1, 12).Draw(t, "deliveries")
		for _, d := range deliveries {
			require.NoError(t, d.to(ctx, b.Store), d.name)
		}
		want, dormant := followingResults(t, ctx, b.sql)
		want = append(want, followingPunches(t, ctx, b.sql, dormant)...)
		want = append(want, followingApprovalDays(t, ctx, b.sql)...)
		got := readLines(t, ctx, b.sql, `SELECT 'result ' || user_id || ' ' || work_date || ' ' || check_type || ' ' || coalesce(extract(epoch FROM user_check_time)::bigint, 0)
				|| ' ' || time_result || ' ' || coalesce(source_type, '') || ' ' || coalesce(plan_id, 0) || ' ' || origin FROM dakasync.result
			UNION ALL SELECT 'punch ' || user_id || ' ' || work_date || ' ' || extract(epoch FROM check_time)::bigint || ' ' || coalesce(check_type, '')
				|| ' ' || coalesce(source_type, '') || ' ' || origin || ' ' || coalesce(process_instance_id, '') || ' ' || coalesce(record_id, 0) FROM dakasync.punch
			UNION ALL SELECT 'approval ' || process_instance_id || ' ' || user_id || ' ' || work_date || ' ' || extract(epoch FROM part)::bigint
				|| ' ' || (state = 'void') FROM dakasync.approval_day`)
		slices.Sort(want)
		slices.Sort(got)
		require.Equal(t, strings.Join(want, "\n"), strings.Join(got, "\n"))
	})
}

func readLines(t require.TestingT, ctx context.Context, sql *pgx.Conn, query string) []string {
	answer, err := sql.Query(ctx, query)
	require.NoError(t, err)
	lines, err := pgx.CollectRows(answer, pgx.RowTo[string])
	require.NoError(t, err)
	return lines
}

// followingResults are the results that the days' states show, and those of them that may wake a punch, by user.
func followingResults(t require.TestingT, ctx context.Context, sql *pgx.Conn) (lines []string, dormant map[string][]attendance.Dormant) {
	dormant = map[string][]attendance.Dormant{}
	answer, err := sql.Query(ctx, `SELECT user_id, work_date, state::text FROM dakasync.day`)
	require.NoError(t, err)
	var user, text string
	var at time.Time
	_, err = pgx.ForEachRow(answer, []any{&user, &at, &text}, func() error {
		var state attendance.DayState
		if err := json.Unmarshal([]byte(text), &state); err != nil {
			return fmt.Errorf("a day's state: %w", err)
		}
		date := attendance.DateOf(at, time.UTC)
		for _, r := range state.Shown() {
			signed := int64(0)
			if !r.UserCheckTime.IsZero() {
				signed = r.UserCheckTime.Unix()
				if !r.Punched() {
					dormant[user] = append(dormant[user], attendance.Dormant{Source: r.Source, WorkDate: date, Result: r.Result})
				}
			}
			lines = append(lines, fmt.Sprintf("result %s %s %s %d %s %s %d %s", user, date, r.CheckType, signed, r.TimeResult, r.SourceType, r.PlanID, r.Source))
		}
		return nil
	})
	require.NoError(t, err)
	return lines, dormant
}

// followingPunches are the punches that their states make.
func followingPunches(t require.TestingT, ctx context.Context, sql *pgx.Conn, dormant map[string][]attendance.Dormant) (lines []string) {
	answer, err := sql.Query(ctx, `SELECT user_id, check_time, state::text FROM dakasync.punch
		UNION ALL SELECT user_id, check_time, state::text FROM dakasync.punch_taken_back`)
	require.NoError(t, err)
	var user, text string
	var at time.Time
	_, err = pgx.ForEachRow(answer, []any{&user, &at, &text}, func() error {
		var state attendance.PunchState
		if err := json.Unmarshal([]byte(text), &state); err != nil {
			return fmt.Errorf("a punch's state: %w", err)
		}
		var here []attendance.Dormant
		for _, d := range dormant[user] {
			if d.Result.UserCheckTime.Equal(at) {
				here = append(here, d)
			}
		}
		if p := state.Derive(user, at, here); p != nil {
			lines = append(lines, fmt.Sprintf("punch %s %s %d %s %s %s %s %d", user, p.WorkDate, at.Unix(), p.CheckType, p.SourceType, p.Origin, p.ProcessInstanceID, p.RecordID))
		}
		return nil
	})
	require.NoError(t, err)
	return lines
}

// followingApprovalDays are the days that the approvals' states touch.
func followingApprovalDays(t require.TestingT, ctx context.Context, sql *pgx.Conn) (lines []string) {
	var all []*attendance.ApprovalState
	for _, text := range readLines(t, ctx, sql, `SELECT state::text FROM dakasync.approval`) {
		var state attendance.ApprovalState
		require.NoError(t, json.Unmarshal([]byte(text), &state))
		all = append(all, &state)
	}
	for _, state := range all {
		if !state.Effective() {
			continue
		}
		for _, d := range state.Instance().Days(shanghai) {
			part := d.Begin
			if !d.MadeUpAt.IsZero() {
				part = d.MadeUpAt
			}
			lines = append(lines, fmt.Sprintf("approval %s %s %s %d %t", state.Instance().ProcessInstanceID, d.UserID, d.WorkDate, part.Unix(), attendance.StandingOf(state, all).Void))
		}
	}
	return lines
}
