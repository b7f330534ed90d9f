package config

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every field reads a described setting with the described default, and every
// described setting is read by a field.
func TestFieldsAndSettingsAgree(t *testing.T) {
	read := map[string]string{}
	for part := range reflect.TypeFor[Config]().Fields() {
		for field := range part.Type.Fields() {
			if name := field.Tag.Get("envconfig"); name != "" {
				read[name] = field.Tag.Get("default")
			}
		}
	}
	described := map[string]string{}
	for _, s := range Settings() {
		require.NotEmpty(t, s.Meaning, s.Name)
		require.NotEmpty(t, s.Accepts, s.Name)
		switch {
		case s.Dev:
		case s.Name == "DAKASYNC_HTTP_ADDR": // each process has its own
			described[s.Name] = ""
		default:
			described[s.Name] = s.Default
		}
	}
	require.Equal(t, described, read)
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"a", "", 1},
		{"DAKASYNC_QPS", "DAKASYNC_QPS", 0},
		{"DAKASYNC_QSP", "DAKASYNC_QPS", 2},
		{"DINGTALK_CORPID", "DINGTALK_CORP_ID", 1},
	} {
		require.Equal(t, test.want, distance(test.a, test.b), "%s → %s", test.a, test.b)
		require.Equal(t, test.want, distance(test.b, test.a), "%s → %s", test.b, test.a)
	}
}
