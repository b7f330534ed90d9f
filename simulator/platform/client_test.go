package platform_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// reading is what an API answered.
type reading struct {
	status int
	body   map[string]any
	text   string
}

func (r reading) code() any { return r.body["errcode"] }

func (r reading) result() map[string]any {
	result, _ := r.body["result"].(map[string]any)
	return result
}

func rowsOf(v any) []map[string]any {
	list, _ := v.([]any)
	rows := make([]map[string]any, 0, len(list))
	for _, element := range list {
		row, _ := element.(map[string]any)
		rows = append(rows, row)
	}
	return rows
}

func (w *world) token(t *testing.T) string {
	t.Helper()
	got := w.send(t, http.MethodPost, "/v1.0/oauth2/accessToken", "", map[string]any{
		"appKey": w.ClientID(), "appSecret": w.ClientSecret(),
	})
	require.Equal(t, http.StatusOK, got.status, got.text)
	token, _ := got.body["accessToken"].(string)
	return token
}

// send sends a request as it is, with the token in the new generation's header if there is one.
func (w *world) send(t *testing.T, method, path, token string, body any) reading {
	t.Helper()
	got, err := w.try(t, method, path, token, body)
	require.NoError(t, err)
	return got
}

func (w *world) try(t *testing.T, method, path, token string, body any) (reading, error) {
	t.Helper()
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		require.NoError(t, err)
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, w.URL()+path, content)
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("X-Acs-Dingtalk-Access-Token", token)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return reading{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return reading{}, err
	}
	got := reading{status: response.StatusCode, text: string(text)}
	_ = json.Unmarshal(text, &got.body)
	return got, nil
}

// old calls the old generation.
func (w *world) old(t *testing.T, path string, body any) reading {
	t.Helper()
	return w.send(t, http.MethodPost, path+"?access_token="+w.token(t), "", body)
}

// modern calls the new generation.
func (w *world) modern(t *testing.T, method, path string, body any) reading {
	t.Helper()
	return w.send(t, method, path, w.token(t), body)
}

func (w *world) day(t *testing.T, user, date string) reading {
	t.Helper()
	return w.old(t, "/topapi/attendance/getupdatedata", map[string]any{"userid": user, "work_date": date + " 00:00:00"})
}

func (w *world) drain(t *testing.T) reading {
	t.Helper()
	return w.send(t, http.MethodGet, "/call_back/get_call_back_failed_result?access_token="+w.token(t), "", nil)
}
