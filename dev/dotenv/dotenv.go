// Package dotenv reads a .env file as Compose does in the simple cases: one NAME=value a line, comments, optional quotes.
//
// What the environment says already is authoritative and is not changed. A line that cannot be read is an error that
// names it; its value is never repeated, as it may be a secret. Nothing is expanded and no value spans lines.
package dotenv

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
)

var assignment = regexp.MustCompile(`^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$`)

// Read gives the file's settings; a file that does not exist has none.
func Read(path string) (map[string]string, error) {
	file, err := os.Open(path) //nolint:gosec // The caller's choice.
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open settings: %w", err)
	}
	defer func() { _ = file.Close() }()
	settings, err := parse(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return settings, nil
}

func parse(from io.Reader) (map[string]string, error) {
	settings := map[string]string{}
	lines := bufio.NewScanner(from)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		match := assignment.FindStringSubmatch(line)
		if match == nil {
			return nil, fmt.Errorf("line %d is not NAME=value", number)
		}
		value, err := unquote(match[2])
		if err != nil {
			return nil, fmt.Errorf("line %d, %s: %w", number, match[1], err)
		}
		settings[match[1]] = value
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return settings, nil
}

var (
	quoted        = regexp.MustCompile(`^(?:'([^']*)'|"([^"]*)")\s*(?:#.*)?$`)
	trailing      = regexp.MustCompile(`\s+#.*$`)
	errQuotes     = errors.New("the quotes do not match")
	openingQuotes = `'"`
)

func unquote(value string) (string, error) {
	if value == "" || !strings.ContainsAny(value[:1], openingQuotes) {
		if strings.HasPrefix(value, "#") {
			return "", nil
		}
		return trailing.ReplaceAllString(value, ""), nil
	}
	match := quoted.FindStringSubmatch(value)
	if match == nil {
		return "", errQuotes
	}
	return match[1] + match[2], nil
}
