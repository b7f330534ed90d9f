package privacy

import (
	"encoding/json"
	"fmt"
)

// Policy says whether personal data is kept (DAKASYNC_PII). The zero Policy is
// Minimal.
type Policy int

// The two policies.
const (
	Minimal Policy = iota // personal data is removed before anything is stored or started
	Full                  // everything that DingTalk sends is kept
)

// String is the setting's value.
func (p Policy) String() string {
	if p == Full {
		return "full"
	}
	return "minimal"
}

// MarshalText is the setting's value.
func (p Policy) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the setting's value.
func (p *Policy) UnmarshalText(text []byte) error {
	switch string(text) {
	case "minimal":
		*p = Minimal
	case "full":
		*p = Full
	default:
		return fmt.Errorf("%q is not a policy for personal data: it is minimal or full", text)
	}
	return nil
}

// ScrubAny removes what it can from anything: by Scrub from JSON, by ScrubText
// from the rest. Under Full it changes nothing.
func (p Policy) ScrubAny(b []byte) []byte {
	if p == Full {
		return b
	}
	if scrubbed, ok := Scrub(b); ok {
		return scrubbed
	}
	return ScrubText(b)
}

// Scrub is the function Scrub under Minimal. Under Full it changes nothing and
// only says whether b is JSON.
func (p Policy) Scrub(b []byte) (scrubbed []byte, ok bool) {
	if p == Full {
		return b, json.Valid(b)
	}
	return Scrub(b)
}
