package budget

import (
	"slices"
	"time"
)

// Edition is what DingTalk allows an organisation in a calendar month, all its
// apps together, and what that costs.
type Edition struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Calls    int    `json:"calls"`              // billed API calls a month; 0: no bound
	Pushes   int    `json:"pushes"`             // Webhook and Stream pushes a month; 0: no bound
	Price    int    `json:"price"`              // yuan a year
	Packages int    `json:"packages,omitempty"` // 企业应用开发增购包 on top, in the figures
	Offer    bool   `json:"offer"`              // can be had today
	Note     string `json:"note,omitempty"`
}

// Source is the page that the figures are from, and AsOf its date: calls, pushes
// and prices of every edition and of the package. DingTalk changes them without
// asking. That attendance and approval calls are billed, and their pushes
// counted, say basic-interfaces-such-as-log-off-and-address-book and
// appendix-a-list-of-events-not-included-in-webhook beside it, by what they
// leave out.
const (
	Source = "https://open.dingtalk.com/document/development/dingtalk-application-development-platform-billing-model"
	AsOf   = "2026-05-09"
)

// The editions that a setting may name.
const (
	EditionStandard     = "standard"
	EditionStandardOld  = "standard-before-2025-11-19"
	EditionProfessional = "professional"
	EditionFull         = "professional-full"
	EditionPackage      = "package"
	EditionUnlimited    = "unlimited"
)

// What one 企业应用开发增购包 adds to any edition; they can be stacked.
const (
	packageCalls  = 5_000_000
	packagePushes = 500_000
	packagePrice  = 19_800
)

// Editions are those that are known, cheapest first.
func Editions() []Edition {
	standard := Edition{
		Name: EditionStandard, Title: "标准版", Calls: 5_000, Pushes: 3_000, Offer: true,
	}
	return []Edition{
		standard,
		{
			Name: EditionStandardOld, Title: "标准版", Calls: 10_000, Pushes: 5_000,
			Note: "until 2025-11-18",
		},
		{
			Name: EditionProfessional, Title: "专业版", Calls: 200_000, Pushes: 50_000, Price: 9_800, Offer: true,
			Note: "with one of its five options put on 应用开发; contracts from before 2025-11-19 keep what they have",
		},
		{
			Name: EditionFull, Title: "专业版", Calls: 800_000, Pushes: 200_000, Price: 9_800, Offer: true,
			Note: "with four of its five options put on 应用开发",
		},
		standard.With(1),
		{Name: EditionUnlimited, Title: "any", Note: "the numbers are not watched"},
	}
}

// EditionNames are what a setting may say.
func EditionNames() []string {
	all := Editions()
	names := make([]string, 0, len(all))
	for _, e := range all {
		names = append(names, e.Name)
	}
	return names
}

// EditionOf is the edition of a name.
func EditionOf(name string) (Edition, bool) {
	all := Editions()
	i := slices.IndexFunc(all, func(e Edition) bool { return e.Name == name })
	if i < 0 {
		return Edition{}, false
	}
	return all[i], true
}

// With is the edition with so many packages (企业应用开发增购包) on top, and named
// by both, as "professional-full + package".
func (e Edition) With(packages int) Edition {
	if packages <= 0 {
		return e
	}
	e.Calls += packages * packageCalls
	e.Pushes += packages * packagePushes
	e.Price += packages * packagePrice
	e.Packages += packages
	e.Note = ""
	if e.Name == EditionStandard {
		e.Name = EditionPackage // as a setting calls it
	} else {
		e.Name += " + " + EditionPackage
	}
	e.Title += " + 企业应用开发增购包"
	if packages > 1 {
		e.Title += " × " + Number(packages)
	}
	return e
}

// Short is the edition's name, with the number of packages.
func (e Edition) Short() string {
	if e.Packages > 1 {
		return e.Name + " × " + Number(e.Packages)
	}
	return e.Name
}

// Suffices reports whether a month's calls and pushes fit, with a reserve of the
// calls in percent, of less than all, left alone.
func (e Edition) Suffices(calls, pushes, reserve int) bool {
	reserve = min(reserve, 99)
	return (e.Calls == 0 || calls <= e.Calls-e.Calls*reserve/100) && (e.Pushes == 0 || pushes <= e.Pushes)
}

// cheapest is the edition on offer, with as many packages as it takes, that
// suffices for the least; of those that cost the same the smaller one. More
// packages are tried until they alone cost as much as what was found.
func cheapest(suffices func(Edition) bool) Edition {
	var best Edition
	for n, found := 0, false; !found || n*packagePrice < best.Price; n++ {
		for _, base := range Editions() {
			e := base.With(n)
			if base.Offer && base.Packages == 0 && (!found || e.Price < best.Price) && suffices(e) {
				best, found = e, true
			}
		}
	}
	return best
}

// DefaultReserve is how many percent of the calls are kept for what a person
// asks for unless a setting says otherwise.
const DefaultReserve = 10

// Budget is what the edition allows, with a reserve in percent. The governor
// chooses how events are answered.
func (e Edition) Budget(reserve int, drain time.Duration) Budget {
	return Budget{Edition: e.Name, Calls: e.Calls, Pushes: e.Pushes, Reserve: e.Calls * reserve / 100, Window: -1, Drain: drain}
}
