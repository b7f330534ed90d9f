package e2e_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"syscall"
	"time"

	"dakasync/ops"
	"dakasync/simulator/platform"
	"dakasync/temporal"
)

// Families of faults: one of each is in the short form.
const (
	ofProcess  = "process"
	ofNetwork  = "network"
	ofDingTalk = "DingTalk"
	ofServer   = "server"
	ofClock    = "clock"
)

// The APIs that faults aim at.
const (
	drainAPI   = "/call_back/get_call_back_failed_result"
	userDayAPI = "/topapi/attendance/getupdatedata"
	anyOldAPI  = "/topapi/*"
	everyAPI   = "/*"
)

// healFunc ends a fault.
type healFunc func(context.Context) error

// fault is something that goes wrong for a while.
type fault struct {
	name, family string
	weight       int
	least, most  time.Duration // how long it lasts, by seed
	strikes      int           // how often it may come in one trial; 0 is once
	// own: it needs servers of its lane's own. disk: they are on a small disk.
	own, disk bool
	// slow: the product answers it with a pause of minutes, as DingTalk asks for.
	slow bool
	// drains: it needs a lane that reads the failed list every few seconds.
	drains bool
	// alone: nothing comes beside it.
	alone bool
	// deceives: DingTalk lies, and only the nightly sweep can find out what punches are.
	deceives bool
	// policy of the platform for events that find no connection; empty is dealt by seed.
	policy string
	// patience is for convergence after its end, if it takes longer than others.
	patience time.Duration
	inflict  func(ctx context.Context, l *lane, dice *rand.Rand) (healFunc, error)
}

// faults is the table of all that can go wrong, by name.
func faults() []fault {
	list := slices.Concat(processFaults(), networkFaults(), dingTalkFaults(), readFaults(), serverFaults(), clockFaults())
	for index := range list {
		list[index].weight = max(list[index].weight, 1)
		list[index].strikes = max(list[index].strikes, 1)
	}
	return list
}

// faultsNamed are those whose name or family fits the pattern.
func faultsNamed(pattern string) ([]fault, error) {
	fits, err := regexp.Compile("(?i)" + pattern)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(faults(), func(f fault) bool { return !fits.MatchString(f.name) && !fits.MatchString(f.family) }), nil
}

func processFaults() []fault {
	kill := func(names ...string) func(context.Context, *lane, *rand.Rand) (healFunc, error) {
		return func(_ context.Context, l *lane, _ *rand.Rand) (healFunc, error) {
			for _, name := range names {
				if err := l.killProgram(name); err != nil {
					return nil, err
				}
			}
			return func(context.Context) error {
				for _, name := range names {
					l.launch(name)
				}
				return nil
			}, nil
		}
	}
	pause := func(names ...string) func(context.Context, *lane, *rand.Rand) (healFunc, error) {
		return func(_ context.Context, l *lane, _ *rand.Rand) (healFunc, error) {
			return func(context.Context) error { return l.signal(syscall.SIGCONT, names...) }, l.signal(syscall.SIGSTOP, names...)
		}
	}
	const blink, while, longest = 50 * time.Millisecond, 1500 * time.Millisecond, 15 * time.Second
	return []fault{
		{name: "kill starter", family: ofProcess, weight: 12, least: blink, most: while, strikes: 3, inflict: kill(starter)},
		{name: "kill worker", family: ofProcess, weight: 12, least: blink, most: while, strikes: 3, inflict: kill(worker)},
		{name: "kill both", family: ofProcess, weight: 10, least: blink, most: while, strikes: 2, inflict: kill(worker, starter)},
		{name: "pause starter", family: ofProcess, weight: 3, least: 2 * time.Second, most: longest, inflict: pause(starter)},
		{name: "pause worker", family: ofProcess, weight: 3, least: 2 * time.Second, most: longest, inflict: pause(worker)},
		{name: "pause both", family: ofProcess, least: 2 * time.Second, most: longest, inflict: pause(starter, worker)},
	}
}

// networkFaults are cut, half-open, latency and reset between any two.
func networkFaults() []fault {
	var list []fault
	for _, program := range []string{starter, worker} {
		for _, server := range []string{toDingTalk, toPostgreSQL, toTemporal} {
			name := linkName(program, server)
			poison := func(kind string, attributes func(*rand.Rand) map[string]any) func(context.Context, *lane, *rand.Rand) (healFunc, error) {
				return func(_ context.Context, l *lane, dice *rand.Rand) (healFunc, error) {
					return func(context.Context) error { return l.links[name].cure() }, l.links[name].poison(kind, attributes(dice))
				}
			}
			list = append(list,
				fault{
					name: "cut " + name, family: ofNetwork, least: 200 * time.Millisecond, most: 6 * time.Second, strikes: 2,
					inflict: func(_ context.Context, l *lane, _ *rand.Rand) (healFunc, error) {
						return func(context.Context) error { return l.links[name].mend() }, l.links[name].cut()
					},
				},
				fault{
					name: "half-open " + name, family: ofNetwork, least: time.Second, most: 12 * time.Second,
					inflict: poison("timeout", func(*rand.Rand) map[string]any { return map[string]any{"timeout": 0} }),
				},
				fault{
					name: "slow " + name, family: ofNetwork, least: 2 * time.Second, most: 6 * time.Second,
					inflict: poison("latency", func(dice *rand.Rand) map[string]any {
						return map[string]any{"latency": 50 + dice.IntN(1500), "jitter": 50}
					}),
				},
				fault{
					name: "reset " + name, family: ofNetwork, least: 200 * time.Millisecond, most: 4 * time.Second, strikes: 2,
					inflict: poison("reset_peer", func(dice *rand.Rand) map[string]any { return map[string]any{"timeout": dice.IntN(200)} }),
				},
			)
		}
	}
	return list
}

