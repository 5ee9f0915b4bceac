package process

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sandbox"
)

// away is an API that answers nothing useful, to whatever is asked.
var away = sandbox.Faults{Unavailable: 1, On: []sandbox.Endpoint{standin.EndpointDossier, standin.EndpointSalarie}}

// TestDaemonWaitsForAnAbsentAPI leaves a run in the queue, with pauses that grow, until the API is back.
func TestDaemonWaitsForAnAbsentAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 40, sandbox.Faults{}, `retry_for = "1s"`, `stop_after = 3`)
	d := w.daemon()
	run := w.halfwayInDaemon(10) // it comes to be away in the middle
	w.must(w.sandbox.SetFaults(away))
	w.front.release()
	for _, pause := range []struct{ postponed, least, most string }{
		{"1", "20 seconds", "30 seconds"}, {"2", "40 seconds", "60 seconds"}, {"3", "80 seconds", "120 seconds"},
	} {
		d.until("it is put off", func() bool { return w.state(run) == "queued" && w.of(run, "postponed") == pause.postponed })
		if ok := w.text(`SELECT (not_before BETWEEN clock_timestamp() + $2::text::interval AND clock_timestamp() + $3::text::interval)::text
			FROM syncd.run WHERE id = $1::text::bigint`, run, pause.least, pause.most); ok != "true" {
			t.Errorf("pause %s is until %s, want one of %s to %s", pause.postponed, w.of(run, "not_before"), pause.least, pause.most)
		}
		w.hurry()
	}
	d.until("it tries again", func() bool { return w.of(run, "postponed") == "4" })
	w.must(w.sandbox.SetFaults(sandbox.Faults{}))
	w.hurry()
	d.until("run "+run+" has succeeded", func() bool { return w.state(run) == "succeeded" })
	if !d.ready() {
		t.Error("it is not ready, although only the API was away")
	}
	w.wantDelivered()
	w.wantOnce()
	d.stop()
}

// TestDaemonTakesUpWhatFailed lets the deadline of a run pass. It fails, and the next tick takes it up again.
func TestDaemonTakesUpWhatFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20, sandbox.Faults{}, `retry_for = "1s"`, `stop_after = 3`)
	w.must(w.sandbox.SetFaults(away))
	w.jobSetting("paie", `deadline = "1s"`)
	d := w.daemon(`resume_failed = "* * * * *"`)
	run := w.enqueue()
	d.until("its deadline is over", func() bool { return w.state(run) == "failed" })
	if code := w.of(run, "failure_code"); code != "unreachable" {
		t.Errorf("it failed for %q", code)
	}
	w.must(w.sandbox.SetFaults(sandbox.Faults{}))
	w.waitSoLong(aMinute, "it is taken up again", func() bool { return w.state(run) == "succeeded" })
	if trigger := w.of(run, "trigger"); trigger != "retry" {
		t.Errorf("it was taken up by %q", trigger)
	}
	w.wantDelivered()
	w.wantOnce()
	d.stop()
}

// TestDaemonDelaysNobodyForADossierThatHangs gets no answers for one dossier, is refused for another, and delivers the
// third meanwhile.
func TestDaemonDelaysNobodyForADossierThatHangs(t *testing.T) {
	t.Parallel()
	w := newDaemonWorld(t, []string{"notre-dame", "sainte-anne"}, 100, sandbox.Faults{}, `request_timeout = "60s"`)
	secret := filepath.Join(w.dir, "dossier-notre-dame.secret")
	w.must(os.WriteFile(secret, []byte("a-key-that-was-revoked\n"), 0o600))
	d := w.daemon()
	w.front.holdOnly(dossierKey, 0)
	hangs := w.enqueue()
	runs := w.texts(`SELECT id::text FROM syncd.run WHERE id > $1::text::bigint ORDER BY id`, hangs)
	w.untilState(runs[0], "failed")
	w.untilState(runs[1], "succeeded")
	w.wantDocuments("sainte-anne", period)
	if state := w.state(hangs); state != "running" {
		t.Errorf("the first one is %s: it did not hang", state)
	}
	w.front.release()
	w.untilState(hangs, "succeeded")

	w.must(os.WriteFile(secret, []byte(keyOf("notre-dame")+"\n"), 0o600))
	d.signal(syscall.SIGHUP)
	w.untilState(runs[0], "succeeded")
	w.wantDelivered()
	d.stop()
}
