package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"dakasync/attendance"
	"dakasync/config"
	"dakasync/dakactl/payroll"
	"dakasync/dakactl/say"
	"dakasync/ledger"
)

// Grains and formats of an export.
const (
	grainDay   = "day"
	grainMonth = "month"
	formatCSV  = "csv"
	formatXLSX = "xlsx"
)

// mostExported is how many days one export may span.
const mostExported = 400

// toOutput means standard output.
const toOutput = "-"

// exporting is what `dakactl export` is asked.
type exporting struct {
	from, to string
	users    []string
	grain    string
	format   string
	file     string
	language string
	bom      bool
	asJSON   bool
}

func (a *app) exportCommand() *cobra.Command {
	var e exporting
	c := &cobra.Command{
		Use:   "export --from DATE --to DATE [--output FILE] [--grain day|month] [--format csv|xlsx] [--user ID]...",
		Short: "Write days or months for payroll, as CSV or XLSX",
		Long: "Writes a row for each person and day, or each person and month, as the ledger has it now: everybody who was in contacts, and\n" +
			"everybody of whom anything is known. A row says whether it is final; what is not final must not be paid from yet, and in\n" +
			"XLSX it is coloured. Nobody is asked: fetch days again with resync. The ledger knows no names and no departments.",
		Example: "  dakactl export --from 2026-11-01 --to 2026-11-30 --grain month --output november.xlsx\n" +
			"  dakactl export --from 2026-11-01 --to 2026-11-30 --lang zh --bom --output november.csv",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.export(c.Context(), e) },
	}
	f := c.Flags()
	f.StringVar(&e.from, "from", "", "first date, like 2026-11-01")
	f.StringVar(&e.to, "to", "", "last date, inclusive")
	f.StringArrayVar(&e.users, "user", nil, "DingTalk user id; repeat it for several (default: everybody)")
	f.StringVar(&e.grain, "grain", grainDay, "a row for each day or each month")
	f.StringVar(&e.format, "format", "", "csv or xlsx (default: by the file's name, else csv)")
	f.StringVarP(&e.file, "output", "o", "", "file to write, readable by its owner alone; - is standard output (the default for csv)")
	f.StringVar(&e.language, "lang", "", "language of headers and values, zh or en (default: by LC_ALL, LC_MESSAGES, LANG)")
	f.BoolVar(&e.bom, "bom", false, "begin a CSV with a byte order mark, so that Excel reads Chinese")
	jsonFlag(c, &e.asJSON)
	for name, values := range map[string][]string{"grain": {grainDay, grainMonth}, "format": {formatCSV, formatXLSX}, "lang": {"zh", "en"}} {
		offer(c, name, values)
	}
	completeFiles(c, "output")
	return c
}

// exported is what an export tells of itself.
type exported struct {
	File     string           `json:"file"`
	Format   string           `json:"format"`
	Grain    string           `json:"grain"`
	From     string           `json:"from"`
	To       string           `json:"to"`
	People   int              `json:"people"`
	Rows     int              `json:"rows"`
	NotFinal int              `json:"rows_not_final"`
	Complete []domainStanding `json:"complete"`
}

// check finds what cannot be written, before anything is.
func (e *exporting) check() (attendance.DateRange, error) {
	days, err := attendance.ParseDates(e.from, e.to)
	if err != nil {
		return days, fmt.Errorf("--%w", err)
	}
	if e.format == "" {
		e.format = formatCSV
		if strings.EqualFold(filepath.Ext(e.file), "."+formatXLSX) {
			e.format = formatXLSX
		}
	}
	switch {
	case days.Days() > mostExported:
		return days, fmt.Errorf("--from and --to are %d days apart, at most %d fit", days.Days(), mostExported)
	case slices.ContainsFunc(e.users, func(u string) bool { return strings.TrimSpace(u) == "" }):
		return days, errors.New("--user is empty: give a DingTalk user id, or leave --user out to take everybody")
	case e.grain != grainDay && e.grain != grainMonth:
		return days, fmt.Errorf("--grain %q is not known; it takes %s or %s", e.grain, grainDay, grainMonth)
	case e.format != formatCSV && e.format != formatXLSX:
		return days, fmt.Errorf("--format %q is not known; it takes %s or %s", e.format, formatCSV, formatXLSX)
	case e.file == "" && e.format == formatXLSX:
		return days, errors.New("--output is missing: name the file, or - for standard output")
	case e.bom && e.format != formatCSV:
		return days, errors.New("--bom is for csv: XLSX needs none")
	}
	if e.file == "" {
		e.file = toOutput
	}
	if e.asJSON && e.file == toOutput {
		return days, errors.New("--json needs --output FILE: the table cannot be on standard output as well")
	}
	return days, nil
}

func (a *app) export(ctx context.Context, e exporting) error {
	days, err := e.check()
	if err != nil {
		return fmt.Errorf("nothing was written: %w", err)
	}
	words, known := say.ByName(cmp.Or(e.language, a.words.Name()))
	if !known {
		return fmt.Errorf("nothing was written: --lang %q is not known; it takes zh or en", e.language)
	}
	settings, err := config.Load(config.ForExport)
	if err != nil {
		return err
	}
	store, err := a.openFunc(ctx, settings)
	if err != nil {
		return fmt.Errorf("nothing was written: %w", err)
	}
	defer store.Close()
	report := exported{File: e.file, Format: e.format, Grain: e.grain, From: e.from, To: e.to}
	w := exportWriter{app: a, want: e, table: payroll.Table{Words: words, Zone: settings.Company.Location()}, report: &report}
	if err := w.write(ctx, store, ledger.PayrollWant{Days: days, Users: e.users}); err != nil {
		return fmt.Errorf("nothing was written: %w", err)
	}
	if e.asJSON {
		return a.sayJSON(report)
	}
	a.aside(true).showExported(report)
	return nil
}

// showExported says what was written, and above all what is not final.
func (a *app) showExported(r exported) {
	place := r.File
	if place == toOutput {
		place = a.text("standard output")
	}
	a.sayf("wrote %d rows of %d people to %s", r.Rows, r.People, place)
	if r.Rows == 0 {
		return // nothing is final of which nothing is known
	}
	if r.NotFinal == 0 {
		a.sayf("all of them are final")
		return
	}
	a.sayf("%d of them are NOT FINAL, and must not be paid from yet", r.NotFinal)
	for _, d := range r.Complete {
		a.sayf("  complete: %s", a.domain(d))
	}
}
