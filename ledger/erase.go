package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"
)

// ErrPresent says that a user is still in contacts: whatever is erased of them,
// the next event or sweep would bring again.
var ErrPresent = errors.New("the user is still in contacts")

// errRehearsal rolls a transaction back that has only shown what it would do.
var errRehearsal = errors.New("rehearsal")

// EraseRequest says whose data goes.
type EraseRequest struct {
	UserID  string
	Present bool // also of somebody who is still in contacts
	DryRun  bool // say what would go, and keep it
}

// RowCount is what was done to the rows of one table.
type RowCount struct {
	Table string `json:"table"`
	What  string `json:"what"` // what was done, or what is left
	Rows  int64  `json:"rows"`
}

// Erasure is the report of an erasure: what was done, and which rows still show
// the user's id, for a person to look at.
type Erasure struct {
	Done []RowCount `json:"done"`
	Left []RowCount `json:"left"`
}

// step is one statement on one table, the first that it names.
type step struct {
	sql  string
	what string // what it does to the rows; deletes them, if nothing is said
}

var tablePattern = regexp.MustCompile(`dakasync\.([a-z_]+)`)

func (s step) table() string { return tablePattern.FindStringSubmatch(s.sql)[1] }

// eraseSteps are in the order that foreign keys want. @json is a pattern
// of the user's id as JSON, plain or within a string, @path one of it in the id of
// a run.
//
// An approval that others share stays, since it explains their days; the
// user is taken out of it. A pushed element that could not be delivered is
// emptied, and the row stays: how many were read is what tells of lost ones.
func eraseSteps() []step {
	return []step{
		{sql: `DELETE FROM dakasync.difference WHERE corp_id = @corp AND user_id = @user`},
		{sql: `DELETE FROM dakasync.punch WHERE corp_id = @corp AND user_id = @user`},
		{sql: `DELETE FROM dakasync.punch_taken_back WHERE corp_id = @corp AND user_id = @user`},
		{sql: `DELETE FROM dakasync.result WHERE corp_id = @corp AND user_id = @user`},
		{sql: `DELETE FROM dakasync.day_version WHERE corp_id = @corp AND user_id = @user`},
		{what: "without the run, which names the user", sql: `UPDATE dakasync.day_version SET workflow_id = NULL
			WHERE corp_id = @corp AND workflow_id ~ @path`},
		{sql: `DELETE FROM dakasync.day WHERE corp_id = @corp AND user_id = @user`},
		{sql: `DELETE FROM dakasync.approval_day WHERE corp_id = @corp AND user_id = @user`},
		{sql: `DELETE FROM dakasync.unread_approval u USING dakasync.approval a
			WHERE u.corp_id = @corp AND a.corp_id = @corp AND a.process_instance_id = u.process_instance_id AND a.originator_user_id = @user`},
		{sql: `DELETE FROM dakasync.listed_approval l USING dakasync.approval a
			WHERE l.corp_id = @corp AND a.corp_id = @corp AND a.process_instance_id = l.process_instance_id AND a.originator_user_id = @user`},
		{sql: `DELETE FROM dakasync.approval a WHERE corp_id = @corp AND originator_user_id = @user AND NOT EXISTS (
			SELECT FROM dakasync.approval_day d WHERE d.corp_id = @corp AND d.process_instance_id = a.process_instance_id)`},
		{what: "without the user, for others share it", sql: `UPDATE dakasync.approval SET originator_user_id = nullif(originator_user_id, @user),
			state = regexp_replace(state::text, @json, '"erased"', 'g')::jsonb, updated_at = now()
			WHERE corp_id = @corp AND (originator_user_id = @user OR state::text ~ @json)`},
		{sql: `DELETE FROM dakasync.event WHERE corp_id = @corp AND user_id = @user`},
		{what: "emptied, for they are about others too", sql: `UPDATE dakasync.event SET payload = NULL, updated_at = now()
			WHERE corp_id = @corp AND user_id IS DISTINCT FROM @user AND outcome <> 'pending' AND payload::text ~ @json`},
		{what: "emptied", sql: `UPDATE dakasync.failed_push SET raw = '"erased"', workflow_id = NULL
			WHERE corp_id = @corp AND (dispatched_at IS NOT NULL OR NOT readable) AND raw ~ @json`},
		{sql: `DELETE FROM dakasync.employee WHERE corp_id = @corp AND user_id = @user`},
	}
}

