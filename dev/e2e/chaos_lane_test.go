package e2e_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"dakasync/dev/oracle"
	"dakasync/ops"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
	"dakasync/workflows"
)

// laneSort says what a lane stands on.
type laneSort struct {
	own, disk bool
	drains    bool // the failed list is read every few seconds, and not once an hour
}

// lane is one deployment on which trials follow one another. Its programs speak to everything through links that can be broken.
type lane struct {
	*deployment
	folder   string // of the programs
	own      *servers
	links    map[string]*link
	programs map[string]map[string]string // environment of each
	taken    map[string]bool              // minutes in which somebody has punched
	watch    *watch
	began    time.Time
	deceived bool // DingTalk has lied about a day, and the nightly sweep is still to come
	stores   laneAddresses
	mu       sync.Mutex
	facts    []fact
	// rescheduled user-days: DingTalk replays their punches, and of one without punches the sweep of the night learns.
	rescheduled map[string]bool
}

// laneAddresses are where the servers of a lane are, host:port.
type laneAddresses struct{ postgres, temporal string }

// newLane brings a lane up. Everything of it goes with the test.
func newLane(t *testing.T, sort laneSort, folder string) *lane {
	t.Helper()
	l := &lane{
		deployment: bareDeployment(t), folder: folder, began: time.Now(), taken: map[string]bool{}, rescheduled: map[string]bool{},
		stores: laneAddresses{sharedCluster.Postgres.Address(), sharedCluster.Temporal.Address()},
	}
	if sort.own {
		l.ownServers(sort)
	}
	l.simulate(plan{
		company: company.Options{Employees: 40, Quiet: true, Seed: 1}, days: daysBefore,
		settings: func(s *platform.Settings) {
			s.RetryDelays = []time.Duration{300 * time.Millisecond, 900 * time.Millisecond}
			s.NoConnection = platform.NoConnectionDrop // what happened before is told to nobody
		},
	})
	l.happenBefore()
	l.env = l.environment(plan{})
	l.connect()
	l.links = newLinks(t, map[string]string{
		toDingTalk: strings.TrimPrefix(l.platform.URL(), "http://"), toPostgreSQL: l.stores.postgres, toTemporal: l.stores.temporal,
	})
	l.programs = map[string]map[string]string{starter: l.through(starter), worker: l.through(worker)}
	if sort.drains {
		l.programs[starter]["DAKASYNC_DRAIN_INTERVAL"], l.programs[worker]["DAKASYNC_DRAIN_INTERVAL"] = "5s", "5s"
	}
	l.launch(worker)
	l.awaitReady(worker)
	l.coverBefore()
	l.watch = startWatch(l)
	l.launch(starter)
	l.awaitReady(starter)
	l.awaitMade()
	return l
}

// awaitMade is awaitSetup on a machine that is so busy that a server may be late with an answer.
func (l *lane) awaitMade() {
	l.t.Helper()
	var missing string
	for deadline := time.Now().Add(2 * upTime); ; {
		ctx, cancel := context.WithTimeout(l.t.Context(), soon)
		missing = l.notMade(ctx)
		cancel()
		if missing == "" {
			return
		}
		require.True(l.t, time.Now().Before(deadline) && ops.Sleep(l.t.Context(), tick), "schedules or standing run are missing: %s", missing)
	}
}

func (l *lane) notMade(ctx context.Context) string {
	for _, id := range []string{workflows.ScheduleDrain, workflows.ScheduleReconcile} {
		if _, err := l.temporal.ScheduleClient().GetHandle(ctx, id).Describe(ctx); err != nil {
			return err.Error()
		}
	}
	_, err := l.temporal.DescribeWorkflowExecution(ctx, "resync/"+l.company.CorpID(), "")
	if err != nil {
		return err.Error()
	}
	return ""
}

// bareDeployment is one without anything that it stands on.
func bareDeployment(t *testing.T) *deployment {
	t.Helper()
	d := newDeployment(t, "chaos_"+strings.ToLower(rand.Text()[:12]))
	t.Cleanup(d.end)
	d.mayFail = workflows.TypeDrainFailedPushes // when DingTalk refuses twice; the schedule, or the recovery, tries again
	return d
}

func (l *lane) ownServers(sort laneSort) {
	l.t.Helper()
	parent := memory()
	dir, err := os.MkdirTemp(parent, "dakasync-chaos-")
	require.NoError(l.t, err)
	l.t.Cleanup(func() { require.NoError(l.t, os.RemoveAll(dir)) })
	require.NoError(l.t, os.Chmod(dir, 0o755)) // The database server's account passes through.
	if sort.disk {
		const megabytes = 400
		require.NoError(l.t, smallDisk(l.t, dir, megabytes))
	}
	l.own = newServers(l.t, dir)
	l.stores = laneAddresses{l.own.postgres.Address(), l.own.temporalAddress}
}

