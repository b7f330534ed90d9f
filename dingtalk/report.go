package dingtalk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
)

// Bounds of the reads of the attendance report's values.
const (
	ReportColumns = 20 // in a call
	reportDays    = 30 // less than 31 from the first to the last
)

// leaveAlias begins the alias of a leave type's column.
const leaveAlias = "leave_"

// Column is one of the company's attendance report. A leave type's has no id:
// LeaveTimes reads it by name.
type Column struct {
	ID    int64
	Alias string
	Name  string
}

// Leave reports whether it is a leave type's.
func (c Column) Leave() bool { return strings.HasPrefix(c.Alias, leaveAlias) }

// Values are what the report shows in one column, by ID or, for a leave type, by
// Name. DingTalk names no error where the report is not configured for a column:
// its values are null, or there are none.
type Values struct {
	ID    int64
	Name  string
	Known int // days with a value
	Null  int // days whose value is null
}

// SmartReport reports whether the company has the smart attendance report, which
// all the others need (determine-whether-to-enable-attendance-intelligent-report).
func (c *Client) SmartReport(ctx context.Context) (bool, error) {
	ep := smartReportCall()
	body, err := c.ask(ctx, ep, question{body: map[string]any{}})
	if err != nil {
		return false, err
	}
	o, _ := loose.ParseObject(body)
	on, said := o.Bool("result")
	if !said {
		return false, malformed(ep, "it says neither yes nor no")
	}
	return on, nil
}

// ReportColumns are the columns that the report is configured for
// (queries-the-enterprise-attendance-report-column).
func (c *Client) ReportColumns(ctx context.Context) ([]Column, error) {
	ep := reportColumnsCall()
	body, err := c.ask(ctx, ep, question{body: map[string]any{}})
	if err != nil {
		return nil, err
	}
	o, _ := loose.ParseObject(body)
	result := o.Object("result")
	if _, ok := result.Array("columns"); !ok && result.Get("columns") != nil {
		return nil, malformed(ep, errNoArray.Error())
	}
	var columns []Column
	for _, row := range result.Objects("columns") {
		column := Column{Alias: row.String("alias"), Name: row.String("name")}
		column.ID, _ = row.Int("id")
		if column.ID != 0 || column.Name != "" {
			columns = append(columns, column)
		}
	}
	return columns, nil
}

// ColumnValues asks what the report shows of a user who has not left, in up to
// 20 columns that have an id (queries-the-column-value-of-the-attendance-report).
func (c *Client) ColumnValues(ctx context.Context, userID string, ids []int64, from, to attendance.Date) ([]Values, error) {
	texts := make([]string, 0, len(ids))
	for _, id := range ids {
		texts = append(texts, strconv.FormatInt(id, 10))
	}
	return c.reportValues(ctx, columnValuesCall(), userID, "column_id_list", texts, from, to)
}

// LeaveTimes asks what the report shows of a user's leave, in up to 20 leave
// types by name (obtains-the-holiday-data-from-the-smart-attendance-report).
func (c *Client) LeaveTimes(ctx context.Context, userID string, names []string, from, to attendance.Date) ([]Values, error) {
	return c.reportValues(ctx, leaveTimesCall(), userID, "leave_names", names, from, to)
}

func (c *Client) reportValues(ctx context.Context, ep endpoint, userID, field string, columns []string, from, to attendance.Date) ([]Values, error) {
	if userID == "" || len(columns) == 0 || len(columns) > ReportColumns || to.Before(from) || from.AddDays(reportDays).Before(to) {
		return nil, invalid(ep, fmt.Sprintf("%d columns of the user %q from %s to %s", len(columns), userID, from, to))
	}
	body, err := c.ask(ctx, ep, question{body: map[string]string{
		askedUser: userID, field: strings.Join(columns, ","),
		"from_date": from.In(c.options.Location).Format(time.DateTime), "to_date": to.In(c.options.Location).Format(time.DateTime),
	}})
	if err != nil {
		return nil, err
	}
	values, err := valuesOf(body)
	if err != nil {
		return nil, malformed(ep, err.Error())
	}
	return values, nil
}

// valuesOf reads both answers: column_vals with column_vo and column_vals, or
// columns with columnvo and columnvals.
func valuesOf(body []byte) ([]Values, error) {
	o, ok := loose.ParseObject(body)
	if !ok {
		return nil, errNoObject
	}
	result := o.Object("result")
	if list := result.Get("columnvals", "columns"); list != nil {
		if _, ok := loose.ParseArray(list); !ok {
			return nil, errNoArray
		}
	}
	var values []Values
	for _, row := range result.Objects("columnvals", "columns") {
		column := row.Object("columnvo")
		one := Values{Name: column.String("name")}
		one.ID, _ = column.Int("id")
		days, _ := row.Array("columnvals")
		for _, raw := range days {
			if known(raw) {
				one.Known++
			} else {
				one.Null++
			}
		}
		values = append(values, one)
	}
	return values, nil
}

func known(raw json.RawMessage) bool {
	day, _ := loose.ParseObject(raw)
	value := strings.TrimSpace(day.String("value"))
	return value != "" && value != "null"
}

// LeaveTypes are the names of the company's leave types (holiday-type-query).
// Without an operator's user id there is ErrNoOperator.
func (c *Client) LeaveTypes(ctx context.Context) ([]string, error) {
	if c.options.OperatorUserID == "" {
		return nil, ErrNoOperator
	}
	ep := leaveTypesCall()
	body, err := c.ask(ctx, ep, question{body: map[string]string{"op_userid": c.options.OperatorUserID, "vacation_source": "all"}})
	if err != nil {
		return nil, err
	}
	o, _ := loose.ParseObject(body)
	if _, ok := o.Array("result"); !ok && o.Get("result") != nil {
		return nil, malformed(ep, errNoArray.Error())
	}
	var names []string
	for _, row := range o.Objects("result") {
		if name := row.String("leavename"); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}
