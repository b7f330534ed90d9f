package dotenv

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	settings, err := parse(strings.NewReader("\ufeff# comment\n\nA=1\r\n export B = two words # why\nC='a # b'\nD=\"x\" # y\nE=\nF=a#b=c\nG= # none\n"))
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"A": "1", "B": "two words", "C": "a # b", "D": "x", "E": "", "F": "a#b=c", "G": "",
	}, settings)
}

func TestAFaultNamesTheLineAndNoValue(t *testing.T) {
	for text, want := range map[string]string{
		"A=1\nsecret":      "line 2 is not NAME=value",
		"TOKEN='secret":    "line 1, TOKEN: the quotes do not match",
		`TOKEN="secret"ly`: "line 1, TOKEN: the quotes do not match",
		"9A=secret":        "line 1 is not NAME=value",
	} {
		_, err := parse(strings.NewReader(text))
		require.EqualError(t, err, want)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestNoFileIsNoFault(t *testing.T) {
	settings, err := Read(filepath.Join(t.TempDir(), ".env"))
	require.NoError(t, err)
	require.Empty(t, settings)
}

func FuzzParse(f *testing.F) {
	f.Add("A=1\nB='x'\n# c\n")
	f.Add("export A=\"")
	f.Fuzz(func(t *testing.T, text string) {
		settings, err := parse(strings.NewReader(text))
		for name := range settings {
			require.NoError(t, err)
			require.Regexp(t, `^[A-Za-z_][A-Za-z0-9_]*$`, name)
		}
	})
}
