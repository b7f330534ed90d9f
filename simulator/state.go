package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"dakasync/simulator/company"
)

// header is the first line of a state file: what the world was founded with. It wins over the seed and number of people of a
// later start.
type header struct {
	Seed      int64     `json:"seed"`
	Employees int       `json:"employees"`
	CorpID    string    `json:"corp_id"`
	Start     time.Time `json:"start"`
}

// persistent is a company with its journal.
type persistent struct {
	*company.Company
	file *os.File
}

func (p *persistent) close() {
	if p.file != nil {
		_ = p.file.Close()
	}
}

// found makes the company: a new one, or the one of the state file.
func found(s settings, now time.Time) (*persistent, error) {
	zone := company.New(company.Options{Quiet: true, Employees: 1}).Location()
	today := company.DateOf(now.In(zone))
	h := header{
		Seed: s.seed, Employees: s.employees, CorpID: s.corp, Start: (today - company.Date(s.historyDays)).In(zone),
	}
	if s.state == "" {
		return &persistent{Company: h.found()}, nil
	}
	content, err := os.ReadFile(s.state)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("state file: %w", err)
	}
	// A line that a kill has torn never took effect for anybody: cut it off.
	content = content[:bytes.LastIndexByte(content, '\n')+1]
	first, journal, founded := bytes.Cut(content, []byte("\n"))
	if founded {
		if err := json.Unmarshal(first, &h); err != nil {
			return nil, fmt.Errorf("state file %s does not begin with a header; move it away to start afresh: %w", s.state, err)
		}
	}
	if h.CorpID != s.corp {
		return nil, fmt.Errorf("state file %s is of corp %s, not %s: give that -corp, or move the file away", s.state, h.CorpID, s.corp)
	}
	c := h.found()
	if err := c.Restore(bytes.NewReader(journal)); err != nil {
		return nil, fmt.Errorf("state file %s: %w", s.state, err)
	}
	return appendTo(s.state, int64(len(content)), h, c)
}

func (h header) found() *company.Company {
	return company.New(company.Options{Seed: h.Seed, Employees: h.Employees, CorpID: h.CorpID, Start: h.Start})
}

// appendTo opens the file behind its last whole line.
func appendTo(path string, size int64, h header, c *company.Company) (*persistent, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("state file: %w", err)
	}
	p := &persistent{Company: c, file: file}
	if err := file.Truncate(size); err != nil {
		p.close()
		return nil, fmt.Errorf("state file: %w", err)
	}
	if _, err := file.Seek(size, 0); err != nil {
		p.close()
		return nil, fmt.Errorf("state file: %w", err)
	}
	if size == 0 {
		line, err := json.Marshal(h)
		if err == nil {
			_, err = file.Write(append(line, '\n'))
		}
		if err != nil {
			p.close()
			return nil, fmt.Errorf("state file: %w", err)
		}
	}
	c.SetJournal(file)
	return p, nil
}
