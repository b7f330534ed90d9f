package ledger

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Options say which ledger to open, and for whom.
type Options struct {
	URL      string         // PostgreSQL 14 or newer
	CorpID   string         // the company that the rows belong to
	Location *time.Location // the company's zone; Asia/Shanghai unless given
	Logger   *slog.Logger   // none unless given
	NowFunc  func() time.Time
	MaxConns int32        // 0: the driver's default
	Tracer   trace.Tracer // makes spans of transactions; none unless given
}

// Store is the ledger. It is safe for use by many goroutines.
type Store struct {
	pool    *pgxpool.Pool
	corp    string
	zone    *time.Location
	logger  *slog.Logger
	nowFunc func() time.Time
	tracer  trace.Tracer
}

// chinaOffset is China Standard Time, which knows no summer time: the zone
// database may be missing on a small machine.
const chinaOffset = 8 * 60 * 60

// connectTimeout bounds one attempt to reach the server, unless the URL says
// otherwise.
const connectTimeout = 5 * time.Second

// Open prepares a pool. It does not connect: a server that is away is found by
// Ping or by the first use, with ErrUnavailable.
func Open(ctx context.Context, o Options) (*Store, error) {
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, fmt.Errorf("read DATABASE_URL: %w", err) // the driver cuts the password out
	}
	config.ConnConfig.RuntimeParams["timezone"] = "UTC" // snapshots are text made by the server
	config.ConnConfig.RuntimeParams["search_path"] = ""
	config.ConnConfig.RuntimeParams["application_name"] = cmp.Or(
		config.ConnConfig.RuntimeParams["application_name"], "dakasync")
	// The rows of one user-day are read by key, from memory as a rule. With the server's default, made for disks that turn, plans of small
	// tables read the whole table instead, with every punch.
	config.ConnConfig.RuntimeParams["random_page_cost"] = cmp.Or(config.ConnConfig.RuntimeParams["random_page_cost"], "1.1")
	// Compiling a plan takes longer than all that we ask, and a large table makes plans look as if it were worth it.
	config.ConnConfig.RuntimeParams["jit"] = cmp.Or(config.ConnConfig.RuntimeParams["jit"], "off")
	config.ConnConfig.ConnectTimeout = cmp.Or(config.ConnConfig.ConnectTimeout, connectTimeout)
	if o.MaxConns > 0 {
		config.MaxConns = o.MaxConns
	}
	tracer := o.Tracer
	if tracer == nil {
		tracer = noop.NewTracerProvider().Tracer("")
	} else {
		config.ConnConfig.Tracer = statements{tracer}
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("prepare the connections to PostgreSQL: %w", err)
	}
	s := &Store{pool: pool, corp: cleanText(o.CorpID), zone: o.Location, logger: o.Logger, nowFunc: o.NowFunc, tracer: tracer}
	if s.zone == nil {
		s.zone = time.FixedZone("Asia/Shanghai", chinaOffset)
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.nowFunc == nil {
		s.nowFunc = time.Now
	}
	return s, nil
}

// Close lets all connections go, after those in use have come back.
func (s *Store) Close() { s.pool.Close() }

// Ping asks whether PostgreSQL answers and can be written to.
func (s *Store) Ping(ctx context.Context) error {
	var readOnly bool
	err := s.pool.QueryRow(ctx, "SELECT pg_catalog.pg_is_in_recovery() OR pg_catalog.current_setting('transaction_read_only')::bool").Scan(&readOnly)
	if err != nil {
		return failure("reach PostgreSQL", err)
	}
	if readOnly {
		return fmt.Errorf("reach PostgreSQL: %w: the server only takes reads (a standby? default_transaction_read_only, as where a disk is full?)", ErrUnavailable)
	}
	return nil
}
