package process

import (
	"strings"
	"syscall"
	"testing"

	"syncd/internal/sandbox"
)

// loaded makes a table in which the export says that it is complete, and lets the job ask it.
func (w *world) loaded() {
	w.t.Helper()
	w.exec(`CREATE TABLE staging.import (period text, complete boolean); INSERT INTO staging.import VALUES ('` + period + `', false)`)
	w.guard(`ready = "SELECT bool_and(complete) FROM staging.import WHERE period = @period"`)
}

func (w *world) complete() {
	w.t.Helper()
	w.exec(`UPDATE staging.import SET complete = true`)
}

// TestDaemonWaitsForStagingToBeReady leaves a run in the queue while the export is under way, says why, and sends once it
// is over. A person who does not wait is told the same.
func TestDaemonWaitsForStagingToBeReady(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20, sandbox.Faults{})
	w.loaded()
	d := w.daemon()
	run := w.enqueue()
	putOff := func(times string) {
		t.Helper()
		d.until("it is put off", func() bool { return w.state(run) == "queued" && w.of(run, "postponed") == times })
		if ahead := w.of(run, "(not_before > clock_timestamp() + interval '5 seconds')"); ahead != "true" {
			t.Errorf("it waits until %s", w.of(run, "not_before"))
		}
		if code := w.of(run, "failure_code"); code != "not-ready" {
			t.Errorf("it waits for %q", code)
		}
	}
	putOff("1")
	w.hurry()
	putOff("2")
	d.until("the log tells why", func() bool {
		return len(d.lines("run waits in the queue", `"run":`+run, `"reason":"not-ready"`)) >= 2
	})
	if errors := d.lines(`"level":"error"`); len(errors) > 0 {
		t.Errorf("it logs errors: %q", errors)
	}
	if !d.ready() {
		t.Error("the daemon is not ready, although only staging is not")
	}
	w.wantSaid(w.run("runs", "--json"), `"not-ready"`)
	w.wantDeliveries(0)
	w.complete()
	w.hurry()
	d.until("it has succeeded", func() bool { return w.state(run) == "succeeded" })
	w.wantDelivered()
	w.wantOnce()
	d.stop()
	if said := d.stderr.String(); strings.Contains(said, "unreachable") {
		t.Errorf("it tells of something that cannot be reached:\n%s", tail(said))
	}
}

// TestDaemonFailsWhatIsNotReadyInTime lets the deadline pass. What failed is taken up again, once with each occasion.
func TestDaemonFailsWhatIsNotReadyInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20, sandbox.Faults{})
	w.loaded()
	w.jobSetting("paie", `deadline = "1s"`)
	d := w.daemon()
	run := w.enqueue()
	failed := func() bool { return w.state(run) == "failed" }
	d.until("its deadline is over", failed)
	if code := w.of(run, "failure_code"); code != "not-ready" {
		t.Errorf("it failed for %q", code)
	}
	w.wantDeliveries(0)
	tries := w.of(run, "epoch")
	d.signal(syscall.SIGHUP) // an occasion to take up what failed, beside those of resume_failed
	d.until("it was tried again", func() bool { return w.of(run, "epoch") != tries && failed() })
	w.complete()
	d.signal(syscall.SIGHUP)
	d.until("it is taken up again", func() bool { return w.state(run) == "succeeded" })
	if trigger := w.of(run, "trigger"); trigger != "retry" {
		t.Errorf("it was taken up by %q", trigger)
	}
	w.wantDelivered()
	w.wantOnce()
	d.stop()
}
