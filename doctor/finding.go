package doctor

import "slices"

// Severity says how bad a finding is.
type Severity string

// The severities, from good to bad. A note is worth knowing and wants no action.
const (
	OK      Severity = "ok"
	Note    Severity = "note"
	Skipped Severity = "skipped" // it could not be checked; something else says why, or Saw does
	Warning Severity = "warning" // something is missed, late or will be
	Fault   Severity = "fault"   // something does not work
)

func severities() []Severity { return []Severity{OK, Note, Skipped, Warning, Fault} }

// Finding is what one check came to.
type Finding struct {
	Check    string   `json:"check"`
	Severity Severity `json:"severity"`
	Saw      Message  `json:"saw"`
	Why      Message  `json:"why,omitzero"`  // it matters
	Next     Message  `json:"next,omitzero"` // step
}

// Report is all findings, in the order of the checks.
type Report struct {
	Worst    Severity  `json:"worst"`
	Findings []Finding `json:"findings"`
}

func newReport(findings []Finding) Report {
	r := Report{Worst: OK, Findings: findings}
	for _, f := range findings {
		if slices.Index(severities(), f.Severity) > slices.Index(severities(), r.Worst) {
			r.Worst = f.Severity
		}
	}
	return r
}

// With is the report with one more finding.
func (r Report) With(f Finding) Report { return newReport(append(slices.Clone(r.Findings), f)) }

// Wrong are the findings that want an action.
func (r Report) Wrong() []Finding {
	var wrong []Finding
	for _, f := range r.Findings {
		if f.Severity == Warning || f.Severity == Fault {
			wrong = append(wrong, f)
		}
	}
	return wrong
}

func fine(check string, saw Message) Finding {
	return Finding{Check: check, Severity: OK, Saw: saw}
}

func skipped(check string, saw Message) Finding {
	return Finding{Check: check, Severity: Skipped, Saw: saw}
}
