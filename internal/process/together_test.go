package process

import (
	"fmt"
	"testing"
	"time"

	"syncd/internal/sandbox"
)

// TestTwoProcessesOfOneTarget starts a second run while the first one is sending.
func TestTwoProcessesOfOneTarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 60, sandbox.Faults{})
	w.front.hold(20)
	first := w.push()
	until(t, "all lanes wait for an answer", func() bool { return w.front.waiting() >= lanes || first.over() })
	run := w.text(`SELECT max(id)::text FROM syncd.run`)
	for _, args := range [][]string{{"run", "paie", "--period", period}, {"run", "dictionnaire"}, {"resume", run}} {
		second := w.run(args...)
		w.want(6, second)
		w.wantSaid(second, "run "+run, fmt.Sprintf("(pid %d)", first.cmd.Process.Pid), "hint: ")
	}
	w.front.release()
	w.want(0, first.wait())
	w.wantDelivered()
	w.wantOnce()
}

// TestASecondRunDoesNotDisturbTheFirst tries again and again to run what another process is sending.
func TestASecondRunDoesNotDisturbTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 600, sandbox.Faults{Latency: sandbox.Duration(40 * time.Millisecond)})
	first := w.push()
	until(t, "the first is sending", func() bool { return w.sandbox.Stats().Deliveries > 0 || first.over() })
	for !first.over() {
		if second := w.push().wait(); second.code != 6 && !first.over() {
			w.want(6, second)
		}
	}
	w.want(0, first.wait())
	w.wantDelivered()
	w.wantOnce()
}

// TestProcessesThatStartTogether starts four runs at the same moment: exactly one sends.
func TestProcessesThatStartTogether(t *testing.T) {
	t.Parallel()
	// The last answers come well after the last process has tried.
	w := newWorld(t, 60, sandbox.Faults{Latency: sandbox.Duration(time.Second)})
	var started [4]*running
	for i := range started {
		started[i] = w.push()
	}
	codes := map[int]int{}
	for _, p := range started {
		r := p.wait()
		codes[r.code]++
		if r.code != 0 {
			w.want(6, r)
		}
	}
	if codes[0] != 1 || codes[6] != 3 {
		t.Errorf("exit codes %v, want 0 once and 6 three times", codes)
	}
	w.wantDelivered()
	w.wantOnce()
}

// wantOnce wants no document delivered twice.
func (w *world) wantOnce() {
	w.t.Helper()
	for _, name := range w.dossiers() {
		for _, r := range w.sandbox.Received(name) {
			if r.Deliveries != 1 {
				w.t.Errorf("%s of %s was delivered %d times", r.Matricule, name, r.Deliveries)
			}
		}
	}
}

// TestFourFirstStarts migrates an empty database by four processes at once.
func TestFourFirstStarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, sandbox.Faults{})
	w.exec(`DROP SCHEMA syncd CASCADE`)
	var started [4]*running
	for i := range started {
		started[i] = w.start("migrate")
	}
	for _, p := range started {
		w.want(0, p.wait())
	}
	w.want(0, w.run("migrate"))
	w.want(0, w.run("run", "dictionnaire"))
	w.want(0, w.push().wait())
	w.wantDelivered()
}
