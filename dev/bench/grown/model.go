package grown

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
	"dakasync/ledger"
)

// Tables and columns that are named more than once.
const (
	dayTable      = "day"
	versionTable  = "day_version"
	eventTable    = "event"
	approvalTable = "approval"

	userColumn    = "user_id"
	createdColumn = "created_at"
	updatedColumn = "updated_at"
)

// multiplied are the tables that grow with user-days, in an order that their references allow, and whose rows they are.
var multiplied = []struct{ name, owner string }{
	{dayTable, userColumn},
	{versionTable, userColumn},
	{"result", userColumn},
	{"punch", userColumn},
	{eventTable, userColumn},
	{approvalTable, "originator_user_id"},
	{"approval_day", userColumn},
}

// clocked are the columns that the database's clock fills, by table: they follow the date, and are not compared.
var clocked = map[string][]string{
	dayTable:      {createdColumn, updatedColumn},
	versionTable:  {"recorded_at"},
	"punch":       {createdColumn, updatedColumn},
	eventTable:    {createdColumn, updatedColumn},
	approvalTable: {updatedColumn},
}

// userToken stands for the user in a template.
const userToken = "@user@"

// model is a ledger of its own, into which the product's ledger writes what is multiplied.
type model struct {
	store *ledger.Store
	sql   *pgx.Conn
}

// write writes a user-day as starter and worker would have over the days: the schedule, every event with its question, the approval, the
// sweep of the final results.
func (m model) write(ctx context.Context, t told) error {
	sweep := attendance.Why{Trigger: attendance.TriggerSweep, WorkflowID: "reconcile/" + corp + "/" + t.date.String()}
	if err := m.store.SaveSchedule(ctx, []string{t.user}, t.date, t.date, t.planned, t.date.In(zone).Add(2*time.Hour), sweep); err != nil { //nolint:mnd // In the night.
		return err
	}
	for n, h := range t.hints {
		payload := []byte(fmt.Sprintf(`{"eventId":%q,"userId":%q,"checkTime":%d,"bizId":%q,"locationMethod":"MAP","locationResult":"Normal","checkByUser":true}`,
			h.EventID, h.UserID, h.CheckTime.UnixMilli(), h.BizID))
		if _, err := m.store.RecordHint(ctx, h, payload, h.Key()); err != nil {
			return err
		}
		why := attendance.Why{Trigger: attendance.TriggerEvent, WorkflowID: h.Key()}
		if err := m.store.Conclude(ctx, t.details[n:n+1], why, h.Key(), attendance.OutcomeDone); err != nil {
			return err
		}
	}
	if t.approval != nil {
		if err := m.approve(ctx, t); err != nil {
			return err
		}
	}
	if err := m.store.SaveAnswers(ctx, []attendance.Answer{t.sweep}, sweep); err != nil {
		return err
	}
	return m.store.SettleDay(ctx, t.date, swept(t.date).Add(-time.Minute))
}

func (m model) approve(ctx context.Context, t told) error {
	key := t.decided.Key()
	if _, err := m.store.RecordHint(ctx, t.decided, []byte(`{"eventId":"`+t.decided.EventID+`","type":"finish","result":"agree"}`), key); err != nil {
		return err
	}
	why := attendance.Why{Trigger: attendance.TriggerApproval, WorkflowID: key}
	if _, err := m.store.SaveInstance(ctx, *t.approval, why); err != nil {
		return err
	}
	return m.store.Conclude(ctx, []attendance.Answer{t.after}, why, key, attendance.OutcomeDone)
}

// rowsOf are a table's rows of a user, each as one JSON object.
func rowsOf(ctx context.Context, sql *pgx.Conn, table, owner, user string, more string) ([]json.RawMessage, error) {
	answer, err := sql.Query(ctx, `SELECT to_jsonb(r)::text FROM dakasync.`+table+` r WHERE corp_id = $1 AND `+owner+` = $2 `+more+` ORDER BY to_jsonb(r)::text`, corp, user)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table, err)
	}
	texts, err := pgx.CollectRows(answer, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table, err)
	}
	list := make([]json.RawMessage, len(texts))
	for i, text := range texts {
		list[i] = json.RawMessage(text)
	}
	return list, nil
}

// templates are the rows that the shapes of one date have left, by table, each a JSON object with the shape's number.
type templates struct {
	date   attendance.Date
	rows   map[string]string // a JSON array
	pruned map[string]string // what pruning leaves of it
	times  []time.Time       // of all events: their keys count milliseconds
	owned  map[string]map[string]bool
	tables map[string][]string // columns that are written
}

// modelDate is a Wednesday, and no other date that the rows name: what is written on it is multiplied.
var modelDate = attendance.NewDate(2025, time.March, 5) //nolint:mnd // As said.

