package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"syncd/internal/sandbox"
)

// TestAFrozenProcessThatWakesUpDoesNothing freezes a process in the middle of its run until another one has finished
// that run. Woken, it must send nothing more, write nothing, and say why it ends.
func TestAFrozenProcessThatWakesUpDoesNothing(t *testing.T) {
	t.Parallel()
	for name, takeOver := range map[string]func(w *world, run string) *running{
		"resume": func(w *world, run string) *running { return w.start("resume", run) },
		"run":    func(w *world, _ string) *running { return w.push() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 100, sandbox.Faults{}, `request_timeout = "3s"`)
			frozen := w.freeze(20)
			run := w.text(`SELECT max(id)::text FROM syncd.run`)

			w.exec(`UPDATE syncd.owner SET heartbeat_at = heartbeat_at + interval '1 hour'`) // however long the next command takes
			early := takeOver(w, run).wait()
			w.want(6, early)
			w.wantSaid(early, "run "+run, "hint: ")

			w.exec(`UPDATE syncd.owner SET heartbeat_at = heartbeat_at - interval '1 hour'`)
			w.want(0, w.afterLease(func() *running { return takeOver(w, run) }))
			w.wantDelivered()
			ledger, deliveries := w.dump(), w.sandbox.Stats().Deliveries

			frozen.signal(syscall.SIGCONT)
			r := frozen.wait()
			w.want(7, r)
			w.wantSaid(r, "lost", "hint: ")
			w.quiet()
			if now := w.sandbox.Stats().Deliveries; now != deliveries {
				t.Errorf("it delivered %d documents after it woke up", now-deliveries)
			}
			if now := w.dump(); now != ledger {
				t.Errorf("it changed the ledger after it woke up:\n%s", firstDifference(ledger, now))
			}
		})
	}
}

// TestAShortFreezeIsAPause freezes a process for less than its lease, as a virtual machine is while it is copied: nobody has taken
// its run, and it goes on where it was.
func TestAShortFreezeIsAPause(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 60, sandbox.Faults{})
	frozen := w.freeze(20)
	until(t, "it has been silent for longer than a heartbeat proves anything", func() bool {
		return w.number(`SELECT (clock_timestamp() - heartbeat_at > interval '2 seconds')::int FROM syncd.owner`) == 1
	})
	frozen.signal(syscall.SIGCONT)
	w.want(0, frozen.wait())
	w.wantDelivered()
	if repeats := w.sandbox.Stats().Repeats; repeats != 0 {
		t.Errorf("%d documents were repeated", repeats)
	}
}

// freeze starts a transfer and stops its process when so many documents have passed and all lanes wait for an answer.
// The requests on the wire are then answered, to a process that does not read.
func (w *world) freeze(after int) *running {
	w.t.Helper()
	p := w.halfway(after)
	p.signal(syscall.SIGSTOP)
	until(w.t, "every thread stands still", p.still)
	w.front.release()
	until(w.t, "the requests on the wire are processed", func() bool {
		return w.sandbox.Stats().Deliveries == int64(after+lanes)
	})
	return p
}

// still reports whether all threads of the process are stopped: the signal is not there at once.
func (p *running) still() bool {
	states, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", p.cmd.Process.Pid))
	for _, file := range states {
		line, readErr := os.ReadFile(file)
		_, state, found := strings.Cut(string(line), ") ") // proc(5): the state follows the name
		if readErr != nil || !found || !strings.HasPrefix(state, "T") {
			return false
		}
	}
	return err == nil && len(states) > 0
}

// afterLease tries to take a run over until the frozen owner's lease is over.
func (w *world) afterLease(takeOver func() *running) (r result) {
	w.t.Helper()
	until(w.t, "the lease is over", func() bool {
		r = takeOver().wait()
		return r.code != 6
	})
	return r
}

func firstDifference(before, after string) string {
	old, now := strings.Split(before, "\n"), strings.Split(after, "\n")
	for i := range min(len(old), len(now)) {
		if old[i] != now[i] {
			return "- " + old[i] + "\n+ " + now[i]
		}
	}
	return "one has more lines than the other"
}
