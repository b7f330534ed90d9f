package attendance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dakasync/attendance"
)

func TestWhySomethingWasMissed(t *testing.T) {
	t.Parallel()
	blind := attendance.Blindness{
		First: at("06:00:00"),
		Gaps:  []attendance.Gap{{Began: at("10:00:00"), Ended: at("10:00:30"), Reason: attendance.ProofLost}},
		Lost:  []attendance.LostRead{{ID: "d", Since: at("11:00:00"), Until: at("12:00:00")}},
	}
	const gap, lost = "a gap: 2026-11-02 10:00:00 to 2026-11-02 10:00:30 (lost)", "a lost read of failed pushes"
	for name, c := range map[string]struct {
		clue attendance.Clue
		why  string
	}{
		"in the gap":                 {attendance.Clue{At: at("10:00:10")}, gap},
		"in the gap, told since":     {attendance.Clue{At: at("10:00:10"), Told: true, Crowded: true}, gap},
		"whose repetitions fell":     {attendance.Clue{At: at("09:55:00")}, gap},
		"long before the gap":        {attendance.Clue{At: at("09:54:59")}, "no event came"},
		"right after the gap":        {attendance.Clue{At: at("10:00:31")}, "no event came"},
		"in a lost read's time":      {attendance.Clue{At: at("11:30:00"), Told: true}, lost},
		"right before it":            {attendance.Clue{At: at("10:55:00")}, lost},
		"told":                       {attendance.Clue{At: at("13:00:00"), Told: true, Crowded: true}, "told, but not shown then"},
		"the second in a minute":     {attendance.Clue{At: at("13:00:00"), Crowded: true}, "one push a minute"},
		"nothing is known":           {attendance.Clue{At: at("13:00:00")}, "no event came"},
		"appears by time":            {attendance.Clue{At: at("10:00:10"), Unpushed: true}, "no push is sent for this"},
		"before the first":           {attendance.Clue{At: at("05:59:59"), Told: true}, "a gap: no connection was proven before 2026-11-02 06:00:00"},
		"edited since before it":     {attendance.Clue{Since: at("05:00:00")}, "a gap: no connection was proven before 2026-11-02 06:00:00"},
		"edited since before a gap":  {attendance.Clue{Since: at("09:00:00")}, gap},
		"edited since after the gap": {attendance.Clue{Since: at("10:30:00")}, lost},
		"edited since after all":     {attendance.Clue{Since: at("12:30:00"), Told: true}, "told, but not shown then"},
		"edited, nobody knows when":  {attendance.Clue{}, "no event came"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.why, blind.Why(c.clue, shanghai))
		})
	}
	require.Equal(t, "a gap: no connection was proven yet", attendance.Blindness{}.Why(attendance.Clue{At: at("09:00:00")}, shanghai))
}

func TestPunchDiffers(t *testing.T) {
	t.Parallel()
	yes, no, also := true, false, true
	punch := attendance.Punch{WorkDate: monday, Explained: true, Valid: &yes}
	for name, c := range map[string]struct {
		change  func(p *attendance.Punch)
		differs bool
	}{
		"the same":         {func(p *attendance.Punch) { p.Valid = &also }, false},
		"another witness":  {func(p *attendance.Punch) { p.Origin, p.RecordID, p.SourceType = attendance.OriginSweep, 7, "ATM" }, false},
		"another date":     {func(p *attendance.Punch) { p.WorkDate = monday.AddDays(-1) }, true},
		"not valid":        {func(p *attendance.Punch) { p.Valid = &no }, true},
		"nobody says":      {func(p *attendance.Punch) { p.Valid = nil }, true},
		"unexplained then": {func(p *attendance.Punch) { p.Explained = false }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := punch
			c.change(&other)
			require.Equal(t, c.differs, attendance.PunchDiffers(&other, &punch))
			require.Equal(t, c.differs, attendance.PunchDiffers(&punch, &other))
			require.True(t, attendance.PunchDiffers(nil, &other))
			require.True(t, attendance.PunchDiffers(&other, nil))
		})
	}
	require.False(t, attendance.PunchDiffers(nil, nil))
	require.Equal(t, "punch at 2026-11-02 09:00:03", attendance.PunchName(at("09:00:03").UTC(), shanghai))
}

