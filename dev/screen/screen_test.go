package screen

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestATerminalKeepsTheLiveLineAtTheBottom(t *testing.T) {
	var out bytes.Buffer
	screen := &Screen{to: &out, terminal: true, nowFunc: time.Now}
	screen.Print("hello")
	screen.Live("events 1")
	screen.Print("careful")
	screen.Live("events 2")
	screen.EndLive()
	screen.Print("bye")
	require.Equal(t, "hello\n"+clearLine+"events 1"+clearLine+"careful\nevents 1"+clearLine+"events 2\nbye\n", out.String())
}

func TestElsewhereTheLiveLineIsRepeatedNowAndThen(t *testing.T) {
	var out bytes.Buffer
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	screen := &Screen{to: &out, nowFunc: func() time.Time { return now }}
	for range 21 {
		screen.Live(now.Format("05"))
		now = now.Add(time.Second)
	}
	screen.EndLive()
	require.Equal(t, "00\n10\n20\n", out.String())
}