func (l *lane) urlOf(database string) string {
	if l.own != nil {
		return l.own.postgres.URL(database)
	}
	return sharedCluster.Postgres.URL(database)
}

// connect makes the lane's database and namespace, and connects the suite itself to them.
func (l *lane) connect() {
	l.t.Helper()
	admin, err := pgx.Connect(l.t.Context(), l.urlOf("postgres"))
	require.NoError(l.t, err)
	defer admin.Close(context.Background())
	_, err = admin.Exec(l.t.Context(), "CREATE DATABASE "+pgx.Identifier{l.name}.Sanitize())
	require.NoError(l.t, err)
	l.db, err = pgxpool.New(l.t.Context(), l.urlOf(l.name))
	require.NoError(l.t, err)
	l.t.Cleanup(l.drop)
	l.temporal = namespaceAt(l.t, l.stores.temporal, l.name, l.codec())
}

// drop removes the lane's database: a long run has many lanes.
func (l *lane) drop() {
	l.db.Close()
	if l.own != nil {
		return // It goes as a whole.
	}
	for _, started := range l.processes {
		_ = started.Signal(syscall.SIGKILL)
		<-started.Done()
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	admin, err := pgx.Connect(ctx, l.urlOf("postgres"))
	if err == nil {
		_, err = admin.Exec(ctx, "DROP DATABASE "+pgx.Identifier{l.name}.Sanitize()+" WITH (FORCE)")
		err = errors.Join(err, admin.Close(ctx))
	}
	if err != nil {
		l.t.Errorf("drop the lane's database: %v", err)
	}
}

// through is the environment of a program that speaks to everything through the lane's links.
func (l *lane) through(program string) map[string]string {
	dingTalk := "http://" + l.links[linkName(program, toDingTalk)].address()
	return map[string]string{
		"DINGTALK_API_URL": dingTalk, "DINGTALK_OAPI_URL": dingTalk,
		"DATABASE_URL":     strings.Replace(l.urlOf(l.name), l.stores.postgres, l.links[linkName(program, toPostgreSQL)].address(), 1),
		"TEMPORAL_ADDRESS": l.links[linkName(program, toTemporal)].address(), "TEMPORAL_NAMESPACE": l.name,
		// Not from the kernel's own range: the address must be free when the program comes back.
		"DAKASYNC_HTTP_ADDR":      reservedAddress(l.t),
		"DAKASYNC_RECOVERY_DELAY": "1s", "DAKASYNC_DRAIN_INTERVAL": "1h", "DAKASYNC_SETTLE_DELAYS": "100ms,300ms",
	}
}

// launch starts one of the two programs, as it is configured in this lane.
func (l *lane) launch(name string) {
	l.startFrom(cmp.Or(l.folder, programs), name, name, l.programs[name])
}

// killProgram ends a program as a crash does. One that is stopped dies as well.
func (l *lane) killProgram(name string) error {
	if err := l.processes[name].Signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-l.processes[name].Done()
	return nil
}

// signal sends a signal to programs.
func (l *lane) signal(signal syscall.Signal, names ...string) error {
	var failures []error
	for _, name := range names {
		failures = append(failures, l.processes[name].Signal(signal))
	}
	return errors.Join(failures...)
}

// died says which program has ended by itself: nothing that a trial does may bring one to that.
func (l *lane) died() string {
	for name, started := range l.processes {
		select {
		case <-started.Done():
			return fmt.Sprintf("%s has ended by itself: %v", name, started.Err())
		default:
		}
	}
	return ""
}

// during lets a trial's own test hear of what goes wrong in it.
func (l *lane) during(t *testing.T, do func()) {
	lasting := l.t
	l.t = t
	defer func() { l.t = lasting }()
	do()
}

// keep copies the programs' logs to where they can be looked at.
func (l *lane) keep(seed int64) {
	if *chaosKeep == "" {
		return
	}
	into := filepath.Join(*chaosKeep, fmt.Sprintf("seed-%d", seed))
	if err := os.MkdirAll(into, 0o755); err != nil {
		l.t.Logf("keep the logs: %v", err)
		return
	}
	for _, name := range []string{starter, worker} {
		if text, err := os.ReadFile(l.logFile(name)); err == nil {
			_ = os.WriteFile(filepath.Join(into, name+".log"), text, 0o644)
		}
	}
	l.t.Logf("the logs are in %s", into)
}

// rows of a query as text, for messages and comparisons.
func (l *lane) rows(ctx context.Context, query string, arguments ...any) ([]oracle.Row, error) {
	rows, err := l.db.Query(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, oracle.ReadRow)
}
