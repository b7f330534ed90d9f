package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"

	namespacepb "go.temporal.io/api/namespace/v1"

	"dakasync/doctor"
	"dakasync/simulator/company"
)

const monthOfDays = 30 * 24 * time.Hour

// patient is a deployment that is well: everything that the doctor looks at is there.
func patient(t *testing.T) *deployment {
	t.Helper()
	d := deploy(t, plan{company: company.Options{Employees: 24, Seed: 41}, days: 6, env: map[string]string{
		"DAKASYNC_EDITION": "standard", "DAKASYNC_MONTHLY_CALLS": "200000", "DAKASYNC_MONTHLY_PUSHES": "200000", "DAKASYNC_BATCH_WINDOW": "0s",
		"DAKASYNC_DEPLOYMENT": "attendance", "DAKASYNC_BUILD_ID": "1.5.0", "DINGTALK_STREAM_CONNECTIONS": "1",
	}})
	d.keep(monthOfDays)
	d.up()
	s := script{deployment: d}
	d.drive(time.Now(), moment{s.on(2, 11, 0), func() {
		must(t, func() (company.Approval, error) {
			return d.company.Leave(company.LeaveRequest{User: s.someone("office", 0), Begin: s.on(-2, 0, 0), End: s.on(-3, 0, 0)})
		})
	}})
	d.converge()
	d.drainFailedList()
	d.reconcileAll()
	return d
}

// keep sets the namespace's retention.
func (d *deployment) keep(retention time.Duration) {
	d.t.Helper()
	_, err := d.temporal.WorkflowService().UpdateNamespace(d.t.Context(), &workflowservice.UpdateNamespaceRequest{
		Namespace: d.name, Config: &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(retention)},
	})
	require.NoError(d.t, err)
}

// diagnosis is what `dakactl doctor --json` printed.
type diagnosis struct {
	doctor.Report

	Calls struct {
		Sent   int `json:"sent"`
		Billed int `json:"billed"`
	} `json:"calls"`

	said   string // on standard error
	status int
}

// wrong are the checks that found something, with how bad it is.
func (d diagnosis) wrong() []string {
	list := []string{}
	for _, f := range d.Wrong() {
		list = append(list, string(f.Severity)+" "+f.Check)
	}
	return list
}

// run lets dakactl work with some settings changed, and returns what it printed and its exit status.
func (d *deployment) run(t *testing.T, env map[string]string, arguments ...string) (out, said string, status int) {
	t.Helper()
	merged := maps.Clone(d.env)
	maps.Copy(merged, env)
	var printed, told bytes.Buffer
	command := exec.CommandContext(t.Context(), programs+"/dakactl", arguments...)
	command.Stdout, command.Stderr = &printed, &told
	for name, value := range merged {
		if value != "" {
			command.Env = append(command.Env, name+"="+value)
		}
	}
	err := command.Run()
	if exit, ended := errors.AsType[*exec.ExitError](err); ended {
		status = exit.ExitCode()
	} else {
		require.NoError(t, err)
	}
	require.NotContains(t, printed.String()+told.String(), clientSecret)
	return printed.String(), told.String(), status
}

func (d *deployment) examine(t *testing.T, env map[string]string, flags ...string) diagnosis {
	t.Helper()
	out, said, status := d.run(t, env, append([]string{"doctor", "--json"}, flags...)...)
	x := diagnosis{said: said, status: status}
	require.NoError(t, json.Unmarshal([]byte(out), &x), "%s\n%s", out, said)
	return x
}

// TestDoctor: the command finds nothing where all is well, spends no more than it says, and counts it; and of each fault that is
// injected it finds exactly that one.
func TestDoctor(t *testing.T) {
	d := patient(t)
	t.Run("all is well", d.requireWell)
	t.Run("offline", d.requireOffline)
	t.Run("for a person", d.requireText)
	for name, ill := range d.illnesses() {
		t.Run(name, func(t *testing.T) {
			if ill.heal != nil {
				defer ill.heal()
			}
			if ill.fall != nil {
				ill.fall()
			}
			x := d.examine(t, ill.env, ill.flags...)
			require.Equal(t, []string{ill.found}, x.wrong(), "%+v", x.Wrong())
			f := x.Wrong()[0]
			require.NotEmpty(t, f.Why)
			require.NotEmpty(t, f.Next)
			for _, words := range ill.words {
				require.Contains(t, f.Saw.String()+" → "+f.Next.String(), words)
			}
			want := map[doctor.Severity]int{doctor.Warning: 3, doctor.Fault: 4}
			require.Equal(t, want[f.Severity], x.status, x.said)
			if ill.unasked {
				require.Zero(t, x.Calls)
			}
			require.LessOrEqual(t, x.Calls.Billed, doctor.Calls)
		})
	}
	t.Run("well again", d.requireWell)
}

