// Package ledger keeps the ledger in PostgreSQL, schema dakasync: what DingTalk
// told us, what it answered, and what follows from that.
//
// It guarantees that any order, interleaving and repetition of the same
// deliveries leaves the same rows. The rules are those of package attendance,
// which is pure; this package loads a state, lets the state learn, and writes it
// back together with the rows that follow from it. What belongs together is one
// transaction: a user-day with its results, its punches and its version.
//
// PostgreSQL is authoritative for what is known, and its clock for when that was
// recorded. Writers of one user's days take turns by an advisory lock on the
// user, since a punch may move from one work date to the next; writers of one
// event by a lock on its key; writers of approvals by one lock. Locks are always
// taken in the order event, approvals, users by id.
//
// It knows its own blind spots: what is proven of the connections is dated by its
// clock (coverage), the holes in that are gaps until a sweep closes them, what a
// sweep changes is written down as a difference, and the view complete_through
// tells from all that is open how far the rows can be relied upon.
//
// When PostgreSQL is away every method returns ErrUnavailable and has done
// nothing, or has done all of it: repeat the call. When the schema is not there
// it returns ErrSchema. Bytes that PostgreSQL cannot store (NUL, invalid UTF-8,
// JSON that jsonb refuses) are escaped or replaced at the edge (see sanitize.go), so
// that one odd element never costs the others.
//
// It fetches nothing, decides nothing about DingTalk, and deletes nothing that
// was told: only results that DingTalk takes back and make-ups that are revoked
// disappear, and day_version keeps what they were. Two things that a person asks
// for are the exceptions: Erase takes a user out, Prune what is older than it is
// to be kept. Neither touches what is still open.
package ledger
