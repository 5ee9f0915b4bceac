package process

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"syncd/internal/app/apptest"
)

// patience bounds every wait: far more than anything here takes on a busy machine.
const patience = 60 * time.Second

// running is one process of the program.
type running struct {
	w              *world
	cmd            *exec.Cmd
	args           string
	stdout, stderr output
	ended          chan struct{}
}

// result is what a process left.
type result struct {
	args           string
	code           int // -1 = a signal ended it
	stdout, stderr string
}

// output can be read while a process still writes it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start starts the program with nothing of our environment but what it needs.
func (w *world) start(args ...string) *running {
	w.t.Helper()
	return w.startWith(nil, args...)
}

// startWith is start with further variables.
func (w *world) startWith(environment []string, args ...string) *running {
	w.t.Helper()
	return w.startOn(nil, nil, environment, args...)
}

// startShell starts the program by a shell's script, in which it is $0.
func (w *world) startShell(stdout *os.File, script string) *running {
	w.t.Helper()
	return w.launchOn(stdout, nil, nil, "/bin/sh", "-c", script, program)
}

// startOn is startWith on streams of the test's own; nil = they are kept.
func (w *world) startOn(stdout, stderr *os.File, environment []string, args ...string) *running {
	w.t.Helper()
	return w.launchOn(stdout, stderr, environment, program, args...)
}

func (w *world) launchOn(stdout, stderr *os.File, environment []string, name string, args ...string) *running {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	p := &running{w: w, cmd: exec.CommandContext(ctx, name, args...), args: strings.Join(args, " "), ended: make(chan struct{})}
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "LC_ALL=C.UTF-8",
		"SYNCD_CONFIG=" + filepath.Join(w.dir, "config.toml"), "PROCESS_DATABASE_URL=" + cmp.Or(w.database, w.db.URL)}
	p.cmd.Env = slices.Concat(p.cmd.Env, apptest.Environment, environment)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if stdout != nil {
		p.cmd.Stdout = stdout
	}
	if stderr != nil {
		p.cmd.Stderr = stderr
	}
	if err := p.cmd.Start(); err != nil {
		cancel()
		w.t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // result tells
		cancel()
		close(p.ended)
	}()
	w.t.Cleanup(func() { p.signal(syscall.SIGKILL); <-p.ended })
	return p
}

// push starts the monthly transfer.
func (w *world) push() *running {
	w.t.Helper()
	return w.start("run", "paie", "--period", period)
}

// run executes one command to its end.
func (w *world) run(args ...string) result {
	w.t.Helper()
	return w.start(args...).wait()
}

func (p *running) wait() result {
	<-p.ended
	return result{p.args, p.cmd.ProcessState.ExitCode(), p.stdout.String(), p.stderr.String()}
}

// signal sends one. A process that has just ended takes none.
func (p *running) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

func (p *running) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// want wants an exit code, and stack traces never.
func (w *world) want(code int, r result) {
	w.t.Helper()
	if r.code != code {
		w.t.Fatalf("syncd %s: exit code %d, want %d\n%s%s", r.args, r.code, code, tail(r.stdout), tail(r.stderr))
	}
	if strings.Contains(r.stdout+r.stderr, "goroutine ") {
		w.t.Fatalf("syncd %s shows a stack trace\n%s%s", r.args, tail(r.stdout), tail(r.stderr))
	}
}

// wantSaid wants texts in what the process said: in its report or its messages.
func (w *world) wantSaid(r result, texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		if !strings.Contains(r.stdout+r.stderr, text) {
			w.t.Errorf("syncd %s does not say %q:\n%s%s", r.args, text, tail(r.stdout), tail(r.stderr))
		}
	}
}

func tail(s string) string { return s[max(0, len(s)-4000):] }

// until waits for a condition.
func until(t testing.TB, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !met(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain: %s", patience, what)
		}
	}
}