func (d *deployment) requireWell(t *testing.T) {
	const api = "/topapi/attendance/isopensmartreport" // that nobody else asks
	counted := func() int {
		return scan[int](d, "SELECT coalesce(sum(counted), 0)::int FROM dakasync.api_call WHERE api = $1", api)
	}
	sent, before := d.platform.Calls()[api].Calls, counted()
	x := d.examine(t, nil)
	require.Empty(t, x.wrong(), "%+v", x.Wrong())
	require.Zero(t, x.status)
	for _, f := range x.Findings {
		require.NotEqual(t, doctor.Skipped, f.Severity, "everything was checked: %+v", f)
	}
	require.Equal(t, doctor.Calls, x.Calls.Billed)
	require.Regexp(t, `^asking DingTalk costs at most 13 calls; [0-9,]+ are left this month\n$`, x.said)
	require.Equal(t, sent+1, d.platform.Calls()[api].Calls)
	require.Equal(t, before+1, counted(), "the doctor's calls are in api_call like all others")
}

func (d *deployment) requireOffline(t *testing.T) {
	x := d.examine(t, nil, "--offline")
	require.Empty(t, x.wrong())
	require.Zero(t, x.Calls)
	require.Zero(t, x.status)
	require.Empty(t, x.said)
	require.Equal(t, doctor.Skipped, x.Worst)
}

func (d *deployment) requireText(t *testing.T) {
	out, said, status := d.run(t, map[string]string{"DINGTALK_OP_USER_ID": ""}, "doctor")
	require.Equal(t, 3, status)
	require.Equal(t, "dakactl: 0 faults and 1 warning want an action\n", said)
	require.True(t, strings.HasPrefix(out, "asking DingTalk costs at most 13 calls; "), out)
	require.Regexp(t, `(?m)^warning  operator +DINGTALK_OP_USER_ID is not set.*\n +why:  .*\n +next: set DINGTALK_OP_USER_ID`, out)
	require.Regexp(t, `(?m)^[0-9]+ calls to DingTalk, [0-9]+ of them billed$`, out)

	_, said, status = d.run(t, map[string]string{"DINGTALK_CORP_ID": "", "DAKASYNC_QPS": "many"}, "doctor")
	require.Equal(t, 2, status)
	require.Contains(t, said, "DINGTALK_CORP_ID")
	require.Contains(t, said, "DAKASYNC_QPS")
}

// TestDoctorWithoutALedger: without a ledger DingTalk is asked only if somebody insists.
func TestDoctorWithoutALedger(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 8, Seed: 3}, days: 2})
	empty := d.examine(t, nil)
	require.Equal(t, []string{"fault postgresql/schema", "fault temporal/search-attributes", "fault temporal/schedules", "fault temporal/task-queues"},
		fatal(empty.wrong()), "%+v", empty.Wrong())
	require.Zero(t, empty.Calls)
	require.Zero(t, d.platform.Calls()["/v1.0/oauth2/accessToken"].Calls)

	forced := d.examine(t, nil, "--force")
	require.Positive(t, forced.Calls.Billed)
	require.Contains(t, forced.said, "not counted")
	require.Equal(t, fatal(empty.wrong()), fatal(forced.wrong()), "the app itself is well")
}

func fatal(wrong []string) []string {
	var list []string
	for _, one := range wrong {
		if strings.HasPrefix(one, "fault ") {
			list = append(list, one)
		}
	}
	return list
}

// skewed passes everything on to the simulator, and lets its clock be off.
func skewed(t *testing.T, target string, off time.Duration) string {
	t.Helper()
	u, err := url.Parse(target)
	require.NoError(t, err)
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) },
		ModifyResponse: func(r *http.Response) error {
			r.Header.Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
			return nil
		},
	})
	t.Cleanup(server.Close)
	return server.URL
}

func refusal(code string) string {
	return fmt.Sprintf(`{"errcode":88,"sub_code":%q,"sub_msg":"没有调用该接口的权限","errmsg":"ding talk error"}`, code)
}
