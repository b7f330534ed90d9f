package grown

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/jackc/pgx/v5"
)

var errDiffers = errors.New("what was multiplied is not what the ledger writes")

// verify has the ledger write some of the filled user-days for just these people and dates, in the model's database, and compares all rows.
func (f *fill) verify(ctx context.Context, m model) error {
	const samples = 1 // of every shape
	for n := range samples * len(shapes()) {
		date := n * (f.size.dates - 1) / (samples*len(shapes()) - 1)
		date = min(date, max(f.size.dates-3, 0)) //nolint:mnd // The last two dates are open.
		person := n * (f.size.people - 1) / (samples*len(shapes()) - 1)
		day := shapes()[shapeOf(person, date)].tell(userID(person), f.date(date))
		if err := m.write(ctx, day); err != nil {
			return fmt.Errorf("write the user-day of %s on %s: %w", day.user, day.date, err)
		}
		if err := sameRows(ctx, f.sql, m.sql, day, f.size.pruned(date)); err != nil {
			return err
		}
	}
	return nil
}

// sameRows compares all rows of a user-day. An approval of ours has no date, but names it.
func sameRows(ctx context.Context, filled, written *pgx.Conn, day told, pruned bool) error {
	user, date := day.user, day.date
	for _, table := range multiplied {
		more := "AND work_date = '" + date.String() + "'"
		if table.name == approvalTable {
			more = "AND process_instance_id LIKE '%" + date.String() + "'"
		}
		if table.name == eventTable {
			more = "AND (work_date = '" + date.String() + "' OR event_key LIKE '%" + date.String() + "/%')"
		}
		were, err := rowsOf(ctx, filled, table.name, table.owner, user, more)
		if err != nil {
			return err
		}
		are, err := rowsOf(ctx, written, table.name, table.owner, user, more)
		if err == nil && pruned {
			are, err = afterPruning(table.name, are)
		}
		if err != nil {
			return err
		}
		one, err := unclocked(table.name, were)
		if err != nil {
			return err
		}
		two, err := unclocked(table.name, are)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(one, two) {
			return fmt.Errorf("%w: %s of %s on %s:\n%v\n%v", errDiffers, table.name, user, date, one, two)
		}
	}
	return nil
}

// unclocked are rows without what the database's clock has filled.
func unclocked(table string, rows []json.RawMessage) ([]map[string]any, error) {
	list := make([]map[string]any, 0, len(rows))
	for _, row := range rows {
		columns := map[string]any{}
		if err := json.Unmarshal(row, &columns); err != nil {
			return nil, fmt.Errorf("read a row of %s: %w", table, err)
		}
		for _, name := range append([]string{"settled_at"}, clocked[table]...) {
			delete(columns, name)
		}
		list = append(list, columns)
	}
	return list, nil
}
