package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// bom tells Excel that a file is UTF-8.
const bom = "\uFEFF"

// CSV writes RFC 4180 with CRLF.
type CSV struct{ w *csv.Writer }

// NewCSV begins a table with its header; withBOM lets Excel read Chinese.
func NewCSV(w io.Writer, withBOM bool, header []string) (*CSV, error) {
	if withBOM {
		if _, err := io.WriteString(w, bom); err != nil {
			return nil, fmt.Errorf("write the table: %w", err)
		}
	}
	c := &CSV{w: csv.NewWriter(w)}
	c.w.UseCRLF = true
	return c, c.write(header)
}

// Row implements Writer.
func (c *CSV) Row(cells []Cell, _ bool) error {
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = csvText(cell)
	}
	return c.write(texts)
}

// Close implements Writer.
func (c *CSV) Close() error {
	c.w.Flush()
	if err := c.w.Error(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

func (c *CSV) write(texts []string) error {
	if err := c.w.Write(texts); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

func csvText(c Cell) string {
	if blank(c) {
		return ""
	}
	switch v := c.(type) {
	case string:
		return guarded(v)
	case time.Time:
		return v.Format(time.DateTime)
	default:
		return fmt.Sprint(v) // a number, or a date
	}
}

// guarded is a text that no spreadsheet takes for a formula.
func guarded(s string) string {
	first, _ := utf8.DecodeRuneInString(s)
	if s != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", first) {
		return "'" + s
	}
	return s
}