// leftIn are the tables that are searched for the user afterwards: all that may
// hold text from DingTalk. A test holds them against the schema.
func leftIn() []string {
	return []string{
		"approval", "approval_day", "day", "day_version", "difference", "drain", "employee", "event", "failed_push", "gap", "listed_approval", "punch",
		"punch_taken_back", "reconciliation", "result", "unread_approval",
	}
}

// Erase takes a user out of the ledger, as one transaction, and looks whether
// anything still shows the user's id. What it does not reach: runs in Temporal,
// backups, logs, and DingTalk itself.
func (s *Store) Erase(ctx context.Context, r EraseRequest) (Erasure, error) {
	const what = "erase a user"
	user := cleanText(r.UserID)
	if user == "" {
		return Erasure{}, fmt.Errorf("%s: no user is named", what)
	}
	present := false
	err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM dakasync.employee WHERE corp_id = $1 AND user_id = $2 AND left_at IS NULL)`,
		s.corp, user).Scan(&present)
	if err != nil {
		return Erasure{}, failure(what, err)
	}
	if present && !r.Present {
		return Erasure{}, fmt.Errorf("%s: %s: %w", what, user, ErrPresent)
	}
	e := Erasure{Done: []RowCount{}, Left: []RowCount{}}
	err = s.rehearsable(ctx, what, r.DryRun, func(tx pgx.Tx) error {
		// In the order in which all writers take locks.
		for _, parts := range [][]string{{"approvals"}, {"user", user}} {
			key := (&batch{corp: s.corp}).lockKey(parts...)
			if _, err := tx.Exec(ctx, lockOne, key); err != nil {
				return err // The caller wraps it.
			}
		}
		return e.erase(ctx, tx, s.corp, user)
	})
	return e, err
}

// erase takes each step, and then looks for what still shows the user.
func (e *Erasure) erase(ctx context.Context, tx pgx.Tx, corp, user string) error {
	id := regexp.QuoteMeta(user)
	args := pgx.NamedArgs{
		"corp": corp, "user": user, "json": `"` + id + `\\*"`, "path": "/" + id + "(/|$)",
		"shown": `(^|[^0-9A-Za-z_-])` + id + `($|[^0-9A-Za-z_-])`,
	}
	for _, step := range eraseSteps() {
		if err := step.take(ctx, tx, &e.Done, args); err != nil {
			return err
		}
	}
	for _, table := range leftIn() {
		text := "t::text"
		if table == "drain" { // the text of bytes is no text
			text = "encode(body, 'escape')"
		}
		look := step{what: "still show the user's id", sql: "SELECT FROM dakasync." + table + " t WHERE corp_id = @corp AND " + text + " ~ @shown"}
		if err := look.take(ctx, tx, &e.Left, args); err != nil {
			return err
		}
	}
	return nil
}

// take runs the statement and notes how many rows it was about, if any.
func (s step) take(ctx context.Context, tx pgx.Tx, into *[]RowCount, args pgx.NamedArgs) error {
	tag, err := tx.Exec(ctx, s.sql, args)
	if err != nil {
		return fmt.Errorf("table %s: %w", s.table(), err)
	}
	if n := tag.RowsAffected(); n > 0 {
		*into = append(*into, RowCount{s.table(), cmp.Or(s.what, "deleted"), n})
	}
	return nil
}

// rehearsable runs a transaction that is taken back when it is only tried.
func (s *Store) rehearsable(ctx context.Context, what string, dryRun bool, work func(pgx.Tx) error) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := work(tx); err != nil {
			return err
		}
		if dryRun {
			return errRehearsal
		}
		return nil
	})
	if errors.Is(err, errRehearsal) {
		return nil
	}
	return failure(what, err)
}
