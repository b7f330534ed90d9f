package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
)

// output collects what the program writes while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func nothing(string) string { return "" }

func TestWrongUsageIsSaid(t *testing.T) {
	t.Parallel()
	for _, arguments := range [][]string{{"-employees", "0"}, {"-rate", "x"}, {"-no-such-flag"}} {
		var out output
		require.Equal(t, exitUsage, run(t.Context(), arguments, nothing, &out), arguments)
		require.NotEmpty(t, out.String())
	}
	var out output
	getenv := func(name string) string { return map[string]string{"SIMULATOR_EMPLOYEES": "many"}[name] }
	require.Equal(t, exitUsage, run(t.Context(), nil, getenv, &out))
	require.Contains(t, out.String(), "SIMULATOR_EMPLOYEES")
	require.Equal(t, exitOK, run(t.Context(), []string{"-help"}, nothing, &out))
}

func TestProgramServesLivesAndStopsOnASignal(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "state")
	before := session(t, state, func(truth company.Truth) bool { return len(truth.Punches) > 0 && hasNow(truth) })
	after := session(t, state, func(company.Truth) bool { return true })
	require.Equal(t, rows(before), rows(after)[:len(rows(before))], "a restart goes on from the same world")
	var out output
	require.Equal(t, exitFailed, run(t.Context(), []string{"-addr", "127.0.0.1:0", "-state", state, "-corp", "another"}, nothing, &out))
	require.Contains(t, out.String(), "dingsimulated0001")
}

// hasNow says whether live traffic has punched.
func hasNow(truth company.Truth) bool {
	for _, punch := range truth.Punches {
		if truth.Now.Sub(punch.CheckTime) < 30*time.Second {
			return true
		}
	}
	return false
}

// rows are the approvals of the world: they only grow.
func rows(truth company.Truth) []string {
	list := []string{}
	for _, approval := range truth.Approvals {
		list = append(list, approval.ProcessInstanceID)
	}
	return list
}

// session runs the program until its truth is as wanted, and stops it.
func session(t *testing.T, state string, wanted func(company.Truth) bool) company.Truth {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out output
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"-addr", "127.0.0.1:0", "-state", state, "-rate", "20", "-history-days", "3"}, nothing, &out)
	}()
	address := regexp.MustCompile(`url=(http://[0-9.:]+)`)
	require.Eventually(t, func() bool { return address.MatchString(out.String()) }, 10*time.Second, 10*time.Millisecond)
	url := address.FindStringSubmatch(out.String())[1]
	var truth company.Truth
	require.Eventually(t, func() bool {
		truth = company.Truth{}
		read(t, url+"/control/truth", &truth)
		return wanted(truth)
	}, 10*time.Second, 50*time.Millisecond)
	stop()
	require.Equal(t, exitOK, <-ended, out.String())
	return truth
}

func read(t *testing.T, url string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request) //nolint:forbidigo // a test
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, string(body))
	require.NoError(t, json.Unmarshal(body, into))
}
