// Package interop holds the simulator against DingTalk's official Node clients: what fools them fools a developer.
// The official Go client is in the tests of simulator/platform.
package interop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// answers is what the Node program saw.
type answers struct {
	Received []struct {
		EventID   string `json:"eventId"`
		EventType string `json:"eventType"`
		MessageID string `json:"messageId"`
		Data      string `json:"data"`
	} `json:"received"`
	Instance struct {
		Status   string `json:"status"`
		Result   string `json:"result"`
		FormList []struct {
			Name     string `json:"name"`
			BizAlias string `json:"bizAlias"`
			Value    string `json:"value"`
			ExtValue string `json:"extValue"`
		} `json:"formComponentValues"`
		OriginatorUserID string `json:"originatorUserId"`
		CreateTime       string `json:"createTime"`
	} `json:"instance"`
	IDs       []string `json:"ids"`
	Templates []struct {
		ProcessCode    string `json:"processCode"`
		AttendanceType int    `json:"attendanceType"`
	} `json:"templates"`
	Holidays []struct {
		UserID   string `json:"userId"`
		Holidays []struct {
			HolidayName string `json:"holidayName"`
		} `json:"holidays"`
	} `json:"holidays"`
	Failed []struct {
		CallBackTag string `json:"callBackTag"`
	} `json:"failed"`
	Detail struct {
		ErrCode int `json:"errcode"`
		Result  struct {
			Results []map[string]any `json:"attendance_result_list"`
			Records []map[string]any `json:"check_record_list"`
		} `json:"result"`
	} `json:"detail"`
	Refusal string `json:"refusal"`
}

func TestOfficialNodeClientsAreFooled(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("needs " + program)
		}
	}
	monday := time.Date(2026, time.November, 2, 0, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*60*60))
	c := company.New(company.Options{Seed: 1, Start: monday, Quiet: true})
	employee, ok := c.Pick("office", 0)
	require.True(t, ok)
	user := employee.UserID
	c.Advance(monday.Add(19 * time.Hour))
	_, err := c.Punch(company.PunchRequest{User: user, At: monday.Add(8*time.Hour + 59*time.Minute + 7*time.Second)})
	require.NoError(t, err)
	made, err := c.MakeUp(company.MakeUpRequest{User: user, At: monday.Add(18 * time.Hour), Shape: 1})
	require.NoError(t, err)
	settings := platform.Defaults()
	settings.AckDeadline = time.Minute
	settings.RetryDelays = []time.Duration{50 * time.Millisecond, 100 * time.Millisecond}
	p := platform.New(platform.Options{Company: c, Settings: &settings})
	require.NoError(t, p.Start(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	p.Configure(func(s *platform.Settings) { s.FailNext = 1 })
	_, err = c.Other(company.OtherRequest{User: user, Flow: company.Flow{Decision: company.DecideLater}})
	require.NoError(t, err)

	arguments, err := json.Marshal(map[string]any{
		"url": p.URL(), "clientId": p.ClientID(), "clientSecret": p.ClientSecret(), "instance": made.ID, "processCode": made.ProcessCode,
		"from": monday.UnixMilli(), "to": c.Now().UnixMilli(), "user": user,
	})
	require.NoError(t, err)
	got := run(t, string(arguments), func() {
		_, err := c.Punch(company.PunchRequest{User: user})
		require.NoError(t, err)
	})

	require.Len(t, got.Received, 2)
	require.Equal(t, "attendance_check_record", got.Received[0].EventType)
	require.Equal(t, got.Received[0].EventID, got.Received[1].EventID)
	require.NotEqual(t, got.Received[0].MessageID, got.Received[1].MessageID)
	require.Contains(t, got.Received[1].Data, user)
	deliveries := p.Deliveries()
	require.Equal(t, platform.StateAcked, deliveries[len(deliveries)-1].State)

	require.Equal(t, "COMPLETED", got.Instance.Status)
	require.Equal(t, "agree", got.Instance.Result)
	require.Equal(t, user, got.Instance.OriginatorUserID)
	require.Equal(t, "2026-11-02T19:00Z", got.Instance.CreateTime, "local time with a false Z")
	require.Equal(t, "userCheckTime", got.Instance.FormList[0].BizAlias)
	require.Equal(t, "2026-11-02 18:00", got.Instance.FormList[0].Value)
	require.Contains(t, got.Instance.FormList[0].ExtValue, "planId")
	require.Equal(t, []string{made.ID}, got.IDs)
	require.Len(t, got.Templates, len(company.Templates()))
	require.Equal(t, 1, got.Templates[0].AttendanceType)
	require.Equal(t, user, got.Holidays[0].UserID)
	require.Equal(t, "bpms_instance_change", got.Failed[0].CallBackTag)
	require.Zero(t, got.Detail.ErrCode)
	require.Len(t, got.Detail.Result.Results, 2)
	require.Len(t, got.Detail.Result.Records, 2)
	require.Equal(t, "InvalidAuthentication", got.Refusal)
}

// run installs the pinned clients in a folder of the test's own and runs the program; connected is called when it listens.
func run(t *testing.T, arguments string, connected func()) answers {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "client.mjs"} {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), content, 0o600))
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = folder
	said, err := install.CombinedOutput()
	require.NoError(t, err, "npm ci: %s", said)

	program := exec.CommandContext(t.Context(), "node", "client.mjs", arguments)
	program.Dir = folder
	var faults bytes.Buffer
	program.Stderr = &faults
	output, err := program.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, program.Start())
	var got answers
	read(t, output, connected, &got)
	require.NoError(t, program.Wait(), "node: %s", faults.String())
	return got
}

func read(t *testing.T, output io.Reader, connected func(), got *answers) {
	t.Helper()
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if lines.Text() == "CONNECTED" {
			connected()
		}
		if result, ok := strings.CutPrefix(lines.Text(), "RESULT "); ok {
			require.NoError(t, json.Unmarshal([]byte(result), got), result)
		}
	}
	require.NoError(t, lines.Err())
}
