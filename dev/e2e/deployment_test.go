package e2e_test

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"dakasync/dev/process"
	"dakasync/seal"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

const (
	worker  = "worker"
	starter = "starter"

	clientID     = "dinge2eapp"
	clientSecret = "e2e-secret-that-no-log-may-show"

	soon   = 15 * time.Second // for what should happen at once, on a busy machine
	upTime = 60 * time.Second // for processes to become ready
	tick   = 50 * time.Millisecond
)

// plan says how a deployment differs from the usual one.
type plan struct {
	company company.Options
	// days ago the company begins; 21 unless it says otherwise.
	days int
	// settings turns the platform's knobs before anything connects.
	settings func(*platform.Settings)
	// env overrides; an empty value takes the variable away.
	env map[string]string
	// temporalAddress and databaseAddress (host:port) are given to the processes instead of the real ones.
	temporalAddress, databaseAddress string
}

// deployment is one company's dakasync: a database, a Temporal namespace, a fake DingTalk and the processes on them.
type deployment struct {
	t         *testing.T
	name      string
	company   *company.Company
	platform  *platform.Platform
	db        *pgxpool.Pool
	temporal  client.Client
	env       map[string]string
	logs      string
	processes map[string]*process.Process
	addresses map[string]string
	mayFail   string // workflow type whose runs may fail
	frozen    bool   // the company's clock stands still
}

// deploy prepares everything but the processes.
func deploy(t *testing.T, p plan) *deployment {
	t.Helper()
	d := newDeployment(t, "e2e_"+strings.ToLower(rand.Text()[:12]))
	t.Cleanup(d.end)
	d.simulate(p)
	require.NoError(t, sharedCluster.Postgres.CreateDatabase(t.Context(), d.name))
	pool, err := pgxpool.New(t.Context(), sharedCluster.Postgres.URL(d.name))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	d.db = pool
	d.env = d.environment(p)
	d.temporal = namespaceAt(t, sharedCluster.Temporal.Address(), d.name, d.codec())
	return d
}

// newDeployment is one without anything that it stands on.
func newDeployment(t *testing.T, name string) *deployment {
	t.Helper()
	return &deployment{
		t: t, name: name, logs: t.TempDir(), processes: map[string]*process.Process{}, addresses: map[string]string{},
	}
}

// simulate starts the fake DingTalk. Unless the plan says otherwise it is generous, and quick to try again.
func (d *deployment) simulate(p plan) {
	options := p.company
	if options.Start.IsZero() {
		options.Start = today(d.t).AddDate(0, 0, -cmp.Or(p.days, 21))
	}
	options.CorpID = cmp.Or(options.CorpID, "ding"+d.name)
	d.company = company.New(options)
	settings := platform.Defaults()
	settings.QPS = 1_000_000
	settings.RetryDelays = []time.Duration{time.Second, 3 * time.Second}
	if p.settings != nil {
		p.settings(&settings)
	}
	d.platform = platform.New(platform.Options{
		Company: d.company, ClientID: clientID, ClientSecret: clientSecret, Settings: &settings,
	})
	require.NoError(d.t, d.platform.Start(d.t.Context(), "127.0.0.1:0"))
	d.t.Cleanup(func() { require.NoError(d.t, d.platform.Close()) })
}

func (d *deployment) environment(p plan) map[string]string {
	databaseURL := sharedCluster.Postgres.URL(d.name)
	if p.databaseAddress != "" {
		databaseURL = strings.Replace(databaseURL, sharedCluster.Postgres.Address(), p.databaseAddress, 1)
	}
	env := map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": d.logs,
		"DINGTALK_CLIENT_ID": clientID, "DINGTALK_CLIENT_SECRET": clientSecret, "DINGTALK_CORP_ID": d.company.CorpID(),
		"DINGTALK_OP_USER_ID": company.AdminUserID,
		"DINGTALK_API_URL":    d.platform.URL(), "DINGTALK_OAPI_URL": d.platform.URL(),
		"DATABASE_URL":     databaseURL,
		"TEMPORAL_ADDRESS": cmp.Or(p.temporalAddress, sharedCluster.Temporal.Address()), "TEMPORAL_NAMESPACE": d.name,
		"DAKASYNC_QPS": "1000", "DAKASYNC_SETTLE_DELAYS": "100ms,300ms", "DAKASYNC_RECOVERY_DELAY": "1s",
		"DAKASYNC_EDITION": "unlimited",
	}
	if *sealed {
		env["DAKASYNC_PAYLOAD_KEYS"] = keyA
	}
	maps.Copy(env, p.env)
	maps.DeleteFunc(env, func(_, value string) bool { return value == "" })
	return env
}

