package attendance

import "time"

// Bounds of the nightly search for approvals. A question lists 20 ids
// (obtain-an-approval-list-of-instance-ids).
const (
	// wholeEvery is how often everything is listed all the same: only that shows
	// what was deleted, and what a list once left out. It is half a day short of a
	// week, so that it is the same night every week.
	wholeEvery = 7*24*time.Hour - 12*time.Hour
	// searchTrust is for how long a search without a proof is gone on from.
	searchTrust = 3 * 24 * time.Hour
	// SearchSpan is how far back finished approvals are counted.
	SearchSpan = approvalsBefore + 2*24*time.Hour
	// SearchLag is by how much a list may lag behind what was started: the next
	// search lists so much again.
	SearchLag = 6 * time.Hour
	// fewApprovals are listed whole at no more calls than in parts, which takes one
	// for what runs and one for what is new; a template with more of them must grow
	// to manyApprovals before it is taken apart, which begins with a whole list.
	fewApprovals  = 40
	manyApprovals = 60
)

// SearchMode is how a nightly sweep looks for approvals.
type SearchMode string

// The modes of a search.
const (
	SearchPlain SearchMode = ""      // everything finished is listed, and nothing is remembered of it
	SearchWhole SearchMode = "whole" // everything finished, and where they are many what runs as well
	SearchParts SearchMode = "parts" // where they are many only what was started lately, and what runs
)

// TemplateSearch is what is known of the approvals of one template and of the
// nightly searches for them. The zero one is of a template that was never searched.
type TemplateSearch struct {
	Code      string
	Finished  int       // approvals that the ledger has read to their end, started in the time that is searched
	ListedAt  time.Time // when the last proven search began; zero: never
	WholeAt   time.Time // when the last proven one began that listed all; zero: never
	WholeFrom time.Time // from which start on
	Running   bool      // the last one listed those that were running
}

// Few reports whether the template's approvals are listed whole every night.
func (s TemplateSearch) Few() bool {
	return s.Finished <= fewApprovals || !s.Running && s.Finished <= manyApprovals
}

// InParts reports whether what was started lately, and what runs, tells as much
// as all approvals that were started since from would.
func (s TemplateSearch) InParts(from, now time.Time) bool {
	return !s.Few() && s.Running && !s.WholeAt.IsZero() && !s.WholeFrom.After(from) &&
		now.Sub(s.WholeAt) < wholeEvery && now.Sub(s.ListedAt) < searchTrust
}

// Lately is the part of an interval of starts that the last search has not shown.
func (s TemplateSearch) Lately(started TimeRange) TimeRange {
	if from := s.ListedAt.Add(-SearchLag); from.After(started.From) {
		started.From = from
	}
	return started
}

// Unfiltered reports whether a list of what runs is one of everything: DingTalk
// did not heed what was asked. Then it names what is known to have ended, of which
// a lagging list names a little at most.
func (s TemplateSearch) Unfiltered(listed, unended int) bool {
	return 2*(listed-unended) > s.Finished
}

// ModeOfSearch is how a night searches: whole if of any template everything is to
// be listed, because a week is over, a proof is missing, or dates are swept that
// reach further back.
func ModeOfSearch(searches []TemplateSearch, from, now time.Time) SearchMode {
	for _, s := range searches {
		if !s.Few() && !s.InParts(from, now) {
			return SearchWhole
		}
	}
	return SearchParts
}

// SearchedTemplate is what one search has listed of a template.
type SearchedTemplate struct {
	Code    string    `json:"code"`
	Whole   bool      `json:"whole,omitempty"`   // all that had finished
	From    time.Time `json:"from,omitzero"`     // from which start on
	Running bool      `json:"running,omitempty"` // and all that were running
}

// JoinSearched is what several searches, each of its own interval, have listed
// together: of a template as much as each of them.
func JoinSearched(a, b []SearchedTemplate) []SearchedTemplate {
	var both []SearchedTemplate
	for _, s := range a {
		for _, o := range b {
			if s.Code != o.Code {
				continue
			}
			s.Whole, s.Running = s.Whole && o.Whole, s.Running && o.Running
			if o.From.Before(s.From) {
				s.From = o.From
			}
			both = append(both, s)
		}
	}
	return both
}
