package say

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestByLocale(t *testing.T) {
	for name, test := range map[string]struct {
		environment map[string]string
		want        string
	}{
		"nothing set":         {nil, "en"},
		"LANG":                {map[string]string{"LANG": "zh_CN.UTF-8"}, "zh"},
		"another LANG":        {map[string]string{"LANG": "de_DE.UTF-8"}, "en"},
		"C":                   {map[string]string{"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"},
		"LC_ALL goes first":   {map[string]string{"LC_ALL": "zh_TW", "LC_MESSAGES": "en_US", "LANG": "en_US"}, "zh"},
		"then LC_MESSAGES":    {map[string]string{"LC_MESSAGES": "ZH", "LANG": "en_US"}, "zh"},
		"an empty one is not": {map[string]string{"LC_ALL": "", "LANG": "zh"}, "zh"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, ByLocale(func(name string) string { return test.environment[name] }).Name())
		})
	}
}

func TestPrinter(t *testing.T) {
	require.Equal(t, "还有 3 段", Chinese.Textf("and %d more", 3))
	require.Equal(t, "and 3 more", English.Textf("and %d more", 3))
	require.Equal(t, "nobody translated this", Chinese.Text("nobody translated this"), "readable all the same")
	for _, name := range []string{"en", "zh"} {
		p, known := ByName(name)
		require.True(t, known)
		require.Equal(t, name, p.Name())
	}
	_, known := ByName("fr")
	require.False(t, known)
}

// No message has two Chinese texts in different parts: the last would win silently.
func TestPartsAgree(t *testing.T) {
	seen := map[string]string{}
	for _, part := range parts() {
		for english, chinese := range part {
			if other, twice := seen[english]; twice {
				require.Equal(t, other, chinese, english)
			}
			seen[english] = chinese
		}
	}
	require.Len(t, Catalogue(), len(seen))
}
