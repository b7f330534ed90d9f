//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// User is the name of the superuser of every cluster of this package.
const User = "dakasync"

const (
	portAttempts = 3
	pollInterval = 5 * time.Millisecond
	startTimeout = 30 * time.Second
	stopTimeout  = 10 * time.Second
)

// Options says which cluster to run and how.
type Options struct {
	// Dir holds the cluster, its password, lock and log. It is made when missing. Required.
	Dir string
	// Port on 127.0.0.1 that is preferred; where it is taken, and with 0, it is any free one.
	Port int
	// Volatile gives up durability for speed. For tests only: a crash of the machine loses the cluster.
	Volatile bool
	// Parameters are server settings to add to ours, such as max_connections.
	Parameters map[string]string
	// Logger hears what is being waited for; nil means silence.
	Logger *slog.Logger
}

// Server is a running private PostgreSQL server.
type Server struct {
	installation installation
	cluster      cluster
	port         int
	password     string
	lock         *folderLock
	command      *exec.Cmd
	stopOnce     sync.Once
	stopErr      error
	done         chan struct{}
	exitErr      error
}

// Start brings up the server on its folder, making the cluster first when there is none. The context bounds the start
// only: the server runs until Stop, or until this process ends.
func Start(ctx context.Context, options Options) (*Server, error) {
	if options.Dir == "" {
		return nil, errors.New("private PostgreSQL: Options.Dir is empty: name the folder that is to hold the data")
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(options.Dir)
	if err != nil {
		return nil, fmt.Errorf("private PostgreSQL: resolve folder %s: %w", options.Dir, err)
	}
	options.Dir = dir
	server, err := start(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("private PostgreSQL in %s: %w", dir, err)
	}
	return server, nil
}

func start(ctx context.Context, options Options) (_ *Server, err error) {
	owner, err := serverAccount()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(options.Dir, 0o755); err != nil { //nolint:gosec // The server's account passes through.
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	if err := owner.reaches(options.Dir); err != nil {
		return nil, err
	}
	lock, err := lockFolder(options.Dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, lock.release())
		}
	}()
	cluster := cluster{dir: options.Dir, owner: owner, volatile: options.Volatile}
	major, err := cluster.major()
	if err != nil {
		return nil, err
	}
	found, err := findInstallation(ctx, major, options.Logger)
	if err != nil {
		return nil, err
	}
	if err := cluster.stopOrphan(ctx, found); err != nil {
		return nil, err
	}
	password, err := cluster.prepare(ctx, found)
	if err != nil {
		return nil, err
	}
	return startOnPort(ctx, options, &Server{installation: found, cluster: cluster, password: password, lock: lock})
}

// startOnPort tries again on another port: the preferred one may be taken, and between finding a free one and listening
// on it somebody else may take that.
func startOnPort(ctx context.Context, options Options, template *Server) (*Server, error) {
	var failures []error
	for attempt := range portAttempts {
		wanted := options.Port
		if attempt > 0 {
			wanted = 0
		}
		port, err := freePort(ctx, wanted)
		if err != nil {
			return nil, err
		}
		server := &Server{
			installation: template.installation, cluster: template.cluster, password: template.password,
			lock: template.lock, port: port, done: make(chan struct{}),
		}
		if err := server.launch(ctx, options); err != nil {
			failures = append(failures, err)
		} else {
			return server, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(failures...)
}

// launch starts the process and waits until it is ready.
func (s *Server) launch(ctx context.Context, options Options) error {
	log, err := s.cluster.openLog()
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // The child has its own descriptor.

	//nolint:gosec,noctx // The binary was found by us; the server outlives the context of its start.
	s.command = exec.Command(s.installation.path("postgres"), s.arguments(options)...)
	s.command.Dir = s.cluster.dataDir()
	s.command.Env = childEnvironment()
	s.command.Stdout, s.command.Stderr = log, log
	s.command.SysProcAttr = childAttributes(s.cluster.owner)

	started := make(chan error, 1)
	go s.run(started)
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", s.command.Path, err)
	}
	if err := s.waitReady(ctx); err != nil {
		_ = s.command.Process.Signal(syscall.SIGQUIT)
		<-s.done
		return err
	}
	return nil
}

func (s *Server) arguments(options Options) []string {
	parameters := map[string]string{
		"listen_addresses": "127.0.0.1", "port": strconv.Itoa(s.port),
		// No socket: its path holds 107 bytes at most, and the port with a password serves every client alike.
		"unix_socket_directories": "",
		"max_connections":         "200", "log_min_messages": "warning", "timezone": "UTC",
	}
	if options.Volatile {
		for _, name := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
			parameters[name] = "off"
		}
	}
	maps.Copy(parameters, options.Parameters)
	arguments := append(make([]string, 0, 2+len(parameters)), "-D", s.cluster.dataDir())
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		arguments = append(arguments, "--"+name+"="+parameters[name])
	}
	return arguments
}

// waitReady reads the server's own word for it in postmaster.pid, so that no other server on the port is mistaken for ours.
func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for !s.cluster.ready(s.command.Process.Pid) {
		select {
		case <-s.done:
			return fmt.Errorf("the server ended while it started: %w", s.exitErr)
		case <-ctx.Done():
			return fmt.Errorf("the server was not ready in time: %w; its log is %s", ctx.Err(), s.cluster.logFile())
		case <-ticker.C:
		}
	}
	connection, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("the server is up but does not take our password (%s): %w", s.cluster.passwordFile(), err)
	}
	return connection.Close(ctx)
}

// URL is the address of a database of this server, with the password in it: not for logs.
func (s *Server) URL(database string) string {
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(User, s.password),
		Host: s.Address(), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return address.String()
}

// Address is host:port.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Port is the loopback port that the server listens on.
func (s *Server) Port() int { return s.port }

// Password of User.
func (s *Server) Password() string { return s.password }

// Version is the server's own, such as "15.18".
func (s *Server) Version() string { return s.installation.version }

// Bin is the folder of the server's programs, psql among them where the source has it.
func (s *Server) Bin() string { return s.installation.bin }

// LogFile is where the server writes its log.
func (s *Server) LogFile() string { return s.cluster.logFile() }

// Done is closed when the server has ended, by Stop or on its own.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err tells how the server ended; it is nil until Done is closed and after an orderly end.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.exitErr
	default:
		return nil
	}
}

// CreateDatabase makes a database unless it exists.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	connection, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()
	_, err = connection.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	const duplicateDatabase = "42P04"
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == duplicateDatabase {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// Stop ends the server: clients are cut off and everything is written down; when the context ends first, or after ten
// seconds, at once and with recovery at the next start. It may be called again, with the same result.
func (s *Server) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() { s.stopErr = s.stop(ctx) })
	return s.stopErr
}

func (s *Server) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	_ = s.command.Process.Signal(syscall.SIGINT) // An error means that it has ended.
	select {
	case <-s.done:
	case <-ctx.Done():
		_ = s.command.Process.Signal(syscall.SIGQUIT)
		<-s.done
	}
	return errors.Join(s.exitErr, s.lock.release())
}

// freePort is the wanted port, or any other where it is taken.
func freePort(ctx context.Context, wanted int) (int, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(wanted)))
	if err != nil && wanted != 0 {
		return freePort(ctx, 0)
	}
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("find a free port: unexpected address %s", listener.Addr())
	}
	return address.Port, nil
}