func dingTalkFaults() []fault {
	const least, most = 300 * time.Millisecond, 4 * time.Second
	answers := func(path string, fault platform.Fault) func(context.Context, *lane, *rand.Rand) (healFunc, error) {
		return func(_ context.Context, l *lane, _ *rand.Rand) (healFunc, error) {
			fault.Path = path
			l.platform.AddFault(fault)
			return func(context.Context) error { l.platform.ClearFaults(path); return nil }, nil
		}
	}
	const (
		throttled = `{"errcode":88,"sub_code":"90018","sub_msg":"您的应用调用当前接口次数过多","errmsg":"ding talk error[subcode=90018,submsg=]","request_id":"1"}`
		quota     = `{"errcode":88,"sub_code":"90020","sub_msg":"企业本月API调用量已达上限","errmsg":"ding talk error[subcode=90020,submsg=]","request_id":"1"}`
		half      = `{"errcode":0,"errmsg":"ok","result":{"attendance_result_list":[{"record_id":534298`
	)
	const pause = 7 * time.Minute // after a ban the product asks nothing for five
	return []fault{
		{name: "DingTalk 5xx", family: ofDingTalk, least: least, most: most, inflict: answers(everyAPI, platform.Fault{Status: http.StatusBadGateway, Body: "bad gateway"})},
		{name: "DingTalk hangs", family: ofDingTalk, least: least, most: most, inflict: answers(anyOldAPI, platform.Fault{Hang: true})},
		{name: "DingTalk closes without an answer", family: ofDingTalk, least: least, most: most, inflict: answers(everyAPI, platform.Fault{CutConnection: true})},
		{name: "88/90018", family: ofDingTalk, least: least, most: most, inflict: answers(anyOldAPI, platform.Fault{Body: throttled})},
		{name: "90002 with an end", family: ofDingTalk, least: least, most: most, inflict: throttledUntil},
		{name: "truncated JSON", family: ofDingTalk, least: least, most: most, inflict: answers(anyOldAPI, platform.Fault{Body: half})},
		{name: "answer cut off", family: ofDingTalk, least: least, most: most, inflict: answers(anyOldAPI, platform.Fault{TruncateBody: true})},
		{name: "empty but OK", family: ofDingTalk, least: least, most: most, deceives: true, inflict: answers(userDayAPI, platform.Fault{EmptyOK: true})},
		{
			name: "90020 for a while", family: ofDingTalk, slow: true, alone: true, least: least, most: most, patience: pause,
			deceives: true, inflict: quotaSpent(quota), // what comes meanwhile is kept for the nightly sweep
		},
		{name: "ban page", family: ofDingTalk, slow: true, least: least, most: most, patience: pause, inflict: answers(anyOldAPI, platform.Banned(anyOldAPI, 1))},
	}
}

// readFaults strike the read that destroys what it reads: on lanes that read every few seconds, events go to the failed list though
// everybody listens, so that nothing but the read tells of them, and nothing but its intent that it was lost.
func readFaults() []fault {
	const least, most = 300 * time.Millisecond, 1500 * time.Millisecond
	fail := func(events int) func(*platform.Settings) { return func(s *platform.Settings) { s.FailNext = events } }
	lose := func(lost platform.Fault, then func(ctx context.Context, l *lane, wait time.Duration) error) func(context.Context, *lane, *rand.Rand) (healFunc, error) {
		lost.Path, lost.LoseAnswer, lost.Times = drainAPI, true, 1
		return func(_ context.Context, l *lane, dice *rand.Rand) (healFunc, error) {
			l.platform.Configure(fail(10 + dice.IntN(50)))
			wait := time.Duration(dice.IntN(800)) * time.Millisecond
			return func(ctx context.Context) error {
				l.platform.Configure(fail(0))
				reads := l.platform.Calls()[drainAPI].Calls
				l.platform.AddFault(lost)
				if err := l.awaitRead(ctx, reads); err != nil {
					return err
				}
				return then(ctx, l, wait)
			}, nil
		}
	}
	return []fault{
		{
			name: "lost answer of the destructive read", family: ofDingTalk, weight: 2, least: least, most: most, drains: true, alone: true,
			inflict: lose(platform.Fault{}, func(context.Context, *lane, time.Duration) error { return nil }),
		},
		{
			name: "kill worker in the destructive read", family: ofProcess, weight: 2, least: least, most: most, drains: true, alone: true,
			inflict: lose(platform.Fault{Delay: 400 * time.Millisecond}, killReader),
		},
		{
			name: "lost answers", family: ofDingTalk, least: least, most: most,
			inflict: func(_ context.Context, l *lane, _ *rand.Rand) (healFunc, error) {
				l.platform.AddFault(platform.Fault{Path: everyAPI, LoseAnswer: true})
				return func(context.Context) error { l.platform.ClearFaults(everyAPI); return nil }, nil
			},
		},
	}
}