// codec seals and opens payloads as the processes do.
func (d *deployment) codec() *seal.Codec {
	d.t.Helper()
	keys, set := d.env["DAKASYNC_PAYLOAD_KEYS"]
	if !set {
		return seal.NewCodec(seal.Ring{}, d.company.CorpID())
	}
	ring, err := seal.ParseRing(keys)
	require.NoError(d.t, err)
	return seal.NewCodec(ring, d.company.CorpID())
}

// namespaceAt registers a Temporal namespace and returns a client of it. Search attributes are the product's affair.
func namespaceAt(t *testing.T, address, name string, codec *seal.Codec) client.Client {
	t.Helper()
	options := client.Options{HostPort: address, Namespace: name}
	registrar, err := client.NewNamespaceClient(options)
	require.NoError(t, err)
	defer registrar.Close()
	require.NoError(t, registrar.Register(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	}))
	dialled := clientAt(t, address, name, codec)
	require.Eventually(t, func() bool {
		_, err := dialled.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Namespace: name})
		return err == nil
	}, upTime, tick, "the namespace is not usable")
	return dialled
}

// clientAt is a client of a namespace.
func clientAt(t *testing.T, address, name string, codec *seal.Codec) client.Client {
	t.Helper()
	options := client.Options{HostPort: address, Namespace: name}
	codec.Seal(&options)
	dialled, err := client.NewLazyClient(options)
	require.NoError(t, err)
	t.Cleanup(dialled.Close)
	return dialled
}

// up starts one worker and one starter and waits until they are ready, and schedules and standing run are there.
func (d *deployment) up() {
	d.t.Helper()
	d.start(worker, worker, nil)
	d.start(starter, starter, nil)
	d.awaitReady(worker, starter)
	d.awaitSetup()
}

// awaitSetup waits for what the processes make in Temporal.
func (d *deployment) awaitSetup() {
	d.t.Helper()
	require.Eventually(d.t, func() bool { return len(d.schedules()) == 3 && d.runs("WorkflowType = 'Resync'") == 1 }, upTime, tick,
		"schedules or standing run are missing")
}

// start runs a program under a name.
func (d *deployment) start(program, name string, env map[string]string) *process.Process {
	d.t.Helper()
	return d.startFrom(programs, program, name, env)
}

// startFrom runs a program of a folder under a name.
func (d *deployment) startFrom(folder, program, name string, env map[string]string) *process.Process {
	d.t.Helper()
	merged := maps.Clone(d.env)
	merged["DAKASYNC_HTTP_ADDR"] = reservedAddress(d.t) // side by side, two that look for a free one may find the same
	maps.Copy(merged, env)
	d.addresses[name] = merged["DAKASYNC_HTTP_ADDR"]
	entries := make([]string, 0, len(merged))
	for _, key := range slices.Sorted(maps.Keys(merged)) {
		if merged[key] != "" {
			entries = append(entries, key+"="+merged[key])
		}
	}
	started, err := process.Start(process.Spec{
		Name: name, Path: filepath.Join(folder, program), Env: entries, Dir: d.logs, LogFile: d.logFile(name),
	})
	require.NoError(d.t, err)
	d.processes[name] = started
	return started
}

// awaitReady waits for /readyz of the named processes.
func (d *deployment) awaitReady(names ...string) {
	d.t.Helper()
	for _, name := range names {
		require.Eventually(d.t, func() bool { return d.ready(name) }, upTime, tick, "%s is not ready", name)
	}
}

