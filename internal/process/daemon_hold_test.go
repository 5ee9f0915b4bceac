package process

import (
	"strings"
	"syscall"
	"testing"

	"syncd/internal/sandbox"
)

// TestDaemonHoldsUntilAPersonApproves lets a fire trip a guard. Nothing may leave, and everyone must be told: the log
// once, monitoring, the watcher. An approval by another process sends what was planned, whatever staging holds by then.
func TestDaemonHoldsUntilAPersonApproves(t *testing.T) {
	t.Parallel()
	const employees = 20
	w := newWorld(t, employees, sandbox.Faults{})
	pings := w.switchboard()
	month := w.monthly(pings.setting())
	w.guard(`max_updated = { count = 3 }`)
	w.want(0, w.run("run", "paie", "--period", month))
	w.move("1 rue du Plan")
	d := w.daemon()
	d.until("the fire is held", func() bool { return w.state(w.latest()) == "held" })
	run := w.latest()
	d.wantHoldTold(run, pings)
	w.wantDeliveries(employees)

	w.keep()
	w.move("2 rue d'Après")
	woken := w.notified()
	r := w.run("approve", run, "--reason", "everybody moved with the school")
	w.want(0, r)
	woken()
	d.until("the run has succeeded", func() bool { return w.state(run) == "succeeded" })
	w.wantPID(run, d)
	w.wantDeliveries(2 * employees)
	w.restore()
	w.wantDocuments(dossier, month)
	w.wantNoOpenEnds()
	w.wantAudit("approve", w.me()+" approve "+run+" : everybody moved with the school")
	d.until("the watcher hears that it is done", func() bool { return pings.all() == "started failed done" })
	d.stop()
	if errors := d.lines(`"level":"error"`); len(errors) > 0 {
		t.Errorf("it logs errors: %q", errors)
	}
}

// wantHoldTold wants the hold of a fire's run to be told everywhere.
func (d *daemon) wantHoldTold(run string, pings *switchboard) {
	w := d.w
	w.t.Helper()
	for series, what := range map[string]string{
		`syncd_runs{job="paie",state="held"}`:                                     "the runs that are held",
		`syncd_runs_ended_total{job="paie",state="held"}`:                         "those that ended so",
		`syncd_last_run_state{dossier="` + dossier + `",job="paie",state="held"}`: "how the last run ended",
	} {
		d.until("metrics tell "+what, func() bool { return d.metric(series) == "1" })
	}
	d.until("the watcher is called", func() bool { return pings.all() == "started failed" })
	told := d.lines(`"run":`+run, "finished")
	if len(told) != 1 || !strings.Contains(told[0], `"level":"warn"`) || !strings.Contains(told[0], `"state":"held"`) {
		w.t.Errorf("the log tells of the hold: %q, want one warning", told)
	}
	if !d.ready() {
		w.t.Error("a daemon with a held run is not ready")
	}
	shown := w.run("show", run)
	w.wantSaid(shown, "20", "3", "syncd approve "+run)
	w.wantSaid(w.run("runs", "--state", "held"), run)
}

// TestDaemonGivesUpWhatNobodyDecidesAbout lets a held run and a held employee wait for longer than hold_expires.
func TestDaemonGivesUpWhatNobodyDecidesAbout(t *testing.T) {
	t.Parallel()
	const employees, later = 10, "2026-12"
	w := newWorld(t, employees, sandbox.Faults{})
	w.guard(`max_updated = { count = 3 }`, `hold_fields = ["Iban"]`)
	w.want(0, w.push().wait())
	w.exec(`UPDATE staging.employee e SET iban = o.iban FROM staging.employee o WHERE e.matricule = '00003' AND o.matricule = '00004'`)
	w.want(4, w.push().wait())
	partly := w.latest()
	w.move("1 rue du Plan")
	w.want(5, w.run("run", "paie", "--period", later))
	held, sent := w.latest(), int(w.sandbox.Stats().Deliveries)
	d := w.daemon()
	if got := w.state(held) + " " + w.state(partly); got != "held incomplete" {
		t.Fatalf("the runs are %s before their time is over", got)
	}
	w.wantAudit("expire")

	w.exec(`UPDATE syncd.run SET finished_at = finished_at - interval '8 days'`)
	d.signal(syscall.SIGHUP) // or within the hour
	d.until("both are given up", func() bool { return len(w.audit("expire")) == 2 })
	w.wantAudit("expire", "syncd expire "+partly+" 00003: ", "syncd expire "+held+" : ")
	if got := w.state(held) + " by " + w.of(held, "cancelled_by") + ", " + w.state(partly); got != "cancelled by syncd, incomplete" {
		t.Errorf("the runs are %s", got)
	}
	for _, run := range []string{partly, held} {
		d.until("it tells of each", func() bool { return len(d.lines(`"level":"warn"`, `"run":`+run, "nobody has decided")) == 1 })
		r := w.run("approve", run, "--reason", "too late")
		w.want(2, r)
		w.wantSaid(r, "run "+run, "hint: ")
	}
	w.wantDeliveries(sent)
	w.wantNoOpenEnds()
	d.until("monitoring knows of no hold", func() bool { return d.metric(`syncd_runs{job="paie",state="cancelled"}`) == "1" })
	d.stop()
}
