package seal_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/seal"
)

// key is 32 bytes that look like base64 of every alphabet.
func key(first byte) string {
	raw := []byte(strings.Repeat("\xfb\xff\xbf", 10) + "xx")
	raw[0] = first
	return base64.StdEncoding.EncodeToString(raw)
}

func ring(t *testing.T, text string) seal.Ring {
	t.Helper()
	r, err := seal.ParseRing(text)
	require.NoError(t, err)
	return r
}

func TestParseRing(t *testing.T) {
	for text, sealer := range map[string]string{
		"2026:" + key(1):                         "2026",
		"b:" + key(2) + ",a:" + key(1):           "b",
		" b:" + key(2) + "\n a:" + key(1) + "\n": "b",
		"a:" + strings.TrimRight(key(1), "="):    "a",
		"a:" + base64.URLEncoding.EncodeToString([]byte(strings.Repeat("\xfb", 32))): "a",
		"clear,a:" + key(1): "",
		"clear":             "",
	} {
		r := ring(t, text)
		require.Equal(t, sealer, r.Sealer(), text)
		require.Equal(t, sealer != "", r.Seals(), text)
	}
	require.False(t, seal.Ring{}.Seals())
}

func TestFaultyRingsAreExplainedWithoutTheirKeys(t *testing.T) {
	const secret = "c2VjcmV0IQ"
	for text, says := range map[string]string{
		"":                             "no key",
		",":                            "no key",
		secret:                         "key number 1 does not begin with an id",
		":" + key(1):                   "does not begin with an id",
		"ä:" + key(1):                  "does not begin with an id",
		"clear:" + key(1):              "does not begin with an id",
		"a:" + key(1) + ",b:" + secret: "key number 2 (b) has 7 bytes and must have 32",
		"a:" + secret + "!":            "(a) is not base64",
		"a:" + key(1) + ",a:" + key(2): "the id a is there twice",
		"a:" + key(1) + ",clear":       "may only stand in the first place",
		"a:" + base64.StdEncoding.EncodeToString(make([]byte, 16)): "has 16 bytes",
	} {
		_, err := seal.ParseRing(text)
		require.ErrorContains(t, err, says, text)
		require.NotContains(t, err.Error(), secret)
		require.NotContains(t, err.Error(), key(1))
	}
}
