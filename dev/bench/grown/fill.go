package grown

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"dakasync/attendance"
	"dakasync/dev/bench/rig"
)

// size is how much a ledger holds: every person's every date.
type size struct {
	people, dates int
	kept          int // of the dates, the newest: the versions and events of the others were pruned; 0: of all
}

func (s size) userDays() int { return s.people * s.dates }

// fill is a ledger that is being filled.
type fill struct {
	url       string
	size      size
	last      attendance.Date // yesterday
	templates *templates
	sql       *pgx.Conn
}

// writers is how many connections fill a ledger.
const writers = 2

// multiply writes the user-days, without indexes and references, and lets them be made at the end.
func (f *fill) multiply(ctx context.Context) error {
	if err := f.people(ctx); err != nil {
		return err
	}
	restore, err := f.bare(ctx)
	if err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	for n := range writers {
		group.Go(func() error { return f.writeDates(groupCtx, n) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := f.open(ctx); err != nil {
		return err
	}
	if err := f.around(ctx); err != nil {
		return err
	}
	if err := f.join(ctx); err != nil {
		return err
	}
	for _, statement := range restore {
		if _, err := f.sql.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	_, err = f.sql.Exec(ctx, `VACUUM (ANALYZE)`)
	return err
}

func (f *fill) people(ctx context.Context) error {
	for _, statement := range []string{
		`SET synchronous_commit = off`, `SET maintenance_work_mem = '1GB'`, `SET timezone = 'UTC'`,
		`CREATE SCHEMA fill`, `CREATE TABLE fill.person (n int PRIMARY KEY, user_id text NOT NULL)`,
	} {
		if _, err := f.sql.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	_, err := f.sql.CopyFrom(ctx, pgx.Identifier{"fill", "person"}, []string{"n", userColumn}, pgx.CopyFromSlice(f.size.people, func(n int) ([]any, error) {
		return []any{n, userID(n)}, nil
	}))
	return err
}

// bare drops the indexes and references of the tables that grow, and returns what makes them again.
func (f *fill) bare(ctx context.Context) ([]string, error) {
	names := make([]string, 0, len(multiplied))
	for _, table := range multiplied {
		names = append(names, "dakasync."+table.name)
	}
	answer, err := f.sql.Query(ctx, `
		SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname), format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)),
			CASE contype WHEN 'f' THEN 1 ELSE 2 END AS first
		FROM pg_constraint WHERE conrelid = ANY($1::regclass[]) AND contype IN ('p', 'f')
		UNION ALL SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid), 3
		FROM pg_index WHERE indrelid = ANY($1::regclass[]) AND NOT indisprimary
		ORDER BY 3`, names)
	if err != nil {
		return nil, fmt.Errorf("ask for the indexes: %w", err)
	}
	var drops, restore []string
	var drop, again string
	var place int
	if _, err := pgx.ForEachRow(answer, []any{&drop, &again, &place}, func() error {
		drops, restore = append(drops, drop), append([]string{again}, restore...)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("ask for the indexes: %w", err)
	}
	for _, statement := range drops {
		if _, err := f.sql.Exec(ctx, statement); err != nil {
			return nil, fmt.Errorf("%s: %w", statement, err)
		}
	}
	return restore, nil
}

// pruned tells whether a date is one whose versions and events were pruned.
func (s size) pruned(n int) bool { return s.kept > 0 && n < s.dates-s.kept }

func (f *fill) date(n int) attendance.Date { return f.last.AddDays(n - f.size.dates + 1) }

// writeDates writes every other date, the oldest first, as the ledger has grown.
func (f *fill) writeDates(ctx context.Context, which int) error {
	sql, err := pgx.Connect(ctx, f.url)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = sql.Close(context.WithoutCancel(ctx)) }()
	if _, err := sql.Exec(ctx, `SET synchronous_commit = off; SET timezone = 'UTC'; SET plan_cache_mode = force_generic_plan`); err != nil {
		return err
	}
	inserts := map[string]string{}
	for _, table := range multiplied {
		columns, values := f.templates.copied(table.name)
		inserts[table.name] = `INSERT INTO dakasync.` + table.name + ` (` + columns + `) SELECT ` + values + `
			FROM jsonb_to_recordset($1::text::jsonb) AS t (shape int, ` + strings.Join(f.templates.tables[table.name], ", ") + `)
			JOIN fill.person u ON t.shape = (u.n * ` + strconv.Itoa(personStep) + ` + $2::int * ` + strconv.Itoa(dateStep) + `) % ` + strconv.Itoa(len(shapes())) + ` ORDER BY u.n`
	}
	began := time.Now()
	for n := which; n < f.size.dates; n += writers {
		queue := &pgx.Batch{}
		for _, table := range multiplied {
			queue.Queue(inserts[table.name], f.templates.on(f.date(n), table.name, f.size.pruned(n)), n)
		}
		if err := sql.SendBatch(ctx, queue).Close(); err != nil {
			return fmt.Errorf("fill %s: %w", f.date(n), err)
		}
		if done := n/writers + 1; which == 0 && done%250 == 0 { //nolint:mnd // Now and then.
			rig.Sayf("grown: %d of %d dates, %s", n, f.size.dates, time.Since(began).Round(time.Second))
		}
	}
	return nil
}

// copied are a table's columns, and what a copy has in them.
func (t *templates) copied(table string) (columns, values string) {
	names, list := make([]string, 0, len(t.tables[table])), make([]string, 0, len(t.tables[table]))
	for _, column := range t.tables[table] {
		name, kind, _ := strings.Cut(column, " ")
		value := "t." + name
		switch {
		case !t.owned[table][name]:
		case kind == "text":
			value = "replace(t." + name + ", '" + userToken + "', u.user_id)"
		default:
			value = "replace(t." + name + "::text, '" + userToken + "', u.user_id)::" + kind
		}
		names, list = append(names, name), append(list, value)
	}
	return strings.Join(names, ", "), strings.Join(list, ", ")
}

// open leaves of the last dates open what is open on any morning, in every ledger alike: two dates are not final yet, some events wait for their
// batch, some were never explained.
func (f *fill) open(ctx context.Context) error {
	const notFinal = 2
	for _, s := range []struct {
		sql  string
		args []any
	}{
		{`UPDATE dakasync.day SET settled_at = NULL WHERE work_date > $1`, []any{f.last.AddDays(-notFinal).In(time.UTC)}},
		{`UPDATE dakasync.event SET outcome = 'pending', born_at = now(), received_at = now() WHERE (corp_id, event_key, origin) IN (
			SELECT corp_id, event_key, origin FROM dakasync.event WHERE work_date = $1 AND check_time IS NOT NULL ORDER BY user_id, check_time LIMIT 60)`, []any{f.last.In(time.UTC)}},
		{`UPDATE dakasync.event SET outcome = 'unexplained' WHERE (corp_id, event_key, origin) IN (
			SELECT corp_id, event_key, origin FROM dakasync.event WHERE work_date = $1 AND check_time IS NULL ORDER BY user_id LIMIT 4)`, []any{f.last.AddDays(-1).In(time.UTC)}},
		{`UPDATE dakasync.approval_day SET state = 'due' WHERE work_date = $1 AND user_id < $2`, []any{f.last.In(time.UTC), userID(mostOpen)}},
	} {
		if _, err := f.sql.Exec(ctx, s.sql, s.args...); err != nil {
			return fmt.Errorf("leave the last dates open: %w", err)
		}
	}
	return nil
}

// mostOpen is how many people have something open: as many as the smallest ledger has.
const mostOpen = 60
