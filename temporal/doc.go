// Package temporal connects to a Temporal server and keeps what dakasync needs
// there: the search attributes, the schedules, the standing re-sync and the
// deployment's first current version.
//
// It guarantees that Ensure may be called at any time, by any number of
// processes at once, and changes nothing that is as it should be. A schedule
// that an operator paused stays paused when its interval changes.
//
// The settings are authoritative for a schedule's times and task queue, the
// operator for whether it is paused. Processes with different settings would
// overwrite each other's at every start: give all of them the same.
//
// On failure Ensure returns the first error and can simply be called again.
// Clients connect when they are first used, so a server that is away at start
// is no failure. The package starts no event's run; see workflows.Start.
package temporal
