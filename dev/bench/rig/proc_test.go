package rig

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStatOfAProcess(t *testing.T) {
	parsed, err := parseStat("42 (odd) name (x)) S 7 42 42 0 -1 4194560 100 0 0 0 25 5 300 10 20 0 1 0 100 0 0")
	require.NoError(t, err)
	require.Equal(t, stat{parent: 7, cpu: 300 * time.Millisecond, reaped: 3100 * time.Millisecond}, parsed)
	_, err = parseStat("nonsense")
	require.Error(t, err)

	require.Equal(t, int64(3072<<10), kilobytes("Name:\tx\nVmRSS:\t    3072 kB\n", "VmRSS:"))
	if _, err := os.Stat("/proc/self/status"); err == nil {
		own, err := MemoryOf(os.Getpid())
		require.NoError(t, err)
		require.Positive(t, own.Resident)
		require.GreaterOrEqual(t, own.Peak, own.Resident)
		_, err = CPUOf(os.Getpid(), true)
		require.NoError(t, err)
	}
}
