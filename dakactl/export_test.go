package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"dakasync/attendance"
	"dakasync/dakactl/say"
	"dakasync/ledger"
)

// paidDays are two people's days, of which the last is not final.
func paidDays() (ledger.PayrollHead, []ledger.PayrollDay) {
	monday := attendance.NewDate(2026, time.November, 2)
	day := ledger.PayrollDay{
		UserID: "0225", WorkDate: monday, Known: true, Scheduled: new(true), Settled: true, Version: 3, AskedAt: at("23:10:00"),
		Results: []ledger.ShownResult{
			{Result: attendance.Result{CheckType: "OnDuty", PlanCheckTime: at("09:00:00"), UserCheckTime: at("09:12:00"), TimeResult: "Late"}},
			{Result: attendance.Result{CheckType: "OffDuty", PlanCheckTime: at("18:00:00"), TimeResult: "NotSigned"}},
		},
		Punches: []ledger.ShownPunch{{CheckTime: at("09:12:00"), Explained: true}},
		Approvals: []ledger.PayrollApproval{
			{Kind: attendance.ApprovalLeave, ApprovalPart: ledger.ApprovalPart{BeginTime: new(at("14:00:00")), EndTime: new(at("18:00:00")), State: "synced"}},
		},
	}
	head := ledger.PayrollHead{People: 2, Complete: []attendance.Completeness{
		{Domain: attendance.DomainPunches, Through: monday}, {Domain: attendance.DomainResults, Through: monday.AddDays(1)},
		{Domain: attendance.DomainApprovals, Through: monday, HeldBackOn: monday.AddDays(1), HeldBackBy: "1 event that is still pending"},
	}}
	return head, []ledger.PayrollDay{day, {UserID: "=evil", WorkDate: monday}, {UserID: "=evil", WorkDate: monday.AddDays(1)}}
}

func exporter(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, complete())
	b.ledger.head, b.ledger.days = paidDays()
	b.app.errOut = &b.errOut
	return b
}

func span1(more ...string) []string {
	return append([]string{"export", "--from", "2026-11-02", "--to", "2026-11-03"}, more...)
}

func TestExportDays(t *testing.T) {
	b := exporter(t)
	require.NoError(t, b.run(t, span1("--user", "0225", "--user", "=evil")...))
	golden(t, "export.csv", b.out.String())
	require.Equal(t, "wrote 3 rows of 2 people to standard output\n1 of them are NOT FINAL, and must not be paid from yet\n"+
		"  complete: punches through 2026-11-02\n  complete: results through 2026-11-03\n"+
		"  complete: approvals through 2026-11-02; held back on 2026-11-03 by: 1 event that is still pending\n", b.errOut.String())
	require.Equal(t, []string{"0225", "=evil"}, b.ledger.wants[0].Users)

	b = exporter(t)
	b.app.words = say.Chinese
	require.NoError(t, b.run(t, span1("--bom")...))
	golden(t, "export.zh.csv", b.out.String())
	b.out.Reset()
	require.NoError(t, b.run(t, span1("--lang", "en", "--bom")...))
	require.True(t, strings.HasPrefix(b.out.String(), "\uFEFFuser_id,work_date,final,"))
}

func TestExportMonths(t *testing.T) {
	b := exporter(t)
	b.ledger.days = b.ledger.days[:2]
	file := filepath.Join(t.TempDir(), "november.csv")
	require.NoError(t, b.run(t, span1("--grain", "month", "-o", file)...))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	golden(t, "export-month.csv", string(text))
	require.Equal(t, "wrote 2 rows of 2 people to "+file+"\nall of them are final\n", b.errOut.String())
}

