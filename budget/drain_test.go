package budget

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuietDrains(t *testing.T) {
	for name, test := range map[string]struct {
		calls int
		drain time.Duration
		apart time.Duration
	}{
		"the free edition, hourly":        {5000, time.Hour, 4 * time.Hour},
		"every three hours is a little":   {5000, 3 * time.Hour, 0},
		"a twentieth":                     {14880, time.Hour, 0},
		"a call more than a twentieth":    {14879, time.Hour, 4 * time.Hour},
		"as rare as that":                 {100, 4 * time.Hour, 0},
		"rarer":                           {100, 24 * time.Hour, 0},
		"no bound":                        {0, time.Minute, 0},
		"never read":                      {5000, 0, 0},
		"paid for, but every ten minutes": {50000, 10 * time.Minute, 4 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.apart, Budget{Calls: test.calls, Drain: test.drain}.QuietDrains())
		})
	}
}
