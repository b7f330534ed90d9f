//go:build unix

package postgres

import (
	"fmt"
	"os"
)

// startAndWait reports once whether the process could be started, then sees it to its end.
func (s *Server) startAndWait(started chan<- error) {
	defer close(s.done)
	if err := s.command.Start(); err != nil {
		s.exitErr = err
		started <- err
		return
	}
	started <- nil
	if err := s.command.Wait(); err != nil {
		s.exitErr = fmt.Errorf("%w; the end of its log:\n%s", err, s.cluster.logTail())
	}
}

// childEnvironment is what PostgreSQL's programs get to see: nothing of ours can change their behaviour (PGPORT,
// PGDATA, LANG) or leak into them (secrets).
func childEnvironment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
}
