package process

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"syncd/internal/sandbox"
)

// TestDaemonAndPersonNeverExecuteOneDossierAtOnce tries all that a person may, while a daemon sends.
func TestDaemonAndPersonNeverExecuteOneDossierAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 60, sandbox.Faults{})
	d := w.daemon()
	run := w.halfwayInDaemon(20)
	for _, args := range [][]string{{"run", "paie", "--period", period}, {"run", "dictionnaire"}, {"resume", run},
		{"run", "paie", "--period", period, "--detach"}, {"resume", run, "--detach"}} {
		r := w.run(args...)
		w.want(6, r)
		w.wantSaid(r, "run "+run, "paie", fmt.Sprintf("(pid %d)", d.cmd.Process.Pid), " is active since ", "hint: ")
	}
	w.front.release()
	w.untilState(run, "succeeded")
	w.wantDelivered()
	w.wantOnce()

	w.exec(`UPDATE staging.employee SET voie = '2 rue de l''École'`)
	w.want(0, w.push().wait()) // in place, beside a daemon with nothing to do
	w.wantDelivered()
	d.stop()
}

// TestDaemonLeavesAQueuedRunToOnePerson refuses a second run of what waits in the queue, and lets a person execute the
// first.
func TestDaemonLeavesAQueuedRunToOnePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20, sandbox.Faults{}, `retry_for = "1s"`)
	d := w.daemon()
	w.must(w.sandbox.SetFaults(away))
	run := w.enqueue()
	w.waitFor("it waits", func() bool { return w.of(run, "postponed") == "1" && w.state(run) == "queued" })
	for _, args := range [][]string{{"run", "paie", "--period", period}, {"run", "paie", "--period", period, "--detach"}} {
		r := w.run(args...)
		w.want(6, r)
		w.wantSaid(r, "run "+run, " is queued since ", "syncd resume "+run, "syncd cancel "+run)
	}
	w.must(w.sandbox.SetFaults(sandbox.Faults{}))
	p := w.start("resume", run)
	w.want(0, p.wait())
	if got, want := w.of(run, "pid"), fmt.Sprint(p.cmd.Process.Pid); got != want {
		t.Errorf("it was executed by pid %s, want %s", got, want)
	}
	w.wantDelivered()
	w.wantOnce()
	d.stop()
}

// TestDaemonMissesNothingOfAPausedJob leaves fires alone until the pause ends. What a person asks for is done all the
// same.
func TestDaemonMissesNothingOfAPausedJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20, sandbox.Faults{})
	w.jobSetting("paie", `schedule = "@hourly"`)
	w.lastDaemonLived("paie", "@hourly", "Europe/Paris", time.Now().Add(-5*time.Hour))
	w.want(0, w.run("pause", "paie", "--reason", "staging is not complete"))
	d := w.daemon()
	w.untilState(w.enqueue(), "succeeded")
	if fires := w.texts(`SELECT nominal_at::text FROM syncd.fire WHERE job = 'paie'`); len(fires) > 0 {
		t.Errorf("the fires of a paused job were dealt with: %q", fires)
	}
	w.want(0, w.run("unpause", "paie"))
	w.waitFor("the newest fire is caught up, of each month", func() bool {
		return w.number(`SELECT count(*) FROM syncd.run WHERE trigger = 'catch-up' AND state IN ('succeeded', 'held')`) > 0 &&
			w.number(`SELECT count(*) FROM syncd.run WHERE state IN ('queued', 'running')`) == 0
	})
	d.stop()
	w.wantDelivered()
	w.wantOnce()
}

// TestDaemonGoesOnWithWhatAPersonStopped takes up a run that a person began and broke off.
func TestDaemonGoesOnWithWhatAPersonStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 60, sandbox.Faults{})
	d := w.daemon()
	p := w.halfway(20)
	run := w.text(`SELECT max(id)::text FROM syncd.run`)
	p.signal(syscall.SIGINT)
	w.untilGivenBack(p)
	w.front.release()
	w.want(4, p.wait())
	if state := w.state(run); state != "failed" {
		t.Fatalf("the run is %s: what a person stopped is for a person to take up", state)
	}
	w.want(0, w.run("resume", run, "--detach"))
	w.untilState(run, "succeeded")
	w.wantPID(run, d)
	w.wantDelivered()
	w.wantOnce()
	d.stop()
}

// TestDaemonStopsACancelledRunWithinSeconds cancels what a daemon sends. The next run must deliver the rest. It does not
// run beside others: seconds are counted.
func TestDaemonStopsACancelledRunWithinSeconds(t *testing.T) {
	w := newWorld(t, 100, sandbox.Faults{})
	d := w.daemon()
	run := w.halfwayInDaemon(20)
	cancel := w.start("cancel", run, "--reason", "wrong month in staging")
	w.waitFor("the cancellation is recorded", func() bool { return w.of(run, "cancelling") == "true" || cancel.over() })
	asked := time.Now()
	w.untilGivenBack(d.running)
	if took := time.Since(asked); took > 2*time.Second {
		t.Errorf("the daemon took %s to hear of it", took)
	}
	w.front.release()
	r := cancel.wait()
	w.want(0, r)
	w.wantSaid(r, "run "+run+" is cancelled")
	w.wantSums()
	if n := w.sandbox.Stats().Deliveries; n != 20+lanes {
		t.Errorf("%d documents were delivered, want the 20 that had passed and the %d on their way", n, lanes)
	}
	w.want(0, w.push().wait())
	w.wantDelivered()
	w.wantOnce()
	d.stop()
}
