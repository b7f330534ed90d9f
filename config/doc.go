// Package config reads every setting of dakasync from the environment, once,
// before anything is started.
//
// It guarantees that all faults are reported together: what is missing,
// malformed, contradictory or misspelt is named with the setting and what it
// accepts, in one *FaultsError, and the process exits with status 2 having
// started nothing. A value never appears in a fault when it may be a secret.
//
// The environment is authoritative; there is no file of our own and nothing is
// re-read while a process runs. An empty variable counts as not set, as
// container tools pass on what the operator left out; only
// DAKASYNC_SETTLE_DELAYS has a meaning when it is empty. TEMPORAL_* is read by
// Temporal's own rules (go.temporal.io/sdk/contrib/envconfig).
//
// A Use says what a process or command needs, and only that is demanded of the
// operator. The package connects to nothing: whether an address answers is
// found out later, with waiting.
package config
