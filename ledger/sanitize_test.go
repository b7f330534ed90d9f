package ledger //nolint:testpackage // The edge is not exported.

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestCleanJSONKeepsWhatItCan(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                            "",
		`{"b":1,"a":"中"}`:             `{"b":1,"a":"中"}`,
		`{"id":12345678901234567890}`: `{"id":12345678901234567890}`,
		`{"a":"x\u0000y"}`:            "{\"a\":\"x\uFFFDy\"}",
		`"\ud800"`:                    "\"\uFFFD\"",
		`"\ud83d\ude00"`:              `"😀"`,
		`1e5`:                         `1e5`,
		`1e99999`:                     `"1e99999"`,
		`{"a":`:                       `"{\"a\":"`,
		"\xff":                        "\"\uFFFD\"",
	} {
		require.Equal(t, want, string(cleanJSON([]byte(in))), in)
	}
	deep := strings.Repeat("[", maxJSONDepth+1) + strings.Repeat("]", maxJSONDepth+1)
	require.Equal(t, byte('"'), cleanJSON([]byte(deep))[0])
	for _, flat := range []string{`"` + strings.Repeat("[", maxJSONDepth+1) + `"`, `"\"` + strings.Repeat("{", maxJSONDepth+1) + `\\"`} {
		require.Equal(t, flat, string(cleanJSON([]byte(flat))), "brackets in a string do not nest")
	}
}

func FuzzCleanJSON(f *testing.F) {
	for _, seed := range []string{`{"a":"\u0000"}`, `"\ud800\udc00"`, `1e999999`, "\xff", `{"a":[1,2,{"b":null}]}`, `-0.0e-5`, `"\\u0000"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		cleaned := cleanJSON(b)
		if len(b) == 0 {
			require.Empty(t, cleaned)
			return
		}
		require.True(t, json.Valid(cleaned))
		require.True(t, utf8.Valid(cleaned))
		require.NotContains(t, strings.ReplaceAll(string(cleaned), `\\`, ""), `\u0000`)
		require.LessOrEqual(t, bytes.Count(cleaned, []byte("[")), max(bytes.Count(b, []byte("[")), len(b)))
		require.Equal(t, string(cleaned), string(cleanJSON(cleaned)), "once is enough")
	})
}

func FuzzCleanText(f *testing.F) {
	for _, seed := range []string{"", "a", "\x00", "\xff\xfe", strings.Repeat("长", 600), strings.Repeat("x", maxKeyBytes+1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, clean := range []func(string) string{cleanText, cleanKey} {
			cleaned := clean(s)
			require.True(t, utf8.ValidString(cleaned))
			require.NotContains(t, cleaned, "\x00")
			require.Equal(t, cleaned, clean(cleaned))
		}
		require.LessOrEqual(t, len(cleanKey(s)), maxKeyBytes)
	})
}
