package budget

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAllows(t *testing.T) {
	now := at(time.November, 12, 9)
	b := free()
	for name, test := range map[string]struct {
		f      Facts
		b      Budget
		calls  int
		person bool
		says   string
	}{
		"the last automatic one":     {f: Facts{Calls: 4499}, b: b, calls: 1},
		"one too many":               {f: Facts{Calls: 4500}, b: b, calls: 1, says: "1 call would be made and none is left until 1 December: 4,500 of the month's 5,000 are spent, and 500 are kept for what people ask for"},
		"a person's":                 {f: Facts{Calls: 4500}, b: b, calls: 500, person: true},
		"a person's too many":        {f: Facts{Calls: 4999}, b: b, calls: 1200, person: true, says: "1,200 calls would be made and 1 is left until 1 December: 4,999 of the month's 5,000 are spent"},
		"over it":                    {f: Facts{Calls: 6000}, b: b, calls: 0, person: true},
		"no bound":                   {f: Facts{Calls: 6000}, calls: 1_000_000},
		"refused":                    {f: Facts{Calls: 100, Refused: now.Add(-time.Hour)}, b: b, calls: 2, says: "2 calls would be made and none is left until 1 December: DingTalk says that the month's are spent (90020)"},
		"refused without a bound":    {f: Facts{Refused: now.Add(-time.Hour)}, calls: 2, says: "2 calls would be made and none is left until 1 December: DingTalk says that the month's are spent (90020)"},
		"refused, but a person asks": {f: Facts{Calls: 100, Refused: now.Add(-time.Hour)}, b: b, calls: 2, person: true},
		"refused last month":         {f: Facts{Refused: at(time.October, 31, 23)}, b: b, calls: 2},
	} {
		t.Run(name, func(t *testing.T) {
			test.f.At = now
			err := test.b.Allows(test.f, test.calls, test.person)
			if test.says == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, test.says)
			var spent *SpentError
			require.ErrorAs(t, err, &spent)
			require.Contains(t, test.says, Counted(spent.Wanted, "call")+" would be made")
		})
	}
}

func TestNumbersInWords(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1234567: "1,234,567", -7: "-7", -100: "-100", -999: "-999", -1000: "-1,000", -1234: "-1,234", -100000: "-100,000"} {
		require.Equal(t, want, Number(n))
	}
	for s, want := range map[step]string{
		{mode: ModeLive}:                                     "at once",
		{mode: ModeBatched, window: time.Minute}:             "in batches of 1 minute",
		{mode: ModeBatched, window: 15 * time.Minute}:        "in batches of 15 minutes",
		{mode: ModeBatched, window: time.Hour}:               "in batches of an hour",
		{mode: ModeBatched, window: 90 * time.Second}:        "in batches of 90 seconds",
		{mode: ModeBatched, window: 1500 * time.Millisecond}: "in batches of 1.5s",
		{mode: ModeSweep}:                                    "by the nightly sweep alone",
		{mode: ModeStopped}:                                  "not at all",
	} {
		require.Equal(t, want, Decision{Mode: s.mode, Window: s.window}.Words())
	}
}
