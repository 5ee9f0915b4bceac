package process

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"syncd/internal/sandbox"
	"syncd/internal/testpg"
)

// A real server is stopped and its files are copied, November is sent, and the files are copied back: system, timeline,
// database and tables are those that they were. What is left of November is in the partner's hands and in the watermark.

// cluster is a world on a server of its own.
func clusterWorld(t *testing.T, employees int) *world {
	t.Helper()
	server := testpg.Alone(t, testpg.Options{})
	w := populate(t, server.New(t, template), employees, sandbox.Faults{})
	w.watermark(filepath.Join(w.dir, "state"))
	return w
}

// watermark gives the program a folder of its own for what it keeps in mind.
func (w *world) watermark(folder string) {
	w.t.Helper()
	w.must(os.MkdirAll(folder, 0o700))
	w.change(filepath.Join(w.dir, "config.toml"), "\n[database]\n", fmt.Sprintf("\n[database]\nwatermark = %q\n", folder))
}

func (w *world) semantics(what string) {
	w.t.Helper()
	w.change(filepath.Join(w.dir, "config.toml"), "# semantics = \"replace\"", fmt.Sprintf("semantics = %q", what))
}

func copyFiles(from, to string) error {
	out, err := exec.Command("cp", "-a", from, to).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// backUp copies the files of the stopped server; the function that it returns puts them back.
func (w *world) backUp() (putBack func()) {
	w.t.Helper()
	folder := filepath.Join(w.t.TempDir(), "backup")
	w.must(w.db.Server.Restart(func(data string) error { return copyFiles(data, folder) }))
	return func() {
		w.t.Helper()
		w.must(w.db.Server.Restart(func(data string) error {
			if err := os.RemoveAll(data); err != nil {
				return err
			}
			return copyFiles(folder, data)
		}))
	}
}

// With an API that adds, November is not paid twice, by nobody: not by a run by hand, not by a daemon, not by one that was
// queued, not by one that was approved before.
func TestLedgerPutBackWithItsFilesPaysNobodyTwice(t *testing.T) {
	t.Parallel()
	w := clusterWorld(t, 20)
	w.semantics("append")
	putBack := w.backUp()
	w.want(0, w.push().wait())
	w.wantDeliveries(20)
	putBack()
	planned := w.run("plan", "paie", "--period", period)
	w.wantSaid(planned, "the ledger was restored, put back or moved")
	held := w.push().wait()
	w.want(5, held)
	w.wantSaid(held, "this machine has seen run 2", "the ledger was restored, put back or moved")
	w.wantDeliveries(20)
	d := w.startDaemon()
	d.untilReady()
	if paused := w.text(`SELECT string_agg(job || ' by ' || paused_by, ', ') FROM syncd.pause`); paused != "paie by syncd" {
		t.Errorf("paused: %s", paused)
	}
	d.signal(syscall.SIGTERM)
	d.wait()
	w.wantDeliveries(20)
	if n := w.text(`SELECT count(*)::text FROM syncd.audit WHERE decision = 'put-back'`); n != "1" {
		t.Errorf("noticed %s times", n)
	}
}

// With an API that replaces, what a newer run sent is not taken for unchanged: it is sent over, once somebody has looked.
func TestLedgerPutBackWithItsFilesFindsNothingUnchanged(t *testing.T) {
	t.Parallel()
	w := clusterWorld(t, 20)
	w.want(0, w.push().wait())
	putBack := w.backUp()
	w.exec(`UPDATE staging.employee SET nom_usage = 'ROSSET' WHERE matricule = '00001'`)
	w.want(0, w.push().wait())
	w.wantDeliveries(21)
	putBack() // and staging with it
	w.want(5, w.push().wait())
	w.wantDeliveries(21)
	w.want(0, w.run("unpause", "paie"))
	again := w.push().wait()
	w.want(0, again)
	w.wantDeliveries(41)
	w.want(0, w.push().wait())
	w.wantDeliveries(41)
}

// What is put back to the middle of a run, or to a plan that waits, is not gone on with: what is pending there was sent.
func TestPlanOfALedgerThatWasPutBackIsNotGoneOnWith(t *testing.T) {
	t.Parallel()
	w := clusterWorld(t, 20)
	w.semantics("append")
	w.change(filepath.Join(w.dir, "config.toml"), "max_gap = 0\n", "max_gap = 0\napproval = true\n")
	w.want(5, w.push().wait())
	putBack := w.backUp()
	w.want(0, w.run("approve", "2", "--reason", "as every month"))
	w.want(0, w.run("resume", "2"))
	w.wantDeliveries(20)
	putBack()
	approved := w.run("approve", "2", "--reason", "once more")
	resumed := w.run("resume", "2")
	w.wantDeliveries(20)
	if approved.code == 0 && resumed.code == 0 {
		t.Error("an old plan was approved and resumed")
	}
	w.want(5, w.push().wait())
	refused := w.run("approve", "2", "--reason", "once more")
	w.want(2, refused)
	w.wantDeliveries(20)
}

// Losing the file stops nothing.
func TestLosingTheWatermarkIsAWarning(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, sandbox.Faults{})
	folder := filepath.Join(w.dir, "state")
	w.watermark(folder)
	first := w.push().wait()
	w.want(0, first)
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	w.must(err)
	if len(files) != 1 {
		t.Fatalf("%q", files)
	}
	info, err := os.Stat(files[0])
	w.must(err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("anybody may read it: %s", info.Mode())
	}
	text, err := os.ReadFile(files[0])
	w.must(err)
	if strings.Contains(string(text), siret) || strings.Contains(string(text), dossier) {
		t.Errorf("it tells of people: %s", text)
	}
	w.must(os.Remove(files[0]))
	lost := w.push().wait()
	w.want(0, lost)
	w.wantSaid(lost, "may go unnoticed")
	w.must(os.WriteFile(files[0], []byte("{"), 0o600))
	damaged := w.push().wait()
	w.want(0, damaged)
	w.wantSaid(damaged, "is damaged")
	quiet := w.push().wait()
	w.want(0, quiet)
	if strings.Contains(quiet.stderr, "unnoticed") {
		t.Errorf("%s", quiet.stderr)
	}
	w.must(os.RemoveAll(folder))
	gone := w.push().wait()
	w.want(0, gone)
	w.wantSaid(gone, "may go unnoticed")
}
