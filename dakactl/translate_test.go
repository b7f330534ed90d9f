package main

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/dakactl/payroll"
	"dakasync/dakactl/say"
	"dakasync/doctor"
	"dakasync/ledger"
	"dakasync/workflows"
)

// verb is a verb of fmt.
var verb = regexp.MustCompile(`%(?:\[\d+\])?[-+# 0]*\d*(?:\.\d+)?[a-zA-Z%]`)

// source is the parsed source of a folder, and the constants in it. What it imports is
// not looked at: constant texts need none of it.
func source(t *testing.T, folder string) ([]*ast.File, map[ast.Expr]types.TypeAndValue) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	require.NoError(t, err)
	set, files := token.NewFileSet(), []*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		require.NoError(t, err)
		files = append(files, file)
	}
	require.NotEmpty(t, files)
	info := types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	checker := types.Config{Error: func(error) {}} // of what is imported
	_, _ = checker.Check(folder, set, files, &info)
	return files, info.Types
}

// messages are the messages in the source of a folder: what is handed to text, textf,
// sayf and rowf. A format that is not constant, or takes other values than it is given,
// fails the test.
func messages(t *testing.T, folder string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	files, constants := source(t, folder)
	constantOf := func(e ast.Expr) (string, bool) {
		value := constants[e].Value
		if value == nil || value.Kind() != constant.String {
			return "", false
		}
		return constant.StringVal(value), true
	}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			call, is := n.(*ast.CallExpr)
			if !is || len(call.Args) == 0 {
				return true
			}
			text, known := constantOf(call.Args[0])
			switch called(call) {
			case "sayf", "textf", "Textf":
				if ident, is := call.Args[0].(*ast.Ident); !known && (!is || ident.Name != "format" && ident.Name != "english") {
					t.Errorf("%s: a format that is not constant cannot be held to the catalogue", file.Name)
				}
				if known && call.Ellipsis == token.NoPos && len(verb.FindAllString(strings.ReplaceAll(text, "%%", ""), -1)) != len(call.Args)-1 {
					t.Errorf("%q takes other values than it is given", text)
				}
				found[text] = known
			case "text", "Text":
				found[text] = known
			case "rowf":
				found[text] = known
				format, is := constantOf(call.Args[1])
				found[format] = is
			}
			return true
		})
	}
	delete(found, "")
	return found
}

// called is the name of what is called.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	default:
		return ""
	}
}

// wordy reports whether a message has anything to translate.
func wordy(message string) bool {
	return strings.ContainsFunc(verb.ReplaceAllString(message, ""), unicode.IsLetter)
}

// vocabulary are the words that are looked up by what the ledger, Temporal or
// DingTalk says.
func vocabulary() []string {
	words := []string{
		nobodyKnown, string(doctor.OK), string(doctor.Note), string(doctor.Skipped), string(doctor.Warning), string(doctor.Fault),
		"OnDuty", "OffDuty", "Normal", "Early", "Late", "SeriousLate", "Absenteeism", "NotSigned", "call", "user", "day", "employee", "shift", "time", "complete",
		"detail", "sweep", "records", "plan", "due", "synced", "void", "the backfill", "the re-sync", "the sweep",
		"not complete", "not settled", "never asked about", "unexplained punch", "approval not asked about", "event", "approval", "result", "punch",
		workflows.RequestQueued, workflows.RequestRunning, workflows.RequestDone, workflows.RequestRefused,
	}
	for _, o := range []attendance.Outcome{attendance.OutcomePending, attendance.OutcomeDone, attendance.OutcomeUnexplained, attendance.OutcomeIgnored, attendance.OutcomeRefused, attendance.OutcomeUnreadable} {
		words = append(words, string(o))
	}
	for _, o := range []attendance.Trigger{attendance.TriggerEvent, attendance.TriggerApproval, attendance.TriggerDrain, attendance.TriggerResync, attendance.TriggerBackfill, attendance.TriggerSweep} {
		words = append(words, string(o))
	}
	for _, o := range []attendance.Origin{attendance.OriginDetail, attendance.OriginApproval, attendance.OriginSweep, attendance.OriginEvent} {
		words = append(words, string(o))
	}
	for _, k := range []attendance.ApprovalKind{attendance.ApprovalMakeUp, attendance.ApprovalLeave, attendance.ApprovalOvertime, attendance.ApprovalTrip, attendance.ApprovalOut, attendance.ApprovalOther} {
		words = append(words, string(k))
	}
	for _, d := range []attendance.Domain{attendance.DomainPunches, attendance.DomainResults, attendance.DomainApprovals} {
		words = append(words, string(d))
	}
	words = append(words, string(attendance.ChannelStream), string(attendance.ChannelFailedPush))
	open := ledger.Stats{Unrelayed: 1, Unexplained: 1, UnsettledDays: 1, DueDays: 1, Ambiguous: 1, Undispatched: 1, Unreadable: 1}
	for _, t := range standingOf(open).Open {
		words = append(words, t.Name)
	}
	for _, kind := range ledger.Kinds() {
		_, why := ledger.LeastRetention(kind)
		words = append(words, why)
	}
	table := payroll.Table{}
	words = append(words, table.DayHeader()...)
	words = append(words, (&payroll.Months{Table: table}).Header()...)
	for _, o := range budget.Typical(1, 0).Options(0) {
		words = append(words, o.Words(), o.FreshWords())
	}
	words = append(words, budget.Decision{Mode: budget.ModeStopped}.Words())
	return words
}

