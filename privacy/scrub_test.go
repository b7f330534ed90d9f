package privacy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/privacy"
)

func TestScrub(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ in, want string }{
		"nothing to remove keeps the bytes": {` { "a" : 1 } `, ` { "a" : 1 } `},
		"first, middle and last key":        {`{"latitude":1,"a":1,"address":"x","b":2,"deviceSN":"d"}`, `{"a":1,"b":2}`},
		"only key":                          {`{"user_address":"x"}`, `{}`},
		"case and underscores":              {`{"USER_MAC_addr":"x","baseMacAddr":"y","userMacAddr":"z","k":0}`, `{"k":0}`},
		"escaped key":                       {`{"lat\u0069tude":1,"k":0}`, `{"k":0}`},
		"whole value of a personal key":     {`{"address":{"k":[1,2]},"k":0}`, `{"k":0}`},
		"in arrays":                         {`[1,{"ssid":"s"},[{"mac":"m","k":1}]]`, `[1,{},[{"k":1}]]`},
		"in a string":                       {`{"data":"{\"dataList\":[{\"latitude\":30.1,\"userId\":\"u\"}]}"}`, `{"data":"{\"dataList\":[{\"userId\":\"u\"}]}"}`},
		"in a string in a string":           {`"\"{\\\"latitude\\\":1}\""`, `"\"{}\""`},
		"numbers keep their spelling":       {`{"id":12345678901234567890,"f":1.50,"ssid":""}`, `{"id":12345678901234567890,"f":1.50}`},
		"order stays":                       {`{"z":1,"a":2,"ssid":0,"m":3}`, `{"z":1,"a":2,"m":3}`},
		"similar names stay":                {`{"locationResult":"Normal","locationMethod":"MAP","macro":1}`, `{"locationResult":"Normal","locationMethod":"MAP","macro":1}`},
		"a text that only looks like JSON":  {`{"s":"{corpid=ding}","ssid":1}`, `{"s":"{corpid=ding}"}`},
		"broken JSON in a string":           {`{"data":"{\"userId\":\"u\",\"address\":\"x 1\",\"latitude\":30.1"}`, `{"data":"{\"userId\":\"u\",,"}`},
		"broken JSON in two strings":        {`"\"[{\\\"ssid\\\":\\\"s\\\",\\\"k\\\":1\""`, `"\"[{,\\\"k\\\":1\""`},
		"a plain text with a quotation":     {`{"s":"say \"address\" now","ssid":1}`, `{"s":"say \"address\" now"}`},
		"angle brackets are left alone":     {`{"s":"{\"a\":\"<b>&\",\"ssid\":1}"}`, `{"s":"{\"a\":\"<b>&\"}"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := privacy.Scrub([]byte(tt.in))
			require.True(t, ok)
			require.Equal(t, tt.want, string(got))
		})
	}
}

func TestScrubEveryKey(t *testing.T) {
	t.Parallel()
	for _, k := range privacy.Keys() {
		require.True(t, privacy.Personal(k), k)
		got, ok := privacy.Scrub([]byte(`{"keep":1,"` + strings.ToUpper(k) + `":"x"}`))
		require.True(t, ok)
		require.Equal(t, `{"keep":1}`, string(got))
	}
}

func TestScrubLeavesWhatIsNotJSON(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "<html>", `{"latitude":1`, `{"a":1}x`} {
		got, ok := privacy.Scrub([]byte(in))
		require.False(t, ok, in)
		require.Equal(t, in, string(got))
	}
}

func TestScrubEmptiesBottomlessNesting(t *testing.T) {
	t.Parallel()
	text := `{"latitude":1}`
	for range 20 {
		b, err := json.Marshal(text)
		require.NoError(t, err)
		text = string(b)
		if len(text) > 1<<22 {
			break
		}
	}
	got, ok := privacy.Scrub([]byte(text))
	require.True(t, ok)
	require.NotContains(t, string(got), "latitude")
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	var p privacy.Policy
	require.Equal(t, privacy.Minimal, p)
	require.NoError(t, p.UnmarshalText([]byte("full")))
	require.Equal(t, "full", p.String())
	b, ok := p.Scrub([]byte(`{"ssid":1}`))
	require.True(t, ok)
	require.JSONEq(t, `{"ssid":1}`, string(b))
	require.NoError(t, p.UnmarshalText([]byte("minimal")))
	b, ok = p.Scrub([]byte(`{"ssid":1}`))
	require.True(t, ok)
	require.JSONEq(t, `{}`, string(b))
	require.ErrorContains(t, p.UnmarshalText([]byte("some")), "minimal or full")
}

func FuzzScrub(f *testing.F) {
	for _, s := range []string{
		`{"latitude":1}`, `{"a":"{\"ssid\":\"[\\\"x\\\"]\"}"}`, `[{"mac":1},{"a":[]}]`, `"\"\""`, `{"a":"\ud800","address":0}`,
		"{\"a\":\"\xff\",\"b\":\"{\\\"ssid\\\":\\\"\xff\\\"}\"}", `{"":{"":""}}`, `{"lat\u0069tude":1}`, ` {"a" : [ 1 , 2 ] } `, "x", `{"s":"{\"a\":\"\\ud800\",\"ssid\":1}"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out, ok := privacy.Scrub(in)
		require.Equal(t, json.Valid(in), ok)
		require.Equal(t, ok, json.Valid(out))
		if !ok {
			require.Equal(t, in, out)
			return
		}
		again, _ := privacy.Scrub(out)
		require.Equal(t, string(out), string(again), "idempotent")
		var v any
		if json.Unmarshal(out, &v) == nil { // numbers out of float64's range do not decode
			requireNothingPersonal(t, v, 0)
		}
	})
}

func requireNothingPersonal(t *testing.T, v any, depth int) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			require.False(t, privacy.Personal(k), k)
			requireNothingPersonal(t, e, depth)
		}
	case []any:
		for _, e := range v {
			requireNothingPersonal(t, e, depth)
		}
	case string:
		var inner any
		if json.Unmarshal([]byte(v), &inner) == nil {
			requireNothingPersonal(t, inner, depth+1)
		}
	}
}

func TestScrubText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"userId":"u","latitude":30.5,"x":1,`:               `{"userId":"u",,"x":1,`,
		`{"a":"{\"latitude\":30.5,\"address\":\"some`:        `{"a":"{,`,
		`{"address" : "cut o`:                                `{`,
		`"{\"user_address\":\"x\",\"k\":\"v\"},` + "\xff":    `"{,\"k\":\"v\"},` + "\xff",
		`<html>"locationResult":"Normal","ssid":null</html>`: `<html>"locationResult":"Normal",</html>`,
		``: ``,
	} {
		require.Equal(t, want, string(privacy.ScrubText([]byte(in))), in)
	}
	require.Equal(t, `{"ssid":1`, string(privacy.Full.ScrubAny([]byte(`{"ssid":1`))))
	require.Equal(t, `{`, string(privacy.Minimal.ScrubAny([]byte(`{"ssid":1`))))
	require.Equal(t, `{}`, string(privacy.Minimal.ScrubAny([]byte(`{"ssid":1}`))))
}
