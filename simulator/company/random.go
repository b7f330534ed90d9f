package company

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"
)

// dice is a random source that belongs to one thing (a person's day, an id) and depends on nothing else, so that a
// verb called by a test does not change what other people do.
func (c *Company) dice(parts ...any) *rand.Rand {
	hash := c.hash(parts...)
	return rand.New(rand.NewPCG(hash, hash>>1|1)) //nolint:gosec // reproducible by seed is the point
}

func (c *Company) hash(parts ...any) uint64 {
	sum := fnv.New64a()
	_, _ = fmt.Fprintln(sum, append([]any{c.options.Seed}, parts...)...)
	// FNV alone spreads neighbouring inputs badly; one round of mixing is enough here.
	x := sum.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return x
}

// number is a stable positive id of the given magnitude for parts.
func (c *Company) number(floor, span int64, parts ...any) int64 {
	return floor + int64(c.hash(parts...)%uint64(span)) //nolint:gosec // span is a positive constant
}

// instanceID looks like DingTalk's: 22 characters, then the creation time in epoch seconds.
func (c *Company) instanceID(serial int64, created time.Time) string {
	raw := make([]byte, 16)
	binary.BigEndian.PutUint64(raw, c.hash("instance", serial))
	binary.BigEndian.PutUint64(raw[8:], c.hash("instance-tail", serial))
	return base64.RawURLEncoding.EncodeToString(raw) + fmt.Sprintf("%010d", created.Unix())
}

func (c *Company) bizID(serial int64) string {
	return strings.ToUpper(fmt.Sprintf("%016x%016x", c.hash("biz", serial), c.hash("biz-tail", serial)))
}
