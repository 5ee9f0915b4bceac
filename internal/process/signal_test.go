package process

import (
	"fmt"
	"syscall"
	"testing"

	"syncd/internal/sandbox"
)

var stopSignals = map[string]syscall.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM}

// TestASignalFinishesWhatIsOnItsWay asks a run to stop: what is in flight is finished and recorded, nothing new leaves,
// and resume delivers each of the others exactly once.
func TestASignalFinishesWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	for name, signals := range map[string][]syscall.Signal{
		"SIGINT": {syscall.SIGINT}, "SIGTERM": {syscall.SIGTERM}, "SIGHUP": {syscall.SIGHUP},
		"the end of a login": {syscall.SIGHUP, syscall.SIGTERM}, // systemd sends both at once to what a session leaves
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 100, sandbox.Faults{})
			const passed = 20
			p := w.halfway(passed)
			for _, signal := range signals {
				p.signal(signal)
			}
			w.untilGivenBack(p)
			p.signal(syscall.SIGHUP) // a terminal that is closed says so twice: its shell does, and the system
			w.front.release()
			r := p.wait()
			w.want(4, r)
			w.wantSaid(r, "stopping", "syncd resume 2")
			if n := w.sandbox.Stats().Deliveries; n != passed+lanes {
				t.Errorf("%d documents were delivered, want %d that had passed and %d that were on their way", n, passed, lanes)
			}
			w.wantRun("failed stopped, 0 uncertain, 36 accepted, 64 not attempted")
			w.want(0, w.run("resume", "2"))
			w.wantDelivered()
			w.wantOnce()
		})
	}
}

// TestASecondSignalStopsAtOnce does not wait for the answers; the run can be taken up again all the same.
func TestASecondSignalStopsAtOnce(t *testing.T) {
	t.Parallel()
	for name, signal := range stopSignals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 100, sandbox.Faults{}, `request_timeout = "3s"`)
			p := w.halfway(20)
			p.signal(signal)
			w.untilGivenBack(p)
			p.signal(signal)
			r := p.wait() // although nothing is answered
			w.want(4, r)
			w.wantRun("failed stopped, 16 uncertain, 20 accepted, 64 not attempted")
			w.front.release()
			w.quiet()
			r = w.run("resume", "2") // sends the rest
			if r.code != 4 {
				w.want(0, r)
			}
			w.want(0, w.push().wait()) // and this settles what was on its way
			w.wantDelivered()
			if repeats := w.sandbox.Stats().Repeats; repeats > lanes {
				t.Errorf("%d documents were repeated, at most the %d on their way may be", repeats, lanes)
			}
		})
	}
}

// TestASignalWhilePlanning stops a run before anything is frozen or sent.
func TestASignalWhilePlanning(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20, sandbox.Faults{})
	// A view that waits stands for a slow query of the association's.
	w.exec(`ALTER TABLE staging.payroll_element RENAME TO elements;
		CREATE VIEW staging.payroll_element AS SELECT e.* FROM staging.elements e, pg_sleep(60)`)
	p := w.push()
	until(t, "the run plans", func() bool {
		return p.over() || w.text(`SELECT count(*)::text FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`) != "0"
	})
	p.signal(syscall.SIGINT)
	r := p.wait()
	w.want(4, r)
	w.wantSaid(r, "syncd resume 2")
	w.wantRun("failed stopped, 0 uncertain, 0 accepted, 0 not attempted")
	w.exec(`DROP VIEW staging.payroll_element; ALTER TABLE staging.elements RENAME TO payroll_element`)
	w.want(0, w.run("resume", "2"))
	w.wantDelivered()
	w.wantOnce()
}

// halfway is a transfer of which so many documents have passed, and whose lanes all wait for an answer.
func (w *world) halfway(passed int) *running {
	w.t.Helper()
	w.front.hold(passed)
	p := w.push()
	until(w.t, "all lanes wait for an answer", func() bool { return w.front.waiting() >= lanes || p.over() })
	if p.over() {
		w.t.Fatalf("the process ended early: %+v", p.wait())
	}
	return p
}

// untilGivenBack waits until a process that was asked to stop has given back what it had claimed ahead.
func (w *world) untilGivenBack(p *running) {
	w.t.Helper()
	until(w.t, "what was claimed ahead is given back", func() bool {
		return p.over() || w.text(`SELECT count(*)::text FROM syncd.item WHERE state = 'sending'`) == fmt.Sprint(lanes)
	})
}

// wantRun compares the end of the last run.
func (w *world) wantRun(want string) {
	w.t.Helper()
	got := w.text(`SELECT format('%s %s, %s uncertain, %s accepted, %s not attempted', state, failure_code, uncertain, accepted, not_attempted)
		FROM syncd.run ORDER BY id DESC LIMIT 1`)
	if got != want {
		w.t.Errorf("the run is %q, want %q", got, want)
	}
}
