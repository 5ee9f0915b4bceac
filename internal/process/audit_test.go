package process

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"syncd/internal/sandbox"
)

// as runs a command with the configuration of a daemon.
func (w *world) as(d *daemon, code int, args ...string) result {
	w.t.Helper()
	r := w.startWith([]string{"SYNCD_CONFIG=" + d.config}, args...).wait()
	w.want(code, r)
	return r
}

// configurations are the digests that the audit tells of since the first.
func (w *world) configurations() []string {
	w.t.Helper()
	return w.texts(`SELECT config_digest FROM syncd.audit WHERE decision = 'configuration' ORDER BY id OFFSET 1`)
}

// TestAChangeOfConfigurationIsSeenOnce reloads a configuration that has changed, and one that has not.
func TestAChangeOfConfigurationIsSeenOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, sandbox.Faults{})
	d := w.daemon()
	if n := len(w.configurations()); n != 1 { // it has another file than the command that pulled the nomenclatures
		t.Fatalf("the start is told %d times", n)
	}
	const read = "the configuration was read again"
	d.signal(syscall.SIGHUP)
	d.until("it has read the same", func() bool { return len(d.lines(read)) == 1 })
	d.untilReady()
	w.put(d.config, `name = "paie"`, `hold_expires = "2d"`)
	d.signal(syscall.SIGHUP)
	d.until("it has read another", func() bool { return len(w.configurations()) > 1 })
	d.signal(syscall.SIGHUP)
	d.until("it has read that again", func() bool { return len(d.lines(read)) == 3 })
	w.as(d, 0, "run", "paie", "--period", period, "--detach")
	d.until("the run has succeeded", func() bool { return w.state(w.latest()) == "succeeded" })
	d.stop()
	seen := w.configurations()
	if len(seen) != 2 || seen[0] == seen[1] || seen[1] != w.of(w.latest(), "config_digest") {
		t.Errorf("the audit tells of %q, the last run was planned with %s", seen, w.of(w.latest(), "config_digest"))
	}
	wrong := w.texts(`SELECT format('%s by %s of %s on %s', id, actor, detail, host) FROM syncd.audit
		WHERE decision = 'configuration' AND (actor, detail) <> ('syncd', host)`)
	if len(wrong) > 0 {
		t.Errorf("it tells the wrong: %q", wrong)
	}
}

// decision is what is compared of a line of the audit.
type decision struct {
	Actor, Decision, Host, Version string
	Digest                         string `json:"config_digest"`
}

// TestEveryDecisionHasItsLine makes each kind of decision, by persons and by rules, and wants who, with which program and
// with which configuration of each.
func TestEveryDecisionHasItsLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10, sandbox.Faults{}, `retry_for = "1s"`, `technical_tries = 1`, `request_timeout = "1s"`)
	w.guard(`hold_fields = ["Iban"]`)
	month := w.monthly()
	d := w.daemon()
	d.until("the fire has its run", func() bool { return w.state(w.latest()) == "succeeded" })
	scheduled := w.latest()
	w.decideAll(d, month)
	d.stop()

	version := strings.Fields(w.run("version").stdout)
	digest := w.of(scheduled, "config_digest")
	var lines []decision
	w.must(json.Unmarshal([]byte(w.as(d, 0, "audit", "--json").stdout), &lines))
	if count := w.text(`SELECT count(*)::text FROM syncd.audit`); count != fmt.Sprint(len(lines)) {
		t.Errorf("%d lines are listed of %s", len(lines), count)
	}
	since := slices.IndexFunc(lines, func(l decision) bool { return l.Decision == "configuration" })
	actors := map[string]map[string]bool{}
	for i, l := range lines {
		if !slices.Contains(version, l.Version) || l.Host == "" || i <= since && l.Digest != digest {
			t.Errorf("%+v, want version %s and configuration %s", l, version, digest)
		}
		if actors[l.Decision] == nil {
			actors[l.Decision] = map[string]bool{}
		}
		actors[l.Decision][l.Actor] = true
	}
	me, rule := map[string]bool{w.me(): true}, map[string]bool{"syncd": true}
	want := map[string]map[string]bool{"run": {w.me(): true, "syncd": true}, "resume": me, "approve": me, "cancel": me, "expire": rule,
		"settle": me, "close": me, "reopen": me, "pause": me, "unpause": me, "purge": me, "configuration": rule}
	if got := fmt.Sprint(actors); got != fmt.Sprint(want) {
		t.Errorf("decisions by actor are\n%s, want\n%s", got, fmt.Sprint(want))
	}
}

// decideAll makes the decisions that a person makes, and lets the time of a hold pass.
func (w *world) decideAll(d *daemon, month string) {
	w.t.Helper()
	why := []string{"--reason", "because"}
	person := func(code int, args ...string) {
		w.t.Helper()
		w.as(d, code, append(args, why...)...)
	}
	run := func(code int) string {
		w.t.Helper()
		w.as(d, code, "run", "paie", "--period", month)
		return w.latest()
	}
	newAccount := func(key string) {
		w.exec(`UPDATE staging.employee SET iban = (SELECT iban FROM staging.employee WHERE matricule = '00010') WHERE matricule = $1`, key)
	}
	newAccount("00001")
	held := run(4)
	person(0, "approve", held, "--employee", "00001")
	d.until("what is approved is sent", func() bool { return w.state(held) == "succeeded" })
	newAccount("00002")
	late := run(4)
	w.exec(`UPDATE syncd.run SET finished_at = finished_at - interval '8 days' WHERE id = $1::text::bigint`, late)
	d.signal(syscall.SIGHUP)
	d.until("it is given up", func() bool { return len(w.audit("expire")) == 1 })
	w.exec(`DELETE FROM staging.employee WHERE matricule IN ('00002', '00009'); DELETE FROM staging.payroll_element WHERE matricule = '00009'`)
	departed := run(4)
	person(0, "settle", departed, "--employee", "00009", "--withdrawn")
	person(0, "pause", "paie")
	w.as(d, 0, "unpause", "paie")
	w.exec(`UPDATE syncd.fire SET recorded_at = recorded_at - interval '2 years'`)
	w.as(d, 0, "purge", "--apply")
	w.must(w.sandbox.SetFaults(away))
	w.exec(`UPDATE staging.employee SET voie = '1 rue du Plan'`)
	w.as(d, 0, "run", "paie", "--period", month, "--detach")
	waits := w.latest()
	person(0, "cancel", waits)
	w.must(w.sandbox.SetFaults(sandbox.Faults{Error: 1}))
	stopped := run(4)
	w.must(w.sandbox.SetFaults(sandbox.Faults{}))
	w.as(d, 4, "resume", stopped)
	person(0, "period", "close", month, "--force")
	w.as(d, 0, "period", "reopen", month, "--for", "1h", "--reason", "because")
}
