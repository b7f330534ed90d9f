package doctor

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMessage(t *testing.T) {
	german := map[string]string{"%s is paused: %s": "%s ruht: %s", "the sweep": "der Abgleich"}
	words := func(english string) string {
		if text, known := german[english]; known {
			return text
		}
		return english
	}
	m := Textf("%s is paused: %s", Textf("the sweep"), errors.New("100% of it"))
	require.Equal(t, "the sweep is paused: 100% of it", m.String())
	require.Equal(t, "der Abgleich ruht: 100% of it", m.In(words), "messages in it are translated, and errors are not")

	written, err := json.Marshal(Finding{Check: "c", Severity: Note, Saw: m})
	require.NoError(t, err)
	require.JSONEq(t, `{"check": "c", "severity": "note", "saw": "the sweep is paused: 100% of it"}`, string(written))
	var read Finding
	require.NoError(t, json.Unmarshal(written, &read))
	require.Equal(t, m.String(), read.Saw.String())
	require.True(t, read.Why.IsZero())
	require.Empty(t, read.Why.String())
}

func TestFew(t *testing.T) {
	require.True(t, few[string](nil).IsZero())
	require.Equal(t, "a", few([]string{"a"}).String())
	require.Equal(t, "a, b", few([]Message{Textf("a"), Textf("b")}).String())
	names := make([]string, 11)
	for n := range names {
		names[n] = fmt.Sprint(n)
	}
	require.Equal(t, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …", few(names).String())
	require.Equal(t, "0、1", joined(names[:2]).In(func(english string) string {
		return map[string]string{"%s, %v": "%s、%v", "%v": "%v"}[english]
	}))
}