func (d *deployment) ready(name string) bool { return d.status(name, "/readyz") == http.StatusOK }

// status asks a process over HTTP; 0 means that it does not answer.
func (d *deployment) status(name, path string) int {
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, "http://"+d.addresses[name]+path, nil)
	require.NoError(d.t, err)
	response, err := (&http.Client{Timeout: time.Second}).Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}

// kill ends a process as a crash does.
func (d *deployment) kill(name string) {
	d.t.Helper()
	require.NoError(d.t, d.processes[name].Signal(syscall.SIGKILL))
	<-d.processes[name].Done()
}

// terminate ends a process as an operator does: it has ten seconds, and must end with status 0.
func (d *deployment) terminate(name string) {
	d.t.Helper()
	const patience = 11 * time.Second // the promise is ten; the scheduler of a busy machine gets one
	began := time.Now()
	require.NoError(d.t, d.processes[name].Stop(patience), "%s must end with status 0 within 10 s of SIGTERM", name)
	d.t.Logf("%s took %s to stop", name, time.Since(began).Round(time.Millisecond))
	delete(d.processes, name)
}

func (d *deployment) logFile(name string) string { return filepath.Join(d.logs, name+".log") }

// log is what a process has said so far.
func (d *deployment) log(name string) string {
	d.t.Helper()
	text, err := os.ReadFile(d.logFile(name))
	require.NoError(d.t, err)
	return string(text)
}

// awaitLog waits for words in a process's log.
func (d *deployment) awaitLog(name, words string) {
	d.t.Helper()
	require.Eventually(d.t, func() bool { return strings.Contains(d.log(name), words) }, upTime, tick,
		"%s never says %q", name, words)
}

// end stops the processes, and shows their last lines when the test has failed.
func (d *deployment) end() {
	for _, name := range slices.Sorted(maps.Keys(d.processes)) {
		_ = d.processes[name].Signal(syscall.SIGKILL)
		<-d.processes[name].Done()
	}
	entries, err := os.ReadDir(d.logs)
	if err != nil {
		d.t.Errorf("read the logs: %v", err)
		return
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".log") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(d.logs, entry.Name()))
		if err != nil {
			continue
		}
		if strings.Contains(string(text), clientSecret) {
			d.t.Errorf("%s shows the client secret", entry.Name())
		}
		if strings.Contains(string(text), "DATA RACE") || strings.Contains(string(text), "panic: ") {
			d.t.Errorf("%s tells of a panic or data race", entry.Name())
		}
		if d.t.Failed() {
			d.t.Logf("%s ends:\n%s", entry.Name(), tail(string(text)))
		}
	}
}

func tail(text string) string {
	const lines = 40
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// freeAddress is a loopback address that nobody listens on now.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

// zone is the company's; the tables' work dates are in it.
func zone(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	return loc
}

// today is the company's midnight before now.
func today(t *testing.T) time.Time {
	t.Helper()
	now := time.Now().In(zone(t))
	return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
}

// day is the company's date so many days ago.
func day(t *testing.T, ago int) company.Date {
	t.Helper()
	return company.DateOf(today(t).AddDate(0, 0, -ago))
}

// scan reads one value.
func scan[T any](d *deployment, query string, arguments ...any) T {
	d.t.Helper()
	var value T
	require.NoError(d.t, d.db.QueryRow(d.t.Context(), query, arguments...).Scan(&value), "%s", query)
	return value
}

// count counts rows; a table that is not there yet has none.
func (d *deployment) count(table, condition string, arguments ...any) int {
	d.t.Helper()
	if condition == "" {
		condition = "true"
	}
	var there *string
	require.NoError(d.t, d.db.QueryRow(d.t.Context(), "SELECT to_regclass('dakasync.'||$1)::text", table).Scan(&there))
	if there == nil {
		return 0
	}
	return scan[int](d, fmt.Sprintf("SELECT count(*) FROM dakasync.%s WHERE %s", table, condition), arguments...)
}
