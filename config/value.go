package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a minimal container has no zones, and the company's zone decides its days

	"dakasync/budget"
)

// errForm says that a value has the wrong form. What would be right stands in
// the setting's Accepts, which the fault quotes.
var errForm = errors.New("wrong form")

// baseURL is an http or https address without a trailing slash.
type baseURL string

// Decode implements envconfig.Decoder.
func (b *baseURL) Decode(s string) error {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errForm
	}
	*b = baseURL(strings.TrimRight(s, "/"))
	return nil
}

// zone is a time zone by its IANA name.
type zone struct{ *time.Location }

// Decode implements envconfig.Decoder.
func (z *zone) Decode(s string) error {
	loc, err := time.LoadLocation(s)
	if err != nil || s == "Local" { // Local would differ from machine to machine
		return errForm
	}
	z.Location = loc
	return nil
}

// maxDelay keeps a wait from outliving the day that it is about.
const (
	maxDelay  = time.Hour
	maxDelays = 10
)

// delays is a comma list of waits; the empty string is no wait at all.
type delays []time.Duration

// Decode implements envconfig.Decoder.
func (d *delays) Decode(s string) error {
	*d = delays{}
	for _, part := range splitList(s) {
		wait, err := time.ParseDuration(part)
		if err != nil || wait < 0 || wait > maxDelay {
			return errForm
		}
		*d = append(*d, wait)
	}
	if len(*d) > maxDelays {
		return errForm
	}
	return nil
}

// list is a comma list of words.
type list []string

// Decode implements envconfig.Decoder.
func (l *list) Decode(s string) error {
	*l = splitList(s)
	return nil
}

func splitList(s string) []string {
	var parts []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// hostPort is an address to listen on.
type hostPort string

// Decode implements envconfig.Decoder.
func (h *hostPort) Decode(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return fmt.Errorf("%w: %w", errForm, err)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return errForm
	}
	*h = hostPort(s)
	return nil
}

// logLevel is slog's level by name.
type logLevel slog.Level

// Decode implements envconfig.Decoder.
func (l *logLevel) Decode(s string) error {
	switch s {
	case "debug":
		*l = logLevel(slog.LevelDebug)
	case "info":
		*l = logLevel(slog.LevelInfo)
	case "warn":
		*l = logLevel(slog.LevelWarn)
	case "error":
		*l = logLevel(slog.LevelError)
	default:
		return errForm
	}
	return nil
}

// logFormat is how a log line is written.
type logFormat string

// Decode implements envconfig.Decoder.
func (f *logFormat) Decode(s string) error {
	if s != "text" && s != "json" {
		return errForm
	}
	*f = logFormat(s)
	return nil
}

// edition is what the organisation has bought of DingTalk.
type edition string

// Decode implements envconfig.Decoder.
func (e *edition) Decode(s string) error {
	if _, known := budget.EditionOf(s); !known {
		return errForm
	}
	*e = edition(s)
	return nil
}

// count is a number of calls or pushes, if one is given.
type count struct {
	n     int
	given bool
}

// maxCount is more than DingTalk sells.
const maxCount = 1_000_000_000

// Decode implements envconfig.Decoder.
func (c *count) Decode(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > maxCount {
		return errForm
	}
	*c = count{n: n, given: true}
	return nil
}

// batchWindow is how long events are gathered; less than zero leaves it to the
// governor.
type batchWindow time.Duration

// A window has a whole second of its own, by which its batch's run is named.
const (
	minBatchWindow = time.Second
	maxBatchWindow = time.Hour
)

// Decode implements envconfig.Decoder.
func (w *batchWindow) Decode(s string) error {
	if s == "auto" {
		*w = -1
		return nil
	}
	window, err := time.ParseDuration(s)
	if err != nil || window != 0 && (window < minBatchWindow || window > maxBatchWindow) {
		return errForm
	}
	*w = batchWindow(window)
	return nil
}

// liveCalls is how a punch is asked about that is answered at once.
type liveCalls string

// InTask is within the run's first task; Queued is through the queue of calls.
const (
	InTask liveCalls = "in-task"
	Queued liveCalls = "queued"
)

// Decode implements envconfig.Decoder.
func (l *liveCalls) Decode(s string) error {
	switch liveCalls(s) {
	case InTask, Queued:
		*l = liveCalls(s)
		return nil
	default:
		return errForm
	}
}
