package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/budget"
)

func TestPlan(t *testing.T) {
	b := newBench(t, map[string]string{"DAKASYNC_EDITON": "nobody minds", "DAKASYNC_QPS": "nor this"})
	require.NoError(t, b.run(t, "plan", "--employees", "200", "--window", "5m"))
	require.Equal(t, `200 employees, 2 punches a day on 22 days a month: 8,800 punches.

  events are answered         events  sweep  schedules  approvals  failed pushes  calls a month  pushes      fresh within       edition  yuan a year
  at once                      8,800    336         18        510            744         10,408   9,100           seconds  professional        9,800
  in batches of 1 minute       3,953    336         18        510            744          5,561   9,100          1 minute  professional        9,800
  in batches of 5 minutes      1,385    336         18        510            744          2,993   9,100         5 minutes  professional        9,800
  in batches of 15 minutes       535    336         18        510            744          2,143   9,100        15 minutes  professional        9,800
  in batches of an hour          254    336         18        506            744          1,858   9,100           an hour  professional        9,800
  by the nightly sweep alone       0    336         18        410            186            950       0  the next morning      standard            0

Answering in batches of an hour instead of by the nightly sweep alone costs 9,800 yuan a year more, for professional (专业版).
Wanted: events are answered in batches of 5 minutes, which takes 2,993 calls and 9,100 pushes a month; professional (专业版) suffices, for 9,800 yuan a year.
With standard (5,000 calls and 3,000 pushes a month) a month would begin so:
  Events are answered at once: 0 calls are spent this month and about 3,853 expected by 30 November, of 4,500 that may be spent (5,000 less 500 kept for what people ask for); the month's 3,000 pushes end on about 11 November, and then the nightly sweep alone finds what happens; this is reckoned from 200 employees until 3 days are known.

Reckoned for a month of 31 days: 1 shift, 80 % of the people within the busiest hour, 0.5 approvals a month and person, failed pushes
read daily 24 times (6 where that would take over a twentieth of the calls), and 10 % of the calls kept for what people ask for. The flags change that.
The nightly sweep alone needs no pushes: with no event ticked none come.

Editions of DingTalk, as of `+budget.AsOf+": "+budget.Source+`
  edition                     calls a month  pushes a month  yuan a year
  standard                            5,000           3,000            0  标准版
  standard-before-2025-11-19         10,000           5,000            0  标准版, until 2025-11-18
  professional                      200,000          50,000        9,800  专业版, with one of its five options put on 应用开发; contracts from before 2025-11-19 keep what they have
  professional-full                 800,000         200,000        9,800  专业版, with four of its five options put on 应用开发
  package                         5,005,000         503,000       19,800  标准版 + 企业应用开发增购包
  unlimited                        no bound        no bound            0  any, the numbers are not watched
`, b.out.String())
}

func TestPlanSaysWhatThereIs(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says []string
	}{
		"small":         {[]string{"--employees", "50"}, []string{"More freshness costs calls, and no money: standard suffices for all."}},
		"big":           {[]string{"--employees", "20000", "--punches", "4"}, []string{"package × 4"}},
		"both":          {[]string{"--employees", "13000", "--window", "0s"}, []string{"591,500 pushes a month; professional-full + package (专业版 + 企业应用开发增购包) suffices, for 29,600 yuan a year."}},
		"an edition":    {[]string{"--employees", "200", "--edition", "package"}, []string{"With package (5,005,000 calls and 503,000 pushes a month) a month would begin so:\n  Events are answered at once"}},
		"one's numbers": {[]string{"--employees", "200", "--calls", "900", "--pushes", "0"}, []string{"With standard (900 calls and pushes without bound a month)", "Events are answered by the nightly sweep alone"}},
		"next morning":  {[]string{"--employees", "200", "--window", "24h"}, []string{"Wanted: events are answered by the nightly sweep alone, which takes 950 calls and 0 pushes a month; standard (标准版) suffices, for 0 yuan a year."}},
		"at night": {
			[]string{"--employees", "300", "--shifts", "3", "--nights", "67", "--window", "0s"},
			[]string{"300 employees, 2 punches a day on 22 days a month: 13,200 punches.", "  at once                     17,622 ", "67 % of the people at work are there around midnight"},
		},
		"at once":      {[]string{"--employees", "200", "--window", "0s", "--drain", "0s"}, []string{"Wanted: events are answered at once, which takes 9,664 calls", "read daily 0 times"}},
		"some hours":   {[]string{"--employees", "200", "--window", "3h"}, []string{"Wanted: events are answered in batches of an hour"}},
		"other people": {[]string{"--employees", "200", "--punches", "1.5", "--workdays", "26", "--shifts", "2", "--peak", "50", "--approvals", "0"}, []string{"200 employees, 1.5 punches a day on 26 days a month: 7,800 punches.", "2 shifts, 50 %", "0 approvals a month"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			require.NoError(t, b.run(t, append([]string{"plan"}, test.args...)...))
			for _, says := range test.says {
				require.Contains(t, b.out.String(), says)
			}
		})
	}
}

func TestPlanAsJSON(t *testing.T) {
	b := newBench(t, nil)
	require.NoError(t, b.run(t, "plan", "--employees", "200", "--window", "10m", "--json"))
	var is planned
	require.NoError(t, json.Unmarshal(b.out.Bytes(), &is))
	require.Equal(t, 200, is.Company.Employees)
	require.Len(t, is.Options, budget.Rungs+2)
	require.Equal(t, 10*time.Minute, is.Wanted.Window)
	require.Equal(t, is.Options[0].Cost.Calls(), is.Options[0].Calls)
	require.Equal(t, "standard", is.Has.Name)
	require.Equal(t, budget.ModeLive, is.Begin.Mode)
	require.Equal(t, budget.AsOf, is.AsOf)
	require.Equal(t, budget.Editions(), is.Editions)
}

func TestWhatCannotBePlanned(t *testing.T) {
	for flag, value := range map[string]string{
		"--employees": "0", "--punches": "0", "--nights": "101", "--workdays": "32", "--shifts": "0", "--peak": "101", "--approvals": "-1", "--drain": "1ms",
		"--reserve": "91", "--calls": "-1", "--pushes": "-1", "--edition": "gold", "--window": "soon",
	} {
		t.Run(flag, func(t *testing.T) {
			err := newBench(t, nil).run(t, "plan", "--employees", "200", flag, value)
			requireExit(t, 1, err)
			require.ErrorContains(t, err, flag)
		})
	}
	for _, flag := range []string{"--punches", "--workdays", "--approvals"} {
		require.ErrorContains(t, newBench(t, nil).run(t, "plan", "--employees", "200", flag, "NaN"), flag+" takes a number")
	}
	for _, flag := range []string{"--calls", "--pushes"} {
		require.ErrorContains(t, newBench(t, nil).run(t, "plan", "--employees", "200", flag, "9000000000000000000"), "from 0 to 1000000000")
	}
	err := newBench(t, nil).run(t, "plan")
	requireExit(t, 1, err)
	require.ErrorContains(t, err, "--employees is missing")
	for _, employees := range []string{"-1", "0", "1000000000"} {
		err := newBench(t, nil).run(t, "plan", "--employees", employees)
		require.EqualError(t, err, "--employees takes the number of people who punch, from 1 to 10,000,000")
	}
}
