package oracle

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Texts that recur in the tables.
const (
	columnCorp = "corp_id"
	ofApproval = "approval"
	yes        = "true"
)

// Row is a row of a table as text: times in UTC, dates as dates, null as "".
type Row map[string]string

// Wanted is what a row must hold: for each column that matters, the texts that will do.
type Wanted map[string][]string

// DB is where the ledger is read.
type DB interface {
	Query(ctx context.Context, sql string, arguments ...any) (pgx.Rows, error)
}

// textColumns names a table's columns but for those of JSON: no check compares them, and in a large ledger they are most of it.
func textColumns(ctx context.Context, db DB, name string) (string, error) {
	rows, err := db.Query(ctx, `SELECT quote_ident(column_name) FROM information_schema.columns
		WHERE table_schema = 'dakasync' AND table_name = $1 AND data_type <> 'jsonb' ORDER BY ordinal_position`, name)
	if err != nil {
		return "", fmt.Errorf("read the columns of %s: %w", name, err)
	}
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", fmt.Errorf("read the columns of %s: %w", name, err)
	}
	return strings.Join(columns, ", "), nil
}

// textTable is a Table without the columns of JSON.
func textTable(ctx context.Context, db DB, name string, key ...string) (map[string]Row, error) {
	columns, err := textColumns(ctx, db, name)
	if err != nil {
		return nil, err
	}
	return collect(ctx, db, "SELECT "+columns+" FROM dakasync."+pgx.Identifier{name}.Sanitize(), name, key...)
}

// Table reads a table of the ledger by the named key columns.
func Table(ctx context.Context, db DB, name string, key ...string) (map[string]Row, error) {
	return collect(ctx, db, "TABLE dakasync."+pgx.Identifier{name}.Sanitize(), name, key...)
}

// collect reads rows one by one: a list of a large table's would be in memory beside the map.
func collect(ctx context.Context, db DB, query, name string, key ...string) (map[string]Row, error) {
	rows, err := db.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	defer rows.Close()
	byKey, read := map[string]Row{}, 0
	for rows.Next() {
		r, err := ReadRow(rows)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		byKey[keyOf(r, key...)] = r
		read++
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(byKey) != read {
		return nil, fmt.Errorf("%s: %v is no key: %d rows, %d keys", name, key, read, len(byKey))
	}
	return byKey, nil
}

// ReadRow reads one row as text. Columns that are null or empty are left out.
func ReadRow(rows pgx.CollectableRow) (Row, error) {
	values, err := rows.Values()
	if err != nil {
		return nil, err
	}
	r := Row{}
	for index, field := range rows.FieldDescriptions() {
		if value := text(values[index], field.DataTypeOID); value != "" {
			r[field.Name] = value
		}
	}
	return r, nil
}

func text(value any, oid uint32) string {
	switch v := value.(type) {
	case nil:
		return ""
	case time.Time:
		if oid == pgtype.DateOID {
			return v.Format(time.DateOnly)
		}
		return Instant(v)
	case string:
		return v
	case map[string]any, []any:
		encoded, err := json.Marshal(v)
		if err != nil {
			return err.Error()
		}
		return string(encoded)
	default:
		return fmt.Sprint(v)
	}
}

// Instant spells a time as the rows do.
func Instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// MaybeInstant is "" for nil, as null is.
func MaybeInstant(t *time.Time) string {
	if t == nil {
		return ""
	}
	return Instant(*t)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func boolean(b bool) string {
	if b {
		return yes
	}
	return "false"
}

func keyOf(r Row, columns ...string) string {
	parts := make([]string, len(columns))
	for index, column := range columns {
		parts[index] = r[column]
	}
	return strings.Join(parts, " | ")
}

// differences compares a table with what it should hold, row by row and column by column.
func differences(name string, want map[string]Wanted, got map[string]Row) []string {
	var found []string
	for _, key := range slices.Sorted(maps.Keys(want)) {
		have, there := got[key]
		if !there {
			found = append(found, fmt.Sprintf("%s lacks [%s]: %s", name, key, want[key]))
			continue
		}
		for _, column := range slices.Sorted(maps.Keys(want[key])) {
			if accepted := want[key][column]; !slices.Contains(accepted, have[column]) {
				found = append(found, fmt.Sprintf("%s [%s] %s is %q, should be %q", name, key, column, have[column], strings.Join(accepted, "\" or \"")))
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, there := want[key]; !there {
			found = append(found, fmt.Sprintf("%s has [%s] too many: %s", name, key, got[key]))
		}
	}
	return found
}

func (w Wanted) String() string {
	parts := make([]string, 0, len(w))
	for _, column := range slices.Sorted(maps.Keys(w)) {
		parts = append(parts, column+"="+strings.Join(w[column], "/"))
	}
	return strings.Join(parts, " ")
}

func (r Row) String() string {
	var parts []string
	for _, column := range slices.Sorted(maps.Keys(r)) {
		const longest = 120
		if value := r[column]; value != "" && column != "state" {
			parts = append(parts, column+"="+value[:min(longest, len(value))])
		}
	}
	return strings.Join(parts, " ")
}
