package process

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"syncd/internal/sandbox"
	"syncd/internal/testpg"
)

// TestDecisionsTellNothingPersonal lets every guard find something, and people decide about all of it, at the level trace.
// Then it looks for each NIR, IBAN and secret in all that is left. Names and amounts, which a plan shows on standard
// output, must be in none of what stays: findings, the audit, closed periods, logs, those of Postgres included.
func TestDecisionsTellNothingPersonal(t *testing.T) {
	t.Parallel()
	server := testpg.Alone(t, tellsAll)
	const employees = 20
	w := populate(t, server.New(t, template), employees, sandbox.Faults{RevokeEvery: 45}, `request_timeout = "1s"`)
	w.recognizable()
	g := &gossip{world: w}
	g.decideOnEverything()

	secrets, pay := w.secrets(), w.payAndNames()
	if control := pay.in(w.documents()); len(control) < 2*employees {
		t.Fatalf("the search finds only %d names and amounts where all of them are", len(control))
	}
	secrets.look(t, "standard output and error", g.output.String()+g.log.String())
	secrets.look(t, "the ledger", w.pgDump())
	log, err := os.ReadFile(server.Log)
	w.must(err)
	kept := strings.Join(w.texts(`SELECT findings::text FROM syncd.run WHERE findings IS NOT NULL
		UNION ALL SELECT findings::text FROM syncd.item WHERE findings IS NOT NULL
		UNION ALL SELECT a::text FROM syncd.audit a UNION ALL SELECT c::text FROM syncd.closed_period c`), "\n")
	for where, text := range map[string]string{"the server's log": string(log), "the programs' logs": g.log.String(),
		"what is kept of decisions": kept} {
		secrets.look(t, where, text)
		pay.look(t, where, text)
	}
	for _, rule := range []string{"created", "elements", "code-total", "hold-field", "unique", "amount", "drift", "late"} {
		if !regexp.MustCompile(`"rule": ?"` + rule + `"`).MatchString(kept) {
			t.Errorf("no guard %s found anything: nothing was tested", rule)
		}
	}
	if !strings.Contains(string(log), "syncd.audit") || !strings.Contains(g.log.String(), `"api call"`) {
		t.Error("the logs do not tell of what happened")
	}
}

// recognizable gives names and amounts that nothing else looks like, in a statement that quotes none of them: the server
// logs it.
func (w *world) recognizable() {
	w.t.Helper()
	w.exec(`UPDATE staging.employee SET nom_naissance = 'Zq' || 'x' || matricule, prenom = 'Wv' || 'k' || matricule;
		UPDATE staging.payroll_element SET code = 'PRIME_EXC', quantity = NULL, amount = 71000 + 137 * matricule::int + 0.17`)
}

// payAndNames are those of everyone, and the sums that guards compare.
func (w *world) payAndNames() needles {
	w.t.Helper()
	n := needles{"a name": "Zqx", "a first name": "Wvk"}
	const amounts = `SELECT amount FROM staging.payroll_element
		UNION SELECT sum(amount) FROM staging.payroll_element GROUP BY matricule, period
		UNION SELECT sum(amount) FROM staging.payroll_element GROUP BY period`
	for _, as := range []string{"trim_scale(amount)", "trim_scale(10000 * amount)"} { // as documents and sums have them
		for _, amount := range w.texts(`SELECT ` + as + `::text FROM (` + amounts + `) AS amounts`) {
			n["amount "+amount] = amount
		}
	}
	return n
}

// gossip is all that the program said.
type gossip struct {
	*world
	output, log strings.Builder
}

// say executes a command at the level trace, and looks at the process list on the way.
func (g *gossip) say(code int, args ...string) {
	g.t.Helper()
	r := g.run(append(args, "--log-level", "trace")...)
	g.want(code, r)
	g.output.WriteString(r.stdout)
	g.log.WriteString(r.stderr)
}

// entered adds the elements of another month, so many times the amounts of the first.
func (g *gossip) entered(month string, times int) {
	g.t.Helper()
	g.exec(`INSERT INTO staging.payroll_element SELECT dossier, matricule, $1, code, quantity, $2::int * amount FROM staging.payroll_element
		WHERE period = '`+period+`'`, month, times)
}

