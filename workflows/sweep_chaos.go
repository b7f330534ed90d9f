//go:build chaos_no_sweep

package workflows

const sweeps = false
