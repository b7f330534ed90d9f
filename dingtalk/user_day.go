package dingtalk

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
	"dakasync/privacy"
)

// UserDay asks getupdatedata for one user's work date.
func (c *Client) UserDay(ctx context.Context, userID string, date attendance.Date) (attendance.Answer, error) {
	ep := userDayCall()
	answer := attendance.Answer{UserID: userID, WorkDate: date, Source: attendance.SourceDetail}
	body, err := c.ask(ctx, ep, question{
		body:     map[string]string{askedUser: userID, "work_date": date.String() + " 00:00:00"},
		sentFunc: func(at time.Time) { answer.AskedAt = at },
	})
	if err != nil {
		return attendance.Answer{}, err
	}
	rows := c.reader()
	if err := rows.userDay(body, &answer); err != nil {
		return attendance.Answer{}, malformed(ep, err.Error())
	}
	c.skipped(ctx, ep, rows.skipped, rows.first)
	return answer, nil
}

// reader reads rows of answers. Those that cannot be read are counted.
type reader struct {
	loc     *time.Location
	policy  privacy.Policy
	skipped int
	first   error // why the first of them could not be read
}

func (c *Client) reader() *reader { return &reader{loc: c.options.Location, policy: c.options.Policy} }

func (r *reader) skip(err error) {
	if r.skipped == 0 {
		r.first = err
	}
	r.skipped++
}

// each reads the rows of an array; rows that are no objects are skipped.
func (r *reader) each(list []json.RawMessage, read func(o loose.Object, raw json.RawMessage) error) {
	for _, raw := range list {
		o, ok := loose.ParseObject(raw)
		if !ok {
			r.skip(errNoObject)
			continue
		}
		if err := read(o, raw); err != nil {
			r.skip(err)
		}
	}
}

// userDay fills in the answer (obtain-the-attendance-update-data).
func (r *reader) userDay(body []byte, answer *attendance.Answer) error {
	envelope, _ := loose.ParseObject(body)
	result := envelope.Get("result")
	if loose.Null(result) {
		return nil // as empty as a result without rows
	}
	o, ok := loose.ParseObject(result)
	if !ok {
		return errNoObject
	}
	if id := o.String("userid"); id != "" && id != answer.UserID {
		return fmt.Errorf("it is about another user than %s", answer.UserID)
	}
	for name, read := range map[string]func(loose.Object, json.RawMessage) error{
		"attendanceresultlist": func(o loose.Object, raw json.RawMessage) error {
			row, err := r.result(o, raw)
			if err == nil {
				answer.Results = append(answer.Results, row)
			}
			return err
		},
		"checkrecordlist": func(o loose.Object, raw json.RawMessage) error {
			row, err := r.record(o, raw)
			if err == nil {
				answer.Records = append(answer.Records, row)
			}
			return err
		},
		"approvelist": func(o loose.Object, _ json.RawMessage) error {
			tag := r.tag(o)
			if tag.ProcessInstanceID == "" {
				return errNoInstance
			}
			answer.Approvals = append(answer.Approvals, tag)
			return nil
		},
	} {
		list, ok := o.Array(name)
		if !ok && o.Get(name) != nil {
			return fmt.Errorf("its %s is no array", name)
		}
		r.each(list, read)
	}
	return nil
}

// tag reads a row of approve_list. Its times only describe, so that odd ones
// are done without.
func (r *reader) tag(o loose.Object) attendance.Tag {
	bizType, _ := o.Int("biztype")
	return attendance.Tag{
		ProcessInstanceID: o.String(instanceNames()...),
		BizType:           bizType,
		TagName:           o.String("tagname"),
		SubType:           o.String("subtype"),
		Begin:             r.optional(o, "begintime"),
		End:               r.optional(o, "endtime"),
		Duration:          o.String("duration"),
		DurationUnit:      o.String("durationunit"),
		FinishedAt:        r.optional(o, "gmtfinished"),
	}
}

func (r *reader) optional(o loose.Object, names ...string) time.Time {
	t, err := o.Time(r.loc, names...)
	if err != nil {
		return time.Time{}
	}
	return t
}

// instanceNames are the spellings of an approval instance's id.
func instanceNames() []string {
	return []string{"procinstid", "processinstanceid", "procinsid"}
}
