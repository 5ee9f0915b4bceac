package process

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"syncd/internal/sandbox"
	"syncd/migrations"
)

// TestDaemonKeepsItsConfigurationWhenTheNewIsBroken reloads a file that cannot be read, then one that can.
func TestDaemonKeepsItsConfigurationWhenTheNewIsBroken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20, sandbox.Faults{})
	d := w.daemon()
	good, err := os.ReadFile(d.config)
	w.must(err)
	w.must(os.WriteFile(d.config, append(good, "\nnonsense = {"...), 0o600))
	d.signal(syscall.SIGHUP)
	d.until("it refuses the new file", func() bool { return d.logged("the former one stays in force") })
	d.until("systemctl status shows it", func() bool { return d.status("the new configuration is refused") })
	w.untilState(w.enqueue(), "succeeded") // as configured before
	w.wantDelivered()
	if !d.ready() {
		t.Error("a daemon that works with its former configuration is not ready")
	}

	w.must(os.WriteFile(d.config, good, 0o600))
	w.put(d.config, `name = "paie"`, `schedule = "working-day 3 06:15"`)
	d.signal(syscall.SIGHUP)
	d.until("the new schedule is in force", func() bool {
		return len(w.texts(`SELECT spec FROM syncd.schedule WHERE job = 'paie' AND spec = 'working-day 3 06:15'`)) == 1
	})
	d.until("systemctl status shows it", func() bool { return strings.Contains(lastStatus(d), "next: paie at ") })
	if status := lastStatus(d); strings.Contains(status, "refused") {
		t.Errorf("the status still tells of the broken file: %s", status)
	}
	if ready, reloading := strings.Count(d.told.String(), "READY=1"),
		strings.Count(d.told.String(), "RELOADING=1\nMONOTONIC_USEC="); ready != 3 || reloading != 2 {
		t.Errorf("systemd was told of %d reloads and %d times that it is ready, want 2 and 3", reloading, ready)
	}
	d.stop()
}

func lastStatus(d *daemon) (last string) {
	for line := range strings.SplitSeq(d.told.String(), "\n") {
		if status, ok := strings.CutPrefix(line, "STATUS="); ok {
			last = status
		}
	}
	return last
}

// TestDaemonReadsSecretsAgain rotates the key of a dossier, and adds another dossier, without a restart. What the old key
// was refused for is sent by itself.
func TestDaemonReadsSecretsAgain(t *testing.T) {
	t.Parallel()
	w := newDaemonWorld(t, []string{"sainte-anne"}, 20, sandbox.Faults{})
	config := filepath.Join(w.dir, "config.toml")
	w.change(config, dossierSection("sainte-anne"), "") // it comes with the reload
	key := filepath.Join(w.dir, "dossier-saint-martin.secret")
	w.must(os.WriteFile(key, []byte("a-key-that-was-revoked\n"), 0o600))
	d := w.daemon()
	run := w.enqueue()
	w.untilState(run, "failed")
	if code := w.of(run, "failure_code"); code != "configuration" {
		t.Errorf("it failed for %q", code)
	}

	w.must(os.WriteFile(key, []byte(dossierKey+"\n"), 0o600))
	text, err := os.ReadFile(d.config)
	w.must(err)
	w.must(os.WriteFile(d.config, append(text, dossierSection("sainte-anne")...), 0o600))
	w.must(os.WriteFile(config, append([]byte(nil), mustRead(w, d.config)...), 0o600))
	d.signal(syscall.SIGHUP)
	d.until("the refused run is sent with the new key", func() bool { return w.state(run) == "succeeded" })
	w.want(0, w.run("run", "paie", "--dossier", "sainte-anne", "--period", period, "--detach"))
	w.untilState(w.text(`SELECT max(id)::text FROM syncd.run`), "succeeded")
	w.wantDelivered()
	w.wantOnce()
	d.stop()
}

func mustRead(w *world, file string) []byte {
	w.t.Helper()
	text, err := os.ReadFile(file)
	w.must(err)
	return text
}

// TestDaemonsReportThatTheyAreConfiguredDifferently lets two of them share a job that only has one name.
func TestDaemonsReportThatTheyAreConfiguredDifferently(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, sandbox.Faults{})
	a := w.daemon()
	w.jobSetting("dictionnaire", `max_withdrawn = 0.5`)
	b := w.daemon()
	b.until("it reports the difference", func() bool {
		return b.logged("another daemon has another configuration for this job", `"job":"dictionnaire"`)
	})
	const difference = `syncd_configuration_difference{job="dictionnaire"}`
	if got := b.metric(difference); got != "1" {
		t.Errorf("the metric is %q", got)
	}
	if got := b.metric(`syncd_configuration_difference{job="paie"}`); got != "0" {
		t.Errorf("the metric of a job that is the same is %q", got)
	}
	w.change(b.config, "max_withdrawn = 0.5\n", "")
	b.signal(syscall.SIGHUP)
	b.until("the difference is gone", func() bool { return b.metric(difference) == "0" })
	a.stop()
	b.stop()
}

// TestDaemonRefusesALedgerOfANewerProgram must not write to tables that it does not understand.
func TestDaemonRefusesALedgerOfANewerProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, sandbox.Faults{})
	w.exec(`INSERT INTO syncd.goose_db_version (version_id, is_applied) VALUES (99, true)`)
	before := w.dump()
	r := w.startDaemon().wait()
	w.want(3, r)
	w.wantSaid(r, "the ledger is at migration 99, newer than this program knows", "hint: install the newer syncd")
	if now := w.dump(); now != before {
		t.Errorf("it changed the ledger: %s", firstDifference(before, now))
	}
}

// TestDaemonRefusesALedgerThatIsNotThere leaves the decision to make one to a person.
func TestDaemonRefusesALedgerThatIsNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, sandbox.Faults{})
	w.exec(`DROP SCHEMA syncd CASCADE`)
	r := w.startDaemon().wait()
	w.want(3, r)
	w.wantSaid(r, "the ledger is not set up", "hint: run 'syncd migrate'")
}

// TestDaemonMigratesALedgerOfAnOlderProgram is an upgrade of the package on a Friday evening.
func TestDaemonMigratesALedgerOfAnOlderProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20, sandbox.Faults{})
	w.undoMigrations()
	a, b := w.startDaemon(), w.startDaemon()
	for _, d := range []*daemon{a, b} {
		d.untilReady()
	}
	if !a.logged("the ledger was migrated") && !b.logged("the ledger was migrated") {
		t.Error("nobody tells that the ledger was migrated")
	}
	w.untilState(w.enqueue(), "succeeded")
	w.wantDelivered()
	a.stop()
	b.stop()
}

// undoMigrations brings the ledger back to the first version.
func (w *world) undoMigrations() {
	w.t.Helper()
	names, err := fs.Glob(migrations.Ledger, "*.sql")
	w.must(err)
	for i := len(names) - 1; i > 0; i-- {
		text, err := migrations.Ledger.ReadFile(names[i])
		w.must(err)
		_, down, found := strings.Cut(string(text), "-- +goose Down\n")
		if !found {
			w.t.Fatalf("%s cannot be undone", names[i])
		}
		w.exec(down)
	}
	w.exec(`DELETE FROM syncd.goose_db_version WHERE version_id > 1`)
}
