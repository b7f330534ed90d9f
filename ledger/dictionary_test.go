package ledger_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// The comments of the schema are the data dictionary: here they become pages, in English as they are, and in Chinese by
// migrations/zh-CN.json, which has for each English sentence a Chinese one. A sentence that changes has none any more, so the
// Chinese cannot fall behind.

var writeDictionary = flag.Bool("write-dictionary", false, "write docs/data-dictionary*.md from the comments of the schema")

const chineseFile = "migrations/zh-CN.json"

// relation is a table or view of the ledger, as PostgreSQL describes it.
type relation struct {
	schema, name, comment string
	view                  bool
	columns               []column
	key                   []string
	references            []string
	checks                []string // but for lists of words, which stand with their column
}

func (r relation) full() string { return r.schema + "." + r.name }

type column struct {
	name, kind, comment string
	nullable            bool
	words               []string // of its CHECK, if it has one
}

// relations are all of the ledger's and of payroll's, in the order in which they were made. goose keeps its own table.
func (b bundle) relations() []relation {
	b.t.Helper()
	var all []relation
	rows, err := b.sql.Query(b.t.Context(), `SELECT n.nspname, c.relname, c.relkind = 'v', coalesce(obj_description(c.oid, 'pg_class'), ''), c.oid
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('dakasync', 'dakasync_payroll') AND c.relkind IN ('r', 'v', 'm', 'p') AND c.relname <> 'schema_version' ORDER BY 1, c.oid`)
	require.NoError(b.t, err)
	var (
		r    relation
		oid  uint32
		oids []uint32
	)
	_, err = pgx.ForEachRow(rows, []any{&r.schema, &r.name, &r.view, &r.comment, &oid}, func() error {
		all, oids = append(all, r), append(oids, oid)
		return nil
	})
	require.NoError(b.t, err)
	for i := range all {
		all[i].columns = b.columns(oids[i])
		b.constrain(oids[i], &all[i])
	}
	return all
}

func (b bundle) columns(oid uint32) []column {
	b.t.Helper()
	rows, err := b.sql.Query(b.t.Context(), `SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull, coalesce(col_description($1, attnum), '')
		FROM pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped ORDER BY attnum`, oid)
	require.NoError(b.t, err)
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c column, err error) {
		return c, row.Scan(&c.name, &c.kind, &c.nullable, &c.comment)
	})
	require.NoError(b.t, err)
	return all
}

var (
	listOfWords = regexp.MustCompile(`^CHECK \(\((\w+) = ANY \(ARRAY\[(.+)\]\)\)\)$`)
	aWord       = regexp.MustCompile(`'([^']+)'::text`)
)

// constrain reads what must hold of the rows.
func (b bundle) constrain(oid uint32, r *relation) {
	b.t.Helper()
	rows, err := b.sql.Query(b.t.Context(), `SELECT contype::text, pg_get_constraintdef(oid), coalesce(confrelid::regclass::text, ''),
		ARRAY(SELECT attname FROM unnest(conkey) WITH ORDINALITY AS k (n, place) JOIN pg_attribute ON attrelid = conrelid AND attnum = n ORDER BY place)::text[]
		FROM pg_constraint WHERE conrelid = $1 AND contype IN ('c', 'p', 'f') ORDER BY conname`, oid)
	require.NoError(b.t, err)
	var (
		kind, text, other string
		names             []string
	)
	_, err = pgx.ForEachRow(rows, []any{&kind, &text, &other, &names}, func() error {
		list := listOfWords.FindStringSubmatch(text)
		switch {
		case kind == "p":
			r.key = names
		case kind == "f":
			r.references = append(r.references, ticked(names)+" → `"+other+"`")
		case list != nil:
			at := slices.IndexFunc(r.columns, func(c column) bool { return c.name == list[1] })
			for _, word := range aWord.FindAllStringSubmatch(list[2], -1) {
				r.columns[at].words = append(r.columns[at].words, word[1])
			}
		default:
			r.checks = append(r.checks, strings.ReplaceAll(text, "::text", ""))
		}
		return nil
	})
	require.NoError(b.t, err)
}

