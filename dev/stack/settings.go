package stack

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dakasync/dev/dotenv"
	"dakasync/postgres"
)

const (
	simulatedCorp = "dingsimulated"
	simulatedID   = "dingsimulatedapp"
	// simulatedSecret protects nothing: the simulator listens on loopback and invents its data.
	simulatedSecret = "simulated-secret"
	simulatedAdmin  = "admin"
)

// Settings is what the environment and .env ask for.
type Settings struct {
	// Root is the repository.
	Root string
	// Dir holds everything of this company.
	Dir string
	// Simulated: no DingTalk credentials are set.
	Simulated bool
	// DatabaseURL is the ledger's own PostgreSQL where the user has one; empty means the private one.
	DatabaseURL string
	// Environment is what the programs get, before the addresses of this run.
	Environment map[string]string

	schemaPatience time.Duration
}

// LoadSettings reads the environment, then .env for what the environment leaves out.
func LoadSettings(root string) (Settings, error) {
	environment, err := dotenv.Read(filepath.Join(root, ".env"))
	if err != nil {
		return Settings{}, fmt.Errorf("read settings: %w", err)
	}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if value != "" || environment[name] == "" {
			environment[name] = value
		}
	}
	base := environment["DAKASYNC_DEV_DIR"]
	if base == "" {
		if base, err = postgres.DefaultDir(); err != nil {
			return Settings{}, fmt.Errorf("choose a data folder (or set DAKASYNC_DEV_DIR): %w", err)
		}
	}
	if base, err = filepath.Abs(base); err != nil {
		return Settings{}, fmt.Errorf("resolve DAKASYNC_DEV_DIR: %w", err)
	}
	settings := Settings{
		Root: root, Simulated: environment["DINGTALK_CLIENT_ID"] == "",
		DatabaseURL: environment["DATABASE_URL"], Environment: environment, schemaPatience: schemaPatience,
	}
	settings.Dir = filepath.Join(base, settings.company())
	settings.cleanEnvironment()
	return settings, nil
}

// company names the data folder.
func (s Settings) company() string {
	if s.Simulated {
		return "simulated"
	}
	return "company-" + url.PathEscape(cmp.Or(s.Environment["DINGTALK_CORP_ID"], "unnamed"))
}

// cleanEnvironment takes out what would lead the programs away from this machine's Temporal, or its health addresses
// together. Without credentials it takes out DingTalk's settings too: they are the simulator's then.
func (s Settings) cleanEnvironment() {
	for name := range s.Environment {
		ours := name == "DAKASYNC_HTTP_ADDR" || name == "DATABASE_URL"
		if ours || strings.HasPrefix(name, "TEMPORAL_") || s.Simulated && strings.HasPrefix(name, "DINGTALK_") {
			delete(s.Environment, name)
		}
	}
}

// programEnvironment is Settings.Environment with additions, in the form that exec wants.
func (s Settings) programEnvironment(additions map[string]string) []string {
	merged := maps.Clone(s.Environment)
	maps.Copy(merged, additions)
	entries := make([]string, 0, len(merged))
	for _, name := range slices.Sorted(maps.Keys(merged)) {
		entries = append(entries, name+"="+merged[name])
	}
	return entries
}
