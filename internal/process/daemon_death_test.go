package process

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"syncd/internal/sandbox"
)

// TestDaemonKilledIsReplacedWithinSeconds kills the daemon that sends. Another one must go on within 3 s, and let what
// was on its way wait until it is certainly over. It does not run beside others: seconds are counted.
func TestDaemonKilledIsReplacedWithinSeconds(t *testing.T) {
	const timeout = "5s"
	w := newWorld(t, 100, sandbox.Faults{}, `request_timeout = "`+timeout+`"`)
	a, b := w.daemon(), w.daemon()
	run := w.halfwayInDaemon(20)
	victim, other := w.split(run, a, b)
	left := w.text(`SELECT min(sent_at)::text FROM syncd.item WHERE state = 'sending'`)
	epoch := w.of(run, "epoch")
	killed := time.Now()
	victim.signal(syscall.SIGKILL)
	w.waitFor("another daemon has the run", func() bool { return w.of(run, "epoch") != epoch })
	if took := time.Since(killed); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
	w.front.release()
	w.waitFor("something is sent again", func() bool { return w.sandbox.Stats().Repeats > 0 })
	if early := w.text(`SELECT (clock_timestamp() < $1::text::timestamptz + $2::text::interval)::text`, left, timeout); early == "true" {
		t.Error("what was on its way was sent again before the timeout of a request")
	}
	w.untilState(run, "succeeded")
	w.wantPID(run, other)
	w.wantDelivered()
	w.wantFewRepeats()
	other.stop()
}

func (w *world) wantPID(run string, d *daemon) {
	w.t.Helper()
	if got, want := w.of(run, "pid"), fmt.Sprint(d.cmd.Process.Pid); got != want {
		w.t.Errorf("run %s was executed by pid %s, want %s", run, got, want)
	}
}

// wantFewRepeats wants no more documents sent twice than one death may cost.
func (w *world) wantFewRepeats() {
	w.t.Helper()
	if repeats := w.sandbox.Stats().Repeats; repeats > repeatable {
		w.t.Errorf("%d documents were repeated, at most %d may be", repeats, repeatable)
	}
}

// TestDaemonFrozenAndWokenSendsNothingTwice freezes the daemon that sends until another one has finished its run. Woken,
// it must send nothing and write nothing of that run, and work as before.
func TestDaemonFrozenAndWokenSendsNothingTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 100, sandbox.Faults{}, `request_timeout = "3s"`)
	a, b := w.daemon(), w.daemon()
	run := w.halfwayInDaemon(20)
	frozen, other := w.split(run, a, b)
	epoch := w.of(run, "epoch")
	since := time.Now()
	frozen.signal(syscall.SIGSTOP)
	until(t, "every thread stands still", frozen.still)
	w.front.release()
	w.waitFor("another daemon has the run", func() bool { return w.of(run, "epoch") != epoch })
	if took := time.Since(since); took > 20*time.Second { // a lease of 2 s, on a busy machine
		t.Errorf("it took %s", took)
	}
	w.untilState(run, "succeeded")
	w.wantPID(run, other)
	w.wantDelivered()
	w.waitFor("the requests on the wire are processed", func() bool { return w.front.serving.Load() == 0 })
	ledger, deliveries := w.dump(), w.sandbox.Stats().Deliveries

	frozen.signal(syscall.SIGCONT)
	frozen.until("it knows that it lost the run", func() bool { return frozen.logged("the claim on a run was lost", `"run":`+run) })
	frozen.untilReady()
	if now := w.sandbox.Stats().Deliveries; now != deliveries {
		t.Errorf("it delivered %d documents after it woke up", now-deliveries)
	}
	if now := w.dump(); now != ledger {
		t.Errorf("it changed the ledger after it woke up:\n%s", firstDifference(ledger, now))
	}

	other.stop()
	w.exec(`UPDATE staging.employee SET voie = '2 rue de l''École'`)
	next := w.enqueue()
	w.untilState(next, "succeeded")
	w.wantPID(next, frozen)
	w.wantDelivered()
	frozen.stop()
}

// TestDaemonFrozenWhileRecordingDelaysNobody freezes a daemon in the transaction that ends its run, whose locks would be
// in the way of everybody else.
func TestDaemonFrozenWhileRecordingDelaysNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20, sandbox.Faults{}, `request_timeout = "2s"`)
	brake := w.brake(brakeEnd)
	a, b := w.daemon(), w.daemon()
	run := w.enqueue()
	brake.untilHeld()
	frozen, other := w.split(run, a, b)
	since := time.Now()
	frozen.signal(syscall.SIGSTOP)
	until(t, "every thread stands still", frozen.still)
	brake.release()
	w.untilState(run, "succeeded")
	if took := time.Since(since); took > 20*time.Second { // a lease of 2 s, on a busy machine
		t.Errorf("it took %s", took)
	}
	w.wantPID(run, other)
	frozen.signal(syscall.SIGCONT)
	frozen.untilReady()
	w.wantDelivered()
	w.wantOnce()
	frozen.stop()
	other.stop()
}

// TestDaemonWithoutItsLockLeavesTheRunToOne ends the connection that proves who executes a run, while the process lives
// and is sending: the sandbox must never see more requests at once than one executor makes.
func TestDaemonWithoutItsLockLeavesTheRunToOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 400, sandbox.Faults{Latency: sandbox.Duration(100 * time.Millisecond)}, `request_timeout = "3s"`)
	a, b := w.daemon(), w.daemon()
	run := w.enqueue()
	w.waitFor("it is sending", func() bool { return w.sandbox.Stats().Deliveries > 50 })
	epoch := w.of(run, "epoch")
	w.exec(`SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN syncd.run r ON r.owner = (l.classid::bigint << 32) | l.objid::bigint
		WHERE l.locktype = 'advisory' AND r.state = 'running'
		AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	w.untilState(run, "succeeded")
	if w.of(run, "epoch") == epoch {
		t.Error("the run was never claimed again: nothing was tested")
	}
	if most := w.sandbox.Stats().MaxConcurrent; most > lanes {
		t.Errorf("%d requests at once: two processes executed the run", most)
	}
	w.wantDelivered()
	w.wantFewRepeats()
	for _, d := range []*daemon{a, b} {
		d.untilReady()
		d.stop()
	}
}
