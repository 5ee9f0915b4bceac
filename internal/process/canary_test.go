package process

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"syncd/internal/sandbox"
	"syncd/internal/testpg"
)

// noise is what makes a program talk: refusals that quote the person, answers that quote the document, lost answers,
// tokens that end early.
var noise = sandbox.Faults{Reject: []string{"00003", "00004"}, Error: 0.1, ErrorAfter: 0.05, Lost: 0.1, TooMany: 0.1, RevokeEvery: 45}

// tellsAll are the settings of a server whose log has everything that it is told.
var tellsAll = testpg.Options{Settings: map[string]string{
	"log_statement": "all", "log_min_error_statement": "debug5", "log_error_verbosity": "verbose",
	"log_parameter_max_length_on_error": "-1"}}

// TestNothingPersonalIsToldAnywhere runs everything at the level trace with faults on, then looks for each NIR, IBAN,
// secret and token in all that is left: output, logs, process list, ledger, and the log of a Postgres that logs all.
func TestNothingPersonalIsToldAnywhere(t *testing.T) {
	t.Parallel()
	server := testpg.Alone(t, tellsAll)
	const employees = 40
	w := populate(t, server.New(t, template), employees, sandbox.Faults{}, `retry_for = "1s"`, `stop_after = 1000`, `request_timeout = "2s"`)
	// Values go from column to column inside Postgres, so that no statement of ours quotes one.
	w.exec(`UPDATE staging.employee SET nom_naissance = 'Zqx' || matricule, prenom = 'Wvk' || matricule;
		UPDATE staging.employee SET ville = nir WHERE matricule = '00005'; -- where nothing says that it is sensitive
		UPDATE staging.employee SET ville = regexp_replace(iban, '(.{4})', '\1 ', 'g') WHERE matricule = '00006';
		UPDATE staging.employee SET contrat = nir WHERE matricule = '00007'; -- an unknown code
		UPDATE staging.employee SET fonction = iban WHERE matricule = '00008';
		UPDATE staging.employee SET nir = substr(nir, 1, 13) || '98' WHERE matricule = '00009'; -- refused, and quoted`)

	said := w.talk()
	found := w.secrets()
	if control := found.in(w.documents()); len(control) < 2*employees {
		t.Fatalf("the search finds only %d values where all of them are: %v", len(control), control)
	}
	found.look(t, "standard output and error", said)
	found.look(t, "the ledger", w.pgDump())
	log, err := os.ReadFile(server.Log)
	w.must(err)
	if !strings.Contains(string(log), "syncd.item") {
		t.Fatal("the server's log shows no statement")
	}
	found.look(t, "the server's log", string(log))
}

// talk executes everything, returns all that it said, and looks at the process list on the way.
func (w *world) talk() string {
	w.t.Helper()
	var said strings.Builder
	loud := func(code int, args ...string) {
		w.t.Helper()
		r := w.run(append(args, "--log-level", "trace")...)
		w.want(code, r)
		said.WriteString(r.stdout + r.stderr)
		w.wantLogWithoutNames(r)
	}
	loud(0, "check")
	loud(4, "plan", "paie", "--period", period, "--all")
	w.must(w.sandbox.SetFaults(sandbox.Faults{Unavailable: 1}))
	loud(4, "run", "paie", "--period", period) // all are away: nobody was attempted
	w.must(w.sandbox.SetFaults(noise))
	run := w.text(`SELECT max(id)::text FROM syncd.run`)
	loud(4, "resume", run)
	loud(4, "run", "paie", "--period", period)
	w.exec(`UPDATE staging.employee e SET iban = o.iban, nir = o.nir FROM staging.employee o
		WHERE o.matricule > '00020' AND e.matricule = lpad((o.matricule::int - 10)::text, 5, '0')`)
	said.WriteString(w.watched())
	for _, command := range [][]string{{"runs"}, {"runs", "--json"}, {"dictionary"}, {"show", run, "--diff", "--all"},
		{"show", run, "--json"}} {
		loud(0, command...)
	}
	last := w.text(`SELECT max(id)::text FROM syncd.run`)
	loud(0, "show", last, "--diff", "--all")
	loud(0, "show", last, "--json")
	loud(4, "plan", "paie", "--period", period, "--json")
	return said.String()
}

var noCore = regexp.MustCompile(`(?m)^Max core file size +0 +0 `)

// watched is a run whose line in the process list is part of what it says.
func (w *world) watched() string {
	w.t.Helper()
	w.front.hold(0)
	p := w.start("run", "paie", "--period", period, "--log-level", "trace")
	until(w.t, "a document waits", func() bool { return w.front.waiting() > 0 || p.over() })
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.cmd.Process.Pid))
	w.must(err)
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", p.cmd.Process.Pid))
	w.must(err)
	if !noCore.Match(limits) {
		w.t.Errorf("a crash would leave a core file:\n%s", limits)
	}
	w.front.release()
	r := p.wait()
	w.want(4, r)
	w.wantLogWithoutNames(r)
	return string(line) + r.stdout + r.stderr
}

