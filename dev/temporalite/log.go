package temporalite

import (
	"fmt"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// panickyLogger turns what Temporal calls fatal, which would end the process without a word on the screen, into a panic
// that says what it was.
type panickyLogger struct{ log.Logger }

func newLogger(file string) log.Logger {
	if file == "" {
		return panickyLogger{log.NewNoopLogger()}
	}
	return panickyLogger{log.NewZapLogger(log.BuildZapLogger(log.Config{Level: "warn", OutputFile: file}))}
}

func (l panickyLogger) Fatal(message string, tags ...tag.Tag) {
	l.Error(message, tags...)
	panic(fmt.Sprintf("embedded Temporal: %s %v", message, values(tags)))
}

func values(tags []tag.Tag) []string {
	texts := make([]string, 0, len(tags))
	for _, one := range tags {
		texts = append(texts, fmt.Sprintf("%s=%v", one.Key(), one.Value()))
	}
	return texts
}

// silent is the SDK's logger while we wait for the server: its retries are expected.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
