package stream

import (
	"context"
	"log/slog"
	"time"
)

// trouble says once that something does not get on, and again when the reason
// changes or a minute has passed.
type trouble struct {
	says   string // what does not get on, and what that means
	said   string
	saidAt time.Time
}

func (t *trouble) note(ctx context.Context, log *slog.Logger, now time.Time, err error) {
	if err == nil {
		t.said = ""
		return
	}
	if reason := err.Error(); ctx.Err() == nil && (reason != t.said || now.Sub(t.saidAt) >= repeatLog) {
		log.WarnContext(ctx, t.says, "error", reason)
		t.said, t.saidAt = reason, now
	}
}