// templates writes every shape once, on the model's date, and keeps the rows: all copies are made from them.
func (m model) templates(ctx context.Context) (_ *templates, err error) {
	t := &templates{date: modelDate, owned: map[string]map[string]bool{}, tables: map[string][]string{}}
	all, left := map[string][]json.RawMessage{}, map[string][]json.RawMessage{}
	for n, s := range shapes() {
		day := s.tell(userID(n), modelDate)
		if err := m.write(ctx, day); err != nil {
			return nil, fmt.Errorf("write user-day %d: %w", n, err)
		}
		for _, h := range day.hints {
			t.times = append(t.times, h.CheckTime)
		}
		for _, table := range multiplied {
			found, err := rowsOf(ctx, m.sql, table.name, table.owner, day.user, "")
			if err != nil {
				return nil, err
			}
			kept, err := afterPruning(table.name, found)
			if err != nil {
				return nil, err
			}
			if err := t.add(all, table.name, n, day.user, found); err != nil {
				return nil, err
			}
			if err := t.add(left, table.name, n, day.user, kept); err != nil {
				return nil, err
			}
		}
	}
	if t.rows, err = texts(all); err == nil {
		t.pruned, err = texts(left)
	}
	return t, errors.Join(err, t.columns(ctx, m.sql))
}

// add makes templates of a user-day's rows.
func (t *templates) add(lists map[string][]json.RawMessage, table string, n int, user string, rows []json.RawMessage) error {
	for _, row := range rows {
		one, err := t.template(table, n, user, row)
		if err != nil {
			return err
		}
		lists[table] = append(lists[table], one)
	}
	return nil
}

func texts(lists map[string][]json.RawMessage) (map[string]string, error) {
	all := map[string]string{}
	for _, table := range multiplied {
		text, err := json.Marshal(append([]json.RawMessage{}, lists[table.name]...))
		if err != nil {
			return nil, fmt.Errorf("write the templates: %w", err)
		}
		all[table.name] = string(text)
	}
	return all, nil
}

// template makes a row fit for any user: what the database's clock has written becomes the evening of the date.
func (t *templates) template(table string, n int, user string, row json.RawMessage) (json.RawMessage, error) {
	columns := map[string]json.RawMessage{}
	if err := json.Unmarshal(row, &columns); err != nil {
		return nil, fmt.Errorf("read a row of %s: %w", table, err)
	}
	for _, name := range clocked[table] {
		columns[name] = json.RawMessage(`"` + t.date.String() + `T14:30:00+00:00"`)
	}
	if table == dayTable {
		columns["settled_at"] = json.RawMessage(`"` + t.date.AddDays(1).String() + `T19:10:00+00:00"`)
	}
	if t.owned[table] == nil {
		t.owned[table] = map[string]bool{}
	}
	for name, value := range columns {
		if text := string(value); strings.Contains(text, user) {
			columns[name] = json.RawMessage(strings.ReplaceAll(text, user, userToken))
			t.owned[table][name] = true
		}
	}
	columns["shape"] = json.RawMessage(strconv.Itoa(n))
	text, err := json.Marshal(columns)
	if err != nil {
		return nil, fmt.Errorf("write a row of %s: %w", table, err)
	}
	return text, nil
}

// columns asks which columns can be written.
func (t *templates) columns(ctx context.Context, sql *pgx.Conn) error {
	for _, table := range multiplied {
		answer, err := sql.Query(ctx, `SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute
			WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`, "dakasync."+table.name)
		if err != nil {
			return fmt.Errorf("ask for the columns of %s: %w", table.name, err)
		}
		if t.tables[table.name], err = pgx.CollectRows(answer, pgx.RowTo[string]); err != nil {
			return fmt.Errorf("ask for the columns of %s: %w", table.name, err)
		}
	}
	return nil
}

// afterPruning are the rows of a user-day that `dakactl prune` leaves of its versions and events: the newest version, and what is open.
func afterPruning(table string, rows []json.RawMessage) ([]json.RawMessage, error) {
	if table != versionTable && table != eventTable {
		return rows, nil
	}
	var left []json.RawMessage
	newest := 0
	for _, row := range rows {
		var r struct {
			Version int    `json:"version"`
			Outcome string `json:"outcome"`
		}
		if err := json.Unmarshal(row, &r); err != nil {
			return nil, fmt.Errorf("read a row of %s: %w", table, err)
		}
		switch {
		case table == eventTable && r.Outcome != string(attendance.OutcomeDone):
			left = append(left, row)
		case r.Version > newest:
			newest, left = r.Version, []json.RawMessage{row}
		}
	}
	return left, nil
}

// on is a table's rows as they are on another date. All dates and moments of a user-day lie from the day before to two days after it.
func (t *templates) on(date attendance.Date, table string, pruned bool) string {
	var pairs []string
	for away := -1; away <= 2; away++ {
		pairs = append(pairs, t.date.AddDays(away).String(), date.AddDays(away).String())
	}
	shift := date.In(zone).Sub(t.date.In(zone))
	for _, at := range t.times {
		pairs = append(pairs, strconv.FormatInt(at.UnixMilli(), 10), strconv.FormatInt(at.Add(shift).UnixMilli(), 10))
	}
	rows := t.rows
	if pruned {
		rows = t.pruned
	}
	return strings.NewReplacer(pairs...).Replace(rows[table])
}
