package doctor

import (
	"fmt"
	"time"
)

const checkLive = "failed-pushes/live"

// LiveTest is the last test in which an event was refused on purpose.
type LiveTest struct {
	Refused   time.Time // zero: there was none
	Refusals  int       // how often DingTalk pushed it
	EventType string
	Ended     time.Time
	Reached   time.Time // when a read of the failed-push list brought it; zero: none did
}

// JudgeLive says what it means for whoever operates the installation.
func JudgeLive(t LiveTest, zone *time.Location) Finding {
	if t.Refused.IsZero() {
		return Finding{
			Check: checkLive, Severity: Note, Saw: "nobody has tried whether DingTalk puts failed Stream pushes on the failed-push list",
			Next: "dakactl livetest, at a quiet hour",
		}
	}
	saw := fmt.Sprintf("%s, refused %d times from %s on, ", t.EventType, t.Refusals, t.Refused.In(zone).Format(time.DateTime))
	if t.Reached.IsZero() {
		return Finding{
			checkLive, Warning, saw + "did not come onto the failed-push list within " + t.Ended.Sub(t.Refused).Round(time.Second).String(),
			"what DingTalk cannot push is then found by sweeps only: the one after blind time, and the nightly one",
			"leave both sweeps on, run two starters, and watch blind time (dakactl status); dakactl livetest tries again",
		}
	}
	return fine(checkLive, saw+"came onto the failed-push list within "+t.Reached.Sub(t.Refused).Round(time.Second).String()+
		": what DingTalk cannot push is read there, and sweeps find the rest")
}
