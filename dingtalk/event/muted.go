package event

import (
	"errors"
	"fmt"

	"dakasync/dingtalk/internal/loose"
)

// codeMuted is the errCode of a message without content: the month's pushes are
// used up (event-subscription-and-data-push).
const codeMuted = 20001

// ErrMuted says that DingTalk has taken the content out of an event: the month's
// pushes are used up, and what happened will not be told again. It is a case of
// ErrUnreadable.
var ErrMuted = errors.New("the month's pushes are used up: DingTalk sends events without their content")

// Muted reports whether an event's data, of any type, carries the code of a
// message without content. Data of a type that Decode reads may have content all
// the same: what Decode says goes before.
func Muted(data []byte) bool {
	body, _ := unwrap(data)
	return body.muted
}

func mutedError(env Envelope) error {
	return fmt.Errorf("%s: %w (%w)", env.Type, ErrMuted, ErrUnreadable)
}

func mutedBy(o loose.Object) bool {
	code, _ := o.Int("errcode", "errorcode")
	return code == codeMuted
}
