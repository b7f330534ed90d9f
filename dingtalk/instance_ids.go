package dingtalk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"dakasync/dingtalk/internal/loose"
)

// The limits of instanceIds/query (obtain-an-approval-list-of-instance-ids).
const (
	idsPage     = 20
	idsUsers    = 10
	idsSpan     = 120 * 24 * time.Hour
	idsHorizon  = 365*24*time.Hour - time.Hour
	idsOpen     = idsSpan - time.Hour // how far back a question without an end may begin
	idsLag      = time.Minute         // an end in the future is refused, and clocks differ
	maxIDsPages = 500                 // 10,000 ids
)

// InstanceIDs lists the instances of one template and status that some users
// started in [from, to]; without a status, those of every one. The API filters by
// the start, so that an old instance finished lately needs an early from. Nobody
// named means everybody. A question that goes up to now has no end: one
// of our clock's would miss the last minute.
func (c *Client) InstanceIDs(ctx context.Context, processCode, status string, userIDs []string, from, to time.Time) ([]string, error) {
	now := c.options.NowFunc()
	if oldest := now.Add(-idsHorizon); from.Before(oldest) {
		from = oldest
	}
	latest := now.Add(-idsLag)
	upToNow := to.After(latest)
	if to.After(now) {
		to = now
	}
	groups := [][]string{nil} // nobody named is everybody: one question, without userIds
	if len(userIDs) > 0 {
		groups = slices.Collect(slices.Chunk(userIDs, idsUsers))
	}
	var ids []string
	for _, users := range groups {
		for begin := from; begin.Before(to); begin = begin.Add(idsSpan) {
			end := begin.Add(idsSpan)
			if !end.Before(to) {
				end = to
				if upToNow {
					end = openEnd(begin, now, latest)
				}
			}
			found, err := c.instanceIDs(ctx, processCode, status, users, begin, end)
			if err != nil {
				return nil, err
			}
			ids = append(ids, found...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// openEnd is the end of a question up to now: none, where one may be left out.
func openEnd(begin, now, latest time.Time) time.Time {
	if begin.Before(now.Add(-idsOpen)) {
		return latest
	}
	return time.Time{}
}

func (c *Client) instanceIDs(ctx context.Context, processCode, status string, userIDs []string, from, to time.Time) ([]string, error) {
	ep := instanceIDsCall()
	var ids []string
	tokens := map[int64]struct{}{0: {}}
	next := int64(0)
	for page, ask := 0, askFunc(c.ask); page < maxIDsPages; page, ask = page+1, c.askMidway {
		request := map[string]any{
			"processCode": processCode, "startTime": from.UnixMilli(), "nextToken": next, "maxResults": idsPage,
		}
		if status != "" {
			request["statuses"] = []string{status}
		}
		if !to.IsZero() {
			request["endTime"] = to.UnixMilli()
		}
		if len(userIDs) > 0 {
			request[fieldUserIDs] = userIDs
		}
		body, err := ask(ctx, ep, question{body: request})
		if err != nil {
			return nil, err
		}
		page, following, err := idsOf(body)
		if err != nil {
			return nil, malformed(ep, err.Error())
		}
		ids = append(ids, page...)
		if _, seen := tokens[following]; seen { // 0 is the end; others were seen to repeat
			return ids, nil
		}
		tokens[following] = struct{}{}
		next = following
	}
	return nil, malformed(ep, fmt.Sprintf("after %d pages it still says that there is more", maxIDsPages))
}

// idsOf reads a page. nextToken is a number in the question and a text in the
// answer; empty or absent is the end, here 0.
func idsOf(body []byte) (ids []string, next int64, err error) {
	o, ok := loose.ParseObject(body)
	if !ok {
		return nil, 0, errNoObject
	}
	result := o.Object("result")
	if result == nil {
		if !o.Has("result") && !o.Has("success") {
			return nil, 0, errHollow
		}
		if loose.Null(o.Get("result")) {
			return nil, 0, nil
		}
		return nil, 0, errNoObject
	}
	list, ok := result.Array("list")
	if !ok && result.Get("list") != nil {
		return nil, 0, fmt.Errorf("its list: %w", errNoArray)
	}
	for _, raw := range list {
		if id := loose.Text(raw); id != "" {
			ids = append(ids, id)
		}
	}
	if text := result.String("nexttoken"); text != "" {
		if next, ok = loose.ParseInt(text); !ok {
			return nil, 0, fmt.Errorf("its nextToken %.40q is no number", text)
		}
	}
	return ids, next, nil
}
