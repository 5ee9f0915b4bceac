package process

import (
	"testing"

	"syncd/internal/sandbox"
)

// TestDaemonSkipsTheFireOfAClosedPeriod meets a schedule whose month is closed: no run, no call for help, and the reason
// where a person looks.
func TestDaemonSkipsTheFireOfAClosedPeriod(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10, sandbox.Faults{})
	pings := w.switchboard()
	month := w.monthly(pings.setting())
	w.want(0, w.run("period", "close", month, "--force", "--reason", "payslips are out"))
	d := w.daemon()
	d.until("the fire is skipped", func() bool { return w.text(`SELECT count(*)::text FROM syncd.fire`) == "1" })
	if got := w.text(`SELECT outcome || ' ' || reason || coalesce(' run ' || run_id, '') FROM syncd.fire`); got != "skipped closed" {
		t.Errorf("the fire is recorded as %q", got)
	}
	d.until("the log tells of it", func() bool { return len(d.lines(`"level":"warn"`, `"reason":"closed"`, `"fire"`)) == 1 })
	w.wantSaid(w.run("schedule"), "closed")
	w.wantSaid(w.run("schedule", "--json"), `"closed"`)
	for _, args := range [][]string{{"run", "paie", "--period", month}, {"run", "paie", "--period", month, "--detach"}} {
		r := w.run(args...)
		w.want(2, r)
		w.wantSaid(r, "period "+month+" is closed", "hint: ")
	}
	w.wantDeliveries(0)
	if n := w.text(`SELECT count(*)::text FROM syncd.run WHERE kind = 'push-salaries'`); n != "0" {
		t.Errorf("%s runs were made", n)
	}

	w.want(0, w.run("period", "reopen", month, "--for", "1h", "--reason", "a bonus was forgotten"))
	w.want(0, w.run("run", "paie", "--period", month, "--detach"))
	d.until("what a person asks for goes", func() bool { return w.state(w.latest()) == "succeeded" })
	w.wantDocuments(dossier, month)
	w.wantOnce()
	d.stop()
	if heard := pings.all(); heard != "" {
		t.Errorf("the watcher heard %q", heard)
	}
}

// former is a period before all those of schedules.
const former = "2026-01"

// lapse ends the time for which a period was reopened.
func (w *world) lapse() {
	w.t.Helper()
	w.exec(`UPDATE syncd.closed_period SET reopened_at = reopened_at - interval '2 hours', open_until = open_until - interval '2 hours'`)
}

func (w *world) reopened() {
	w.t.Helper()
	w.want(0, w.run("period", "close", former, "--force", "--reason", "payslips are out"))
	w.want(0, w.run("period", "reopen", former, "--for", "1h", "--reason", "a bonus was forgotten"))
}

// wantShut wants a run to have failed for its closed period, and nothing to take it up.
func (w *world) wantShut(run string, accepted string) {
	w.t.Helper()
	w.untilState(run, "failed")
	if code := w.of(run, "failure_code"); code != "closed" {
		w.t.Errorf("it failed for %q", code)
	}
	if got := w.of(run, "accepted"); got != accepted {
		w.t.Errorf("%s were accepted, want %s", got, accepted)
	}
	for _, args := range [][]string{{"resume", run}, {"resume", run, "--detach"}, {"approve", run, "--reason", "in spite of it"}} {
		r := w.run(args...)
		w.want(2, r)
		w.wantSaid(r, "period "+former+" is closed", "hint: ")
	}
	w.wantSums()
}

// TestDaemonSendsNothingOfAPeriodThatClosedMeanwhile queues a run while its period is reopened, and lets that time pass. It
// must not stand in the way of the months that follow.
func TestDaemonSendsNothingOfAPeriodThatClosedMeanwhile(t *testing.T) {
	t.Parallel()
	const employees = 10
	w := newWorld(t, employees, sandbox.Faults{})
	month := w.monthly()
	w.reopened()
	w.want(0, w.run("run", "paie", "--period", former, "--detach"))
	run := w.latest()
	w.lapse()
	d := w.daemon(`resume_failed = "* * * * *"`)
	d.until("the month that follows is sent", func() bool { return w.latest() != run && w.state(w.latest()) == "succeeded" })
	w.wantShut(run, "0")
	w.wantDocuments(dossier, month)
	w.wantDeliveries(employees)
	w.wantOnce()
	d.stop()
}

// TestDaemonStopsAtTheEndOfAReopening lets the time pass for which a period was reopened, while half of it waits for an
// API that is away.
func TestDaemonStopsAtTheEndOfAReopening(t *testing.T) {
	t.Parallel()
	const passed = 10
	w := newWorld(t, 60, sandbox.Faults{}, `retry_for = "1s"`, `stop_after = 3`)
	w.reopened()
	d := w.daemon()
	w.front.hold(passed)
	w.want(0, w.run("run", "paie", "--period", former, "--detach"))
	run := w.latest()
	d.until("all lanes wait for an answer", func() bool { return w.front.waiting() >= lanes })
	w.must(w.sandbox.SetFaults(away))
	w.front.release()
	d.until("it is put off", func() bool { return w.state(run) == "queued" })
	w.lapse()
	w.must(w.sandbox.SetFaults(sandbox.Faults{}))
	w.hurry()
	w.wantShut(run, "10")
	w.wantDeliveries(passed)
	d.stop()
}
