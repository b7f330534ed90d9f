package stream

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ops"
)

// flooded is what came of a flood.
type flooded struct {
	mu       sync.Mutex
	answers  map[string]int
	most     int64         // frames under way at once
	homeless int           // acknowledged, and in no store then
	took     time.Duration // the longest
}

// flood sends 1,000 frames a second, each as the SDK does: in its own goroutine.
func flood(t *testing.T, b *bench, seconds int) *flooded {
	t.Helper()
	f := &flooded{answers: map[string]int{}}
	var group sync.WaitGroup
	for i := range seconds * 1000 {
		group.Go(func() {
			began := time.Now()
			data := fmt.Sprintf(`{"dataList":[{"userId":"u%d","checkTime":1762000000000,"corpId":"%s"}]}`, i, corp)
			answer := b.answer(t, frameOf("attendance_check_record", corp, data))
			key := fmt.Sprintf("punch/%s/u%d/1762000000000", corp, i)
			kept := b.keeps(key)
			f.mu.Lock()
			defer f.mu.Unlock()
			f.answers[answer]++
			f.took = max(f.took, time.Since(began))
			if answer == success && !kept {
				f.homeless++
			}
		})
		f.mu.Lock()
		f.most = max(f.most, b.intake.working.Load())
		f.mu.Unlock()
		ops.Sleep(t.Context(), time.Millisecond)
	}
	group.Wait()
	return f
}

// keeps reports whether one of the stores has the event.
func (b *bench) keeps(key string) bool {
	b.temporal.mu.Lock()
	defer b.temporal.mu.Unlock()
	b.postgres.mu.Lock()
	defer b.postgres.mu.Unlock()
	_, row := b.postgres.rows[key]
	return b.temporal.runs[key] > 0 || row
}

// A start of 600 ms, 64 at once, are 107 a second. What Temporal cannot take is
// stored, many frames by one statement.
func TestAFloodIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.temporal.delay, b.postgres.delay = 600*time.Millisecond, 20*time.Millisecond
		f := flood(t, b, 10)
		require.Equal(t, map[string]int{success: 10_000}, f.answers)
		require.Zero(t, f.homeless)
		require.LessOrEqual(t, f.most, int64(mostFrames))
		require.Less(t, b.postgres.inserts, 3000, "frames share statements")
		require.Greater(t, b.temporal.count(), 500, "Temporal goes on taking what it can")
		require.False(t, b.intake.breaker.open(), "it is not at fault")
		require.Less(t, f.took, 1500*time.Millisecond)
	})
}

// Both stores are slower than the flood: memory stays bounded, and what is
// acknowledged is stored.
func TestAFloodThatNoStoreTakes(t *testing.T) {
	for name, stubborn := range map[string]bool{"patient": false, "stuck": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				b.temporal.delay, b.temporal.stubborn = 10*time.Second, stubborn
				b.postgres.delay, b.postgres.stubborn = 2250*time.Millisecond, stubborn
				f := flood(t, b, 10)
				require.Zero(t, f.homeless)
				require.LessOrEqual(t, f.most, int64(mostFrames))
				require.Positive(t, f.answers[later])
				require.Equal(t, 10_000, f.answers[later]+f.answers[success])
				require.LessOrEqual(t, f.took, AnswerTime)
				ops.Sleep(t.Context(), time.Minute) // whatever is stuck ends
				require.Zero(t, b.intake.working.Load())
			})
		})
	}
}

// Also where there is one connection only, and all of the room is taken by its frames, the next ones are answered: the SDK would
// leave them unanswered without a word, and nobody would have their days swept.
func TestEveryFrameOfAFloodIsAnswered(t *testing.T) {
	t.Parallel()
	b, g := newBench(), newGateway(t)
	b.temporal.delay, b.postgres.delay = 10*time.Second, 10*time.Second
	l, _, _ := listen(t, g, b, 1)
	up(t, l, 1)
	c := g.connection(t, 0)
	const frames = mostFrames + 100
	for i := range frames {
		c.send(t, eventFrame(fmt.Sprintf("m%d", i), punches(1).Data))
	}
	for range frames {
		require.Contains(t, c.answer(t)["data"], "LATER")
	}
}

// Big frames are bounded by their bytes.
func TestManyBigFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.temporal.set(errAway)
		b.postgres.delay = 500 * time.Millisecond
		frame := punches(1)
		frame.Data = strings.Replace(frame.Data, `"dataList"`, `"pad":"`+strings.Repeat("x", 10<<20)+`","dataList"`, 1)
		answers := make(chan string, 10)
		for range 10 {
			go func() { answers <- b.answer(t, frame) }()
		}
		by := map[string]int{}
		for range 10 {
			by[<-answers]++
		}
		require.Equal(t, map[string]int{success: 6, later: 4}, by)
	})
}

