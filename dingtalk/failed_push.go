package dingtalk

import (
	"context"
	"errors"

	"dakasync/dingtalk/internal/loose"
)

// FailedPushes reads the failed-push list and thereby destroys it
// (obtain-the-event-list-of-failed-push-messages). It is sent once, on a
// connection of its own; only a refused token has it sent again, since nothing
// was read then. The bytes are the body as it came, for event.SplitFailedList.
//
// What came is never thrown away: a body that is no JSON, that broke off, that
// is too long or that holds elements beside an error comes back, as far as it was
// read, without an error. An
// error means that not one byte of a list came; (*Error).TurnedAway says
// whether it is certain that the list is still there.
func (c *Client) FailedPushes(ctx context.Context) ([]byte, error) {
	ep := failedPushesCall()
	body, err := c.ask(ctx, ep, question{alone: true})
	var e *Error
	if errors.As(err, &e) && len(body) > 0 && (e.Kind == KindMalformed || e.Kind == KindNetwork || holdsElements(body)) {
		c.options.Logger.WarnContext(ctx, "the failed-push list came back odd and is kept as it is",
			slogAPI, ep.path, "bytes", len(body), "error", e)
		return body, nil
	}
	if err != nil {
		return nil, err
	}
	return body, nil
}

// holdsElements reports whether an answer that names an error has a list with
// something in it all the same: then that was destroyed.
func holdsElements(body []byte) bool {
	o, _ := loose.ParseObject(body)
	list, ok := o.Array("failedlist")
	return ok && len(list) > 0
}
