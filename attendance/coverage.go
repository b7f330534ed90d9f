package attendance

import "time"

// CoverageLag is how far behind the truth the record of coverage may be while
// all is well: a silent connection is asked for a sign of life after 3 s, the
// answer takes a moment, and what is proven is written every second. A hole that
// is younger may still be closed by another starter's next proof.
const CoverageLag = 8 * time.Second

// BlindSpan is how far back blind time is added up where a person reads it.
const BlindSpan = 30 * 24 * time.Hour

// BlindMargin is how long before a gap the events may have been born that it
// cost us: DingTalk repeats a push after 10 s and 30 s, and the repetitions fell
// into the gap (obtain-the-event-list-of-failed-push-messages).
const BlindMargin = 5 * time.Minute

// Proof is a stretch of one connection's life that is proven without a hole: the
// far side has answered at its end, and never was silent for long. Its times are
// ages by a clock that does not jump; PostgreSQL's clock dates them.
type Proof struct {
	ID        string        // ours, of this stretch; a hole begins another one
	BeganAgo  time.Duration // since its first proof
	ProvenAgo time.Duration // since its last proof
	Ended     ProofEnd      // how it ended; "" while it lives
}

// ProofEnd says how a stretch ended; it is coverage.ended in the ledger, and the
// reason of the gap that follows, if one follows.
type ProofEnd string

// The ends of a stretch. One whose process died has none.
const (
	ProofStopped  ProofEnd = "stopped"  // the starter was told to stop
	ProofReplaced ProofEnd = "replaced" // its successor was up before it went
	ProofLost     ProofEnd = "lost"     // the connection broke or was closed by the far side
	ProofSilent   ProofEnd = "silent"   // half-open or a zombie: it was there, and nothing came
	ProofAsleep   ProofEnd = "asleep"   // the machine or the process stood still, or a clock jumped
	ProofNoStore  ProofEnd = "no_store" // neither Temporal nor PostgreSQL took events
)

// ProofCrashed is the reason of a gap after a stretch without an end.
const ProofCrashed ProofEnd = "crashed"

// Gap is an interval in which no connection of any starter is proven to have
// lived and to have had a store.
type Gap struct {
	Began  time.Time `json:"began"`
	Ended  time.Time `json:"ended"`
	Reason ProofEnd  `json:"reason"`
}

// Evidence is what a sweep did before it closed gaps or called dates reconciled.
type Evidence struct {
	Since       time.Time `json:"since"` // when its first question was sent: what happened later may not be in the answers
	UserDays    int       `json:"user_days"`
	Calls       int       `json:"calls"`
	Approvals   int       `json:"approvals"`         // instances read
	Differences int       `json:"differences"`       // rows of dakasync.difference that it wrote
	Refused     bool      `json:"refused,omitempty"` // DingTalk refused some of it: nothing is closed by it
}

// Domain is a kind of data whose completeness is told by itself.
type Domain string

// The domains.
const (
	DomainPunches   Domain = "punches"
	DomainResults   Domain = "results"
	DomainApprovals Domain = "approvals"
)

// Completeness is how far a domain is complete.
type Completeness struct {
	Domain     Domain
	Through    Date   // every date up to it is complete; zero: none is
	HeldBackOn Date   // the first date that is not; zero while that is not over
	HeldBackBy string // why it is not, in words
}
