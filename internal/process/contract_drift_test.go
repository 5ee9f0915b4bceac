package process

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"syncd/internal/sandbox"
)

// TestDaemonGoesOnOnceTheContractIsAccepted changes the contract between two runs of a daemon. The second is held, whatever
// is approved; an acceptance by another process sends what was planned, by itself.
func TestDaemonGoesOnOnceTheContractIsAccepted(t *testing.T) {
	t.Parallel()
	const employees = 8
	w := newWorld(t, employees, sandbox.Faults{})
	s := w.described()
	d := w.daemon()
	w.untilState(w.enqueue(), "succeeded")
	w.narrow(s, "Salarie", "Email", 200)
	w.move("1 rue du Plan")
	run := w.enqueue()
	w.untilState(run, "held")
	d.until("metrics tell it", func() bool { return d.metric(`syncd_runs{job="paie",state="held"}`) == "1" })
	w.wantDeliveries(employees)
	w.wantSaid(w.run("show", run), "Email", "syncd contract diff", "syncd contract accept ")
	r := w.run("approve", run, "--reason", "hurry")
	w.want(2, r)
	w.wantSaid(r, "contract accept")
	w.want(5, w.run("resume", run))

	w.keep()
	w.move("2 rue d'Après")
	r = w.run("contract", "accept", "--reason", "our addresses are short")
	w.want(0, r)
	w.wantSaid(r, "run "+run)
	w.untilState(run, "succeeded")
	w.wantPID(run, d)
	w.wantDeliveries(2 * employees)
	w.restore()
	w.wantDelivered()
	w.wantAudit("contract-accept", w.me()+" contract-accept - : our addresses are short")
	w.wantAudit("approve", w.me()+" approve "+run+" : our addresses are short")
	d.stop()
	if errors := d.lines(`"level":"error"`); len(errors) > 0 {
		t.Errorf("it logs errors: %q", errors)
	}
}

// TestWhatWaitsWhileTheAPIGoesBack tells a person what to do about a run that waits for a contract that is gone.
func TestWhatWaitsWhileTheAPIGoesBack(t *testing.T) {
	t.Parallel()
	const employees = 4
	w := newWorld(t, employees, sandbox.Faults{})
	s := w.described()
	w.want(0, w.push().wait())
	w.narrow(s, "Salarie", "Email", 200)
	w.move("1 rue du Plan")
	w.want(5, w.push().wait())
	run := w.latest()
	s.by(nil)
	w.want(0, w.run("contract", "fetch"))
	w.want(2, w.run("contract", "accept", "--reason", "hurry"))
	for _, args := range [][]string{{"approve", run, "--reason", "hurry"}, {"contract", "accept", "--reason", "hurry"}} {
		r := w.run(args...)
		w.want(2, r)
		if strings.Contains(r.stderr, "contract accept --reason") {
			t.Errorf("syncd %s leads in a circle:\n%s", r.args, r.stderr)
		}
	}
	w.want(0, w.push().wait())
	w.wantDelivered()
	w.wantDeliveries(2 * employees)
	if state := w.state(run); state != "cancelled" {
		t.Errorf("the run that waited is %s", state)
	}
}

// TestAcceptanceOfALateHold: what waited for longer than hold_expires is given up, by whatever decision comes too late.
func TestAcceptanceOfALateHold(t *testing.T) {
	t.Parallel()
	const employees = 4
	w := newWorld(t, employees, sandbox.Faults{})
	s := w.described()
	w.want(0, w.push().wait())
	w.narrow(s, "Salarie", "Email", 200)
	w.move("1 rue du Plan")
	w.want(5, w.push().wait())
	run := w.latest()
	w.exec(`UPDATE syncd.run SET finished_at = finished_at - interval '8 days'`)
	w.want(0, w.run("contract", "accept", "--reason", "our addresses are short"))
	if state := w.state(run); state == "queued" {
		t.Errorf("a run that waited for 8 days is let go: it is %s", state)
	}
	r := w.run("resume", run)
	if r.code == 0 {
		t.Errorf("what waited for 8 days was sent")
	}
	w.wantDeliveries(employees)
	w.want(0, w.push().wait())
	w.wantDelivered()
}

// TestDaemonAndTheContractThatDisappears lets the API show a login page instead of its contract, then nothing: the month
// goes on under what is known, and who does not fit is still stopped.
func TestDaemonAndTheContractThatDisappears(t *testing.T) {
	t.Parallel()
	const employees = 6
	w := newWorld(t, employees, sandbox.Faults{})
	s := w.described()
	d := w.daemon()
	w.untilState(w.enqueue(), "succeeded")
	w.exec(`UPDATE staging.employee SET nom_usage = repeat('Y', 93) WHERE matricule = '00002'`)
	for i, serve := range []http.HandlerFunc{page("text/html", "<!DOCTYPE html><html><body>Connexion</body></html>"), http.NotFound} {
		s.by(serve)
		w.anHourLater()
		w.exec(`UPDATE staging.employee SET ville = ville || 'X' WHERE matricule <> '00002'`)
		w.untilState(w.enqueue(), "incomplete")
		w.wantDeliveries(employees + (i+1)*(employees-1))
	}
	d.until("it warns", func() bool { return d.logged(`"level":"warn"`, "no contract of the API can be read") })
	w.exec(`UPDATE staging.employee SET nom_usage = NULL WHERE matricule = '00002'`)
	w.untilState(w.enqueue(), "succeeded")
	w.wantDelivered()
	d.stop()
}

// TestTheContractsFileIsAway: where the configuration names a file, a run without any contract is refused, and a pull is not.
func TestTheContractsFileIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, sandbox.Faults{})
	w.exec(`DELETE FROM syncd.contract; DELETE FROM syncd.api`)
	w.change(filepath.Join(w.dir, "config.toml"), "\n# contract = \"auto\"", "\ncontract = \"api.json\" #")
	w.want(0, w.run("run", "dictionnaire"))
	r := w.push().wait()
	w.want(3, r)
	w.wantSaid(r, "api.json", "the file does not exist", "For the administrator: correct contract in [isidoor.salarie]")
	w.wantDeliveries(0)
	r = w.run("plan", "paie", "--period", period)
	w.want(0, r)
}
