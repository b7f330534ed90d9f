package ops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := (&http.Client{Timeout: time.Minute}).Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	b, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(b)
}

func TestServer(t *testing.T) {
	s := NewServer(slog.New(slog.DiscardHandler))
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "dakasync_test_total", Help: "A test."})
	s.Registry().MustRegister(counter)
	counter.Inc()
	var broken error
	s.Check("postgresql", func(context.Context) error { return broken })
	s.Check("stream", func(context.Context) error { return nil })
	require.NoError(t, s.Start(t.Context(), "127.0.0.1:0"))
	base := "http://" + s.Addr()

	status, _ := get(t, base+"/healthz")
	require.Equal(t, http.StatusOK, status)
	status, body := get(t, base+"/readyz")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"ready":true,"checks":{"postgresql":"ok","stream":"ok"}}`, body)

	broken = errors.New("connection refused")
	status, body = get(t, base+"/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.JSONEq(t, `{"ready":false,"checks":{"postgresql":"connection refused","stream":"ok"}}`, body)

	_, body = get(t, base+"/metrics")
	require.Contains(t, body, `dakasync_check_up{check="postgresql"} 0`)
	require.Contains(t, body, `dakasync_check_up{check="stream"} 1`)
	require.Contains(t, body, "go_build_info")
	require.Contains(t, body, "dakasync_test_total 1")
	require.Contains(t, body, "process_resident_memory_bytes")

	other := NewServer(slog.New(slog.DiscardHandler))
	require.ErrorContains(t, other.Start(t.Context(), s.Addr()), "DAKASYNC_HTTP_ADDR")
	require.NoError(t, s.Stop(t.Context()))
}

// A server that takes a connection and says nothing is named as well as one that refuses: by whoever asked it, and by the setting.
func TestAProbeSaysWhoDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(slog.New(slog.DiscardHandler))
		silent := CheckFunc(func(ctx context.Context) error {
			<-ctx.Done()
			return fmt.Errorf("10.0.0.7:5432 does not answer: %w", ctx.Err())
		})
		s.Check("postgresql", silent.Of("DATABASE_URL"))
		s.Check("fine", CheckFunc(func(context.Context) error { return nil }).Of("NOTHING"))
		ready, checks := s.runChecks(t.Context())
		require.False(t, ready)
		require.Equal(t, map[string]string{
			"postgresql": "10.0.0.7:5432 does not answer: context deadline exceeded (DATABASE_URL)", "fine": "ok",
		}, checks)
	})
}

// A part that hangs costs a probe its two seconds, and no other probe's, nor the process's liveness.
func TestProbesDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(slog.New(slog.DiscardHandler))
		s.Check("stuck", func(ctx context.Context) error { Sleep(context.WithoutCancel(ctx), time.Minute); return nil })
		began := time.Now()
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				ready, checks := s.runChecks(t.Context())
				require.False(t, ready)
				require.Contains(t, checks["stuck"], "did not answer in time")
			})
		}
		group.Wait()
		require.Equal(t, checkTime, time.Since(began))
		Sleep(t.Context(), time.Hour) // lets the stuck ones end: synctest waits for every goroutine
	})
}
