// Package ops is what every process of dakasync has around its work: a logger,
// an HTTP page of its health, signals, an orderly end, patience with stores
// that are away, and an answer to --version.
//
// It guarantees that a process that is told to stop runs its clean-ups in the
// reverse order of their registration, within DrainTime of being told, and exits 0;
// that faults in the settings exit 2 and every other failure exits 1; and that
// /readyz names each thing that is not well.
//
// On failure of a clean-up the next ones still run. A second signal ends the
// process at once. The package decides nothing about the work itself and
// imports nothing of ours.
package ops
