package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"dakasync/dakactl/payroll"
	"dakasync/dakactl/sheet"
	"dakasync/ledger"
)

// exportWriter writes one table.
type exportWriter struct {
	*app

	want   exporting
	table  payroll.Table
	report *exported
	sheet  sheet.Writer
	months *payroll.Months
	meter  meter
	last   string // the last person of whom there was a day
	done   int    // people
}

// write writes all, or leaves what was there before.
func (w *exportWriter) write(ctx context.Context, store ledgerStore, want ledger.PayrollWant) error {
	w.meter = meter{app: w.app}
	defer w.meter.end()
	if w.want.file == toOutput {
		return w.fill(ctx, store, want, w.out)
	}
	// People's data are nobody else's to read: CreateTemp makes files of 0600.
	file, err := os.CreateTemp(filepath.Dir(w.want.file), ".dakactl-*")
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	err = w.fill(ctx, store, want, file)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), w.want.file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

func (w *exportWriter) fill(ctx context.Context, store ledgerStore, want ledger.PayrollWant, out io.Writer) error {
	buffered := bufio.NewWriter(out)
	err := store.Payroll(ctx, want, func(h ledger.PayrollHead) error { return w.begin(h, buffered) }, w.day)
	if err == nil && w.months != nil {
		if row, final := w.months.End(); row != nil {
			err = w.row(row, final)
		}
	}
	if w.sheet != nil {
		err = errors.Join(err, w.sheet.Close())
	}
	return errors.Join(err, buffered.Flush())
}

// begin writes the header, when the ledger has answered.
func (w *exportWriter) begin(h ledger.PayrollHead, out io.Writer) (err error) {
	w.report.People, w.report.Complete = h.People, []domainStanding{}
	for _, c := range h.Complete {
		w.report.Complete = append(w.report.Complete, standingOfDomain(c))
	}
	w.table.Through = payroll.Through(h.Complete)
	header := w.table.DayHeader()
	if w.want.grain == grainMonth {
		w.months = &payroll.Months{Table: w.table}
		header = w.months.Header()
	}
	if w.want.format == formatXLSX {
		w.sheet, err = sheet.NewXLSX(out, w.table.Words.Text("attendance"), header)
		return err
	}
	w.sheet, err = sheet.NewCSV(out, w.want.bom, header)
	return err
}

func (w *exportWriter) day(d ledger.PayrollDay) error {
	if d.UserID != w.last {
		w.last, w.done = d.UserID, w.done+1
		if w.terminal {
			w.meter.show(look{line: w.textf("%d of %d people", w.done, w.report.People), done: w.done, total: w.report.People})
		}
	}
	if w.months == nil {
		return w.row(w.table.Day(d), w.table.Final(d))
	}
	if row, final := w.months.Add(d); row != nil {
		return w.row(row, final)
	}
	return nil
}

func (w *exportWriter) row(cells []sheet.Cell, final bool) error {
	w.report.Rows++
	if !final {
		w.report.NotFinal++
	}
	return w.sheet.Row(cells, !final)
}
