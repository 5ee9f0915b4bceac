package testpg

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

//go:embed supervise.sh
var script string

var errPortTaken = errors.New("the port was taken in the meantime")

// supervise starts the shell that makes the cluster and runs its server, as an account, in the server's directory (the
// caller's may be closed to it), with none of the caller's environment, which could hold PG* variables.
func (s *Server) supervise(bin string, account *syscall.Credential, settings []string) error {
	stdin, alive, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("making a pipe: %w", err)
	}
	ended, stdout, err := os.Pipe()
	if err != nil {
		return errors.Join(fmt.Errorf("making a pipe: %w", err), stdin.Close(), alive.Close())
	}
	args := append([]string{"-c", script, "supervise", s.dir, bin, superuser}, settings...)
	cmd := exec.CommandContext(context.Background(), "/bin/sh", args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=" + s.dir}
	// A session of its own: Ctrl-C in the terminal is for the tests, which then let go of the server in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: account, Setsid: true}
	cmd.Stdin, cmd.Stdout = stdin, stdout
	if err := errors.Join(cmd.Start(), stdin.Close(), stdout.Close()); err != nil {
		return errors.Join(err, alive.Close(), ended.Close())
	}
	s.process, s.alive, s.ended = cmd, alive, ended
	return nil
}

// settings are the server's command line. A connection costs a process, and parallel test binaries share one server.
func settings(dir string, port int, opts Options) []string {
	values := map[string]string{
		"port":                    strconv.Itoa(port),
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": dir,
		"max_connections":         "300",
		"log_line_prefix":         "%m [%p] %d ",
		"timezone":                "UTC",
	}
	if !opts.Fsync {
		values["fsync"] = "off"
		values["full_page_writes"] = "off"
	}
	maps.Copy(values, opts.Settings)
	var args []string
	for name, value := range values {
		args = append(args, "-c", name+"="+value)
	}
	return args
}

// untilReady waits until the server writes in its PID file that it is ready (which is how pg_ctl knows), or until the
// supervisor's output ends, which says that the server did.
func (s *Server) untilReady() error {
	const poll = 10 * time.Millisecond
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); {
		if s.ready() {
			return nil
		}
		if err := s.ended.SetReadDeadline(time.Now().Add(poll)); err != nil {
			return err
		}
		if _, err := s.ended.Read(make([]byte, 1)); errors.Is(err, io.EOF) {
			return s.whyEnded()
		}
	}
	return fmt.Errorf("not ready after %s\n%s", startTimeout, s.logTail())
}

// ready reads the status on the eighth line of the PID file.
func (s *Server) ready() bool {
	const statusLine = 7
	content, err := os.ReadFile(filepath.Join(s.dir, "data", "postmaster.pid"))
	if err != nil {
		return false // not there yet
	}
	lines := strings.Split(string(content), "\n")
	return len(lines) > statusLine && strings.TrimSpace(lines[statusLine]) == "ready"
}

func (s *Server) whyEnded() error {
	log := s.logTail()
	if bytes.Contains(log, []byte("could not create any TCP/IP sockets")) {
		return errPortTaken
	}
	return fmt.Errorf("it ended at once\n%s", log)
}

// logTail is the end of the server's log, for the message of a server that does not start.
func (s *Server) logTail() []byte {
	const size = 2000
	log, err := os.ReadFile(s.Log)
	if err != nil {
		return []byte(err.Error())
	}
	return log[max(0, len(log)-size):]
}
