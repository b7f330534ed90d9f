package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"

	"dakasync/dev/bench/crowd"
	"dakasync/dev/bench/grown"
	"dakasync/dev/bench/months"
	"dakasync/dev/bench/path"
	"dakasync/dev/bench/queue"
	"dakasync/dev/bench/rig"
	"dakasync/dev/bench/sweep"
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
	flags.IntVar(&lives.Many, "month-many", 0, "months: workdays of a company of 1,000 beside that of 60 (22 take an hour); 0: without it")
	workdays := flags.Int("largest-workdays", months.LargestWorkdays, "largest…: workdays of companies of 10,000 (22 take some 50 minutes for a company)")
	beside := crowd.Defaults()
	flags.IntVar(&beside.Seconds, "crowd-seconds", beside.Seconds, "crowd: seconds of a round")
	flags.IntVar(&beside.Rounds, "crowd-rounds", beside.Rounds, "crowd: rounds of every side")
	flags.BoolVar(&beside.Queued, "crowd-queued", beside.Queued, "crowd: with DAKASYNC_LIVE_CALLS=queued")
	night := sweep.Defaults()
	flags.Func("sweep-employees", "sweep: sizes of companies, with commas (default 1000,10000; 100000 take half an hour)", night.Set)
	years := grown.Defaults()
	flags.IntVar(&years.People, "grown-people", years.People, "grown: people of the grown ledger")
	flags.IntVar(&years.Dates, "grown-dates", years.Dates, "grown: dates of it; each user-day takes about 10 KB of disk")
	flags.IntVar(&years.Kept, "grown-kept", years.Kept, "grown: of the dates, the newest, whose versions and events are kept")
	flags.IntVar(&years.Rounds, "grown-rounds", years.Rounds, "grown: rounds")
	all := []chapter{
		{"path", func(ctx context.Context, place rig.Place) (string, error) { return path.Measure(ctx, place, way) }},
		{"queue", func(ctx context.Context, place rig.Place) (string, error) {
			return queue.Measure(ctx, place, queue.Defaults())
		}},
		{"crowd", func(ctx context.Context, place rig.Place) (string, error) { return crowd.Measure(ctx, place, beside) }},
		{"months", func(ctx context.Context, place rig.Place) (string, error) { return months.Measure(ctx, place, lives) }},
		{"largest", func(ctx context.Context, place rig.Place) (string, error) {
			return months.MeasureLargest(ctx, place, *workdays)
		}},
	}
	for _, way := range months.OtherWays() {
		all = append(all, chapter{"largest-" + way.Name, func(ctx context.Context, place rig.Place) (string, error) {
			return months.MeasureWay(ctx, place, *workdays, way)
		}})
	}
	return append(all,
		chapter{"sweep", func(ctx context.Context, place rig.Place) (string, error) { return sweep.Measure(ctx, place, night) }},
		chapter{"grown", func(ctx context.Context, place rig.Place) (string, error) { return grown.Measure(ctx, place, years) }},
	)
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
