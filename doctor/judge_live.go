package doctor

import "time"

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
			Check: checkLive, Severity: Note, Saw: Textf("nobody has tried whether DingTalk puts failed Stream pushes on the failed-push list"),
			Next: Textf("dakactl livetest, at a quiet hour"),
		}
	}
	from := t.Refused.In(zone).Format(time.DateTime)
	if t.Reached.IsZero() {
		return Finding{
			checkLive, Warning,
			Textf("%s, refused %d times from %s on, did not come onto the failed-push list within %s",
				t.EventType, t.Refusals, from, t.Ended.Sub(t.Refused).Round(time.Second)),
			Textf("what DingTalk cannot push is then found by sweeps only: the one after blind time, and the nightly one"),
			Textf("leave both sweeps on, run two starters, and watch blind time (dakactl status); dakactl livetest tries again"),
		}
	}
	return fine(checkLive, Textf("%s, refused %d times from %s on, came onto the failed-push list within %s: what DingTalk cannot push is read there, and sweeps find the rest",
		t.EventType, t.Refusals, from, t.Reached.Sub(t.Refused).Round(time.Second)))
}
