package e2e_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"dakasync/dev/binary"
	"dakasync/dev/cluster"
)

//nolint:gochecknoglobals // Flags of a test binary, and the one cluster that its tests share.
var (
	record        = flag.String("record", "", "the set of histories for the replay tests to write, such as 2026-11-26")
	racePrograms  = flag.Bool("race-programs", false, "build the programs with the race detector")
	sealed        = flag.Bool("sealed", false, "encrypt what runs carry in Temporal, in every test")
	built         = flag.String("programs", "", "folder of programs that are built already")
	oldPrograms   = flag.String("old-programs", "", "folder of an earlier release's programs, from which upgrades then start")
	sharedCluster *cluster.Cluster
	programs      string // folder of the programs
	repository    string
)

const (
	startTimeout = 10 * time.Minute // a machine without a build cache compiles first
	stopTimeout  = 20 * time.Second
)

func TestMain(m *testing.M) {
	if settings := os.Getenv(temporalVariable); settings != "" {
		os.Exit(serveTemporal(settings)) // this binary is a child of itself
	}
	flag.Parse()
	if *record != "" && *sealed {
		fmt.Fprintln(os.Stderr, "e2e: histories for the replay tests are recorded in clear: -record and -sealed exclude each other")
		os.Exit(1)
	}
	os.Exit(run(m))
}

func run(m *testing.M) (code int) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	stop, err := prepare(ctx)
	defer func() {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, "e2e:", err)
			code = max(code, 1)
		}
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	return m.Run()
}

// prepare builds the programs and brings up the cluster. The stop function is never nil.
func prepare(ctx context.Context) (stop func() error, err error) {
	var folders []string
	stop = func() error {
		var failures []error
		if sharedCluster != nil {
			ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
			defer cancel()
			failures = append(failures, sharedCluster.Stop(ctx))
		}
		for _, folder := range folders {
			failures = append(failures, os.RemoveAll(folder))
		}
		return errors.Join(failures...)
	}
	if repository, err = binary.Root(); err != nil {
		return stop, err
	}
	if programs = *built; programs == "" {
		if programs, err = os.MkdirTemp("", "dakasync-e2e-bin-"); err != nil {
			return stop, err
		}
		folders = append(folders, programs)
	}
	data, err := os.MkdirTemp(memory(), "dakasync-e2e-")
	if err != nil {
		return stop, err
	}
	folders = append(folders, data)
	if err := os.Chmod(data, 0o755); err != nil { // The database server's account passes through.
		return stop, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if *built != "" {
			return nil
		}
		return binary.Build(ctx, repository, programs, *racePrograms, "starter", "worker", "dakactl")
	})
	group.Go(func() error {
		sharedCluster, err = cluster.Start(context.WithoutCancel(ctx), cluster.Options{
			Dir: filepath.Join(data, "cluster"), Volatile: true, NoUI: true,
			Parameters: map[string]string{"max_connections": "600"}, // lanes of the chaos suite, side by side
		})
		return err
	})
	return stop, group.Wait()
}

// memory is a folder in memory where the machine has one.
func memory() string {
	const shm = "/dev/shm"
	if info, err := os.Stat(shm); err == nil && info.IsDir() {
		return shm
	}
	return ""
}