// decideOnEverything sends three months, then one in which everything is suspicious.
func (g *gossip) decideOnEverything() {
	g.t.Helper()
	g.guard(`max_created = { count = 1 }`, `max_updated = { share = 0.3, floor = 5 }`, `max_elements = { share = 0.1, floor = 1 }`,
		`max_code_total = { share = 1.0, floor = 200 }`, `max_amount = 3.0`, `hold_fields = ["Iban"]`, `unique_fields = ["Iban", "Nir"]`)
	g.change(filepath.Join(g.dir, "config.toml"), "\n# [isidoor.salarie.read]\n", "\n[isidoor.salarie.read]\n")
	g.say(0, "run", "paie", "--period", period)
	for _, month := range []string{"2026-12", "2027-01"} {
		g.entered(month, 1)
		g.say(0, "run", "paie", "--period", month)
	}
	g.say(0, "period", "close", "2026-12", "--reason", "payslips are out")
	g.exec(`UPDATE staging.payroll_element SET amount = 2 * amount WHERE period = '2026-12' AND matricule = '00003'`)

	const suspicious = "2027-02"
	g.entered(suspicious, 10)
	g.entered(suspicious, 10)
	g.exec(`INSERT INTO staging.employee SELECT (jsonb_populate_record(e, jsonb_build_object('matricule', '9' || substr(matricule, 2)))).*
			FROM staging.employee e WHERE matricule <= '00003';
		UPDATE staging.employee e SET iban = o.iban FROM staging.employee o WHERE e.matricule = '00007' AND o.matricule = '00008'`)
	g.say(5, "plan", "paie", "--period", suspicious, "--all")
	g.say(5, "run", "paie", "--period", suspicious)
	run := g.latest()
	g.say(0, "approve", run, "--reason", "a thirteenth month")
	g.say(4, "resume", run)
	for _, args := range [][]string{{"show", run, "--diff", "--all"}, {"show", run, "--json"}, {"why", "00007"},
		{"why", "00007", "--json"}, {"why", "90001", "--period", suspicious}} {
		g.say(0, args...)
	}
	everyone := []string{"approve", run, "--reason", "all were asked"}
	for _, key := range g.texts(`SELECT key FROM syncd.item WHERE state = 'held'`) {
		everyone = append(everyone, "--employee", key)
	}
	g.say(0, everyone...)
	g.say(0, "resume", run)
	g.otherSide(suspicious)
	g.say(0, "period", "reopen", "2026-12", "--for", "1h", "--reason", "a bonus was forgotten")
	for _, args := range [][]string{{"audit"}, {"audit", "--json"}, {"period", "list"}, {"period", "list", "--json"}, {"schedule"},
		{"runs", "--json"}} {
		g.say(0, args...)
	}
	g.daemonTells(suspicious)
}

// otherSide lets somebody edit documents at the other side, and others leave.
func (g *gossip) otherSide(month string) {
	g.t.Helper()
	edit := sandbox.Edit{Dossier: dossier, Matricule: "00012", Period: month, Members: map[string]json.RawMessage{}}
	for member, column := range map[string]string{"Nir": "nir", "Iban": "iban"} {
		edit.Members[member] = []byte(g.text(`SELECT to_json(` + column + `)::text FROM staging.employee WHERE matricule = '00011'`))
	}
	g.must(g.sandbox.Edit(edit))
	g.say(4, "plan", "paie", "--period", month, "--verify")
	g.say(4, "run", "paie", "--period", month, "--verify")
	g.say(0, "approve", g.latest(), "--employee", "00012", "--reason", "ours is right")
	g.say(0, "resume", g.latest())
	g.exec(`DELETE FROM staging.employee WHERE matricule = '00020'`)
	g.exec(`DELETE FROM staging.payroll_element WHERE matricule = '00020' AND period = $1`, month)
	g.say(4, "run", "paie", "--period", month)
	g.say(0, "settle", g.latest(), "--employee", "00020", "--withdrawn", "--reason", "deleted by phone")
	g.say(0, "why", "00020", "--period", month)
}

// daemonTells lets a daemon meet a guard, and keeps what it says to everybody.
func (g *gossip) daemonTells(month string) {
	g.t.Helper()
	d := g.newDaemon()
	g.launch(d, "SYNCD_LOG_LEVEL=trace")
	d.untilReady()
	g.move("1 rue du Plan")
	g.want(0, g.run("run", "paie", "--period", month, "--detach"))
	d.until("it is held", func() bool { return g.state(g.latest()) == "held" })
	d.until("metrics tell it", func() bool { return d.metric(`syncd_runs{job="paie",state="held"}`) == "1" })
	_, metrics := d.get("/metrics")
	_, ready := d.get("/readyz")
	line, err := os.ReadFile("/proc/" + g.of(g.latest(), "pid") + "/cmdline")
	g.must(err)
	d.stop()
	g.log.WriteString(metrics + ready + string(line) + d.told.String() + d.stdout.String() + d.stderr.String())
}