func TestExportXLSXAndReport(t *testing.T) {
	for _, language := range []string{"en", "zh"} {
		b := exporter(t)
		file := filepath.Join(t.TempDir(), "november.XLSX")
		require.NoError(t, os.WriteFile(file, []byte("old"), 0o600))
		require.NoError(t, b.run(t, span1("--output", file, "--json", "--lang", language)...))
		var report exported
		require.NoError(t, json.Unmarshal(b.out.Bytes(), &report))
		require.Equal(t, exported{
			File: file, Format: "xlsx", Grain: "day", From: "2026-11-02", To: "2026-11-03", People: 2, Rows: 3, NotFinal: 1, Complete: report.Complete,
		}, report)
		require.Len(t, report.Complete, 3)
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "people's data are nobody else's to read")
		x, err := excelize.OpenFile(file)
		require.NoError(t, err)
		sheet := x.GetSheetName(0)
		require.Equal(t, map[string]string{"en": "attendance", "zh": "考勤"}[language], sheet)
		rows, err := x.GetRows(sheet)
		require.NoError(t, err)
		require.NoError(t, x.Close())
		require.Len(t, rows, 4)
		require.Equal(t, []string{"0225", "2026-11-02"}, rows[1][:2])
		require.Equal(t, "=evil", rows[3][0], "a text, and no formula")
		require.Equal(t, map[string]string{"en": "no", "zh": "否"}[language], rows[3][2])
	}
}

func TestWhatCannotBeExported(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"no dates":       {[]string{"export"}, "--from is missing"},
		"too long":       {[]string{"export", "--from", "2024-01-01", "--to", "2026-01-01"}, "at most 400"},
		"no user":        {span1("--user", " "), "--user is empty"},
		"grain":          {span1("--grain", "hour"), "--grain"},
		"format":         {span1("--format", "pdf"), "--format"},
		"language":       {span1("--lang", "fr"), "--lang"},
		"xlsx to nobody": {span1("--format", "xlsx"), "--output is missing"},
		"a mark in xlsx": {span1("--bom", "-o", "x.xlsx"), "--bom is for csv"},
		"json and table": {span1("--json"), "--json needs --output"},
		"no such folder": {span1("-o", filepath.Join(t.TempDir(), "none", "x.csv")), "--output"},
	} {
		t.Run(name, func(t *testing.T) {
			b := exporter(t)
			err := b.run(t, test.args...)
			requireExit(t, 1, err)
			require.ErrorContains(t, err, "nothing was written")
			require.ErrorContains(t, err, test.says)
			require.Empty(t, b.out.String())
		})
	}
}

// A file that was there stays as it was until the new one is whole.
func TestAFailedExportLeavesTheOldFile(t *testing.T) {
	b := exporter(t)
	b.ledger.err = errors.New("connection refused")
	dir := t.TempDir()
	file := filepath.Join(dir, "november.csv")
	require.NoError(t, os.WriteFile(file, []byte("old"), 0o600))
	require.ErrorContains(t, b.run(t, span1("-o", file)...), "connection refused")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "old", string(text))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "and nothing is left beside it")
}

// A user id that nobody has is no month that can be paid from.
func TestAnExportOfNobodyIsNotFinal(t *testing.T) {
	b := exporter(t)
	b.ledger.days, b.ledger.head.People = nil, 0
	require.NoError(t, b.run(t, span1("--user", "O225")...))
	require.Contains(t, b.errOut.String(), "wrote 0 rows of 0 people")
	require.NotContains(t, b.errOut.String(), "final")
}

func TestExportShowsHowFarItIs(t *testing.T) {
	b := exporter(t)
	b.app.terminal = true
	require.NoError(t, b.run(t, span1()...))
	require.Contains(t, b.errOut.String(), "2 of 2 people")
	require.NotContains(t, b.out.String(), "people")
}

func TestExportTheLedgerAsItIs(t *testing.T) {
	b := live(t)
	b.app.errOut = &b.errOut
	require.NoError(t, b.run(t, span1("--format", "csv")...))
	rows, err := csv.NewReader(&b.out).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 5)
	require.Equal(t, []string{"'=cmd", "2026-11-02", "no", "not complete; never asked about"}, rows[1][:4])
	require.Equal(t, []string{"u1", "2026-11-02", "no", "not complete; not settled", "yes", "1", "0", "1"}, rows[3][:8])
	require.Contains(t, rows[3], "09:00 OnDuty Late 09:12")
	require.Contains(t, b.errOut.String(), "4 of them are NOT FINAL")
	require.Contains(t, b.errOut.String(), "no connection was proven yet")
}
