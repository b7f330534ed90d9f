package config

import (
	"time"

	"go.temporal.io/sdk/client"

	"dakasync/budget"
	"dakasync/privacy"
	"dakasync/seal"
)

// Config is what a process was told. Concerns that its Use does not need are
// zero.
type Config struct {
	App      App
	Company  Company
	Database Database
	Temporal Temporal
	Sync     Sync
	Process  Process
	Log      Log
}

// App is the in-house app that DingTalk knows us by.
type App struct {
	ClientID          string         `envconfig:"DINGTALK_CLIENT_ID"`
	ClientSecret      privacy.Secret `envconfig:"DINGTALK_CLIENT_SECRET"`
	ClientSecretFile  string         `envconfig:"DINGTALK_CLIENT_SECRET_FILE"`
	OperatorUserID    string         `envconfig:"DINGTALK_OP_USER_ID"`
	APIURL            baseURL        `envconfig:"DINGTALK_API_URL" default:"https://api.dingtalk.com"`
	OAPIURL           baseURL        `envconfig:"DINGTALK_OAPI_URL" default:"https://oapi.dingtalk.com"`
	StreamConnections int            `envconfig:"DINGTALK_STREAM_CONNECTIONS" default:"2"`
}

// Company is whose attendance this is and how its days are counted.
type Company struct {
	CorpID string         `envconfig:"DINGTALK_CORP_ID"`
	Zone   zone           `envconfig:"DAKASYNC_TIMEZONE" default:"Asia/Shanghai"`
	PII    privacy.Policy `envconfig:"DAKASYNC_PII" default:"minimal"`
}

// Location is the company's time zone.
func (c Company) Location() *time.Location { return c.Zone.Location }

// Database is the company's own PostgreSQL. The URL may hold a password.
type Database struct {
	URL     privacy.Secret `envconfig:"DATABASE_URL"`
	Migrate bool           `envconfig:"DAKASYNC_MIGRATE" default:"true"`
}

// Temporal is where runs live and under which names work is handed over.
type Temporal struct {
	Options    client.Options `ignored:"true"` // from TEMPORAL_*
	TaskQueue  string         `envconfig:"DAKASYNC_TASK_QUEUE" default:"dakasync"`
	Deployment string         `envconfig:"DAKASYNC_DEPLOYMENT"`
	BuildID    string         `envconfig:"DAKASYNC_BUILD_ID"`

	PayloadKeys     privacy.Secret `envconfig:"DAKASYNC_PAYLOAD_KEYS"`
	PayloadKeysFile string         `envconfig:"DAKASYNC_PAYLOAD_KEYS_FILE"`
	Ring            seal.Ring      `ignored:"true"` // of these keys
}

// PayloadCodec seals and opens what the company's runs carry.
func (c Config) PayloadCodec() *seal.Codec { return seal.NewCodec(c.Temporal.Ring, c.Company.CorpID) }

// Sync is how eagerly DingTalk is asked.
type Sync struct {
	SettleDelays       delays        `envconfig:"DAKASYNC_SETTLE_DELAYS" default:"5s,30s,2m"`
	DrainInterval      time.Duration `envconfig:"DAKASYNC_DRAIN_INTERVAL" default:"1h"`
	RecoveryDelay      time.Duration `envconfig:"DAKASYNC_RECOVERY_DELAY" default:"3m"`
	MakeUpProcessCodes list          `envconfig:"DAKASYNC_MAKE_UP_PROCESS_CODES"`
	QPS                int           `envconfig:"DAKASYNC_QPS" default:"20"`
	LiveCalls          liveCalls     `envconfig:"DAKASYNC_LIVE_CALLS" default:"in-task"`
	Edition            edition       `envconfig:"DAKASYNC_EDITION" default:"standard"`
	MonthlyCalls       count         `envconfig:"DAKASYNC_MONTHLY_CALLS"`
	MonthlyPushes      count         `envconfig:"DAKASYNC_MONTHLY_PUSHES"`
	CallReserve        int           `envconfig:"DAKASYNC_CALL_RESERVE" default:"10"`
	BatchWindow        batchWindow   `envconfig:"DAKASYNC_BATCH_WINDOW" default:"auto"`
}

// Budget is what may be spent in a month: the edition's figures, or the numbers
// that replace them.
func (s Sync) Budget() budget.Budget {
	e, _ := budget.EditionOf(string(s.Edition)) // an unknown one is a fault
	if s.MonthlyCalls.given {
		e.Calls = s.MonthlyCalls.n
	}
	if s.MonthlyPushes.given {
		e.Pushes = s.MonthlyPushes.n
	}
	b := e.Budget(s.CallReserve, s.DrainInterval)
	b.Window = time.Duration(s.BatchWindow)
	return b
}

// Process is where a process shows its health. Without a setting each process
// has an address of its own.
type Process struct {
	HTTPAddr hostPort `envconfig:"DAKASYNC_HTTP_ADDR"`
}

// Log is what the process writes to standard error.
type Log struct {
	Level  logLevel  `envconfig:"DAKASYNC_LOG_LEVEL" default:"info"`
	Format logFormat `envconfig:"DAKASYNC_LOG_FORMAT" default:"text"`
}
