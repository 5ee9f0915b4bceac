package sdnotify

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// systemd listens as systemd does and returns what it received next.
func systemd(t *testing.T, socket string) func() string {
	t.Helper()
	listener, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return func() string {
		t.Helper()
		if err := listener.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		datagram := make([]byte, 4096)
		n, err := listener.Read(datagram)
		if err != nil {
			t.Fatal(err)
		}
		return string(datagram[:n])
	}
}

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	for name, socket := range map[string]string{
		"a file":   filepath.Join(t.TempDir(), "notify"),
		"abstract": fmt.Sprintf("@syncd-test-%d", os.Getpid()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next := systemd(t, socket)
			n := New(environment("NOTIFY_SOCKET", socket))
			for _, step := range []struct {
				send func() error
				want string
			}{
				{n.Ready, "READY=1"},
				{n.Watchdog, "WATCHDOG=1"},
				{n.Stopping, "STOPPING=1"},
				{func() error { return n.Status("2 runs; next: paie à 06:00") }, "STATUS=2 runs; next: paie à 06:00"},
				{func() error { return n.Status("a\nREADY=1\r\nb\rc") }, "STATUS=a READY=1 b c"},
			} {
				if err := step.send(); err != nil {
					t.Fatal(err)
				}
				if got := next(); got != step.want {
					t.Errorf("sent %q, want %q", got, step.want)
				}
			}
		})
	}
}

func TestReloadingTellsTheMonotonicClock(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "notify")
	next := systemd(t, socket)
	before := monotonic(t)
	if err := New(environment("NOTIFY_SOCKET", socket)).Reloading(); err != nil {
		t.Fatal(err)
	}
	after := monotonic(t)
	message := next()
	told, found := strings.CutPrefix(message, "RELOADING=1\nMONOTONIC_USEC=")
	at, err := strconv.ParseInt(told, 10, 64)
	if !found || err != nil || at < before || at > after {
		t.Errorf("sent %q, want RELOADING=1 and a time from %d to %d", message, before, after)
	}
}

// monotonic is CLOCK_MONOTONIC in microseconds.
func monotonic(t *testing.T) int64 {
	t.Helper()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		t.Fatal(err)
	}
	return now.Nano() / 1000
}

func TestWatchdogInterval(t *testing.T) {
	t.Parallel()
	ours := strconv.Itoa(os.Getpid())
	for name, test := range map[string]struct {
		microseconds, pid string
		want              time.Duration
	}{
		"ours":             {"30000000", ours, 30 * time.Second},
		"of whoever reads": {"1500000", "", 1500 * time.Millisecond},
		"another's":        {"30000000", ours + "0", 0},
		"none":             {"", "", 0},
		"no number":        {"-1", ours, 0},
	} {
		n := New(environment("NOTIFY_SOCKET", "/run/systemd/notify", "WATCHDOG_USEC", test.microseconds, "WATCHDOG_PID", test.pid))
		if got := n.WatchdogInterval(); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestOutsideOfSystemd(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]*Notifier{"no socket": New(environment("WATCHDOG_USEC", "30000000")), "nil": nil} {
		if n.WatchdogInterval() != 0 {
			t.Errorf("%s: there is a watchdog", name)
		}
		for _, err := range []error{n.Ready(), n.Status("x"), n.Reloading(), n.Stopping(), n.Watchdog()} {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestSystemdIsAway(t *testing.T) {
	t.Parallel()
	for _, socket := range []string{filepath.Join(t.TempDir(), "nobody"), "vsock:2:1"} {
		if err := New(environment("NOTIFY_SOCKET", socket)).Ready(); err == nil {
			t.Errorf("%s: no error", socket)
		}
	}
}
