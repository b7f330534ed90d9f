package dingtalk

import (
	"context"
	"net/url"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
)

// Instance reads one approval. The API repeats neither the instance's id nor
// its process code; code is taken over as it is
// (obtains-the-details-of-a-single-approval-instance-pop).
func (c *Client) Instance(ctx context.Context, id, code string) (attendance.Instance, error) {
	ep := instanceCall()
	if id == "" {
		return attendance.Instance{}, invalid(ep, "an approval instance without id")
	}
	readAt := c.instant()
	body, err := c.ask(ctx, ep, question{query: url.Values{"processInstanceId": {id}}})
	if err != nil {
		return attendance.Instance{}, err
	}
	o, _ := loose.ParseObject(body)
	if loose.Null(o.Get("result")) { // not that there is none: for that it has a code, processInstanceNotExist
		return attendance.Instance{}, malformed(ep, "it has no result")
	}
	result, ok := loose.ParseObject(o.Get("result"))
	if !ok {
		return attendance.Instance{}, malformed(ep, "its result is no object")
	}
	instance := c.reader().instance(result)
	if instance.Status == "" {
		return attendance.Instance{}, malformed(ep, "the approval instance has no status")
	}
	instance.ProcessInstanceID, instance.ProcessCode, instance.ReadAt = id, code, readAt
	return instance, nil
}

// instance reads what the API says of an approval, its form included. Its times
// have a Z that means nothing and no seconds: the event's are exact.
func (r *reader) instance(o loose.Object) attendance.Instance {
	i := attendance.Instance{
		OriginatorUserID:      o.String("originatoruserid"),
		Status:                o.String("status"),
		Result:                o.String("result"),
		BizAction:             o.String("bizaction"),
		MainProcessInstanceID: o.String("mainprocessinstanceid"),
		AttachedIDs:           o.Strings("attachedprocessinstanceids"),
		CreatedAt:             r.optional(o, "createtime"),
		FinishedAt:            r.optional(o, "finishtime"),
	}
	f := readForm(o.Get("formcomponentvalues"), i.OriginatorUserID, r.loc)
	i.Kind, i.MakeUps = f.kind(o.String("title")), f.makeUps()
	i.Spans = f.spans(i.Kind)
	return i
}