// awaitRead waits for the next destructive read.
func (l *lane) awaitRead(ctx context.Context, reads int) error {
	const patience = time.Minute
	deadline := time.Now().Add(patience)
	for l.platform.Calls()[drainAPI].Calls == reads {
		if time.Now().After(deadline) || !ops.Sleep(ctx, 20*time.Millisecond) {
			return errors.New("the failed pushes were not read")
		}
	}
	return nil
}

// killReader kills the worker while it waits for the read's answer, or just after that was lost.
func killReader(ctx context.Context, l *lane, wait time.Duration) error {
	ops.Sleep(ctx, wait)
	if err := l.killProgram(worker); err != nil {
		return err
	}
	l.launch(worker)
	return nil
}

// clockFaults: DingTalk's clock and ours go apart, and together again.
func clockFaults() []fault {
	return []fault{{
		name: "clock steps", family: ofClock, weight: 3, least: 300 * time.Millisecond, most: 4 * time.Second, strikes: 2,
		inflict: func(_ context.Context, l *lane, dice *rand.Rand) (healFunc, error) {
			const longest = 20 * 60
			step := time.Duration(dice.IntN(2*longest)-longest) * time.Second
			l.platform.StepClock(step)
			return func(context.Context) error { l.platform.StepClock(-step); return nil }, nil
		},
	}}
}

// throttledUntil is 90002, which names its end.
func throttledUntil(_ context.Context, l *lane, dice *rand.Rand) (healFunc, error) {
	fault := platform.GloballyThrottled(anyOldAPI, time.Now().Add(time.Duration(1+dice.IntN(4))*time.Second).In(l.company.Location()))
	fault.Times = 0
	l.platform.AddFault(fault)
	return func(context.Context) error { l.platform.ClearFaults(anyOldAPI); return nil }, nil
}

// quotaSpent: the product looks once an hour whether there is quota again. Who cannot wait does what the documents say.
func quotaSpent(body string) func(context.Context, *lane, *rand.Rand) (healFunc, error) {
	return func(_ context.Context, l *lane, _ *rand.Rand) (healFunc, error) {
		l.platform.AddFault(platform.Fault{Path: userDayAPI, Body: body})
		return func(ctx context.Context) error {
			l.platform.ClearFaults(userDayAPI)
			if err := l.killProgram(worker); err != nil {
				return err
			}
			l.launch(worker)
			l.awaitReady(worker)
			l.resetWaitingActivities()
			return l.untilSpending(ctx)
		}, nil
	}
}

// untilSpending waits until it is known that there is quota again: a read of the failed pushes asks.
func (l *lane) untilSpending(ctx context.Context) error {
	for l.count("decision", "mode = 'stopped' AND decided_at = (SELECT max(decided_at) FROM dakasync.decision)") > 0 {
		if err := (temporal.Drains{Schedules: l.temporal.ScheduleClient()}).Trigger(ctx); err != nil {
			return err
		}
		if !ops.Sleep(ctx, time.Second) {
			return ctx.Err()
		}
	}
	return nil
}

func serverFaults() []fault {
	const least, most = 100 * time.Millisecond, 4 * time.Second
	return []fault{
		{
			name: "kill PostgreSQL", family: ofServer, own: true, weight: 2, least: least, most: most, strikes: 2,
			inflict: func(ctx context.Context, l *lane, _ *rand.Rand) (healFunc, error) {
				return func(ctx context.Context) error {
					if err := l.own.startPostgres(ctx); err != nil {
						return err
					}
					return l.own.reviveTemporalIfDead(ctx)
				}, l.own.killPostgres(ctx)
			},
		},
		{
			name: "kill Temporal", family: ofServer, own: true, weight: 2, least: least, most: most,
			inflict: func(_ context.Context, l *lane, _ *rand.Rand) (healFunc, error) {
				return l.own.startTemporal, l.own.killTemporal()
			},
		},
		{
			name: "disk full", family: ofServer, own: true, disk: true, least: 2 * time.Second, most: 6 * time.Second,
			inflict: func(_ context.Context, l *lane, _ *rand.Rand) (healFunc, error) {
				return func(ctx context.Context) error {
					if err := l.own.free(); err != nil {
						return err
					}
					if err := l.own.reviveIfDead(ctx); err != nil {
						return err
					}
					return l.own.reviveTemporalIfDead(ctx)
				}, l.own.fill()
			},
		},
	}
}
