// Package resident keeps what a long-lived process has in memory to what it uses.
package resident

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// How long a service takes to start, usually, and how often it forgets from then on.
const (
	startWithin = 5 * time.Second
	forgetEvery = 30 * time.Second
)

// KeepLean forgets what a service's start needed, and from then on what it needed now and then, until the context ends.
func KeepLean(ctx context.Context) {
	for wait := startWithin; ; wait = forgetEvery {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
			Forget()
		}
	}
}

// Forget takes the pages of the program's own file out of the process that nothing has changed: the kernel maps them in again, from
// its cache, when they are used next. Most of what a start reads (of commands, catalogues, configurations, drivers) is never used
// again, and is more than half of what an idle daemon has resident: docs/performance.md. Where the kernel tells of no mappings,
// nothing is forgotten: it is a saving, no need.
func Forget() {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	file, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }()
	for _, m := range untouched(file, program) {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.from, m.to-m.from, unix.MADV_DONTNEED)
	}
}

type mapping struct{ from, to uintptr }

// untouched are the mappings of a file, by proc(5)'s smaps, that cannot be written and of which the process has no page of its own:
// one that was written before, as relocation does, would be lost.
func untouched(smaps io.Reader, file string) []mapping {
	var found []mapping
	var now mapping
	for lines := bufio.NewScanner(smaps); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) < 3:
		case fields[0] == "Anonymous:":
			if now != (mapping{}) && fields[1] == "0" {
				found = append(found, now)
			}
			now = mapping{}
		case !strings.HasSuffix(fields[0], ":"):
			now = mapping{}
			if strings.HasSuffix(lines.Text(), " "+file) && !strings.Contains(fields[1], "w") {
				_, _ = fmt.Sscanf(fields[0], "%x-%x", &now.from, &now.to) // else it stays empty
			}
		}
	}
	return found
}
