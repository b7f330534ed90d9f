//go:build !chaos_no_sweep

package workflows

// sweeps is false only in builds that show that the reliability tests notice:
// those close gaps and drains without asking anybody.
const sweeps = true
