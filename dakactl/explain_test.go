package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/dakactl/say"
	"dakasync/dakactl/story"
	"dakasync/ledger"
	"dakasync/postgres/pgtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "go test ./dakactl -update writes %s anew", path)
}

// at is an instant of 2 November 2026 in Shanghai.
func at(clock string) time.Time {
	t, err := time.Parse(time.RFC3339, "2026-11-02T"+clock+"+08:00")
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// eventfulDay is a day on which everything happened that can.
func eventfulDay() ledger.DayFacts {
	monday := attendance.NewDate(2026, time.November, 2)
	morning := at("09:00:00")
	missed := ledger.ShownResult{Result: attendance.Result{CheckType: "OnDuty", PlanCheckTime: morning, TimeResult: "NotSigned", SourceType: "SYSTEM"}, Origin: "sweep"}
	late := ledger.ShownResult{Result: attendance.Result{CheckType: "OnDuty", PlanCheckTime: morning, UserCheckTime: at("09:12:00"), TimeResult: "Late", SourceType: "USER", LocationResult: "Outside"}, Origin: "detail"}
	free := ledger.ShownResult{Result: attendance.Result{CheckType: "OffDuty", UserCheckTime: at("18:00:00"), TimeResult: "Normal"}}
	hinted := ledger.ShownPunch{CheckTime: at("09:12:00"), Origin: attendance.OriginEvent}
	shown := ledger.ShownPunch{CheckTime: at("09:12:00"), CheckType: "OnDuty", SourceType: "USER", LocationResult: "Outside", Origin: attendance.OriginDetail, Explained: true}
	invalid := ledger.ShownPunch{CheckTime: at("12:00:00"), Origin: attendance.OriginSweep, Explained: true, Valid: new(false), InvalidType: "Security", InvalidMessage: "risky"}
	tag := attendance.Tag{ProcessInstanceID: "i2", TagName: "请假", SubType: "事假", Begin: at("14:00:00"), End: at("18:00:00"), Duration: "4", DurationUnit: "HOUR"}
	event := func(key, of string, channel attendance.Channel, received string, outcome attendance.Outcome) ledger.EventFact {
		return ledger.EventFact{Key: key, Type: of, Channel: channel, ReceivedAt: at(received), Deliveries: 1, WorkflowID: key, Outcome: outcome}
	}
	punched := event("punch/dingcorp/u1/1762045920000", "attendance_check_record", attendance.ChannelStream, "09:12:03", attendance.OutcomeDone)
	punched.CheckTime, punched.BornAt, punched.Deliveries, punched.PunchOn, punched.PunchFrom = new(at("09:12:00")), new(at("09:12:01")), 2, monday, attendance.OriginDetail
	riddle := event("punch/dingcorp/u1/1762056000000", "attendance_check_record", attendance.ChannelFailedPush, "13:00:00", attendance.OutcomeUnexplained)
	riddle.CheckTime, riddle.PunchOn, riddle.PunchFrom = new(at("12:40:00")), monday, attendance.OriginEvent
	waiting := event("day/dingcorp/u1/2026-11-02/e9", "attend_bossCheck_change", attendance.ChannelStream, "19:00:00", attendance.OutcomePending)
	waiting.WorkflowID, waiting.RelayTries = "", 3
	return ledger.DayFacts{
		Employee: &ledger.EmployeeFact{LeftAt: new(at("23:00:00"))},
		Day: &ledger.DayFact{
			Scheduled: new(true), SettledAt: new(at("23:30:00")), Version: 3,
			Results: []ledger.ShownResult{late, free}, Punches: []ledger.ShownPunch{shown, invalid},
		},
		Events: []ledger.EventFact{
			punched, riddle, event("approval/dingcorp/i1/finish", "bpms_instance_change", attendance.ChannelStream, "17:00:00", attendance.OutcomeDone), waiting,
			event("day/dingcorp/u1/2026-11-02/e8", "attend_user_daily_summary_refresh", attendance.ChannelStream, "18:30:00", attendance.OutcomeIgnored),
		},
		Asked: []ledger.AskedFact{{Kind: "plan", At: at("00:30:00")}, {Kind: "sweep", At: at("23:10:00"), Empty: true}},
		Versions: []ledger.VersionFact{
			{Version: 1, RecordedAt: at("00:30:01"), Trigger: attendance.TriggerSweep, WorkflowID: "reconcile-day-workflow-1", Shown: ledger.Shown{Scheduled: new(true), Results: []ledger.ShownResult{missed}}},
			{Version: 2, RecordedAt: at("09:12:04"), Trigger: attendance.TriggerEvent, WorkflowID: punched.Key, Shown: ledger.Shown{Scheduled: new(true), Results: []ledger.ShownResult{missed}, Punches: []ledger.ShownPunch{hinted}}},
			{Version: 3, RecordedAt: at("18:31:00"), Trigger: attendance.TriggerResync, WorkflowID: "resync/dingcorp", Shown: ledger.Shown{
				Scheduled: new(true), Results: []ledger.ShownResult{late, free}, Punches: []ledger.ShownPunch{shown, invalid}, Approvals: []attendance.Tag{tag},
			}},
		},
		TakenBack: []time.Time{at("08:30:00")},
		Approvals: []ledger.ApprovalFact{
			{ID: "i1", Kind: attendance.ApprovalMakeUp, Status: "COMPLETED", Result: "agree", CreatedAt: new(at("16:00:00")), FinishedAt: new(at("16:59:00")), Revoked: true, Parts: []ledger.ApprovalPart{{MadeUpTime: new(at("08:30:00")), State: "void"}}},
			{ID: "i3", Kind: attendance.ApprovalMakeUp, Status: "COMPLETED", Result: "agree", FinishedAt: new(at("20:00:00")), MainID: "i1", Action: "REVOKE"},
			{ID: "i2", Kind: attendance.ApprovalLeave, Status: "RUNNING", Parts: []ledger.ApprovalPart{{BeginTime: new(at("14:00:00")), EndTime: new(at("18:00:00")), State: "due"}}},
		},
		Differences: []ledger.DifferenceFact{{FoundAt: at("23:11:00"), Domain: attendance.DomainPunches, What: "punch at 2026-11-02 12:00:00", Why: "no event came", WorkflowID: "reconcile-day-workflow-2"}},
		Decisions:   []budget.Decision{{DecidedAt: at("00:00:00"), Mode: budget.ModeBatched, Window: 5 * time.Minute, Reason: "Events are answered in batches"}, {DecidedAt: at("22:00:00"), Mode: budget.ModeSweep, Reason: "Events are kept"}},
		Gaps:        []ledger.GapFact{{BeganAt: at("11:59:00"), EndedAt: at("12:01:00"), Reason: attendance.ProofCrashed, SweptAt: new(at("12:05:00")), WorkflowID: "recover/dingcorp"}, {BeganAt: at("21:00:00"), EndedAt: at("21:01:00"), Reason: attendance.ProofLost}},
		Reconciled:  &ledger.ReconciledFact{ReconciledAt: at("23:20:00"), WorkflowID: "reconcile-day-workflow-2"},
		Complete: []attendance.Completeness{
			{Domain: attendance.DomainPunches, Through: monday.AddDays(-1), HeldBackOn: monday, HeldBackBy: "1 unexplained punch"},
			{Domain: attendance.DomainResults, Through: monday}, {Domain: attendance.DomainApprovals, Through: monday},
		},
		Calls: []ledger.CallCount{{Hour: at("09:00:00"), API: "/topapi/attendance/getupdatedata", Outcome: "ok", Calls: 12, Counted: 12}},
	}
}

func TestExplain(t *testing.T) {
	for name, words := range map[string]say.Printer{"explain.txt": say.English, "explain.zh.txt": say.Chinese} {
		b := newBench(t, complete())
		b.app.words, b.ledger.day = words, eventfulDay()
		require.NoError(t, b.run(t, "explain", "u1", "2026-11-02"))
		golden(t, name, b.out.String())
	}
}

func TestExplainAsJSON(t *testing.T) {
	b := newBench(t, complete())
	b.ledger.day = eventfulDay()
	require.NoError(t, b.run(t, "explain", "u1", "2026-11-02", "--json", "--ui", "https://ui.example.com/namespaces/daka/"))
	golden(t, "explain.json", b.out.String())
	var told story.Story
	require.NoError(t, json.Unmarshal(b.out.Bytes(), &told))
	require.False(t, told.Final)
}

func TestExplainLinksToRuns(t *testing.T) {
	b := newBench(t, complete())
	b.ledger.day = eventfulDay()
	require.NoError(t, b.run(t, "explain", "u1", "2026-11-02", "--ui", "http://127.0.0.1:8233"))
	require.Contains(t, b.out.String(), "http://127.0.0.1:8233/namespaces/default/workflows/punch%2Fdingcorp%2Fu1%2F1762045920000\n")
	require.NotContains(t, b.out.String(), "  run ")
}

func TestExplainKnowsNothing(t *testing.T) {
	b := newBench(t, complete())
	require.NoError(t, b.run(t, "explain", "u9", "2026-11-02"))
	require.Equal(t, "2026-11-02, user u9: the ledger knows nothing of this day\n  the user was never seen in contacts\n", b.out.String())
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"u1", "yesterday"}, "DATE"}, {[]string{"u1", "2026-02-30"}, "DATE"}, {[]string{"u1"}, "2 arg"}, {[]string{"u1", "2026-11-02", "--ui", "temporal"}, "--ui"},
	} {
		err := newBench(t, complete()).run(t, append([]string{"explain"}, test.args...)...)
		requireExit(t, 1, err)
		require.ErrorContains(t, err, test.says)
	}
	b.ledger.err = errors.New("connection refused")
	require.ErrorContains(t, b.run(t, "explain", "u1", "2026-11-02"), "DATABASE_URL")
	b.ledger.openErr = errors.New("bad url")
	require.ErrorContains(t, b.run(t, "explain", "u1", "2026-11-02"), "bad url")
}

