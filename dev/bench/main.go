// Command bench measures dakasync, chapter by chapter, and writes docs/performance.md: `go run ./dev/bench`, or `make bench`.
//
// It guarantees that every ratio compares things that took turns in one run, so that a slow or busy machine slows both sides; that the
// programs measured are the ones that users deploy; and that nothing is left behind but the document. A chapter is a package beside this
// file: it measures, and says what it found. `-only path,months` measures some chapters and leaves the others in the document as they are.
//
// On failure it says which part failed, with the last lines of a program that ended, and the document stays as it was.
// It measures no DingTalk: the simulator stands for it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"dakasync/dev/bench/path"
	"dakasync/dev/bench/queue"
	"dakasync/dev/bench/rig"
	"dakasync/dev/binary"
)

// longest bounds a chapter that hangs.
const longest = 3 * time.Hour

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := command(ctx, os.Args[1:])
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	default:
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
}

func command(ctx context.Context, arguments []string) error {
	if len(arguments) > 0 { // the children, which this program starts itself
		switch arguments[0] {
		case path.EmptyWorkerArgument:
			return path.RunEmptyWorker(ctx, arguments[1:])
		case queue.ProgramArgument:
			return queue.RunProgram(ctx, arguments[1:])
		}
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	all := chapters(flags)
	only := flags.String("only", "", "the chapters to measure, by name, with commas (default all)")
	out := flags.String("out", "", "where the document is (default docs/performance.md of the repository; - only prints)")
	keep := flags.Bool("keep", false, "keep the data folders with the logs")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	wanted, err := choose(all, *only)
	if err != nil {
		return err
	}
	root, err := binary.Root()
	if err != nil {
		return err
	}
	if *out == "" {
		*out = filepath.Join(root, "docs", "performance.md")
	}
	for _, c := range wanted {
		text, err := measure(ctx, root, c, *keep)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		fmt.Println(text)
		if *out == "-" {
			continue
		}
		if err := publish(*out, all, c.name, text); err != nil {
			return err
		}
	}
	return nil
}

// measure gives a chapter a folder of its own.
func measure(ctx context.Context, root string, c chapter, keep bool) (text string, err error) {
	dir, remove, err := rig.NewFolder()
	if err != nil {
		return "", err
	}
	if keep {
		rig.Sayf("%s: data and logs are in %s", c.name, dir)
	} else {
		defer func() { err = errors.Join(err, remove()) }()
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	return c.measureFunc(ctx, rig.Place{Root: root, Dir: dir})
}
