package stream

import (
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/event"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"
)

// outcome is what became of a frame.
type outcome string

const (
	outcomeStarted    outcome = "started"    // every record has its run
	outcomeStored     outcome = "stored"     // some of them wait in PostgreSQL
	outcomeEmpty      outcome = "empty"      // no record in it
	outcomeOther      outcome = "other"      // an event type that dakasync does not know
	outcomeRefused    outcome = "refused"    // something in it is another corp's
	outcomeUnreadable outcome = "unreadable" // something in it could not be read
	outcomeMuted      outcome = "muted"      // its content was taken out: the month's pushes are used up
	outcomeLater      outcome = "later"      // nobody took it: DingTalk shall deliver it again
	outcomeBusy       outcome = "busy"       // there was no room for it: the same
)

// Content is whether a frame brought its content: DingTalk takes it out when the
// month's pushes are used up.
type Content string

// What frames show.
const (
	ContentWhole   Content = "whole"   // there are pushes
	ContentMuted   Content = "muted"   // they are used up
	ContentUnknown Content = "unknown" // neither: it was not read, or not understood, or is of a type that may cost no push
)

// content is what a frame shows of the month's pushes.
func (o outcome) content() Content {
	switch o {
	case outcomeStarted, outcomeStored:
		return ContentWhole
	case outcomeMuted:
		return ContentMuted
	default:
		return ContentUnknown
	}
}

// answer is the frame that DingTalk gets back.
func (o outcome) answer() (*payload.DataFrameResponse, error) {
	if o == outcomeLater || o == outcomeBusy {
		return event.NewLaterResponse() // It cannot fail: it encodes two constants.
	}
	return event.NewSuccessResponse()
}