func ticked(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

// language is what a page says besides the comments.
type language struct {
	file, head, columns, takes, key, references, checks, yes string
	say                                                      func(english string) string
}

// payQuery is what a program asks that pays; a test of docs asks it.
const payQuery = "```sql" + `
SELECT user_id, work_date, slot, check_type, time_result, user_check_time
FROM dakasync_payroll.result JOIN dakasync_payroll.day USING (corp_id, user_id, work_date)
WHERE settled AND work_date BETWEEN '2026-11-01' AND '2026-11-30'
    AND work_date <= (SELECT min(coalesce(complete_through, '-infinity')) FROM dakasync_payroll.complete_through)
ORDER BY user_id, work_date, slot;
` + "```" + "\n"

func english() language {
	return language{
		file: "../docs/data-dictionary.md",
		head: `# Data dictionary

<!-- Made by ` + "`make dictionary`" + ` from the comments of a migrated PostgreSQL; a test of ledger compares. -->

[中文](data-dictionary.zh-CN.md)

What the schemas ` + "`dakasync`" + ` (the ledger) and ` + "`dakasync_payroll`" + ` (what pay needs, by deploy/postgres/roles.sql) hold. In psql,
` + "`\\d+ dakasync.punch`" + ` shows the same. Times are ` + "`timestamptz`" + `; work dates are dates in the company's zone. DingTalk's own words
(` + "`time_result`, `source_type`" + ` …) are kept as they come, new ones included: only the words under *takes* are ours, and no others are possible.
` + "`dakasync.schema_version`" + ` is the migrations' own. *Nothing is deleted* and *append-only* are said of worker and starter:
` + "`dakactl erase` and `dakactl prune`" + ` delete all the same, and prune joins old rows of ` + "`dakasync.coverage`" + `.

Before you rely on a date, ask ` + "`complete_through`" + `: a program that pays reads results that are settled, of dates that are complete in every respect. Where nothing
is complete yet it is null, which must not count as no bound. ` + "`dakactl export`" + ` looks besides at what is open of people who left, which holds no date back: pay
leavers by that.

` + payQuery,
		columns: "| column | type | null | meaning |\n|---|---|---|---|\n", takes: "Takes", key: "Key", references: "Belongs to", checks: "Always", yes: "yes",
		say: func(s string) string { return s },
	}
}

func chinese(t testing.TB) language {
	t.Helper()
	words := translations(t)
	return language{
		file: "../docs/data-dictionary.zh-CN.md",
		head: `# 数据字典

<!-- 由 ` + "`make dictionary`" + ` 从迁移后的 PostgreSQL 的注释生成；ledger 的测试会比对。 -->

[English](data-dictionary.md)

两个 schema 的内容：` + "`dakasync`" + `（账本）和 ` + "`dakasync_payroll`" + `（薪资所需的视图，由 deploy/postgres/roles.sql 建立）。时间列都是 ` + "`timestamptz`" + `；
工作日（work_date）是企业时区的日期。钉钉自己的取值（` + "`time_result`、`source_type`" + ` 等）原样保存，出现新值也照存；只有“取值”所列的是本系统的，
此外不会出现别的值。` + "`dakasync.schema_version`" + ` 是迁移工具自己的表。“不删除”“只追加”说的是 worker 和 starter；
` + "`dakactl erase` 和 `dakactl prune`" + ` 照样会删，prune 还会合并 ` + "`dakasync.coverage`" + ` 的旧行。

依据某一天的数据之前，先查 ` + "`complete_through`" + `：薪资程序只读已结清、且各项都已完整的日期的结果。什么都还不完整时它是 null，不能当作没有界限。
离职的人未了的事项不拦日期，只有 ` + "`dakactl export`" + ` 会逐行查看：离职的人请按它结算。

` + payQuery,
		columns: "| 列 | 类型 | 可空 | 含义 |\n|---|---|---|---|\n", takes: "取值", key: "主键", references: "从属于", checks: "恒成立", yes: "是",
		say: func(s string) string { return words[s] },
	}
}

func translations(t testing.TB) map[string]string {
	t.Helper()
	text, err := os.ReadFile(chineseFile)
	require.NoError(t, err)
	var words map[string]string
	require.NoError(t, json.Unmarshal(text, &words))
	return words
}

// dictionary is the page in a language.
func dictionary(all []relation, in language) string {
	var text strings.Builder
	text.WriteString(in.head)
	for _, schema := range []string{"dakasync", "dakasync_payroll"} {
		fmt.Fprintf(&text, "\n## %s\n", schema)
		for _, r := range all {
			if r.schema == schema {
				section(&text, r, in)
			}
		}
	}
	return text.String()
}

func section(text *strings.Builder, r relation, in language) {
	fmt.Fprintf(text, "\n### %s\n\n%s\n\n%s", r.full(), in.say(r.comment), in.columns)
	for _, c := range r.columns {
		null := ""
		if c.nullable && !r.view { // of a view nobody knows
			null = in.yes
		}
		meaning := in.say(c.comment)
		if len(c.words) > 0 {
			meaning += " " + in.takes + ": " + ticked(c.words)
		}
		fmt.Fprintf(text, "| `%s` | %s | %s | %s |\n", c.name, c.kind, null, strings.ReplaceAll(meaning, "|", `\|`))
	}
	if len(r.key) > 0 {
		fmt.Fprintf(text, "\n* %s: %s\n", in.key, ticked(r.key))
	}
	for _, reference := range r.references {
		fmt.Fprintf(text, "* %s: %s\n", in.references, reference)
	}
	for _, check := range r.checks {
		fmt.Fprintf(text, "* %s: `%s`\n", in.checks, check)
	}
}

func TestTheDictionaryIsTheSchemas(t *testing.T) {
	t.Parallel()
	all := setup(t).relations()
	for _, in := range []language{english(), chinese(t)} {
		want := dictionary(all, in)
		if *writeDictionary {
			require.NoError(t, os.WriteFile(in.file, []byte(want), 0o644))
		}
		is, err := os.ReadFile(in.file)
		require.NoError(t, err)
		require.Equal(t, want, string(is), "%s is not what the schema says: make dictionary", in.file)
	}
}

// There is a comment on everything, each has its Chinese, and the Chinese file says nothing else.
func TestEveryTableAndColumnIsExplainedInBothLanguages(t *testing.T) {
	t.Parallel()
	words := translations(t)
	said := map[string]bool{}
	for _, r := range setup(t).relations() {
		comments := map[string]string{r.full(): r.comment}
		for _, c := range r.columns {
			comments[r.full()+"."+c.name] = c.comment
			for _, word := range c.words {
				if regexp.MustCompile(`\b` + word + `\b`).MatchString(c.comment) { // which may refer to another column's
					require.Contains(t, words[c.comment], word, "the Chinese of %s.%s leaves a word out", r.full(), c.name)
				}
			}
		}
		for name, comment := range comments {
			require.NotEmpty(t, comment, "%s has no comment", name)
			require.NotEmpty(t, words[comment], "%s: the comment of %s has no Chinese: %s", chineseFile, name, comment)
			said[comment] = true
		}
	}
	for sentence := range words {
		require.Contains(t, said, sentence, "%s: the schema does not say this (any more)", chineseFile)
	}
	require.Greater(t, len(said), 200)
}