// wantLogWithoutNames wants the log to tell what happened, and to nobody by name.
func (w *world) wantLogWithoutNames(r result) {
	w.t.Helper()
	if strings.HasPrefix(r.args, "run paie") && !strings.Contains(r.stderr, `"api call"`) {
		w.t.Fatalf("syncd %s logs nothing:\n%s", r.args, tail(r.stderr))
	}
	for _, name := range []string{"Zqx", "Wvk"} {
		if i := strings.Index(r.stderr, name); i >= 0 {
			w.t.Errorf("syncd %s logs a name: %s", r.args, around(r.stderr, i))
		}
	}
}

// documents are all that the sandbox holds.
func (w *world) documents() string {
	var all strings.Builder
	for _, r := range w.sandbox.Received(dossier) {
		all.Write(r.Document)
	}
	return all.String()
}

// pgDump is the ledger as a backup holds it.
func (w *world) pgDump() string {
	w.t.Helper()
	tool := "pg_dump"
	if newest, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump"); err == nil && len(newest) > 0 {
		tool = newest[len(newest)-1]
	}
	out, err := exec.Command(tool, "--schema=syncd", "--dbname="+w.db.URL).Output()
	w.must(err)
	if !strings.Contains(string(out), "COPY syncd.item") {
		w.t.Fatal("the dump has no items")
	}
	return string(out)
}

// needles are values that nobody may find, by what they are.
type needles map[string]string

// secrets are those of the world: of everyone in staging, of the configuration, and the tokens that were issued.
func (w *world) secrets() needles {
	w.t.Helper()
	n := needles{}
	for _, kind := range []string{"nir", "iban", "email", "left(nir, 13)", "left(iban, 22)"} {
		for _, value := range w.texts(`SELECT DISTINCT ` + kind + ` FROM staging.employee`) {
			n.add(kind, value)
		}
	}
	for _, value := range w.texts(`SELECT nir FROM staging.employee`) {
		n["nir with spaces"+value] = strings.Join([]string{value[:1], value[1:3], value[3:5], value[5:7], value[7:10], value[10:13], value[13:]},
			" ")
	}
	for _, value := range w.texts(`SELECT iban FROM staging.employee`) {
		n["iban with spaces"+value] = strings.Join(slices.Collect(chunks(value, 4)), " ")
	}
	n.add("client secret", clientSecret)
	n.add("dossier key", dossierKey)
	n.add("ledger key", ledgerKey)
	raw, err := base64.StdEncoding.DecodeString(ledgerKey)
	w.must(err)
	n["ledger key, raw"], n["ledger key, hexadecimal"] = string(raw), hex.EncodeToString(raw)
	if len(w.front.tokens) < 3 {
		w.t.Fatalf("only %d tokens were used", len(w.front.tokens))
	}
	for token := range w.front.tokens {
		n.add("token", token)
	}
	u, err := url.Parse(w.db.URL)
	w.must(err)
	password, _ := u.User.Password()
	n.add("password of the database", password)
	return n
}

// add takes a value, and the value as a column of bytes shows it.
func (n needles) add(kind, value string) {
	n[kind+" "+value] = value
	n[kind+" in hexadecimal "+value] = hex.EncodeToString([]byte(value))
}

func (n needles) look(t *testing.T, where, text string) {
	t.Helper()
	for kind, i := range n.in(text) {
		t.Errorf("%s shows: %s\n%s", where, kind, around(text, i))
	}
}

// in is what of it a text holds, and where.
func (n needles) in(text string) map[string]int {
	found := map[string]int{}
	for kind, value := range n {
		if i := strings.Index(text, value); i >= 0 {
			found[kind] = i
		}
	}
	return found
}

func around(text string, i int) string {
	return text[max(0, i-300):min(len(text), i+200)]
}

func chunks(s string, size int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for ; len(s) > 0; s = s[min(size, len(s)):] {
			if !yield(s[:min(size, len(s))]) {
				return
			}
		}
	}
}

// TestAnErrorOfPostgresIsNotQuoted makes Postgres refuse a query with a message that quotes a NIR.
func TestAnErrorOfPostgresIsNotQuoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, sandbox.Faults{})
	file := filepath.Join(w.dir, "config.toml")
	text, err := os.ReadFile(file)
	w.must(err)
	const query = `SELECT * FROM staging.employee WHERE dossier = @dossier`
	w.must(os.WriteFile(file, []byte(strings.Replace(string(text), query, query+` AND nir::date IS NOT NULL`, 1)), 0o600))
	for _, args := range [][]string{{"plan", "paie"}, {"run", "paie", "--log-level", "trace"}} {
		r := w.run(args...)
		w.want(3, r)
		w.wantSaid(r, "job.source.employees", "does not fit")
		for _, nir := range w.texts(`SELECT nir FROM staging.employee UNION ALL SELECT iban FROM staging.employee`) {
			if strings.Contains(r.stdout+r.stderr+w.dump(), nir) {
				t.Errorf("syncd %s quotes a person:\n%s%s", r.args, r.stdout, r.stderr)
			}
		}
	}
}
