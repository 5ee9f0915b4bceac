package main

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"syncd/internal/testpg"
)

// asCommand makes the test binary behave as throwaway-pg itself.
const asCommand = "THROWAWAY_PG_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// throwaway prepares a throwaway-pg that runs a shell script.
func throwaway(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "--", "sh", "-c", script)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

func TestTheCommandFindsTheServerAndItsExitCodeComesBack(t *testing.T) {
	t.Parallel()
	output, err := throwaway(t, `echo "$PGUSER $PGHOST"; echo "$SYNCD_TEST_DATABASE_LOG"; exit 42`).Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 42 {
		t.Fatalf("exit code: got %v, want 42", err)
	}
	lines := strings.Fields(string(output))
	if len(lines) != 3 || lines[0] != "postgres" || lines[1] != "127.0.0.1" {
		t.Fatalf("output: %q", output)
	}
	if _, err := os.Stat(filepath.Dir(lines[2])); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the server's directory is still there: %v", err)
	}
}

func TestSIGTERMEndsTheCommandAndTheServer(t *testing.T) {
	t.Parallel()
	cmd, server := startAndFindServer(t)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitSignal+int(syscall.SIGTERM) {
		t.Errorf("exit code %d (%v), want 128 + SIGTERM", code, err)
	}
	server.waitUntilGone(t)
}

func TestNothingIsLeftAfterSIGKILL(t *testing.T) {
	t.Parallel()
	cmd, server := startAndFindServer(t)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // "signal: killed"
	server.waitUntilGone(t)
}

func TestUsage(t *testing.T) {
	t.Parallel()
	if code := run([]string{"--no-such-flag"}); code != exitUsage {
		t.Errorf("unknown flag: exit code %d, want %d", code, exitUsage)
	}
	if code := run(nil); code != exitUsage {
		t.Errorf("no command: exit code %d, want %d", code, exitUsage)
	}
}

type runningServer struct {
	dir string
	pid int
}

// startAndFindServer starts a throwaway-pg whose command waits for ever, and finds the postmaster.
func startAndFindServer(t *testing.T) (*exec.Cmd, runningServer) {
	t.Helper()
	// exec: the command is one process, which SIGTERM ends; when throwaway-pg is killed, its standard input closes.
	cmd := throwaway(t, `echo "$`+testpg.EnvLog+`"; exec cat`)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stdin.Close() }) // ends a command that outlived a killed throwaway-pg
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("reading the log's path: %v", err)
	}
	dir := filepath.Dir(strings.TrimSpace(line))
	content, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return cmd, runningServer{dir, pid}
}

// waitUntilGone waits until neither the postmaster nor its directory is left.
func (s runningServer) waitUntilGone(t *testing.T) {
	t.Helper()
	const patience = 20 * time.Second
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		processErr := syscall.Kill(s.pid, 0)
		_, dirErr := os.Stat(s.dir)
		if errors.Is(processErr, syscall.ESRCH) && errors.Is(dirErr, fs.ErrNotExist) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %s: postmaster %d: %v; directory %s: %v", patience, s.pid, processErr, s.dir, dirErr)
		}
	}
}
