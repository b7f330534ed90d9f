package e2e_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/doctor"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// TestLivetest: the command says whether a refused event comes onto the failed-push list, both where it does and where it does not;
// doctor shows that afterwards; and the punch is in the ledger once, by the list or by a sweep.
func TestLivetest(t *testing.T) {
	for name, test := range map[string]struct {
		becomes  string
		severity doctor.Severity
		listed   int
	}{
		"reaches": {"listed", doctor.OK, 1},
		"is lost": {"lost", doctor.Warning, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := deploy(t, plan{company: company.Options{Employees: 12, Quiet: true}})
			d.platform.Configure(func(s *platform.Settings) {
				s.RefusedPushes, s.RetryDelays = test.becomes, []time.Duration{200 * time.Millisecond, 400 * time.Millisecond}
			})
			d.start(worker, worker, nil)
			d.awaitReady(worker)
			d.awaitSetup()
			require.Equal(t, doctor.Note, d.liveFinding(t).Severity)

			out, said := d.refuseOne(t)
			require.Contains(t, said, "refused attendance_check_record for the 3. time")
			require.Contains(t, said, "\n"+string(test.severity)+": attendance_check_record, refused 3 times")
			var found doctor.Finding
			require.NoError(t, json.Unmarshal([]byte(out), &found), "%s", out)
			require.Equal(t, found, d.liveFinding(t))
			require.Equal(t, test.severity, d.liveFinding(t).Severity)
			d.converge()
			require.Equal(t, test.listed, d.count("failed_push", "dispatched_at IS NOT NULL"))

			d.start(starter, starter, nil)
			d.awaitReady(starter)
			require.Eventually(t, func() bool { return d.count("coverage", "true") > 0 }, patience, tick, "the starter proves its connection")
			_, refusal, status := d.run(t, nil, "livetest", "--yes")
			require.Equal(t, 1, status)
			require.Contains(t, refusal, "a starter is listening")
			d.reconcileAll()
			require.Equal(t, 1, d.count("punch", "true"), "it is finally there, once")
			require.Equal(t, 1, d.count("live_test", "refusals = 3"), "and what was refused is not")
		})
	}
}

func (d *deployment) liveFinding(t *testing.T) doctor.Finding {
	t.Helper()
	for _, f := range d.examine(t, nil, "--offline").Findings {
		if f.Check == "failed-pushes/live" {
			return f
		}
	}
	require.Fail(t, "doctor says nothing of the live test")
	return doctor.Finding{}
}

// refuseOne runs the command, and somebody clocks in when it listens.
func (d *deployment) refuseOne(t *testing.T) (out, said string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), programs+"/dakactl", "livetest", "--wait", "20s", "--settle", "4s", "--json")
	for key, value := range d.env {
		if value != "" {
			command.Env = append(command.Env, key+"="+value)
		}
	}
	var answer, words bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = bytes.NewBufferString("yes\n"), &answer, &words
	require.NoError(t, command.Start())
	require.Eventually(t, func() bool { return d.platform.Connections() == 1 }, patience, tick)
	s := script{deployment: d}
	d.company.Advance(time.Now()) // what a sweep of today finds is of today
	must(t, func() (company.PunchResult, error) {
		return d.company.Punch(company.PunchRequest{User: s.someone("office", 0)})
	})
	require.NoError(t, command.Wait(), "%s", &words)
	return answer.String(), words.String()
}