// live is a dakactl on a real ledger in which one punch was told of and asked about.
func live(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, map[string]string{"DINGTALK_CORP_ID": "dingcorp", "DATABASE_URL": pgtest.Database(t, "", nil)})
	b.app.openFunc = openLedger
	require.NoError(t, b.run(t, "migrate", "--json"))
	version, err := ledger.WantedVersion()
	require.NoError(t, err)
	require.JSONEq(t, fmt.Sprintf(`{"schema_version": %d}`, version), b.out.String())
	b.out.Reset()
	settings := exportSettings(t)
	store, err := openLedger(t.Context(), settings)
	require.NoError(t, err)
	defer store.Close()
	l := store.(ledgerReader)
	require.NoError(t, l.SaveCompany(t.Context()))
	require.NoError(t, l.SaveEmployees(t.Context(), []string{"u1", "=cmd"}, at("00:00:00")))
	hint := attendance.Hint{
		Kind: attendance.KindPunch, CorpID: "dingcorp", EventType: "attendance_check_record", Channel: attendance.ChannelStream, UserID: "u1",
		CheckTime: at("09:12:00"), ReceivedAt: at("09:12:03"),
	}
	_, err = l.RecordHint(t.Context(), hint, []byte(`{}`), hint.Key())
	require.NoError(t, err)
	why := attendance.Why{Trigger: attendance.TriggerEvent, WorkflowID: hint.Key()}
	require.NoError(t, l.SaveAnswers(t.Context(), []attendance.Answer{{
		UserID: "u1", WorkDate: attendance.NewDate(2026, time.November, 2), Source: attendance.SourceDetail, AskedAt: at("09:12:04"),
		Results: []attendance.Result{{CheckType: "OnDuty", PlanCheckTime: at("09:00:00"), UserCheckTime: at("09:12:00"), TimeResult: "Late", SourceType: "USER"}},
	}}, why))
	require.NoError(t, l.FinishEvent(t.Context(), hint.Key(), attendance.OutcomeDone))
	return b
}

func TestExplainTheLedgerAsItIs(t *testing.T) {
	b := live(t)
	require.NoError(t, b.run(t, "explain", "u1", "2026-11-02"))
	text := b.out.String()
	require.Contains(t, text, "2026-11-02, user u1: not final: it may still change\n")
	require.Contains(t, text, "2026-11-02 09:12:03  hint attendance_check_record 09:12:00 by stream: done; the punch stands on 2026-11-02, shown by: detail\n")
	require.Contains(t, text, "run punch/dingcorp/u1/"+"1793581920000\n")
	require.Contains(t, text, "  version 2, ")
	require.Contains(t, text, "~ punch 09:12:00, unexplained (event)  →  punch 09:12:00 OnDuty (USER, detail)\n")
}
