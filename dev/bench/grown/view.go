package grown

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/dev/bench/rounds"
)

//go:embed grown.md.tmpl
var reportTemplate string

// figures are what the chapter shows.
type figures struct {
	Options  Options
	Version  string
	FillTime time.Duration
	First    first
	Tables   []tableSize
	Lines    []line
}

// tableSize is what a table takes on the disk, in MiB.
type tableSize struct {
	Name           string
	Rows           int64
	Table, Indexes float64
}

func sizes(ctx context.Context, sql *pgx.Conn) ([]tableSize, error) {
	answer, err := sql.Query(ctx, `SELECT relname, reltuples::bigint, pg_table_size(oid) / 1048576.0, pg_indexes_size(oid) / 1048576.0 FROM pg_class
		WHERE relnamespace = 'dakasync'::regnamespace AND relkind = 'r' AND reltuples > 1000 ORDER BY pg_total_relation_size(oid) DESC`)
	if err != nil {
		return nil, fmt.Errorf("ask for the tables' sizes: %w", err)
	}
	return pgx.CollectRows(answer, pgx.RowToStructByPos[tableSize])
}

// report is the chapter.
func report(f figures) (string, error) {
	parsed, err := template.New("grown").Funcs(template.FuncMap{
		"ms": func(v float64) string { return fmt.Sprintf("%.1f", v) }, "mib": rounds.Show, "ratio": func(v float64) string { return fmt.Sprintf("%.2f", v) },
		"number": number, "against": func(l line) float64 {
			if l.Wide {
				return l.Month
			}
			return l.Small
		},
	}).Parse(reportTemplate)
	if err != nil {
		return "", fmt.Errorf("read the chapter's template: %w", err)
	}
	var text strings.Builder
	if err := parsed.Execute(&text, f); err != nil {
		return "", fmt.Errorf("write the chapter: %w", err)
	}
	return text.String(), nil
}

// number writes thousands apart.
func number(n int64) string {
	text := strconv.FormatInt(n, 10)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// UserDays is how many the grown ledger holds.
func (f figures) UserDays() int64 { return int64(f.Options.People) * int64(f.Options.Dates) }

// Together is what the grown ledger takes on the disk, in GiB.
func (f figures) Together() string {
	var sum float64
	for _, t := range f.Tables {
		sum += t.Table + t.Indexes
	}
	return fmt.Sprintf("%.1f", sum/1024) //nolint:mnd // MiB in a GiB.
}

// Speed is how many user-days a second were filled.
func (f figures) Speed() int64 { return int64(float64(f.UserDays()) / f.FillTime.Seconds()) }

// Groups are the lines by what they are about, in their order.
func (f figures) Groups() []group {
	var groups []group
	for _, l := range f.Lines {
		if n := len(groups); n == 0 || groups[n-1].Name != l.Group {
			groups = append(groups, group{Name: l.Group})
		}
		last := &groups[len(groups)-1]
		last.Lines = append(last.Lines, l)
	}
	return groups
}

type group struct {
	Name  string
	Lines []line
}

// Worst is the largest ratio.
func (f figures) Worst() float64 {
	var worst float64
	for _, l := range f.Lines {
		worst = max(worst, l.Ratio)
	}
	return worst
}

// Punches is how many the grown ledger holds.
func (f figures) Punches() int64 { return 2 * f.UserDays() } //nolint:mnd // On average: see shapes.

// Total is the user-days as the chapter writes them.
func (f first) Total() int64 { return int64(f.UserDays) }
