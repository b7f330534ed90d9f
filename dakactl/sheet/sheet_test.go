package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"dakasync/attendance"
)

var (
	shanghai = time.FixedZone("CST", 8*3600)
	day      = attendance.NewDate(2026, time.November, 2)
	nine     = time.Date(2026, 11, 2, 9, 0, 1, 5e8, shanghai)
)

func TestCSV(t *testing.T) {
	var b bytes.Buffer
	w, err := NewCSV(&b, true, []string{"用户", "date"})
	require.NoError(t, err)
	require.NoError(t, w.Row([]Cell{"=1+1", day}, false))
	require.NoError(t, w.Row([]Cell{`a "b", c`, nine}, true))
	require.NoError(t, w.Row([]Cell{-3, attendance.Date{}}, true))
	require.NoError(t, w.Row([]Cell{nil, time.Time{}}, true))
	require.NoError(t, w.Close())
	require.Equal(t, "\uFEFF用户,date\r\n'=1+1,2026-11-02\r\n\"a \"\"b\"\", c\",2026-11-02 09:00:01\r\n-3,\r\n,\r\n", b.String())
}

func TestNoCellIsAFormula(t *testing.T) {
	for _, text := range []string{"=HYPERLINK(\"x\")", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＠SUM(A1)"} {
		var b bytes.Buffer
		w, err := NewCSV(&b, false, []string{"x"})
		require.NoError(t, err)
		require.NoError(t, w.Row([]Cell{text}, false))
		require.NoError(t, w.Close())
		records, err := csv.NewReader(&b).ReadAll()
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(records[1][0], "'"), "%q", records[1][0])
		x := workbook(t, 10, []Cell{text})
		formula, err := x.GetCellFormula("days", "A2")
		require.NoError(t, err)
		require.Empty(t, formula, text)
		kind, err := x.GetCellType("days", "A2")
		require.NoError(t, err)
		require.Equal(t, excelize.CellTypeInlineString, kind, text)
	}
	require.Equal(t, "a=1", guarded("a=1"))
	require.Empty(t, guarded(""))
}

// workbook is what was written, read back.
func workbook(t *testing.T, most int, rows ...[]Cell) *excelize.File {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	var b bytes.Buffer
	w, err := newXLSX(&b, "days", []string{"用户", "date", "at", "n"}, most)
	require.NoError(t, err)
	for i, row := range rows {
		require.NoError(t, w.Row(row, i == 0))
	}
	require.NoError(t, w.Close())
	x, err := excelize.OpenReader(&b)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.Close()) })
	return x
}

func TestXLSX(t *testing.T) {
	x := workbook(t, 100, []Cell{"0225", day, nine, 7}, []Cell{"0226", nil, time.Time{}, 0})
	require.Equal(t, []string{"days"}, x.GetSheetList())
	rows, err := x.GetRows("days")
	require.NoError(t, err)
	require.Equal(t, [][]string{{"用户", "date", "at", "n"}, {"0225", "2026-11-02", "2026-11-02 09:00:01", "7"}, {"0226", "", "", "0"}}, rows)
	raw, err := x.GetCellValue("days", "B2", excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	require.Equal(t, "46328", raw, "a date is a date, and no text")
	fill := func(cell string) []string {
		id, err := x.GetCellStyle("days", cell)
		require.NoError(t, err)
		style, err := x.GetStyle(id)
		require.NoError(t, err)
		return style.Fill.Color
	}
	require.Equal(t, []string{openFill}, fill("A2"))
	require.Equal(t, []string{openFill}, fill("B2"))
	require.Empty(t, fill("A3"))
}

func TestAFullSheetIsFollowedByAnother(t *testing.T) {
	x := workbook(t, 3, []Cell{"a"}, []Cell{"b"}, []Cell{"c"}, []Cell{"d"}, []Cell{"e"})
	require.Equal(t, []string{"days", "days 2", "days 3"}, x.GetSheetList())
	var texts []string
	for _, name := range x.GetSheetList() {
		rows, err := x.GetRows(name)
		require.NoError(t, err)
		require.Equal(t, "用户", rows[0][0])
		for _, row := range rows[1:] {
			texts = append(texts, row[0])
		}
	}
	require.Equal(t, "abcde", strings.Join(texts, ""))
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWhatCannotBeWritten(t *testing.T) {
	_, err := NewCSV(full{}, true, []string{"x"})
	require.ErrorContains(t, err, "no space left")
	w, err := NewCSV(full{}, false, []string{"x"})
	require.NoError(t, err)
	require.ErrorContains(t, w.Close(), "no space left")
	x, err := NewXLSX(full{}, "days", []string{"x"})
	require.NoError(t, err)
	require.ErrorContains(t, x.Close(), "no space left")
	_, err = NewXLSX(io.Discard, strings.Repeat("x", 40), []string{"x"})
	require.Error(t, err)
}

// heap is a writer that notes how much memory was in use when it was written to.
type heap struct{ most uint64 }

func (h *heap) Write(b []byte) (int, error) {
	h.look()
	return len(b), nil
}

func (h *heap) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.most = max(h.most, m.HeapAlloc)
}

// A table of some 60 MB as text is written with a fraction of that.
func TestMemoryStaysFlat(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	defer debug.SetGCPercent(debug.SetGCPercent(20)) // to see what is needed, and not what is garbage
	var h heap
	writeRows(t, &h, 50_000)
	require.Less(t, h.most, uint64(45<<20))
}

// Where there is no folder for temporary files, as in a container of ours, an XLSX is made all the same, in memory; the page says so.
func TestWithoutAFolderTheTableIsInMemory(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	var b bytes.Buffer
	writeRows(t, &b, excelize.StreamChunkSize/1000) // each has more bytes as text: the library would begin a file
	require.NotZero(t, b.Len())
	page, err := os.ReadFile("../../docs/dakactl.md")
	require.NoError(t, err)
	require.Contains(t, string(page), "XLSX is built in memory")
}

// writeRows writes an XLSX of so many rows, each of some 1.2 kB as text.
func writeRows(t *testing.T, to io.Writer, rows int) {
	t.Helper()
	w, err := NewXLSX(to, "days", make([]string, 20))
	require.NoError(t, err)
	row := make([]Cell, 20)
	for i := range row {
		row[i] = strings.Repeat("x", 10)
	}
	for i := range rows {
		require.NoError(t, w.Row(row, false))
		if h, looks := to.(*heap); looks && i%10_000 == 0 {
			h.look()
		}
	}
	require.NoError(t, w.Close())
}
