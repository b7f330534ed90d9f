package config

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/kelseyhightower/envconfig"
)

// Load reads what use needs from the process's environment. Its error is a
// *FaultsError that names every fault.
func Load(use Use) (Config, error) {
	var c Config
	l := &loader{use: use, byName: settingsByName()}
	for _, part := range []any{&c.App, &c.Company, &c.Database, &c.Temporal, &c.Sync, &c.Process, &c.Log} {
		l.readStruct(part)
	}
	if l.needs(concernApp) {
		l.readSecret(&c.App)
	}
	if l.reads(concernDatabase) {
		l.checkDatabase(c.Database)
	}
	if l.needs(concernTemporal) {
		l.readTemporal(&c.Temporal)
		l.readPayloadKeys(&c.Temporal)
	}
	if l.needs(concernProcess) && c.Process.HTTPAddr == "" {
		c.Process.HTTPAddr = hostPort(use.httpAddr())
	}
	if use != ForPlan {
		l.findMisspelt(os.Environ())
	}
	if len(l.faults) > 0 {
		return Config{}, &FaultsError{Faults: l.faults}
	}
	return c, nil
}

type loader struct {
	use    Use
	byName map[string]Setting
	faults []Fault
}

func (l *loader) needs(c concern) bool { return l.use.needs()&c != 0 }

// reads reports whether a concern is read; what is needed is also demanded.
func (l *loader) reads(c concern) bool { return (l.use.needs()|l.use.uses())&c != 0 }

func (l *loader) faultf(name, format string, args ...any) {
	l.faults = append(l.faults, Fault{Setting: name, Problem: fmt.Sprintf(format, args...)})
}

// readStruct reads the fields of one concern. envconfig stops at its first
// fault, so every field is handed to it as a structure of its own.
func (l *loader) readStruct(part any) {
	value := reflect.ValueOf(part).Elem()
	for i := range value.NumField() {
		field := value.Type().Field(i)
		s, ok := l.byName[field.Tag.Get("envconfig")]
		if !ok || !l.reads(s.concern) {
			continue
		}
		l.readField(s, field, value.Field(i))
	}
}

func (l *loader) readField(s Setting, field reflect.StructField, into reflect.Value) {
	text, set := os.LookupEnv(s.Name)
	if text == "" && !s.emptyOK {
		set = false
	}
	if !set {
		if s.required && l.needs(s.concern) {
			l.faultf(s.Name, "is not set; it takes %s", s.Accepts)
			return
		}
		if field.Tag.Get("default") == "" {
			return
		}
		// An empty variable hides envconfig's default: ask under a name that
		// nobody sets.
		field.Tag = reflect.StructTag(strings.Replace(string(field.Tag), s.Name, "DAKASYNC DEFAULT OF "+s.Name, 1))
	}
	one := reflect.New(reflect.StructOf([]reflect.StructField{{Name: field.Name, Type: field.Type, Tag: field.Tag}}))
	if err := envconfig.Process("", one.Interface()); err != nil {
		l.malformed(s, text)
		return
	}
	into.Set(one.Elem().Field(0))
	if s.min < s.max && into.CanInt() && (into.Int() < s.min || into.Int() > s.max) {
		l.malformed(s, text)
	}
}

func (l *loader) malformed(s Setting, text string) {
	if s.secret {
		l.faultf(s.Name, "is malformed (its value is not shown); it takes %s", s.Accepts)
		return
	}
	l.faultf(s.Name, "is %q; it takes %s", shorten(text), s.Accepts)
}

// findMisspelt reports variables that nothing reads and that were surely meant
// for a setting that is not set. Others are left alone, whatever their name
// begins with: an orchestrator puts DAKASYNC_STARTER_SERVICE_HOST and its like
// into every container, and other programs read DINGTALK_* too.
func (l *loader) findMisspelt(environ []string) {
	var unset []string
	for _, s := range Settings() {
		if os.Getenv(s.Name) == "" {
			unset = append(unset, s.Name)
		}
	}
	var unknown []string
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if _, ok := l.byName[name]; ours(name) && !ok && value != "" {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		if near := nearest(name, unset); near != "" {
			l.faultf(name, "is not a setting of dakasync; did you mean %s?", near)
		}
	}
}

// shorten keeps a message readable when a whole file was pasted into a variable.
func shorten(s string) string {
	const most = 60
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
