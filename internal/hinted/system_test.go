package hinted

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What the operating system says is told in French; in English it is what Go says.
func TestTheSystemIsToldInBothLanguages(t *testing.T) {
	t.Parallel()
	for code, err := range map[string]error{
		"os.denied": syscall.EACCES, "os.not-permitted": syscall.EPERM, "os.absent": syscall.ENOENT,
		"os.exists": syscall.EEXIST, "os.folder": syscall.EISDIR, "os.no-folder": syscall.ENOTDIR,
		"os.full": syscall.ENOSPC, "os.quota": syscall.EDQUOT, "os.read-only": syscall.EROFS, "os.damaged": syscall.EIO,
		"os.too-many-files": syscall.EMFILE, "os.long-name": syscall.ENAMETOOLONG, "os.not-empty": syscall.ENOTEMPTY,
		"os.address-taken": syscall.EADDRINUSE, "os.no-address": syscall.EADDRNOTAVAIL, "os.refused": syscall.ECONNREFUSED,
		"os.reset": syscall.ECONNRESET, "os.late": syscall.ETIMEDOUT, "os.no-route": syscall.EHOSTUNREACH,
		"os.no-network": syscall.ENETUNREACH, "os.pipe": syscall.EPIPE,
	} {
		told, ok := errors.AsType[Telling](ofSystem(err))
		if !ok || told.Fact().Code != code || told.Fact().In(English()) != err.Error() {
			t.Errorf("%v is told as %v", err, told)
		}
	}
	file := filepath.Join(t.TempDir(), "none", "file")
	_, missing := os.Open(file)
	bind := &net.OpError{Op: "listen", Net: "tcp", Err: os.NewSyscallError("bind", syscall.EADDRINUSE)}
	for _, test := range []struct {
		err  error
		want string
	}{
		{missing, "open " + file + ": aucun fichier ni répertoire de ce nom"},
		{While("making the folder", missing), "création du répertoire\u00a0: open " + file + ": aucun fichier ni répertoire de ce nom"},
		{fmt.Errorf("doing: %w", bind), "doing: listen tcp: bind: l'adresse est déjà prise"},
		{syscall.EXDEV, syscall.EXDEV.Error()},
	} {
		if got := TextIn(french, test.err); got != test.want {
			t.Errorf("got  %q\nwant %q", got, test.want)
		}
		if got := Keep(test.err).Error(); got != test.err.Error() {
			t.Errorf("kept %q\nwant %q", got, test.err)
		}
	}
	if !errors.Is(first(missing), syscall.ENOENT) {
		t.Error("what the system said is lost")
	}
}
