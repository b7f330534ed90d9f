//go:build unix

package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is who the server runs as. PostgreSQL refuses to run as root, so root gives way to postgres, else to nobody.
type account struct {
	name     string
	uid, gid uint32
	switched bool
}

func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return account{}, fmt.Errorf("account %s: %w", name, err)
		}
		return account{name: name, uid: uint32(uid), gid: uint32(gid), switched: true}, nil
	}
	return account{}, errors.New("PostgreSQL does not run as root, and there is no account postgres or nobody: run as another user")
}

func (a account) credential() *syscall.Credential {
	if !a.switched {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}

// own hands a file or folder to the account.
func (a account) own(path string) error {
	if !a.switched {
		return nil
	}
	if err := os.Chown(path, int(a.uid), int(a.gid)); err != nil {
		return fmt.Errorf("hand %s to account %s: %w", path, a.name, err)
	}
	return nil
}

// reaches fails when the account cannot get to the folder, as it cannot to anything below /root.
func (a account) reaches(dir string) error {
	if !a.switched {
		return nil
	}
	for path := dir; ; path = filepath.Dir(path) {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("look at %s: %w", path, err)
		}
		if !a.mayEnter(info) {
			return fmt.Errorf("the server runs as account %s, which may not enter %s: choose a folder elsewhere", a.name, path)
		}
		if path == filepath.Dir(path) {
			return nil
		}
	}
}

func (a account) mayEnter(info os.FileInfo) bool {
	const owner, group, others = 0o100, 0o010, 0o001
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return true
	case stat.Uid == a.uid:
		return info.Mode()&owner != 0
	case stat.Gid == a.gid:
		return info.Mode()&group != 0
	default:
		return info.Mode()&others != 0
	}
}
