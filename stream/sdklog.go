package stream

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"sync"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/logger"
)

// sdkLoggerOnce guards the SDK's logger, of which a process has one.
var sdkLoggerOnce sync.Once

func setSDKLogger(log *slog.Logger) {
	sdkLoggerOnce.Do(func() { logger.SetLogger(sdkLogger{log: log}) })
}

// sdkLogger passes on what the SDK has to say without what it says it about:
// its arguments hold the connection's ticket, which opens a connection, and
// whole frames, which hold where somebody was. Only errors are kept, without
// tickets.
type sdkLogger struct {
	log *slog.Logger
}

var _ logger.ILogger = sdkLogger{}

// Debugf drops the SDK's wire log: it is frames, secrets and tickets.
func (sdkLogger) Debugf(string, ...any) {}

// Infof implements logger.ILogger.
func (l sdkLogger) Infof(format string, args ...any) { l.write(slog.LevelDebug, format, args) }

// Warningf implements logger.ILogger.
func (l sdkLogger) Warningf(format string, args ...any) { l.write(slog.LevelWarn, format, args) }

// Errorf implements logger.ILogger. The SDK calls every end of a connection an
// error; that one was lost, and what was done, its supervisor says.
func (l sdkLogger) Errorf(format string, args ...any) { l.write(slog.LevelDebug, format, args) }

// Fatalf implements logger.ILogger; it ends nothing.
func (l sdkLogger) Fatalf(format string, args ...any) { l.write(slog.LevelError, format, args) }

func (l sdkLogger) write(level slog.Level, format string, args []any) {
	var attributes []any
	for _, arg := range args {
		if err, ok := arg.(error); ok {
			attributes = append(attributes, "error", withoutTicket(err.Error()))
		}
	}
	// The SDK's own words end where its first argument is announced.
	words := format
	if i := strings.IndexAny(words, ":,=%"); i >= 0 {
		words = words[:i]
	}
	l.log.Log(context.Background(), level, "stream SDK: "+strings.TrimSpace(words), attributes...) //nolint:forbidigo // The SDK has none.
}

var ticket = regexp.MustCompile(`(?i)(ticket["']?\s*[=:]\s*["']?)[^&\s"']+`)

// withoutTicket removes connection tickets and bounds the length of what an
// outside party had to say.
func withoutTicket(s string) string {
	const most = 300
	s = ticket.ReplaceAllString(s, "${1}<ticket>")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
