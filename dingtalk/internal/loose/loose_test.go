package loose_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/dingtalk/internal/loose"
)

func shanghai(t testing.TB) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	return loc
}

func TestTime(t *testing.T) {
	t.Parallel()
	loc := shanghai(t)
	for in, want := range map[string]string{
		`1570791880000`:                   "2019-10-11T19:04:40+08:00",
		`"1570791880000"`:                 "2019-10-11T19:04:40+08:00",
		`1.57079188e12`:                   "2019-10-11T19:04:40+08:00",
		`1570791880000.0`:                 "2019-10-11T19:04:40+08:00",
		`"2021-01-14 09:00:00"`:           "2021-01-14T09:00:00+08:00",
		`"2021-01-14 09:00"`:              "2021-01-14T09:00:00+08:00",
		`" 2021-01-14 "`:                  "2021-01-14T00:00:00+08:00",
		`"2026-04-16T15:34Z"`:             "2026-04-16T15:34:00+08:00", // a false Z
		`"2026-04-16T15:34:09Z"`:          "2026-04-16T15:34:09+08:00",
		`"2021-07-26T02:18:32.000+00:00"`: "2021-07-26T10:18:32+08:00",
		`"2021-07-26T02:18:32.000Z"`:      "2021-07-26T10:18:32+08:00",
		`"2021-07-26T02:18:32.000+0000"`:  "2021-07-26T10:18:32+08:00",
		`"2021-07-26T10:18+08:00"`:        "2021-07-26T10:18:00+08:00",
		`"2021-07-26T10:18:32+08:00"`:     "2021-07-26T10:18:32+08:00",
		`"2021-07-26 10:18:32.123"`:       "2021-07-26T10:18:32.123+08:00",
		`"1970-01-01 09:30:00"`:           "1970-01-01T09:30:00+08:00",
	} {
		got, err := loose.Time(json.RawMessage(in), loc)
		require.NoError(t, err, in)
		require.Equal(t, want, got.Format(time.RFC3339Nano), in)
	}
	for _, in := range []string{`"soon"`, `-1`, `999999999999999`, `"9999999999999999999999"`, `{}`, `[]`, `true`, `"0001-01-01 00:00:00"`, `"2021-13-01"`} {
		_, err := loose.Time(json.RawMessage(in), loc)
		require.ErrorIs(t, err, loose.ErrTime, in)
	}
	for _, in := range []string{``, `null`, `""`, `" "`} {
		got, err := loose.Time(json.RawMessage(in), loc)
		require.NoError(t, err, in)
		require.True(t, got.IsZero(), in)
	}
}

func TestInt(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{`1`: 1, `"1"`: 1, `1.0`: 1, `"-7"`: -7, `1e3`: 1000, `9223372036854775807`: 9223372036854775807} {
		got, ok := loose.Int(json.RawMessage(in))
		require.True(t, ok, in)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{``, `null`, `""`, `"x"`, `1.5`, `1e999999999`, `1e-999999999`, `true`, `{}`, `9223372036854775808`, `"0x10"`, `"1/2"`} {
		_, ok := loose.Int(json.RawMessage(in))
		require.False(t, ok, in)
	}
}

func TestObject(t *testing.T) {
	t.Parallel()
	o, ok := loose.ParseObject([]byte(`"{\"procInst_id\":\"p\",\"DataList\":null,\"dataList\":[1],\"b\":\"Y\",\"n\":\"a\\u0000b\",\"ids\":\"a, b\"}"`))
	require.True(t, ok)
	require.Equal(t, "p", o.String("processinstanceid", "procinstid"))
	list, ok := o.Array("datalist")
	require.True(t, ok)
	require.Len(t, list, 1)
	b, ok := o.Bool("b")
	require.True(t, ok)
	require.True(t, b)
	require.Equal(t, "a\uFFFDb", o.String("n"))
	require.Equal(t, []string{"a", "b"}, o.Strings("ids"))
	require.True(t, o.Has("b"))
	require.Nil(t, o.Object("b"))
	require.Empty(t, o.Object("b").String("x"))
}

func FuzzAsk(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":"2020-01-01"}`, `{"a":[{"a":"1"}]}`, `{"a":"[1]"}`, `"{}"`, `{"a":1e400}`, `{"a":"1E-5"}`, `{"a":{}}`} {
		f.Add([]byte(s))
	}
	loc := shanghai(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		o, _ := loose.ParseObject(in)
		o.Int("a")
		o.Bool("a")
		o.Strings("a")
		o.Objects("a")
		require.NotContains(t, o.String("a"), "\x00")
		when, err := o.Time(loc, "a")
		if err == nil && !when.IsZero() {
			require.GreaterOrEqual(t, when.Year(), 1970)
			_, err = when.MarshalJSON()
			require.NoError(t, err)
		}
		_, _ = o.Date(loc, "a")
	})
}
