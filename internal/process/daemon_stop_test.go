package process

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"syncd/internal/sandbox"
)

// TestDaemonStoppedHandsItsRunOn stops the daemon at each stage of a run. It must end well, finish what is on its way,
// and leave the rest to the next one, which sends nothing twice.
func TestDaemonStoppedHandsItsRunOn(t *testing.T) {
	t.Parallel()
	type stage struct {
		reach func(w *world) (run string, pass func())
		left  string // how the run is left
	}
	for name, s := range map[string]stage{
		"plan": {func(w *world) (string, func()) {
			b := w.brake(brakePlan)
			run := w.enqueue()
			b.untilHeld()
			return run, func() {}
		}, "queued"},
		"push": {func(w *world) (string, func()) {
			run := w.halfwayInDaemon(20)
			return run, func() {
				w.waitFor("what was claimed ahead is given back", func() bool {
					return w.text(`SELECT count(*)::text FROM syncd.item WHERE state = 'sending'`) == "16"
				})
				w.front.release()
			}
		}, "queued"},
		"record": {func(w *world) (string, func()) {
			b := w.brake(brakeEnd)
			run := w.enqueue()
			b.untilHeld()
			return run, b.release
		}, "succeeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 100, sandbox.Faults{})
			d := w.daemon()
			run, pass := s.reach(w)
			d.signal(syscall.SIGTERM)
			d.waitForStopping()
			pass()
			w.want(0, d.wait())
			if state := w.state(run); state != s.left {
				t.Errorf("it leaves the run %s, want %s", state, s.left)
			}
			if name == "plan" {
				w.exec(`DROP VIEW staging.payroll_element; ALTER TABLE staging.elements RENAME TO payroll_element`)
			}
			w.wantSums()
			next := w.daemon()
			w.untilState(run, "succeeded")
			w.wantDelivered()
			w.wantOnce()
			next.stop()
			if left := w.texts(`SELECT id::text FROM syncd.daemon`); len(left) > 0 {
				t.Errorf("%d daemons are still listed", len(left))
			}
		})
	}
}

func (d *daemon) waitForStopping() {
	d.w.t.Helper()
	d.w.waitFor("systemd is told that it stops", func() bool { return strings.Contains(d.told.String(), "STOPPING=1") || d.over() })
}

// TestDaemonStoppedDoesNotOutstayItsGrace is never answered: what is on its way is given up, and in doubt.
func TestDaemonStoppedDoesNotOutstayItsGrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 60, sandbox.Faults{}, `request_timeout = "20s"`)
	d := w.daemon(`grace = "1s"`)
	run := w.halfwayInDaemon(20)
	d.stop() // long before the timeout of a request
	if !d.logged("the grace period is over") {
		t.Error("the log does not tell why requests were given up")
	}
	if state := w.state(run); state != "queued" {
		t.Errorf("it leaves the run %s", state)
	}
	w.front.release()
	w.quiet()
	w.change(w.dir+"/config.toml", `request_timeout = "20s"`, `request_timeout = "2s"`)
	next := w.daemon()
	w.untilState(run, "succeeded")
	w.wantDelivered()
	w.wantFewRepeats()
	next.stop()
}

// TestDaemonStopsWhilePostgresIsAway cannot record how far it has come, and must not wait for that.
func TestDaemonStopsWhilePostgresIsAway(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]func(n *network){"refused": func(n *network) { n.Stop() }, "silent": (*network).silence} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 60, sandbox.Faults{}, `request_timeout = "2s"`)
			n := w.poisonable()
			d := w.daemon()
			run := w.halfwayInDaemon(20)
			cut(n)
			since := time.Now()
			d.signal(syscall.SIGTERM)
			w.front.release()
			w.want(0, d.wait())
			if took := time.Since(since); took > 18*time.Second { // of which 10 s are for recording the run's end
				t.Errorf("it took %s to stop", took)
			}
			if d.logged("a ping was given up") {
				t.Error("it speaks of pings that nobody asked for")
			}
			n.heal()
			next := w.daemon()
			w.untilState(run, "succeeded")
			w.wantDelivered()
			w.wantFewRepeats()
			next.stop()
		})
	}
}
