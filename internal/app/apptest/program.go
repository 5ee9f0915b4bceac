package apptest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Build makes the program in dir, as it is released, so without the race detector, with which it takes five times as long to
// begin. What was compiled before is cached: then it costs the linker's second or two, and nothing where `make test` says in
// SYNCD_TEST_PROGRAM which one it has made for all packages.
func Build(ctx context.Context, dir string) (program string, err error) {
	if made := os.Getenv("SYNCD_TEST_PROGRAM"); made != "" {
		return made, nil
	}
	program = filepath.Join(dir, "syncd")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", program, "syncd/cmd/syncd")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building syncd: %w\n%s", err, out)
	}
	return program, nil
}

// Environment is what a program has that a test starts: a quarter of a short command's time goes into collecting its first
// megabytes of garbage.
var Environment = []string{"GOGC=400"}

// WatchMemory follows the peak of a process' resident memory, in MiB, until the process ends. (The rusage of a child
// tells the peak of its parent, when that was higher at the fork.)
func WatchMemory(pid int) (peak func() int64) {
	var kib int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			_, after, found := bytes.Cut(status, []byte("VmHWM:"))
			if err != nil || !found {
				return // it has ended
			}
			if _, err := fmt.Sscan(string(after), &kib); err != nil {
				return
			}
			<-time.After(20 * time.Millisecond)
		}
	}()
	return func() int64 { <-done; return kib / 1024 }
}
