package daemon

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/sdnotify"
)

func TestStoppingHandsRunsBackAndSaysGoodbye(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
		w.took = time.Hour
		d := w.start(1, nil, w.job("paie", "0 6 * * *", "a", "b"))
		pass(2 * time.Minute)
		began := time.Now()
		d.end()
		if took := time.Since(began); took > time.Second {
			t.Errorf("stopping took %s, though the runs ended at once", took)
		}
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule queued", "b 2026-11 2026-11-25 06:00 schedule queued")
		if len(w.ledger.daemons) != 0 || len(w.ledger.owners) != 0 || len(w.ledger.listeners) != 0 {
			t.Error("the daemon is still known to the ledger")
		}
		if d.closed.Load() != 1 {
			t.Errorf("the setup was closed %d times, want once", d.closed.Load())
		}
	})
}

func TestRunsThatDoNotEndWithinTheGraceAreAborted(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
		var aborted atomic.Bool
		w.execute = func(ctx context.Context, run *jobs.Run, _ <-chan struct{}) (*jobs.Run, error) {
			<-ctx.Done()
			aborted.Store(true)
			return w.ledger.putBack(run, 0)
		}
		d := w.start(1, nil, w.job("paie", "0 6 * * *", "a"))
		pass(2 * time.Minute)
		began := time.Now()
		d.end()
		if took := time.Since(began); !aborted.Load() || took < 20*time.Second || took > 21*time.Second {
			t.Errorf("aborted: %v, after %s, want the grace of 20 s", aborted.Load(), took)
		}
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule queued")
		if d.closed.Load() != 1 || len(w.ledger.daemons) != 0 {
			t.Error("the setup is not closed, or the daemon not forgotten")
		}
	})
}

func TestASecondSignalEndsTheRunsAtOnce(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
		w.execute = func(ctx context.Context, run *jobs.Run, _ <-chan struct{}) (*jobs.Run, error) {
			<-ctx.Done()
			return w.ledger.putBack(run, 0)
		}
		d := w.start(1, nil, w.job("paie", "0 6 * * *", "a"))
		pass(2 * time.Minute)
		began := time.Now()
		time.AfterFunc(time.Second, d.abort)
		d.end()
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it took %s", took)
		}
		if len(w.ledger.daemons) != 0 {
			t.Error("the daemon is still known to the ledger")
		}
	})
}

func TestStoppingWhileTheLedgerIsAwayEnds(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
		w.took = time.Hour
		d := w.start(1, nil, w.job("paie", "0 6 * * *", "a"))
		pass(2 * time.Minute)
		w.ledger.away()
		began := time.Now()
		d.end()
		if took := time.Since(began); took > 6*time.Second || d.err != nil {
			t.Errorf("it took %s: %v", took, d.err)
		}
	})
}

// systemd receives what a daemon tells it, on a real socket.
type systemd struct {
	path string
	mu   sync.Mutex
	told []string
}

// newSystemd must be called outside of a bubble: in one, a read from a socket stops the time.
func newSystemd(t *testing.T) *systemd {
	t.Helper()
	s := &systemd{path: filepath.Join(t.TempDir(), "s")}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: s.path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 4096)
		for {
			n, err := conn.Read(buffer)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.told = append(s.told, string(buffer[:n]))
			s.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return s
}

func (s *systemd) notifier() *sdnotify.Notifier {
	return sdnotify.New(func(name string) string {
		return map[string]string{"NOTIFY_SOCKET": s.path}[name]
	})
}

// index waits for a message that begins so, at or after a place, and tells where; -1 = it does not come.
func (s *systemd) index(from int, prefix string) int {
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		s.mu.Lock()
		for i := from; i < len(s.told); i++ {
			if strings.HasPrefix(s.told[i], prefix) {
				s.mu.Unlock()
				return i
			}
		}
		s.mu.Unlock()
	}
	return -1
}

func TestSystemdIsFedAndToldAllTheWhile(t *testing.T) {
	t.Parallel()
	systemd := newSystemd(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "2026-11-25 05:58")
		w.execute = func(ctx context.Context, run *jobs.Run, _ <-chan struct{}) (*jobs.Run, error) {
			<-ctx.Done()
			return w.ledger.putBack(run, 0)
		}
		d := w.start(1, func(d *Daemon, _ *Setup) { d.Notify = systemd.notifier() }, w.job("paie", "0 6 * * *", "a"))
		d.Load = func() (*Setup, error) { return nil, context.DeadlineExceeded }
		pass(time.Minute)
		w.ledger.away()
		pass(time.Minute)
		w.ledger.back()
		pass(time.Minute)
		d.reload <- struct{}{}
		pass(time.Second)
		d.end() // takes the grace of 20 s
	})
	place := 0
	for _, prefix := range []string{"STATUS=idle; next: paie at 2026-11-25 06:00 CET", "STATUS=not ready: connecting to the ledger",
		"STATUS=executing run 1 (paie, a, 2026-11)", "RELOADING=1\nMONOTONIC_USEC=", "READY=1",
		"STATUS=executing run 1 (paie, a, 2026-11); the new configuration is refused", "STOPPING=1", "WATCHDOG=1"} {
		if place = systemd.index(place, prefix); place < 0 {
			t.Fatalf("%q was not told, in this order", prefix)
		}
	}
	systemd.wantFed(t, 16, 0, "STATUS=executing")
	systemd.wantFed(t, 18, place-1, "")
}

func TestTheWatchdogIsFedTwiceInItsTime(t *testing.T) {
	inWorld(t, "2026-11-25 05:00", func(t *testing.T, w *world) {
		l := w.loop(w.job("paie", "0 6 * * *", "a"))
		l.Notify = sdnotify.New(func(name string) string { // of systemd's socket there is the name only
			return map[string]string{"NOTIFY_SOCKET": "@nobody-listens", "WATCHDOG_USEC": "4000000"}[name]
		})
		if pause := l.turn(t.Context()); pause > 2*time.Second {
			t.Errorf("the loop rests for %s", pause)
		}
		w.ledger.away()
		for range 5 {
			if pause := l.turn(t.Context()); pause > 2*time.Second {
				t.Errorf("after a failure the loop rests for %s", pause)
			}
		}
		w.ledger.back()
		l.Ledger = &silentLedger{l.Ledger}
		began := time.Now()
		l.turn(t.Context())
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("a turn took %s", took)
		}
	})
}

// silentLedger is one behind a network that swallows all.
type silentLedger struct{ Ledger }

func (silentLedger) Active(ctx context.Context, _ []ledger.Pair) ([]ledger.Active, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// wantFed waits until the watchdog was fed so often from a place on, and before what begins so.
func (s *systemd) wantFed(t *testing.T, least, from int, until string) {
	t.Helper()
	end := 1 << 30
	if until != "" {
		end = s.index(from, until)
	}
	for range least {
		from = s.index(from, "WATCHDOG=1") + 1
		if from == 0 || from > end {
			t.Errorf("fed less than %d times before %q", least, until)
			return
		}
	}
}
