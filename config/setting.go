package config

import (
	"slices"
	"strings"

	"dakasync/budget"
)

// Setting describes one environment variable to the person who sets it. The
// settings table of the README is tested against Settings.
type Setting struct {
	Name    string
	Default string // as text; "" means none
	Accepts string // completes "takes …"
	Meaning string
	Dev     bool // only read by go run ./dev

	concern  concern
	required bool
	secret   bool // its value never appears in a message
	emptyOK  bool // empty means something else than not set
	min, max int64
}

// Settings lists every variable that dakasync itself reads, in the order of the
// README. TEMPORAL_* is Temporal's own.
func Settings() []Setting {
	return slices.Concat(appSettings(), companySettings(), temporalSettings(), syncSettings(), processSettings())
}

func appSettings() []Setting {
	return []Setting{
		{Name: "DINGTALK_CLIENT_ID", concern: concernApp, required: true, Accepts: "the app's Client ID (AppKey), from its page in the DingTalk console", Meaning: "AppKey of the in-house app"},
		{Name: "DINGTALK_CLIENT_SECRET", concern: concernApp, secret: true, Accepts: "the app's Client Secret (AppSecret)", Meaning: "AppSecret of the in-house app"},
		{Name: "DINGTALK_CLIENT_SECRET_FILE", concern: concernApp, Accepts: "the path of a readable file that holds the Client Secret", Meaning: "file that holds the AppSecret; set this or `DINGTALK_CLIENT_SECRET`"},
		{Name: "DINGTALK_CORP_ID", concern: concernCompany, required: true, Accepts: "the company's CorpId, from the home page of the DingTalk console", Meaning: "the company; another company's events are refused"},
		{Name: "DINGTALK_OP_USER_ID", concern: concernApp, Accepts: "the user id of an administrator", Meaning: "administrator for the calls that want one (schedules, templates)"},
		{Name: "DINGTALK_API_URL", Default: "https://api.dingtalk.com", concern: concernApp, Accepts: "an http or https URL", Meaning: "new API and Stream gateway"},
		{Name: "DINGTALK_OAPI_URL", Default: "https://oapi.dingtalk.com", concern: concernApp, Accepts: "an http or https URL", Meaning: "old API"},
		{Name: "DINGTALK_STREAM_CONNECTIONS", Default: "2", concern: concernApp, min: 1, max: 16, Accepts: "a whole number from 1 to 16", Meaning: "Stream connections of one starter"},
	}
}

func companySettings() []Setting {
	return []Setting{
		{Name: "DATABASE_URL", concern: concernDatabase, required: true, secret: true, Accepts: "a PostgreSQL URL like postgres://user:password@host:5432/name, or keywords like host=/run/postgresql dbname=name", Meaning: "PostgreSQL 14 or newer"}, //nolint:gosec // An example.
		{Name: "DAKASYNC_MIGRATE", Default: "true", concern: concernDatabase, Accepts: "true or false", Meaning: "the worker brings the schema up; else `dakactl migrate` does"},
		{Name: "DAKASYNC_TIMEZONE", Default: "Asia/Shanghai", concern: concernCompany, Accepts: "an IANA time zone like Asia/Shanghai", Meaning: "the company's zone"},
		{Name: "DAKASYNC_PII", Default: "minimal", concern: concernCompany, Accepts: "minimal or full", Meaning: "`full` keeps coordinates, addresses, SSIDs, MACs, device ids and photo URLs; `minimal` removes them before anything is stored"},
	}
}

func temporalSettings() []Setting {
	return []Setting{
		{Name: "DAKASYNC_TASK_QUEUE", Default: "dakasync", concern: concernTemporal, Accepts: "a task queue name of at most 200 characters without spaces", Meaning: "workflows and database activities; DingTalk calls use `<name>-dingtalk` and, where nobody waits for them, `<name>-background`"},
		{Name: "DAKASYNC_DEPLOYMENT", concern: concernTemporal, Accepts: "a deployment name without dots, together with DAKASYNC_BUILD_ID", Meaning: "Worker Versioning: deployment name"},
		{Name: "DAKASYNC_BUILD_ID", concern: concernTemporal, Accepts: "a build id, together with DAKASYNC_DEPLOYMENT", Meaning: "Worker Versioning: build id"},
		{Name: "DAKASYNC_PAYLOAD_KEYS", concern: concernTemporal, secret: true, Accepts: "keys like id:base64,id:base64, each of 32 bytes (openssl rand -base64 32); the word clear in the first place seals nothing", Meaning: "encrypts what runs carry in Temporal: the first key seals, every key opens; the same for every process"},
		{Name: "DAKASYNC_PAYLOAD_KEYS_FILE", concern: concernTemporal, Accepts: "the path of a readable file that holds such keys, one a line", Meaning: "file that holds the keys; set this or `DAKASYNC_PAYLOAD_KEYS`"},
	}
}