func TestResultChanges(t *testing.T) {
	t.Parallel()
	on := onDuty("USER", at("08:59:00"))
	off := attendance.Result{CheckType: "OffDuty", PlanCheckTime: at("18:00:00"), TimeResult: "NotSigned", SourceType: "SYSTEM"}
	signed := off
	signed.TimeResult, signed.SourceType, signed.UserCheckTime = "Normal", "ATM", at("18:01:00")
	edited := on
	edited.SourceType, edited.UserCheckTime = "BOSS", at("09:00:00")
	free := attendance.Result{CheckType: "OnDuty", UserCheckTime: at("07:00:00"), TimeResult: "Normal", SourceType: "USER"}
	filled := on
	filled.ClassID, filled.RecordID, filled.LocationResult = 3, 4, "Outside"
	for name, c := range map[string]struct {
		before, after []attendance.Result
		names         []string
		clue          attendance.Clue // of the last one
	}{
		"nothing":              {nil, nil, nil, attendance.Clue{}},
		"more is known":        {[]attendance.Result{on}, []attendance.Result{filled}, nil, attendance.Clue{}},
		"a new one":            {[]attendance.Result{on}, []attendance.Result{on, signed}, []string{"new result OffDuty of 2026-11-02 18:00"}, attendance.Clue{At: at("18:01:00")}},
		"appears by time":      {nil, []attendance.Result{off}, []string{"new result OffDuty of 2026-11-02 18:00"}, attendance.Clue{Unpushed: true}},
		"was met":              {[]attendance.Result{on, off}, []attendance.Result{on, signed}, []string{"result OffDuty of 2026-11-02 18:00"}, attendance.Clue{At: at("18:01:00")}},
		"was edited":           {[]attendance.Result{on, off}, []attendance.Result{edited, off}, []string{"result OnDuty of 2026-11-02 09:00"}, attendance.Clue{Since: at("08:00:00")}},
		"is gone":              {[]attendance.Result{on, off}, []attendance.Result{off}, []string{"gone result OnDuty of 2026-11-02 09:00"}, attendance.Clue{Unpushed: true}},
		"without a plan":       {nil, []attendance.Result{free}, []string{"new result OnDuty of 2026-11-02"}, attendance.Clue{At: at("07:00:00")}},
		"one more alike":       {[]attendance.Result{free}, []attendance.Result{free, free}, []string{"new result OnDuty of 2026-11-02"}, attendance.Clue{At: at("07:00:00")}},
		"in whatever order":    {[]attendance.Result{free, off, on}, []attendance.Result{on, free, off}, nil, attendance.Clue{}},
		"all are new and gone": {[]attendance.Result{free}, []attendance.Result{signed}, []string{"gone result OnDuty of 2026-11-02", "new result OffDuty of 2026-11-02 18:00"}, attendance.Clue{At: at("18:01:00")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var names []string
			var clue attendance.Clue
			for _, change := range attendance.ResultChanges(c.before, c.after) {
				name := change.Name(monday, shanghai)
				switch {
				case change.Before == nil:
					name = "new " + name
				case change.After == nil:
					name = "gone " + name
				}
				names, clue = append(names, name), change.Clue(at("08:00:00"))
			}
			require.Equal(t, c.names, names)
			require.Equal(t, c.clue, clue)
		})
	}
}

// Applying the changes to what was gives what is, each change once.
func TestResultChangesTurnOneIntoTheOther(t *testing.T) {
	t.Parallel()
	draw := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) attendance.Result {
		r := onDuty(rapid.SampledFrom([]string{"USER", "BOSS"}).Draw(t, "by"), at("08:00:00").Add(time.Duration(rapid.IntRange(0, 1).Draw(t, "at"))*time.Hour))
		if rapid.Bool().Draw(t, "free") {
			r.PlanCheckTime = time.Time{}
		}
		return r
	}), 0, 5)
	rapid.Check(t, func(t *rapid.T) {
		before, after := draw.Draw(t, "before"), draw.Draw(t, "after")
		count := map[string]int{}
		for _, r := range before {
			count[fmt.Sprint(r)]++
		}
		for _, c := range attendance.ResultChanges(before, after) {
			if c.Before != nil {
				count[fmt.Sprint(*c.Before)]--
			}
			if c.After != nil {
				count[fmt.Sprint(*c.After)]++
			}
		}
		for _, r := range after {
			count[fmt.Sprint(r)]--
		}
		for r, n := range count {
			require.Zero(t, n, r)
		}
	})
}