func TestOneRowThatPostgresRefusesDoesNotSpoilTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		kept, statements := 0, 0
		g := newGrouper(func(ctx context.Context, rows []Row) error {
			ops.Sleep(ctx, 50*time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			statements++
			for _, r := range rows {
				if r.Key == "odd" {
					return errAway
				}
			}
			kept += len(rows)
			return nil
		})
		errs := make(chan error, 101)
		for i := range 101 {
			go func() {
				key := fmt.Sprint(i)
				if i == 50 {
					key = "odd"
				}
				errs <- g.insert(t.Context(), []Row{{Key: key}})
			}()
		}
		failed := 0
		for range 101 {
			if <-errs != nil {
				failed++
			}
		}
		require.Equal(t, 1, failed)
		require.Equal(t, 100, kept)
		require.GreaterOrEqual(t, statements, 1)
	})
}

// Who waits for a statement does not wait longer than it may.
func TestAGroupWhoseLeaderGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGrouper(func(ctx context.Context, _ []Row) error { ops.Sleep(ctx, time.Second); return ctx.Err() })
		for range committers {
			go func() { _ = g.insert(t.Context(), []Row{{Key: "busy"}}) }()
			synctest.Wait()
		}
		leader, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { first <- g.insert(leader, []Row{{Key: "leader"}}) }()
		synctest.Wait()
		go func() { second <- g.insert(t.Context(), []Row{{Key: "follower"}}) }()
		require.ErrorIs(t, <-first, context.DeadlineExceeded)
		require.NoError(t, <-second, "it goes on alone")
		require.Nil(t, g.forming)
	})
}

// 10,000 records are taken; a frame without end is not, and gets no answer. It
// leaves the processors to nobody else.
func TestOversizeFrames(t *testing.T) {
	b, g := newBench(), newGateway(t)
	l, _, _ := listen(t, g, b, 1)
	up(t, l, 1)
	c := g.connection(t, 0)
	big := eventFrame("big", punches(10_000).Data)
	for range 20 { // a busy machine may want it again
		c.send(t, big)
		taken := strings.Contains(c.answer(t)["data"].(string), success)
		eventually(t, func() bool { return b.intake.working.Load() == 0 }, time.Minute, "its work ends")
		if taken {
			break
		}
	}
	require.Equal(t, 10_000, b.postgres.stored()[attendance.OutcomePending])

	w, err := c.ws.NextWriter(websocket.TextMessage)
	require.NoError(t, err)
	chunk, sent := bytes.Repeat([]byte("x"), 1<<20), 0
	for ; err == nil && sent < 2*mostUnread; sent += len(chunk) {
		_, err = w.Write(chunk)
	}
	require.Nil(t, c.answer(t), "it is closed")
	g.connection(t, 1).send(t, eventFrame("m2", punches(1).Data))
	require.Contains(t, g.connection(t, 1).answer(t)["data"], "SUCCESS")
}

// Whatever names and ids hold, a line of the log stays a line, and nobody can
// write one.
func TestLogInjection(t *testing.T) {
	evil := "x\nlevel=ERROR msg=\"all is lost\"\r\n\x1b[31m\u2028\x00{\"level\":\"ERROR\"}"
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(w *bytes.Buffer) slog.Handler {
			return slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})
		},
		"json": func(w *bytes.Buffer) slog.Handler {
			return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			b := newBench()
			b.intake.Log = slog.New(handler(&log))
			frame := frameOf(evil, evil, `{"dataList":[]}`)
			frame.Headers["eventId"] = evil
			b.answer(t, frame) // of an unknown type
			frame = punches(1)
			frame.Headers["eventId"] = evil
			frame.Data = fmt.Sprintf(`{"dataList":[{"userId":%q,"checkTime":1762000000000}]}`, "u\nlevel=ERROR")
			b.temporal.set(fmt.Errorf("refused %s", evil))
			b.postgres.set(fmt.Errorf("refused %s", evil))
			require.Equal(t, later, b.answer(t, frame))
			b.intake.Inbox, b.intake.Starter = nil, nil
			b.answer(t, frame) // a panic
			(&sdkLogger{log: b.intake.Log}).Errorf("read error: error=[%s]", fmt.Errorf("%s", evil))

			lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
			require.Len(t, lines, 7)
			for _, line := range lines {
				require.Regexp(t, `^(time=\S+ level=\w+ msg=|\{"time":"[^"]+","level":"\w+","msg":")`, line)
				require.NotContains(t, line, "\x1b")
				require.NotContains(t, line, "\r")
				require.NotContains(t, line, "level=ERROR msg=\"all")
			}
		})
	}
}
