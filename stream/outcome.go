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

// answer is the frame that DingTalk gets back.
func (o outcome) answer() (*payload.DataFrameResponse, error) {
	if o == outcomeLater || o == outcomeBusy {
		return event.NewLaterResponse() // It cannot fail: it encodes two constants.
	}
	return event.NewSuccessResponse()
}
