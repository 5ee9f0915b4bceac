package process

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"syncd/internal/sandbox"
	"syncd/internal/testpg"
)

// TestContractsTellNothingPersonal lets documents that do not fit hold a NIR, an IBAN or a name wherever one can be, lets the
// contract change, and nomenclatures block people, at the level trace. Then it looks for each of them in all that is left.
func TestContractsTellNothingPersonal(t *testing.T) {
	t.Parallel()
	server := testpg.Alone(t, tellsAll)
	const employees = 20
	w := populate(t, server.New(t, template), employees, sandbox.Faults{RevokeEvery: 45})
	w.recognizable()
	g := &gossip{world: w}
	g.meetContracts()

	secrets, pay := w.secrets(), w.payAndNames()
	if control := secrets.in(w.documents()); len(control) < employees {
		t.Fatalf("the search finds only %d values where all of them are", len(control))
	}
	secrets.look(t, "standard output and error", g.output.String()+g.log.String())
	secrets.look(t, "the ledger", w.pgDump())
	log, err := os.ReadFile(server.Log)
	w.must(err)
	kept := strings.Join(w.texts(`SELECT findings::text FROM syncd.run WHERE findings IS NOT NULL
		UNION ALL SELECT a::text FROM syncd.audit a UNION ALL SELECT to_jsonb(a)::text FROM syncd.api a
		UNION ALL SELECT convert_from(document, 'UTF8') FROM syncd.contract`), "\n")
	for where, text := range map[string]string{"the server's log": string(log), "the programs' logs": g.log.String(),
		"what is kept of contracts": kept} {
		secrets.look(t, where, text)
		pay.look(t, where, text)
	}
	problems := strings.Join(w.texts(`SELECT problems::text FROM syncd.item WHERE problems IS NOT NULL`), "\n")
	for _, code := range []string{"too-long", "no-match", "not-listed", "wrong-type"} {
		if !strings.Contains(problems, `"`+code+`"`) {
			t.Errorf("nobody was blocked for %s: nothing was tested\n%s", code, problems)
		}
	}
}

// meetContracts lets values stand where they do not belong, and each command tell of it.
func (g *gossip) meetContracts() {
	g.t.Helper()
	s := g.described()
	g.say(0, "check")
	g.say(0, "run", "paie", "--period", period)
	g.move("1 rue du Plan")
	g.say(0, "run", "paie", "--period", period)
	// Values go from column to column inside Postgres, so that no statement of ours quotes one.
	g.exec(`UPDATE staging.employee SET code_postal = nir WHERE matricule = '00002';
		UPDATE staging.employee SET code_postal = iban WHERE matricule = '00003';
		UPDATE staging.employee SET nom_usage = repeat(nir || ' ', 8) WHERE matricule = '00004';
		UPDATE staging.employee SET nom_usage = repeat(iban || ' ', 8) WHERE matricule = '00005';
		UPDATE staging.employee SET iban = nom_naissance WHERE matricule = '00006';
		UPDATE staging.employee SET nir = iban WHERE matricule = '00007';
		UPDATE staging.employee SET code_postal = lower(regexp_replace(iban, '(.{4})', '\1 ', 'g')) WHERE matricule = '00008';
		UPDATE staging.employee SET ville = nir WHERE matricule = '00009';
		UPDATE staging.employee SET ville = iban WHERE matricule = '00010';
		UPDATE staging.employee SET email = repeat(nir, 20) WHERE matricule = '00011';
		UPDATE staging.employee SET voie = nir WHERE matricule = '00012';
		UPDATE staging.employee SET strate = nir WHERE matricule = '00013';
		UPDATE staging.employee SET fonction = iban WHERE matricule = '00014'`)
	ville := strings.Replace(g.ownContract(), `"Ville":{`, `"Ville":{"enum":["RENNES","VANNES"],`, 1)
	numbers := strings.Replace(ville, `"Voie":{"type":"string"`, `"Voie":{"type":"integer"`, 1)
	numbers = strings.Replace(numbers, `"Voie":{"x-nullable":true,"type":"string"`, `"Voie":{"type":"integer"`, 1)
	for _, text := range []string{g.ownContract(), numbers} {
		s.by(page("application/json", text))
		g.anHourLater()
		g.tellsOfContracts()
	}
	s.by(http.NotFound)
	g.say(0, "contract", "accept", "--reason", "as announced")
	g.say(4, "run", "paie", "--period", period)
	g.anHourLater()
	g.tellsOfContracts()
}

// tellsOfContracts runs all that tells of contracts, of who does not fit them, and of whom nomenclatures would block.
func (g *gossip) tellsOfContracts() {
	g.t.Helper()
	tells := func(args ...string) {
		r := g.run(append(args, "--log-level", "trace")...)
		if r.code == 1 || r.code == 7 {
			g.t.Fatalf("syncd %s: exit code %d\n%s%s", r.args, r.code, tail(r.stdout), tail(r.stderr))
		}
		g.output.WriteString(r.stdout)
		g.log.WriteString(r.stderr)
	}
	for _, args := range [][]string{{"check"}, {"check", "--offline", "--json"}, {"plan", "paie", "--period", period, "--all"},
		{"plan", "paie", "--period", period, "--json"}, {"run", "paie", "--period", period}, {"run", "dictionnaire"},
		{"dictionary", "impact", "--period", period}, {"dictionary", "impact", "--period", period, "--json"},
		{"contract", "fetch"}, {"contract", "fetch", "--json"}, {"contract", "diff"}, {"contract", "diff", "--json"},
		{"contract", "show", "POST /V2/Salarie"},
		{"contract", "scaffold", "paie"}, {"runs", "--json"}, {"why", "00002"}, {"why", "00012", "--json"}} {
		tells(args...)
	}
	for _, args := range [][]string{{"show", g.latest(), "--diff", "--all"}, {"show", g.latest(), "--json"}} {
		tells(args...)
	}
}
