//go:build unix

package ledger_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dakasync/ledger"
	"dakasync/postgres"
)

// authority signs certificates, for as long as a test takes.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	file        string
}

func newAuthority(t *testing.T, name string) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	a := authority{key: key, file: filepath.Join(t.TempDir(), "ca.crt")}
	a.certificate, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(a.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return a
}

// certify writes a server's certificate, for 127.0.0.1 only, and its key into a folder, for the folder's owner.
func (a authority) certify(t *testing.T, folder string) (certificate, key string) {
	t.Helper()
	pair, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "PostgreSQL"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, pair.Public(), a.key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(pair)
	require.NoError(t, err)
	info, err := os.Stat(folder)
	require.NoError(t, err)
	owner := info.Sys().(*syscall.Stat_t)
	write := func(name, kind string, content []byte) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600))
		require.NoError(t, os.Chown(path, int(owner.Uid), int(owner.Gid)))
		return path
	}
	return write("server.crt", "CERTIFICATE", der), write("server.key", "PRIVATE KEY", secret)
}

// serverWithTLS is a PostgreSQL that has a certificate of the authority.
func serverWithTLS(t *testing.T, a authority) *postgres.Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "dakasync-tls-") // not t.TempDir, which the server's account cannot reach
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	server, err := postgres.Start(t.Context(), postgres.Options{Dir: filepath.Join(dir, "cluster"), Volatile: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.WithoutCancel(t.Context()))) })
	sql, err := pgx.Connect(t.Context(), server.URL("postgres"))
	require.NoError(t, err)
	defer func() { require.NoError(t, sql.Close(t.Context())) }()
	var folder string
	require.NoError(t, sql.QueryRow(t.Context(), "SHOW data_directory").Scan(&folder))
	certificate, key := a.certify(t, folder)
	for _, statement := range []string{
		"ALTER SYSTEM SET ssl_cert_file = '" + certificate + "'", "ALTER SYSTEM SET ssl_key_file = '" + key + "'", "ALTER SYSTEM SET ssl = on",
		"SELECT pg_reload_conf()",
	} {
		_, err := sql.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	return server
}

// What docs/security.md says of TLS to PostgreSQL.
func TestDatabaseURLVerifiesTheServer(t *testing.T) {
	t.Parallel()
	right, wrong := newAuthority(t, "right"), newAuthority(t, "wrong")
	server := serverWithTLS(t, right)
	ping := func(host, mode, root string) error {
		address, err := url.Parse(server.URL("postgres"))
		require.NoError(t, err)
		address.Host = net.JoinHostPort(host, address.Port())
		address.RawQuery = url.Values{"sslmode": {mode}, "sslrootcert": {root}}.Encode()
		s, err := ledger.Open(t.Context(), ledger.Options{URL: address.String(), CorpID: corp, Location: shanghai})
		require.NoError(t, err)
		defer s.Close()
		err = s.Ping(t.Context())
		if err != nil {
			require.ErrorIs(t, err, ledger.ErrUnavailable)
			require.NotContains(t, err.Error(), address.User.String())
		}
		return err
	}
	require.Eventually(t, func() bool { return ping("127.0.0.1", "verify-full", right.file) == nil }, 10*time.Second, 10*time.Millisecond,
		"the right authority, once the server has read its settings")
	require.ErrorContains(t, ping("127.0.0.1", "verify-full", wrong.file), "certificate", "another authority")
	require.ErrorContains(t, ping("localhost", "verify-full", right.file), "certificate", "another name")
	require.NoError(t, ping("localhost", "verify-ca", right.file), "verify-ca asks for no name")
	require.ErrorContains(t, ping("localhost", "verify-ca", wrong.file), "certificate")
}
