package temporalite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
)

const (
	loopback         = "127.0.0.1"
	defaultNamespace = "default"
	readyTimeout     = 60 * time.Second
)

// SQL says where PostgreSQL is. The user must be allowed to create databases and the extension btree_gin.
type SQL struct {
	Address  string // host:port
	User     string
	Password string
}

// Options says where the server keeps its data and where it listens.
type Options struct {
	SQL SQL
	// FrontendPort on 127.0.0.1 that is preferred; where it is taken, and with 0, it is any free one.
	FrontendPort int
	// UIPort is the same for the Web UI. NoUI leaves that out.
	UIPort int
	NoUI   bool
	// Namespace is made when missing; empty means "default".
	Namespace string
	// LogFile takes the server's warnings; empty means nowhere.
	LogFile string
	// Dynamic adds dynamic configuration, by Temporal's own keys.
	Dynamic map[string]any
}

// Server is a running Temporal server.
type Server struct {
	server   temporal.Server
	ui       *webUI
	ports    ports
	options  Options
	stopOnce sync.Once
	stopErr  error
}

// Start brings up the server and returns when its namespace can be used. The context bounds the start only.
func Start(ctx context.Context, options Options) (*Server, error) {
	if options.Namespace == "" {
		options.Namespace = defaultNamespace
	}
	server, err := start(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("embedded Temporal: %w", err)
	}
	return server, nil
}

func start(ctx context.Context, options Options) (*Server, error) {
	logger := newLogger(options.LogFile)
	if err := prepareDatabases(ctx, options.SQL, logger); err != nil {
		return nil, err
	}
	if err := ensureNamespace(options.SQL, options.Namespace); err != nil {
		return nil, err
	}
	ports, err := choosePorts(ctx, options)
	if err != nil {
		return nil, err
	}
	inner, err := newServer(ctx, options, ports, logger)
	if err != nil {
		return nil, err
	}
	if err := inner.Start(); err != nil {
		return nil, fmt.Errorf("start: %w", errors.Join(err, inner.Stop()))
	}
	server := &Server{server: inner, ports: ports, options: options}
	if err := server.waitReady(ctx); err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	if !options.NoUI {
		server.ui = startUI(ports, options.Namespace)
	}
	return server, nil
}

func newServer(ctx context.Context, options Options, ports ports, logger log.Logger) (temporal.Server, error) {
	settings := serverConfig(options, ports)
	server, err := temporal.NewServer(
		temporal.WithConfig(settings),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithLogger(logger),
		temporal.WithNamespaceLogger(logger),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
		temporal.WithCustomMetricsHandler(metrics.NoopMetricsHandler),
		temporal.WithDynamicConfigClient(dynamicConfig(options)),
		temporal.WithStaticHosts(map[primitives.ServiceName]static.Hosts{
			primitives.FrontendService: static.SingleLocalHost(address(ports.frontend)),
			primitives.HistoryService:  static.SingleLocalHost(address(ports.history)),
			primitives.MatchingService: static.SingleLocalHost(address(ports.matching)),
			primitives.WorkerService:   static.SingleLocalHost(address(ports.worker)),
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("put the server together: %w", err)
	}
	return server, ctx.Err()
}

// waitReady asks for the namespace until the server knows it.
func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	lazy, err := client.NewLazyClient(client.Options{HostPort: s.Address(), Namespace: s.options.Namespace, Logger: silent{}})
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	defer lazy.Close()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		_, err := lazy.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: s.options.Namespace})
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("namespace %s was not usable in time: %w", s.options.Namespace, err)
		case <-ticker.C:
		}
	}
}

// Address is the frontend's host:port.
func (s *Server) Address() string { return address(s.ports.frontend) }

// Namespace is the one that was made.
func (s *Server) Namespace() string { return s.options.Namespace }

// UIURL is where the Web UI answers; empty without one.
func (s *Server) UIURL() string {
	if s.ui == nil {
		return ""
	}
	return "http://" + address(s.ports.ui)
}

// Stop ends the Web UI and the server. It may be called again, with the same result.
func (s *Server) Stop() error {
	s.stopOnce.Do(func() {
		if s.ui != nil {
			s.ui.stop()
		}
		if err := s.server.Stop(); err != nil {
			s.stopErr = fmt.Errorf("stop embedded Temporal: %w", err)
		}
	})
	return s.stopErr
}

func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }
