package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"syncd/internal/sandbox"
)

// daemon is a process of `syncd daemon`, with what it tells systemd and monitoring.
type daemon struct {
	*running
	config string       // its own file
	client *http.Client // to its socket
	notify string       // systemd's socket
	told   output       // what was sent there
}

var daemons atomic.Int64 // names their files

// newDaemonWorld is newWorld with further dossiers.
func newDaemonWorld(t *testing.T, others []string, employees int, faults sandbox.Faults, settings ...string) *world {
	t.Helper()
	w := emptyWorld(t)
	w.others = others
	w.furnish(employees, faults, settings...)
	return w
}

// daemon starts one, with further lines of [daemon], and waits until it is ready.
func (w *world) daemon(settings ...string) *daemon {
	w.t.Helper()
	d := w.startDaemon(settings...)
	d.untilReady()
	return d
}

// startDaemon starts one, with further lines of [daemon].
func (w *world) startDaemon(settings ...string) *daemon {
	w.t.Helper()
	d := w.newDaemon(settings...)
	w.launch(d)
	return d
}

// newDaemon prepares one with a copy of the configuration, so that each can be told something else.
func (w *world) newDaemon(settings ...string) *daemon {
	w.t.Helper()
	run, err := os.MkdirTemp("", "syncd-") // short: so must be the path of a socket
	w.must(err)
	w.t.Cleanup(func() { _ = os.RemoveAll(run) })
	socket := filepath.Join(run, "http")
	d := &daemon{config: filepath.Join(w.dir, fmt.Sprintf("daemon-%d.toml", daemons.Add(1)))}
	text, err := os.ReadFile(filepath.Join(w.dir, "config.toml"))
	w.must(err)
	w.must(os.WriteFile(d.config, text, 0o600))
	w.put(d.config, "[daemon]", append([]string{`listen = "unix:` + socket + `"`}, settings...)...)
	d.client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}}}
	d.notify = filepath.Join(run, "notify")
	w.listenTo(d)
	return d
}

// launch starts the process, with further variables.
func (w *world) launch(d *daemon, environment ...string) {
	w.t.Helper()
	d.running = w.startWith(append(environment, "SYNCD_CONFIG="+d.config, "NOTIFY_SOCKET="+d.notify), "daemon")
}

// listenTo is systemd's end of the socket.
func (w *world) listenTo(d *daemon) {
	w.t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: d.notify, Net: "unixgram"})
	w.must(err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 64<<10)
		for {
			n, err := conn.Read(buffer)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			_, _ = d.told.Write(append(buffer[:n:n], '\n')) // never fails
		}
	}()
	w.t.Cleanup(func() { _ = conn.Close(); <-done })
}

// put writes lines behind the first line that is exactly header.
func (w *world) put(file, header string, lines ...string) {
	w.t.Helper()
	w.change(file, "\n"+header+"\n", "\n"+header+"\n"+strings.Join(lines, "\n")+"\n")
}

func (w *world) change(file, from, to string) {
	w.t.Helper()
	text, err := os.ReadFile(file)
	w.must(err)
	if !strings.Contains(string(text), from) {
		w.t.Fatalf("the configuration has no %q", from)
	}
	w.must(os.WriteFile(file, []byte(strings.Replace(string(text), from, to, 1)), 0o600))
}

// jobSetting writes lines into the section of a job, for daemons that start afterwards.
func (w *world) jobSetting(job string, lines ...string) {
	w.t.Helper()
	w.put(filepath.Join(w.dir, "config.toml"), fmt.Sprintf("name = %q", job), lines...)
}

// get asks monitoring. Status 0: nobody answers.
func (d *daemon) get(path string) (status int, body string) {
	answer, err := d.client.Get("http://daemon" + path)
	if err != nil {
		return 0, ""
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, ""
	}
	return answer.StatusCode, string(text)
}

func (d *daemon) ready() bool {
	status, _ := d.get("/readyz")
	return status == http.StatusOK
}

func (d *daemon) untilReady() {
	d.w.t.Helper()
	d.until("it is ready", d.ready)
}

func (d *daemon) untilNotReady() {
	d.w.t.Helper()
	d.until("it says that it is not ready", func() bool {
		status, _ := d.get("/readyz")
		return status == http.StatusServiceUnavailable
	})
}

// metric is the value of one series; "" = there is none.
func (d *daemon) metric(series string) string {
	_, body := d.get("/metrics")
	for line := range strings.SplitSeq(body, "\n") {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			return value
		}
	}
	return ""
}

// logged reports whether the log has a line with all of these texts.
func (d *daemon) logged(texts ...string) bool {
	for line := range strings.SplitSeq(d.stderr.String(), "\n") {
		all := true
		for _, text := range texts {
			all = all && strings.Contains(line, text)
		}
		if all {
			return true
		}
	}
	return false
}

// status reports whether systemd was shown such a line.
func (d *daemon) status(text string) bool {
	for line := range strings.SplitSeq(d.told.String(), "\n") {
		if status, ok := strings.CutPrefix(line, "STATUS="); ok && strings.Contains(status, text) {
			return true
		}
	}
	return false
}

// until waits for a condition while the daemon lives.
func (d *daemon) until(what string, met func() bool) {
	d.w.t.Helper()
	d.w.waitFor(what, func() bool { return d.over() || met() })
	if d.over() {
		d.w.t.Fatalf("waiting until %s: the daemon ended: %+v", what, d.wait())
	}
}

// stop ends the daemon as systemd does, and wants it to end well.
func (d *daemon) stop() {
	d.w.t.Helper()
	d.signal(syscall.SIGTERM)
	d.w.want(0, d.wait())
}

const (
	look = 20 * time.Millisecond // between the first two looks, and up to three times as much later: each costs the machine
	// aMinute is how long the next fire of a schedule may take.
	aMinute = patience + 30*time.Second
)

// waitFor is until with fewer looks.
func (w *world) waitFor(what string, met func() bool) {
	w.t.Helper()
	w.waitSoLong(patience, what, met)
}

func (w *world) waitSoLong(most time.Duration, what string, met func() bool) {
	w.t.Helper()
	deadline, pause := time.Now().Add(most), look
	for ; !met(); pause = min(pause*5/4, 3*look) {
		if time.Now().After(deadline) {
			w.t.Fatalf("waited %s in vain: %s\n%s", most, what, strings.Join(w.texts(story), "\n"))
		}
		time.Sleep(pause)
	}
}

// story is what the ledger knows of runs, for a test that waits in vain.
const story = `SELECT format('run %s %s %s %s: %s %s, epoch %s, pid %s, not before %s, accepted %s', id, job, period, trigger, state,
	failure_code, epoch, pid, not_before, accepted) FROM syncd.run ORDER BY id`
