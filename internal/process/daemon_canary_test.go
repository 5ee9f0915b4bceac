package process

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"syncd/internal/sandbox"
)

const pingSecret = "ping-secret-b7e0415c-of-the-watcher"

// TestDaemonTellsNothingPersonalAnywhere runs a daemon at the level trace, with faults on, through all that makes it
// talk, then looks for each NIR, IBAN, secret and token in what it told: the log, systemd, health, metrics, the process list.
func TestDaemonTellsNothingPersonalAnywhere(t *testing.T) {
	t.Parallel()
	const employees = 40
	w := newWorld(t, employees, sandbox.Faults{}, `retry_for = "1s"`, `stop_after = 1000`, `request_timeout = "2s"`)
	w.exec(`UPDATE staging.employee SET nom_naissance = 'Zqx' || matricule, prenom = 'Wvk' || matricule;
		UPDATE staging.employee SET ville = nir WHERE matricule = '00005'; -- where nothing says that it is sensitive
		UPDATE staging.employee SET contrat = nir WHERE matricule = '00007'; -- an unknown code
		UPDATE staging.employee SET fonction = iban WHERE matricule = '00008'`)
	w.must(os.WriteFile(filepath.Join(w.dir, "ping.secret"), []byte(w.server.URL+"/"+pingSecret+"\n"), 0o600))
	w.jobSetting("paie", `schedule = "* * * * *"`,
		`ping = { started = { file = "ping.secret" }, done = { file = "ping.secret" }, failed = { file = "ping.secret" } }`)
	w.lastDaemonLived("paie", "* * * * *", "Europe/Paris", time.Now().Add(-3*time.Minute))
	w.must(w.sandbox.SetFaults(away))
	n := w.poisonable()
	d := w.newDaemon()
	w.launch(d, "SYNCD_LOG_LEVEL=trace")

	told := d.provoke(n)
	found := w.secrets()
	found.add("address to ping", pingSecret)
	for _, name := range []string{"Zqx", "Wvk"} {
		found["a name "+name] = name
	}
	if control := found.in(w.documents()); len(control) < 2*employees {
		t.Fatalf("the search finds only %d values where all of them are", len(control))
	}
	for where, text := range told {
		found.look(t, where, text)
	}
	for where, text := range map[string]string{"log": `"api call"`, "systemd": "STATUS=executing run", "metrics": "syncd_items_total",
		"health": "not ready: "} {
		if !strings.Contains(told[where], text) {
			t.Errorf("%s does not tell %q: nothing was tested", where, text)
		}
	}
}

// provoke lets an API and a database be away, documents be refused and lost, and a configuration be wrong. It returns
// all that the daemon said.
func (d *daemon) provoke(n *network) map[string]string {
	w := d.w
	w.t.Helper()
	var health, metrics strings.Builder
	note := func(to *strings.Builder, path string) {
		_, body := d.get(path)
		to.WriteString(body)
	}
	d.until("the API is away", func() bool { return w.text(`SELECT coalesce(max(postponed), 0)::text FROM syncd.run`) > "0" })
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", d.cmd.Process.Pid))
	w.must(err)
	w.must(w.sandbox.SetFaults(noise))
	w.hurry()
	d.until("a run has ended, and most are delivered", func() bool {
		w.hurry()
		return w.sandbox.Stats().Documents >= 30 &&
			w.text(`SELECT count(*)::text FROM syncd.run WHERE kind = 'push-salaries' AND finished_at IS NOT NULL`) > "0"
	})
	for w.front.distinctTokens() < 3 { // they end early: more is sent until some have
		w.exec(`UPDATE staging.employee SET voie = voie || ' bis'`)
		w.run("run", "paie", "--period", period, "--detach") // refused where the schedule was faster
		d.until("nothing is active", func() bool {
			w.hurry()
			return w.text(`SELECT count(*)::text FROM syncd.run WHERE state IN ('queued', 'running')`) == "0"
		})
	}
	note(&metrics, "/metrics")
	n.Stop()
	d.untilNotReady()
	note(&health, "/readyz")
	note(&metrics, "/metrics")
	n.heal()
	d.untilReady()
	w.put(d.config, "[daemon]", `grace = "`+clientSecret)
	d.signal(syscall.SIGHUP)
	d.until("it refuses the new file", func() bool { return d.logged("the former one stays in force") })
	note(&health, "/readyz")
	note(&health, "/healthz")
	note(&metrics, "/metrics")
	if status, _ := d.get("/"); status != http.StatusNotFound {
		w.t.Errorf("/ answers %d", status)
	}
	d.stop()
	return map[string]string{"log": d.stdout.String() + d.stderr.String(), "systemd": d.told.String(), "health": health.String(),
		"metrics": metrics.String(), "the process list": string(line)}
}
