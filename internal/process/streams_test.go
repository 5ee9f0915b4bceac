package process

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"syncd/internal/sandbox"
)

// brokenPipe is the writing end of a pipe whose reader has gone.
func (w *world) brokenPipe() *os.File {
	w.t.Helper()
	reader, writer, err := os.Pipe()
	w.must(err)
	w.must(reader.Close())
	w.t.Cleanup(func() { _ = writer.Close() })
	return writer
}

// fullDisk takes nothing.
func (w *world) fullDisk() *os.File {
	w.t.Helper()
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	w.must(err)
	w.t.Cleanup(func() { _ = f.Close() })
	return f
}

// TestADaemonOutlivesTheReaderOfItsLog: systemd counts death by SIGPIPE as a clean end and starts nothing again, so nobody
// would be paid from then on.
func TestADaemonOutlivesTheReaderOfItsLog(t *testing.T) {
	t.Parallel()
	for name, log := range map[string]func(*world) *os.File{"its pipe is closed": (*world).brokenPipe, "its disk is full": (*world).fullDisk} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 20, sandbox.Faults{})
			d := w.newDaemon()
			d.running = w.startOn(nil, log(w), []string{"SYNCD_CONFIG=" + d.config, "NOTIFY_SOCKET=" + d.notify}, "daemon")
			d.untilReady()
			w.want(0, w.run("run", "paie", "--period", period, "--detach"))
			d.until("it has sent what was queued", func() bool { return w.text(`SELECT state FROM syncd.run ORDER BY id DESC LIMIT 1`) == "succeeded" })
			w.wantDelivered()
			d.stop()
		})
	}
}

// TestATransferOutlivesItsReader: what is shown is worth less than what is sent. A reader that goes away wanted no more; a
// report that was lost to a full disk is told, by words and by the code.
func TestATransferOutlivesItsReader(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stdout func(*world) *os.File
		code   int
		said   string
	}{
		"a closed pipe": {(*world).brokenPipe, 0, ""},
		"a full disk":   {(*world).fullDisk, 1, "no space left on device"},
	} {
		for _, json := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newDaemonWorld(t, []string{"sainte-anne"}, 20, sandbox.Faults{})
				args := []string{"run", "paie", "--period", period}
				if json {
					args = append(args, "--json")
				}
				r := w.startOn(test.stdout(w), nil, nil, args...).wait()
				w.want(test.code, r)
				w.wantSaid(r, test.said)
				if (r.stderr == "") != (test.said == "") || strings.Count(r.stderr, "syncd: ") > 1 {
					t.Errorf("it says %q", r.stderr)
				}
				if n := w.text(`SELECT count(*)::text FROM syncd.run WHERE job = 'paie' AND state = 'succeeded'`); n != "2" {
					t.Errorf("%s runs of two dossiers succeeded", n)
				}
				w.wantDelivered()

				w.front.hold(0)
				// of more people than are on their way at once
				w.exec(`UPDATE staging.payroll_element SET quantity = quantity + 0.01, amount = amount + 0.01`)
				p := w.startOn(test.stdout(w), nil, nil, args...)
				until(t, "a document waits for its answer", func() bool { return w.front.waiting() > 0 || p.over() })
				p.signal(syscall.SIGTERM)
				until(t, "it was asked to stop", func() bool { return strings.Contains(p.stderr.String(), "stopping") || p.over() })
				w.front.release()
				w.want(4, p.wait()) // the run's own code, whatever became of its report
			})
		}
	}
}

// TestACommandThatShowsEndsWithItsReader as in any pipeline: without a word, and without going on for nobody.
func TestACommandThatShowsEndsWithItsReader(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, sandbox.Faults{})
	for _, args := range [][]string{{"runs", "--all"}, {"runs", "--json"}, {"show", "1"}, {"show", "1", "--json"}, {"schedule"}, {"audit"},
		{"check"}, {"--help"}, {"version"}} {
		r := w.startOn(w.brokenPipe(), nil, nil, args...).wait()
		if asOfSIGPIPE := 141; r.stderr != "" || r.code != asOfSIGPIPE && args[0] != "--help" {
			t.Errorf("%v on a closed pipe: %d %q", args, r.code, r.stderr)
		}
		r = w.startOn(w.fullDisk(), nil, nil, args...).wait()
		w.want(1, r)
		w.wantSaid(r, "no space left on device")
	}
}

// TestNohup: whoever starts a transfer so that it outlives the terminal gets that.
func TestNohup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 100, sandbox.Faults{})
	w.front.hold(20)
	log := filepath.Join(w.dir, "said")
	said, err := os.Create(log)
	w.must(err)
	defer said.Close()
	p := w.startShell(said, `trap "" HUP; exec "$0" run paie --period `+period)
	until(t, "all lanes wait for an answer", func() bool { return w.front.waiting() >= lanes || p.over() })
	p.signal(syscall.SIGHUP)
	w.front.release()
	w.want(0, p.wait())
	w.wantDelivered()
}
