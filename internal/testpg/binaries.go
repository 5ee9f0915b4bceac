package testpg

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// debianBinaries is where Debian and Ubuntu keep server binaries, one directory per major version.
const debianBinaries = "/usr/lib/postgresql/*/bin"

// ErrNoServer means that this machine has no PostgreSQL server binaries.
var ErrNoServer = errors.New("no PostgreSQL server binaries in " + debianBinaries + " or PATH\n" +
	"hint: `make deps` installs Debian's package; or set SYNCD_TEST_DATABASE_URL to a server of your own")

// findBinaries returns the directory that holds initdb and postgres: Debian's newest version, else what PATH finds.
func findBinaries() (string, error) {
	dirs, err := filepath.Glob(debianBinaries)
	if err != nil {
		return "", fmt.Errorf("looking for PostgreSQL: %w", err)
	}
	newest, version := "", 0
	for _, dir := range dirs {
		v, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		if err == nil && v > version && hasServer(dir) {
			newest, version = dir, v
		}
	}
	if newest != "" {
		return newest, nil
	}
	if path, err := exec.LookPath("initdb"); err == nil && hasServer(filepath.Dir(path)) {
		return filepath.Dir(path), nil
	}
	return "", ErrNoServer
}

// Clients is the folder of psql and its like, where Debian's wrappers, each of which starts Perl, are not in between; "" = there is none.
func Clients() string {
	dir, err := findBinaries()
	if err != nil {
		return ""
	}
	return dir
}

func hasServer(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// serverAccount is who runs the server: nil for the caller's own account, else, as PostgreSQL refuses to run as root,
// the account postgres or nobody.
func serverAccount() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, fmt.Errorf("looking for an ordinary account to run PostgreSQL: %w", err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("reading the user id of %s: %w", account.Username, err)
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("reading the group id of %s: %w", account.Username, err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
