package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
)

// row is a row of a table as text: times in UTC, dates as dates, null as "".
type row map[string]string

// wanted is what a row must hold: for each column that matters, the texts that will do.
type wanted map[string][]string

// table reads rows by the named key columns.
func (d *deployment) table(name string, key ...string) map[string]row {
	d.t.Helper()
	rows, err := d.db.Query(d.t.Context(), "TABLE dakasync."+pgx.Identifier{name}.Sanitize())
	require.NoError(d.t, err)
	list, err := pgx.CollectRows(rows, readRow)
	require.NoError(d.t, err)
	byKey := make(map[string]row, len(list))
	for _, r := range list {
		byKey[keyOf(r, key...)] = r
	}
	require.Len(d.t, byKey, len(list), "%s: %v is no key", name, key)
	return byKey
}

func readRow(rows pgx.CollectableRow) (row, error) {
	values, err := rows.Values()
	if err != nil {
		return nil, err
	}
	r := row{}
	for index, field := range rows.FieldDescriptions() {
		r[field.Name] = text(values[index], field.DataTypeOID)
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
		return instant(v)
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

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// maybeInstant is "" for nil, as null is.
func maybeInstant(t *time.Time) string {
	if t == nil {
		return ""
	}
	return instant(*t)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func keyOf(r row, columns ...string) string {
	parts := make([]string, len(columns))
	for index, column := range columns {
		parts[index] = r[column]
	}
	return strings.Join(parts, " | ")
}

// differences compares a table with what it should hold, row by row and column by column.
func differences(name string, want map[string]wanted, got map[string]row) []string {
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

func (w wanted) String() string {
	parts := make([]string, 0, len(w))
	for _, column := range slices.Sorted(maps.Keys(w)) {
		parts = append(parts, column+"="+strings.Join(w[column], "/"))
	}
	return strings.Join(parts, " ")
}

func (r row) String() string {
	var parts []string
	for _, column := range slices.Sorted(maps.Keys(r)) {
		const longest = 120
		if value := r[column]; value != "" && column != "state" {
			parts = append(parts, column+"="+value[:min(longest, len(value))])
		}
	}
	return strings.Join(parts, " ")
}