// helpTexts are what help shows, in English.
func helpTexts(t *testing.T) map[string]bool {
	t.Helper()
	b := newBench(t, nil)
	found := map[string]bool{}
	for _, heading := range usageHeadings() {
		found[heading] = true
	}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Name() == "completion" { // its words are cobra's
			return
		}
		found[c.Short] = true
		if c.Long != "" && !slices.Contains([]string{"prune", "doctor", "livetest"}, c.Name()) { // which are put together of messages
			found[c.Long] = true
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) { found[f.Usage] = true })
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(b.app))
	return found
}

// Every message has a Chinese text, and every Chinese text a message.
func TestEveryMessageIsInBothLanguages(t *testing.T) {
	used := helpTexts(t)
	for _, folder := range []string{".", "payroll", "../doctor"} {
		maps.Copy(used, messages(t, folder))
	}
	for _, word := range vocabulary() {
		used[word] = true
	}
	chinese := say.Catalogue()
	for _, message := range slices.Sorted(maps.Keys(used)) {
		if wordy(message) && chinese[message] == "" {
			t.Errorf("no Chinese for %q", message)
		}
	}
	for message := range chinese {
		if !used[message] {
			t.Errorf("nobody says %q", message)
		}
	}
}

// Both languages take the same values, in the same order.
func TestBothLanguagesTakeTheSameValues(t *testing.T) {
	for english, chinese := range say.Catalogue() {
		require.Equal(t, verb.FindAllString(english, -1), verb.FindAllString(chinese, -1), english)
		require.NotEmpty(t, chinese, english)
		require.Equal(t, strings.HasPrefix(english, "  "), strings.HasPrefix(chinese, "  "), "indents are the same: %q", english)
	}
}

func TestStatusAndHelpInChinese(t *testing.T) {
	b := newBench(t, complete())
	b.app.words = say.Chinese
	b.ledger.standing = ledgerStanding{
		SchemaVersion: 7, Events: []tally{{"done", 10}, {"pending", 1}}, Rows: []tally{{"punch", 12}}, Open: []tally{{"unexplained punches", 2}},
		Complete: []domainStanding{{Domain: attendance.DomainPunches, Through: "2026-11-01", HeldBackOn: "2026-11-02", HeldBackBy: "1 unexplained punch"}},
	}
	b.temporal.schedule.On("Describe", mock.Anything).Return(nil, notFound())
	b.temporal.answers = []any{workflows.ResyncProgress{}}
	require.NoError(t, b.run(t, "status"))
	require.Equal(t, `账本      表结构版本 7
事件      10 完成，1 待处理
          还没有收到过
监听      没有：没有到钉钉的连接被证实存活
行数      12 打卡
未了结    2 无法解释的打卡
完整到    打卡到 2026-11-01；在 2026-11-02 被拦住：1 unexplained punch
空窗      最近 30 天共 0s，未关闭 0 段
调用      本月 0 次，其中计费 0 次
预算      还没有决定过：事件立即应答
计划任务  drain-failed-pushes: 不存在：由 worker 和 starter 创建
计划任务  reconcile-day: 不存在：由 worker 和 starter 创建
计划任务  govern: 不存在：由 worker 和 starter 创建
重新同步  没有请求
`, b.out.String())

	b.out.Reset()
	require.NoError(t, b.run(t, "export", "--help"))
	for _, words := range []string{"每人每天或每人每月一行", "\n用法：\n", "\n选项：\n", "示例：", "输出 JSON，供程序读取", "本命令的说明"} {
		require.Contains(t, b.out.String(), words)
	}
	b.out.Reset()
	require.NoError(t, b.run(t, "--help"))
	require.Contains(t, b.out.String(), "\n命令：\n")
	require.Contains(t, b.out.String(), "讲述一个人一天的来龙去脉")
}
