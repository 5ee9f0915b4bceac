package process

import (
	"net/http"
	"testing"
)

// Verb and place of the key come from the contract: of the very first pull, which asks for it, of runs, and of what is only
// looked at.
func TestTheContractGivesCallsTheirForm(t *testing.T) {
	t.Parallel()
	const employees = 6
	w := newPlatWorld(t, employees)
	w.want(0, w.run("run", "dictionnaire"))
	r := w.run("check")
	w.want(0, r)
	w.wantSaid(r, "PUT", `query "cle"`)
	w.want(0, w.run("run", "paie", "--period", period))
	w.wantDeliveries(employees)
	w.want(0, w.run("plan", "paie", "--period", period, "--verify"))
	w.want(0, w.run("run", "paie", "--period", period, "--verify"))
	w.move("1 rue du Plan")
	w.want(0, w.run("plan", "paie", "--period", period, "--verify"))
	w.want(0, w.run("run", "paie", "--period", period))
	w.wantDeliveries(2 * employees)
	w.wantNoOpenEnds()
}

// The same for whoever checks first, with nothing in the ledger, and while the API shows its contract no more.
func TestCheckMakesCallsAsTheContractSays(t *testing.T) {
	t.Parallel()
	w := newPlatWorld(t, 3)
	s := w.described()
	r := w.run("check")
	if r.code == 7 || r.code == 1 {
		t.Fatalf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	w.wantSaid(r, "ok    API/saint-martin")
	w.want(0, w.run("run", "dictionnaire"))
	w.want(0, w.run("check"))
	s.by(http.NotFound)
	r = w.run("check")
	w.want(0, r)
	w.wantSaid(r, "the last contract that was seen counts")
	w.anHourLater()
	w.want(0, w.run("run", "paie", "--period", period))
	w.want(0, w.run("plan", "paie", "--period", period, "--verify"))
	w.wantDeliveries(3)
}

// A daemon that was started before anybody knew the contract makes its first calls by it.
func TestDaemonLearnsTheFormOfCalls(t *testing.T) {
	t.Parallel()
	const employees = 6
	w := newPlatWorld(t, employees)
	d := w.daemon()
	w.want(0, w.run("run", "dictionnaire", "--detach"))
	pull := w.text(`SELECT max(id)::text FROM syncd.run`)
	d.until("the nomenclatures are pulled", func() bool { return w.state(pull) != "queued" && w.state(pull) != "running" })
	if state := w.state(pull); state != "succeeded" {
		t.Fatalf("the pull is %s\n%s", state, tail(d.stderr.String()))
	}
	w.untilState(w.enqueue(), "succeeded")
	w.wantDeliveries(employees)
	w.move("1 rue du Plan")
	w.untilState(w.enqueue(), "succeeded")
	w.wantDeliveries(2 * employees)
	w.wantNoOpenEnds()
	d.stop()
}
