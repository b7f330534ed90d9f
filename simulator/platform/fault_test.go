package platform_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/platform"
)

// TestLostAnswerOfTheDestructiveReadDestroys loses the answer of a read of the failed list, which must take its effect all the same.
func TestLostAnswerOfTheDestructiveReadDestroys(t *testing.T) {
	t.Parallel()
	const list = "/call_back/get_call_back_failed_result"
	for policy, present := range map[string]int{"immediately": 0, "next-call": 2} {
		settings := fast()
		settings.ClearFailed = policy
		w := newWorld(t, settings)
		w.FailRaw(json.RawMessage(`{"lost":1}`))
		w.FailRaw(json.RawMessage(`{"lost":2}`))
		token, billed := w.token(t), w.Billed()
		w.AddFault(platform.Fault{Path: list, Times: 1, LoseAnswer: true, Delay: time.Millisecond})
		_, err := w.try(t, http.MethodGet, list+"?access_token="+token, "", nil)
		require.Error(t, err, policy)
		require.Equal(t, present, w.FailedCount(), policy)
		require.Equal(t, billed+1, w.Billed(), "the call was answered")
		calls := w.Calls()[list]
		require.Equal(t, 1, calls.Calls)
		require.Equal(t, 1, calls.Billed)
		require.Equal(t, map[string]int{"fault": 1}, calls.Outcomes)

		w.FailRaw(json.RawMessage(`{"lost":false}`))
		rows := rowsOf(w.drain(t).body["failed_list"])
		require.Equal(t, []map[string]any{{"lost": false}}, rows, "%s: what was lost is gone", policy)
	}
}

func TestCutConnectionTakesNoEffect(t *testing.T) {
	t.Parallel()
	const list = "/call_back/get_call_back_failed_result"
	w := newWorld(t, fast())
	w.FailRaw(json.RawMessage(`{"kept":true}`))
	w.AddFault(platform.Fault{Path: list, Times: 1, CutConnection: true})
	_, err := w.try(t, http.MethodGet, list+"?access_token="+w.token(t), "", nil)
	require.Error(t, err)
	require.Len(t, rowsOf(w.drain(t).body["failed_list"]), 1)
}
