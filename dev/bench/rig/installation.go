package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/dev/process"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// pastDays is how many days a company has behind it.
const pastDays = 60

// Source is a simulated company with a quiet past, and its platform.
type Source struct {
	Company  *company.Company
	Platform *platform.Platform
}

// StartSource starts one. The platform has no limits and faults but those that settings may set.
func (r *Rig) StartSource(ctx context.Context, employees int, set func(*platform.Settings)) (*Source, error) {
	now := time.Now()
	r.sources++
	s := &Source{Company: company.New(company.Options{
		Seed: 1, Employees: employees, CorpID: fmt.Sprintf("dingbench%d", r.sources), Start: now.AddDate(0, 0, -pastDays), Quiet: true,
	})}
	s.Company.Advance(now)
	settings := platform.Defaults()
	settings.QPS = 0
	if set != nil {
		set(&settings)
	}
	s.Platform = platform.New(platform.Options{Company: s.Company, Settings: &settings})
	if err := s.Platform.Start(ctx, "127.0.0.1:0"); err != nil {
		return nil, err
	}
	r.After(s.Platform.Close)
	return s, nil
}

// Installation is one dakasync: its own company, ledger and task queue.
type Installation struct {
	*Source

	DatabaseURL string
	Database    *pgx.Conn
	Programs    map[string]*process.Process

	rig         *Rig
	name        string
	environment []string
}

// Install makes an installation of a source, with a database of its own, and starts the programs named, in order, as a user would. The
// environment is added to the settings.
func (r *Rig) Install(ctx context.Context, name string, source *Source, environment []string, programs ...string) (*Installation, error) {
	if err := r.Cluster.Postgres.CreateDatabase(ctx, name); err != nil {
		return nil, err
	}
	i := &Installation{
		Source: source, DatabaseURL: r.Cluster.Postgres.URL(name), Programs: map[string]*process.Process{}, rig: r, name: name, environment: environment,
	}
	var err error
	if i.Database, err = pgx.Connect(ctx, i.DatabaseURL); err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	r.After(func() error { return i.Database.Close(context.WithoutCancel(ctx)) })
	for _, program := range programs {
		if err := i.StartProgram(ctx, program); err != nil {
			return nil, err
		}
	}
	if !slices.Contains(programs, Starter) {
		return i, nil
	}
	return i, r.Until(ctx, "a Stream connection", readyTimeout, func(context.Context) bool { return source.Platform.Connections() > 0 })
}

// StartProgram starts one of the product's programs, and waits until it is ready.
func (i *Installation) StartProgram(ctx context.Context, program string) error {
	Sayf("%s: starting %s", i.name, program)
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	path := filepath.Join(i.rig.place.Dir, "bin", program)
	if i.Programs[program], err = i.rig.Run(i.name+"-"+program, path, nil, i.Environment(address)); err != nil {
		return err
	}
	return i.rig.Until(ctx, program+" to be ready", readyTimeout, func(ctx context.Context) bool { return answersOK(ctx, "http://"+address+"/readyz") })
}

// Queue is the installation's task queue.
func (i *Installation) Queue() string { return "bench-" + i.name }

// Environment tells a program where everything is, and nothing of what the user has set for another installation. Calls are as good as
// unlimited, unless the installation's own environment says otherwise.
func (i *Installation) Environment(address string) []string {
	environment := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return name == "DATABASE_URL" || strings.HasPrefix(name, "DAKASYNC_") || strings.HasPrefix(name, "DINGTALK_") ||
			strings.HasPrefix(name, "TEMPORAL_")
	})
	environment = append(environment,
		"DATABASE_URL="+i.DatabaseURL, "DAKASYNC_HTTP_ADDR="+address, "DAKASYNC_QPS=1000", "DAKASYNC_EDITION=unlimited",
		"TEMPORAL_ADDRESS="+i.rig.Cluster.Temporal.Address(), "TEMPORAL_NAMESPACE="+i.rig.Cluster.Temporal.Namespace(),
		"TEMPORAL_CONFIG_FILE="+os.DevNull, "DAKASYNC_TASK_QUEUE="+i.Queue(),
		"DINGTALK_API_URL="+i.Platform.URL(), "DINGTALK_OAPI_URL="+i.Platform.URL(), "DINGTALK_CORP_ID="+i.Company.CorpID(),
		"DINGTALK_CLIENT_ID="+i.Platform.ClientID(), "DINGTALK_CLIENT_SECRET="+i.Platform.ClientSecret(),
		"DINGTALK_OP_USER_ID="+company.AdminUserID,
	)
	return append(environment, i.environment...)
}

func answersOK(ctx context.Context, address string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	response, err := (&http.Client{Timeout: time.Second}).Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

func freeAddress(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	address := listener.Addr().String()
	return address, listener.Close()
}

// NewFolder makes an empty folder that the database server's account may use, and the function that removes it.
func NewFolder() (dir string, remove func() error, err error) {
	dir, err = os.MkdirTemp("", "dakasync-bench-")
	if err != nil {
		return "", nil, fmt.Errorf("make the data folder: %w", err)
	}
	if err := os.Chmod(dir, dirMode); err != nil {
		return "", nil, errors.Join(fmt.Errorf("open the data folder to the database server: %w", err), os.RemoveAll(dir))
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}
