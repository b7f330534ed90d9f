package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"
	temporalenv "go.temporal.io/sdk/contrib/envconfig"

	"dakasync/privacy"
	"dakasync/seal"
)

// readSecret settles which of the two forms of the app's secret counts.
func (l *loader) readSecret(app *App) {
	const direct, file = "DINGTALK_CLIENT_SECRET", "DINGTALK_CLIENT_SECRET_FILE"
	faults := len(l.faults)
	app.ClientSecret = l.oneOf(direct, app.ClientSecret, file, app.ClientSecretFile)
	if app.ClientSecret.Reveal() == "" && len(l.faults) == faults {
		l.faultf(direct, "is not set, and neither is %s; set one of them: %s", file, l.byName[direct].Accepts)
	}
}

// oneOf is a secret that is set directly or by the file that holds it; "" if
// neither is set or something is wrong.
func (l *loader) oneOf(direct string, value privacy.Secret, file, path string) privacy.Secret {
	switch {
	case path == "":
		return value
	case value.Reveal() != "":
		l.faultf(direct, "and %s are both set; set only one of them", file)
		return ""
	}
	b, err := os.ReadFile(path) //nolint:gosec // The operator names it.
	if err != nil {
		l.faultf(file, "names a file that cannot be read (%v); it takes %s", unread(err), l.byName[file].Accepts)
		return ""
	}
	secret := strings.TrimRight(string(b), "\r\n")
	if secret == "" {
		l.faultf(file, "names an empty file; it takes %s", l.byName[file].Accepts)
	}
	return privacy.Secret(secret)
}

// unread is why a file cannot be read, with its name only where that looks like one: who mistakes the setting for its neighbour
// sets it to the secret itself.
func unread(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok && !filepath.IsAbs(failed.Path) && !strings.HasPrefix(failed.Path, ".") {
		return fmt.Errorf("its value is not shown, as it may be the secret itself; a path begins with / or with ./: %w", failed.Err)
	}
	return err
}

// readPayloadKeys makes the ring of keys. Without keys it is empty.
func (l *loader) readPayloadKeys(t *Temporal) {
	const direct, file = "DAKASYNC_PAYLOAD_KEYS", "DAKASYNC_PAYLOAD_KEYS_FILE"
	t.PayloadKeys = l.oneOf(direct, t.PayloadKeys, file, t.PayloadKeysFile)
	if t.PayloadKeys.Reveal() == "" {
		return
	}
	ring, err := seal.ParseRing(t.PayloadKeys.Reveal())
	if err != nil {
		name := direct
		if t.PayloadKeysFile != "" {
			name = file
		}
		l.faultf(name, "cannot be used (its value is not shown): %v; it takes %s", err, l.byName[name].Accepts)
		return
	}
	t.Ring = ring
}

// readTemporal reads TEMPORAL_* and holds the names that go to Temporal against
// its rules.
func (l *loader) readTemporal(t *Temporal) {
	const deployment, build, queue = "DAKASYNC_DEPLOYMENT", "DAKASYNC_BUILD_ID", "DAKASYNC_TASK_QUEUE"
	if (t.Deployment == "") != (t.BuildID == "") {
		missing, given := deployment, build
		if t.BuildID == "" {
			missing, given = build, deployment
		}
		l.faultf(missing, "is not set although %s is; set both for Worker Versioning or neither", given)
	}
	if strings.Contains(t.Deployment, ".") { // Temporal joins deployment and build id by a dot
		l.faultf(deployment, "is %q; it takes %s", shorten(t.Deployment), l.byName[deployment].Accepts)
	}
	if len(t.TaskQueue) > 200 || strings.ContainsAny(t.TaskQueue, " \t\r\n") {
		l.faultf(queue, "is %q; it takes %s", shorten(t.TaskQueue), l.byName[queue].Accepts)
	}
	for _, name := range []string{"TEMPORAL_TLS", "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION"} {
		switch value := strings.ToLower(os.Getenv(name)); value {
		case "", "0", "1", "true", "false":
		default: // Temporal's reader would silently take it for not set
			l.faultf(name, "is %q; it takes true or false", shorten(value))
		}
	}
	options, err := temporalenv.LoadClientOptions(temporalenv.LoadClientOptionsRequest{EnvLookup: setVariables{}})
	if err != nil {
		l.faultf("TEMPORAL_*", "cannot be used: %v", err)
		return
	}
	if options.HostPort == "" {
		options.HostPort = client.DefaultHostPort
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	if strings.Contains(options.HostPort, "//") {
		l.faultf("TEMPORAL_ADDRESS", "is %q; it takes host:port without a scheme, like localhost:7233", shorten(options.HostPort))
	}
	t.Options = options
}

// checkDatabase finds what PostgreSQL's driver would only say at the first use,
// by the driver's own rules: a URL with one host or several, a socket's folder
// as host, or keywords and values. Its error may quote the password.
func (l *loader) checkDatabase(d Database) {
	const name = "DATABASE_URL"
	if d.URL.Reveal() == "" {
		return // already named as missing
	}
	if _, err := pgxpool.ParseConfig(d.URL.Reveal()); err != nil {
		l.malformed(l.byName[name], "")
	}
}

// setVariables is the environment without its empty variables. Temporal's
// reader turns TLS on as soon as any TEMPORAL_TLS_* exists, even an empty one
// that a container tool passed on.
type setVariables struct{}

// Environ implements Temporal's EnvLookup.
func (setVariables) Environ() []string {
	var set []string
	for _, entry := range os.Environ() {
		if _, value, _ := strings.Cut(entry, "="); value != "" {
			set = append(set, entry)
		}
	}
	return set
}

// LookupEnv implements Temporal's EnvLookup.
func (setVariables) LookupEnv(name string) (string, bool) {
	value := os.Getenv(name)
	return value, value != ""
}
