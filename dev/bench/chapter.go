package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"

	"dakasync/dev/bench/months"
	"dakasync/dev/bench/path"
	"dakasync/dev/bench/rig"
)

// chapter is a part of the document that is measured by itself.
type chapter struct {
	name        string
	measureFunc func(context.Context, rig.Place) (string, error)
}

// chapters are all of them, in the document's order, with their flags.
func chapters(flags *flag.FlagSet) []chapter {
	way := path.Defaults()
	flags.IntVar(&way.EvenSeconds, "even", way.EvenSeconds, "path: seconds of an even round")
	flags.IntVar(&way.EvenRounds, "even-rounds", way.EvenRounds, "path: even rounds of every side")
	flags.IntVar(&way.Burst, "burst", way.Burst, "path: events of a saturating round")
	flags.IntVar(&way.BurstRounds, "burst-rounds", way.BurstRounds, "path: saturating rounds of every side")
	flags.StringVar(&way.Profile, "profile", "", "path: where to write a CPU profile of this process (Temporal server, simulator) at saturation")
	var lives months.Options
	flags.IntVar(&lives.Many, "month-many", 0, "months: workdays of a company of 1,000 beside that of 60 (22 take most of an hour); 0: without it")
	flags.IntVar(&lives.Largest, "month-largest", 0, "months: workdays of a company of 10,000 (2 take as long); 0: without it")
	return []chapter{
		{"path", func(ctx context.Context, place rig.Place) (string, error) { return path.Measure(ctx, place, way) }},
		{"months", func(ctx context.Context, place rig.Place) (string, error) { return months.Measure(ctx, place, lives) }},
	}
}

// choose are the chapters of a list of names; all for none.
func choose(all []chapter, names string) ([]chapter, error) {
	if names == "" {
		return all, nil
	}
	var chosen []chapter
	for name := range strings.SplitSeq(names, ",") {
		at := slices.IndexFunc(all, func(c chapter) bool { return c.name == strings.TrimSpace(name) })
		if at < 0 {
			var known []string
			for _, c := range all {
				known = append(known, c.name)
			}
			return nil, fmt.Errorf("there is no chapter %q; there are %s", name, strings.Join(known, ", "))
		}
		chosen = append(chosen, all[at])
	}
	return chosen, nil
}
