package budget

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEditions(t *testing.T) {
	require.Equal(t, []string{"standard", "standard-before-2025-11-19", "professional", "professional-full", "package", "unlimited"}, EditionNames())
	for _, name := range EditionNames() {
		e, ok := EditionOf(name)
		require.True(t, ok)
		require.Equal(t, name, e.Name)
		require.NotEmpty(t, e.Title)
	}
	_, ok := EditionOf("gold")
	require.False(t, ok)
	pack, _ := EditionOf(EditionPackage)
	require.Equal(t, Edition{Name: "package", Title: "标准版 + 企业应用开发增购包", Calls: 5_005_000, Pushes: 503_000, Price: 19_800, Packages: 1, Offer: true}, pack)
	b := pack.Budget(10, time.Hour)
	require.Equal(t, Budget{Edition: "package", Calls: 5_005_000, Pushes: 503_000, Reserve: 500_500, Window: -1, Drain: time.Hour}, b)
	_, err := time.Parse(time.DateOnly, AsOf)
	require.NoError(t, err)
}

func cheapestFor(calls, pushes, reserve int) Edition {
	return cheapest(func(e Edition) bool { return e.Suffices(calls, pushes, reserve) })
}

func TestCheapest(t *testing.T) {
	for _, test := range []struct {
		calls, pushes int
		name          string
		price         int
	}{
		{0, 0, EditionStandard, 0},
		{4500, 3000, EditionStandard, 0},
		{4501, 3000, EditionProfessional, 9800},
		{0, 3001, EditionProfessional, 9800},
		{180_000, 50_000, EditionProfessional, 9800},
		{180_001, 0, EditionFull, 9800},
		{0, 200_001, EditionPackage, 19_800},
		{0, 503_001, "professional + package", 9_800 + 19_800},
		{0, 591_500, "professional-full + package", 9_800 + 19_800}, // 13,000 people, two punches a day, at once
		{0, 700_001, EditionPackage, 2 * 19_800},
		{0, 1_003_001, "professional + package", 9_800 + 2*19_800},
		{40_000_000, 0, EditionPackage, 9 * 19_800},
	} {
		e := cheapestFor(test.calls, test.pushes, DefaultReserve)
		require.Equal(t, test.name, e.Name, "%+v", test)
		require.Equal(t, test.price, e.Price, "%+v", test)
	}
	require.Equal(t, "package × 2", cheapestFor(0, 700_001, DefaultReserve).Short())
	require.Equal(t, "professional-full + package", cheapestFor(0, 591_500, DefaultReserve).Short())
	require.Equal(t, "professional + package × 2", cheapestFor(0, 1_003_001, DefaultReserve).Short())
	require.Equal(t, "package", cheapestFor(0, 200_001, DefaultReserve).Short())
	require.Equal(t, "标准版 + 企业应用开发增购包 × 2", cheapestFor(0, 700_001, DefaultReserve).Title)
	require.Equal(t, "专业版 + 企业应用开发增购包", cheapestFor(0, 503_001, DefaultReserve).Title)
}

func TestTheCheapestSufficesAndNothingCheaperDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		calls := rapid.IntRange(0, 20_000_000).Draw(t, "calls")
		pushes := rapid.IntRange(0, 2_000_000).Draw(t, "pushes")
		reserve := rapid.IntRange(0, 90).Draw(t, "reserve")
		best := cheapestFor(calls, pushes, reserve)
		require.True(t, best.Suffices(calls, pushes, reserve))
		most := best.Price/packagePrice + 1 // packages; more cost more by themselves
		for _, base := range Editions() {
			for n := range most + 1 {
				if e := base.With(n); e.Offer && e.Suffices(calls, pushes, reserve) {
					require.LessOrEqual(t, best.Price, e.Price, e.Short())
				}
			}
		}
	})
}
