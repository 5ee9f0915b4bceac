package contract_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"syncd/internal/contract"
	"syncd/internal/contract/openapi"
)

// Whatever keeps a contract's file from being read is told with its place and the next step.
func TestFilesThatAreNoContract(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	large, closed := filepath.Join(folder, "large.json"), filepath.Join(folder, "closed.json")
	for _, name := range []string{large, closed} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Truncate(large, openapi.MaxDocument+1); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(folder, "none"): "the file does not exist\nhint: check contract of [isidoor.salarie]; a relative name begins at " +
			"the folder of the configuration",
		large:            "the file is larger than 10 MiB\nhint: is it a contract? check contract of [isidoor.salarie]",
		folder:           "this is a folder, not a file\nhint: name the contract's file in it: contract of [isidoor.salarie]",
		os.DevNull:       "this is no regular file\nhint: name a file that holds the contract: contract of [isidoor.salarie]",
		"/proc/self/mem": "the file cannot be read: input/output error\nhint: check contract of [isidoor.salarie]",
	} {
		wantUnread(t, path, want)
	}
	asNobody(t, func() {
		wantUnread(t, closed, fmt.Sprintf("the file may not be read by this user (uid %d)\nhint: let it be read, and each folder above it be "+
			"entered: chmod, or setfacl", os.Geteuid()))
	})
}

func wantUnread(t *testing.T, path, want string) {
	t.Helper()
	if _, err := contract.ReadFile(path, "isidoor.salarie"); err == nil || err.Error() != "contract: "+path+": "+want {
		t.Errorf("%v, want %s", err, want)
	}
}

// asNobody works without root's right to read every file, which a thread gives up for itself, and which ends with it.
func asNobody(t *testing.T, work func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		if os.Geteuid() == 0 {
			const nobody = 65534
			runtime.LockOSThread() // never given back
			if err := syscall.Setfsuid(nobody); err != nil {
				done <- err
				return
			}
		}
		work()
		done <- nil
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