func syncSettings() []Setting {
	const second, hour, day = int64(1e9), int64(3600e9), int64(24 * 3600e9)
	return []Setting{
		{Name: "DAKASYNC_SETTLE_DELAYS", Default: "5s,30s,2m", concern: concernSync, emptyOK: true, Accepts: "at most 10 durations of at most 1h, separated by commas, like 5s,30s,2m; empty for none", Meaning: "waits between re-reads of an unexplained punch; empty = none"},
		{Name: "DAKASYNC_DRAIN_INTERVAL", Default: "1h", concern: concernSync, min: second, max: day, Accepts: "a duration from 1s to 24h", Meaning: "how often the failed-push list is read"},
		{Name: "DAKASYNC_RECOVERY_DELAY", Default: "3m", concern: concernSync, min: 0, max: hour, Accepts: "a duration from 0s to 1h", Meaning: "how long after a gap in the coverage, or a lost read of the failed-push list, its days are asked about; never under 10s"},
		{Name: "DAKASYNC_MAKE_UP_PROCESS_CODES", concern: concernSync, Accepts: "process codes separated by commas", Meaning: "templates of make-up approvals; without it they are found through the templates API"},
		{Name: "DAKASYNC_QPS", Default: "20", concern: concernSync, min: 1, max: 1000, Accepts: "a whole number from 1 to 1000", Meaning: "calls a second to any one DingTalk API, whole fleet"},
		{Name: "DAKASYNC_LIVE_CALLS", Default: "in-task", concern: concernSync, Accepts: "in-task or queued", Meaning: "how a punch that is answered at once is asked about: `in-task` within the run's first task, in half the time; `queued` always as an activity of its own in the queue of calls"},
		{Name: "DAKASYNC_EDITION", Default: "standard", concern: concernBudget, Accepts: strings.Join(budget.EditionNames(), ", "), Meaning: "edition of DingTalk that the organisation has; it says how many calls and pushes a month holds (`dakactl plan` lists them)"},
		{Name: "DAKASYNC_MONTHLY_CALLS", concern: concernBudget, Accepts: "a whole number from 0 to 1000000000", Meaning: "calls a month in place of the edition's, as when other apps use them too; 0 = no bound"},
		{Name: "DAKASYNC_MONTHLY_PUSHES", concern: concernBudget, Accepts: "a whole number from 0 to 1000000000", Meaning: "pushes a month in place of the edition's; 0 = no bound"},
		{Name: "DAKASYNC_CALL_RESERVE", Default: "10", concern: concernBudget, min: 0, max: 90, Accepts: "a whole number from 0 to 90", Meaning: "percent of the month's calls that are kept for what people ask for"},
		{Name: "DAKASYNC_BATCH_WINDOW", Default: "auto", concern: concernBudget, Accepts: "auto, 0s, or a duration from 1s to 1h", Meaning: "how long punches are gathered, to be asked about 50 people a call: `auto` goes by the budget, `0s` asks about each at once"},
	}
}

func processSettings() []Setting {
	return []Setting{
		{Name: "DAKASYNC_HTTP_ADDR", Default: "worker 127.0.0.1:8080, starter 127.0.0.1:8081", concern: concernProcess, Accepts: "an address to listen on like 127.0.0.1:8080", Meaning: "`/healthz`, `/readyz` and `/metrics`"},
		{Name: "DAKASYNC_LOG_LEVEL", Default: "info", concern: concernLog, Accepts: "debug, info, warn or error", Meaning: "how much is logged"},
		{Name: "DAKASYNC_LOG_FORMAT", Default: "text", concern: concernLog, Accepts: "text or json", Meaning: "form of a log line"},
		{Name: "DAKASYNC_DEV_DIR", Dev: true, Accepts: "a folder", Meaning: "where `make up` keeps its data"},
	}
}

func settingsByName() map[string]Setting {
	byName := make(map[string]Setting)
	for _, s := range Settings() {
		byName[s.Name] = s
	}
	return byName
}

// ours reports whether a variable's name begins as those of settings do.
func ours(name string) bool {
	return strings.HasPrefix(name, "DAKASYNC_") || strings.HasPrefix(name, "DINGTALK_")
}
