package main

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReplaceAChapter(t *testing.T) {
	all := []chapter{{name: "first"}, {name: "second"}}
	document := replace("# Old words\n", all, "second", "\n## Two\n\n")
	require.Equal(t, preface+"\n<!-- chapter second -->\n## Two\n<!-- end of second -->\n", document)
	document = replace(document, all, "first", "## One")
	require.Equal(t, preface+"\n<!-- chapter first -->\n## One\n<!-- end of first -->\n\n<!-- chapter second -->\n## Two\n<!-- end of second -->\n", document)
	require.Equal(t, document, replace(document, all, "first", "## One"))
}

func TestChooseChapters(t *testing.T) {
	all := chapters(flag.NewFlagSet("bench", flag.ContinueOnError))
	chosen, err := choose(all, "months, path")
	require.NoError(t, err)
	require.Len(t, chosen, 2)
	require.Equal(t, "months", chosen[0].name)
	_, err = choose(all, "weeks")
	require.ErrorContains(t, err, "there are path, queue, crowd, months, largest, largest-live, largest-1m, largest-15m, largest-sweep, sweep, grown")
}
