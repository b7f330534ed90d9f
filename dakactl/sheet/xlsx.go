package sheet

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"dakasync/attendance"
)

// XLSX writes a workbook, one sheet after the other.
type XLSX struct {
	out    io.Writer
	file   *excelize.File
	stream *excelize.StreamWriter
	header []string
	name   string
	sheets int
	row    int
	most   int // rows of a sheet, its header included
	styles styles
}

// styles are the ids of the cells' formats: plain and open, by what a cell holds.
type styles struct{ head, text, date, time [2]int }

// Formats of dates and times, as Excel writes them.
const (
	dateFormat = "yyyy-mm-dd"
	timeFormat = "yyyy-mm-dd hh:mm:ss"
)

// openFill is the background of rows that are not final.
const openFill = "FFF2CC"

// NewXLSX begins a workbook whose sheets have a name and a header.
func NewXLSX(w io.Writer, name string, header []string) (*XLSX, error) {
	return newXLSX(w, name, header, excelize.TotalRows)
}

func newXLSX(w io.Writer, name string, header []string, most int) (*XLSX, error) {
	x := &XLSX{out: w, file: excelize.NewFile(), header: header, name: name, most: most}
	if err := x.begin(); err != nil {
		return nil, errors.Join(err, x.file.Close())
	}
	return x, nil
}

func (x *XLSX) begin() error {
	if err := x.makeStyles(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	if err := x.file.SetSheetName("Sheet1", x.name); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return x.nextSheet()
}

func (x *XLSX) makeStyles() error {
	var problem error
	style := func(format string, bold, open bool) int {
		s := &excelize.Style{Font: &excelize.Font{Bold: bold}}
		if format != "" {
			s.CustomNumFmt = &format
		}
		if open {
			s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{openFill}}
		}
		id, err := x.file.NewStyle(s)
		problem = errors.Join(problem, err)
		return id
	}
	for i, open := range []bool{false, true} {
		x.styles.head[i] = style("", true, false)
		x.styles.text[i] = style("", false, open)
		x.styles.date[i] = style(dateFormat, false, open)
		x.styles.time[i] = style(timeFormat, false, open)
	}
	return problem
}

// nextSheet begins a sheet: the first, or one more because a sheet is full.
func (x *XLSX) nextSheet() error {
	name := x.name
	if x.sheets++; x.sheets > 1 {
		name += " " + strconv.Itoa(x.sheets)
		if err := x.stream.Flush(); err != nil {
			return fmt.Errorf("write the table: %w", err)
		}
		if _, err := x.file.NewSheet(name); err != nil {
			return fmt.Errorf("write the table: %w", err)
		}
	}
	stream, err := x.file.NewStreamWriter(name)
	if err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	x.stream, x.row = stream, 0
	panes := &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
	if err := errors.Join(stream.SetColWidth(1, len(x.header), columnWidth), stream.SetPanes(panes)); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	head := make([]any, len(x.header))
	for i, text := range x.header {
		head[i] = excelize.Cell{StyleID: x.styles.head[0], Value: text}
	}
	return x.write(head)
}

// columnWidth shows dates and times whole.
const columnWidth = 19

// Row implements Writer.
func (x *XLSX) Row(cells []Cell, open bool) error {
	if x.row == x.most {
		if err := x.nextSheet(); err != nil {
			return err
		}
	}
	look := 0
	if open {
		look = 1
	}
	values := make([]any, len(cells))
	for i, c := range cells {
		values[i] = x.value(c, look)
	}
	return x.write(values)
}

func (x *XLSX) value(c Cell, look int) excelize.Cell {
	if blank(c) {
		return excelize.Cell{StyleID: x.styles.text[look]}
	}
	switch v := c.(type) {
	case attendance.Date:
		return excelize.Cell{StyleID: x.styles.date[look], Value: v.In(time.UTC)}
	case time.Time:
		return excelize.Cell{StyleID: x.styles.time[look], Value: wall(v)}
	default:
		return excelize.Cell{StyleID: x.styles.text[look], Value: v}
	}
}

func (x *XLSX) write(values []any) error {
	x.row++
	if err := x.stream.SetRow("A"+strconv.Itoa(x.row), values); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// Close implements Writer.
func (x *XLSX) Close() error {
	err := x.stream.Flush()
	if err == nil {
		_, err = x.file.WriteTo(x.out)
	}
	if err = errors.Join(err, x.file.Close()); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}
