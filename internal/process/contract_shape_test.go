package process

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// writesCall writes into the configuration of the profile how calls are made.
func (w *world) writesCall() {
	w.t.Helper()
	config := filepath.Join(w.dir, "config.toml")
	w.change(config, "\n[isidoor]\n", "\n[isidoor]\ndossier_key = { in = \"query\", name = \"cle\" }\n")
	w.change(config, "\n[isidoor.salarie]\n", "\n[isidoor.salarie]\nmethod = \"PUT\"\n")
}

// Documents and keys go as the configuration says. Where it is silent and the contract says otherwise than its defaults, no
// request goes anywhere: the line to write is told, and written, it is what everything goes by.
func TestTheConfigurationAloneSaysTheFormOfCalls(t *testing.T) {
	t.Parallel()
	const employees = 6
	w := newPlatWorld(t, employees)
	for _, command := range [][]string{{"run", "dictionnaire"}, {"run", "paie", "--period", period}, {"plan", "paie", "--period", period}} {
		w.want(3, w.run(command...))
	}
	w.wantDeliveries(0)
	r := w.run("check")
	w.want(3, r)
	w.wantSaid(r, `write in [isidoor.salarie]: method = "PUT"`, `write in [isidoor]: dossier_key = { in = "query", name = "cle" }`)
	w.writesCall()
	w.want(0, w.run("run", "dictionnaire"))
	w.want(0, w.run("check"))
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

// The last contract that was seen counts while the API shows its contract no more.
func TestAContractThatIsSilentNowStillStops(t *testing.T) {
	t.Parallel()
	w := newPlatWorld(t, 3)
	s := w.described()
	w.want(0, w.run("contract", "fetch"))
	s.by(http.NotFound)
	r := w.run("check")
	w.want(3, r)
	w.wantSaid(r, "the last contract that was seen counts", `method = "PUT"`)
	w.anHourLater()
	w.want(3, w.run("run", "dictionnaire"))
	w.writesCall()
	w.want(0, w.run("run", "dictionnaire"))
	w.want(0, w.run("run", "paie", "--period", period))
	w.wantDeliveries(3)
}

// A configuration of former days was silent, and documents went by the contract's verb. What they went by is in the ledger: the
// defaults take nothing elsewhere, even where the contract is switched off, and the line that is told takes everything on.
func TestALedgerOfAdoptedCalls(t *testing.T) {
	t.Parallel()
	const employees = 6
	w := newPlatWorld(t, employees)
	config := filepath.Join(w.dir, "config.toml")
	silent, err := os.ReadFile(config)
	w.must(err)
	w.writesCall()
	written, err := os.ReadFile(config)
	w.must(err)
	w.want(0, w.run("run", "dictionnaire"))
	w.want(0, w.run("run", "paie", "--period", period))
	w.move("1 rue du Plan")
	w.must(os.WriteFile(config, silent, 0o600))
	w.want(3, w.run("run", "paie", "--period", period))
	w.wantDeliveries(employees)
	w.change(config, "\ncontract = \"auto\"\n", "\ncontract = \"none\"\n")
	if r := w.run("run", "paie", "--period", period); r.code == 0 {
		t.Fatalf("the defaults took documents elsewhere\n%s", r.stdout)
	}
	w.wantDeliveries(employees)
	w.must(os.WriteFile(config, written, 0o600))
	w.want(0, w.run("run", "paie", "--period", period))
	w.wantDeliveries(2 * employees)
	w.wantNoOpenEnds()
}

// A daemon holds to it as well, and goes on by itself once the lines are written.
func TestADaemonMakesCallsAsTheConfigurationSays(t *testing.T) {
	t.Parallel()
	const employees = 6
	w := newPlatWorld(t, employees)
	d := w.daemon()
	w.want(0, w.run("run", "dictionnaire", "--detach"))
	pull := w.text(`SELECT max(id)::text FROM syncd.run`)
	w.untilState(pull, "failed")
	d.stop()
	w.writesCall()
	d = w.daemon()
	w.untilState(pull, "succeeded")
	w.untilState(w.enqueue(), "succeeded")
	w.wantDeliveries(employees)
	w.wantNoOpenEnds()
	d.stop()
}
