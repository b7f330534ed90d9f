package dingtalk

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"dakasync/dingtalk/internal/loose"
)

const (
	// templateLife is how long the list of templates is believed.
	templateLife = time.Hour
	// templatePause is how long a refusal of it is: a person must act first, and
	// every approval asks.
	templatePause = 10 * time.Minute
)

// What a template is for attendance (attendanceType of
// get-all-manageable-forms-for-the-current-enterprise).
const (
	TemplateOther  = 0
	TemplateMakeUp = 1
	TemplateLeave  = 2
)

// Template is an approval form of the company.
type Template struct {
	ProcessCode    string
	Title          string
	AttendanceType int
}

type templateCache struct {
	asking chan struct{} // holds one; whoever has taken it asks

	mu      sync.Mutex
	list    []Template
	askedAt time.Time
	refusal *Error
	until   time.Time // until then refusal stands
}

func newTemplateCache() *templateCache {
	t := &templateCache{asking: make(chan struct{}, 1)}
	t.asking <- struct{}{}
	return t
}

// get is the list, or the refusal that stands; ok says whether there is either.
func (t *templateCache) get(ep endpoint, now time.Time) (list []Template, ok bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.refusal != nil && now.Before(t.until):
		return nil, true, t.refusal.refusal(ep)
	case t.askedAt.IsZero() || now.Sub(t.askedAt) >= templateLife:
		return nil, false, nil
	default:
		return slices.Clone(t.list), true, nil
	}
}

// refuse remembers a refusal that only a person can mend.
func (t *templateCache) refuse(err error, now time.Time) {
	var e *Error
	if !errors.As(err, &e) || e.Local || e.Kind != KindInvalidRequest && e.Kind != KindPermissionMissing && e.Kind != KindNotFound {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refusal, t.until = e, now.Add(templatePause)
}

func (t *templateCache) put(list []Template, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list, t.askedAt, t.refusal = list, now, nil
}

// Templates are the company's approval forms, asked for at most once an hour.
// Without an operator's user id there is ErrNoOperator.
func (c *Client) Templates(ctx context.Context) ([]Template, error) {
	if c.options.OperatorUserID == "" {
		return nil, ErrNoOperator
	}
	ep := templatesCall()
	if list, ok, err := c.templates.get(ep, c.options.NowFunc()); ok {
		return list, err
	}
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the approval templates: %w", ctx.Err())
	case <-c.templates.asking:
	}
	defer func() { c.templates.asking <- struct{}{} }()
	if list, ok, err := c.templates.get(ep, c.options.NowFunc()); ok {
		return list, err
	}
	body, err := c.ask(ctx, ep, question{query: url.Values{"userId": {c.options.OperatorUserID}}})
	if err != nil {
		c.templates.refuse(err, c.options.NowFunc())
		return nil, err
	}
	list, err := templatesOf(body)
	if err != nil {
		return nil, malformed(ep, err.Error())
	}
	c.templates.put(list, c.options.NowFunc())
	return slices.Clone(list), nil
}

func templatesOf(body []byte) ([]Template, error) {
	o, ok := loose.ParseObject(body)
	if !ok {
		return nil, errNoObject
	}
	if _, ok := o.Array("result"); !ok && o.Get("result") != nil {
		return nil, errNoArray
	}
	var list []Template
	for _, row := range o.Objects("result") {
		kind, _ := row.Int("attendancetype")
		if code := row.String("processcode"); code != "" {
			list = append(list, Template{ProcessCode: code, Title: row.String("flowtitle"), AttendanceType: int(kind)})
		}
	}
	return list, nil
}

// MakeUpCodes are the process codes of the 补卡 templates: the configured ones,
// or else those that the templates API names. Without either an operator or a
// setting none are known, which is no error: forms speak for themselves.
func (c *Client) MakeUpCodes(ctx context.Context) ([]string, error) {
	if len(c.options.MakeUpCodes) > 0 {
		return slices.Clone(c.options.MakeUpCodes), nil
	}
	return c.codes(ctx, TemplateMakeUp)
}

// LeaveCodes are the process codes of the 请假 templates, none without an
// operator.
func (c *Client) LeaveCodes(ctx context.Context) ([]string, error) {
	return c.codes(ctx, TemplateLeave)
}

func (c *Client) codes(ctx context.Context, attendanceType int) ([]string, error) {
	if c.options.OperatorUserID == "" {
		return nil, nil
	}
	list, err := c.Templates(ctx)
	if err != nil {
		return nil, err
	}
	var codes []string
	for _, t := range list {
		if t.AttendanceType == attendanceType {
			codes = append(codes, t.ProcessCode)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes), nil
}
