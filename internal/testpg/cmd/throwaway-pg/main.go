// Throwaway-pg runs a command with a PostgreSQL server that lives as long as the command does:
//
//	throwaway-pg [--fsync] [--] command argument…
//
// The command finds the server in SYNCD_TEST_DATABASE_URL and in libpq's PG* variables, as its superuser, and the
// server's log in SYNCD_TEST_DATABASE_LOG. The exit code is the command's. It serves the Makefile and the demo, and is
// no part of the product.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"syncd/internal/testpg"
)

// Exit codes beside the command's own, as a shell's.
const (
	exitFailure = 1
	exitUsage   = 2
	exitNoStart = 127
	exitSignal  = 128 // plus the signal's number
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	flags := flag.NewFlagSet("throwaway-pg", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: throwaway-pg [--fsync] [--] command argument…")
		flags.PrintDefaults()
	}
	fsync := flags.Bool("fsync", false, "keep writes durable, for benchmarks and crash tests")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return exitUsage
	}
	if flags.NArg() == 0 {
		flags.Usage()
		return exitUsage
	}
	// From here on a signal is for the command: its end is what ends the server.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)

	server, err := testpg.Start(testpg.Options{Fsync: *fsync})
	if err != nil {
		return complain(err)
	}
	code := runCommand(flags.Args(), server, signals)
	if err := server.Stop(); err != nil {
		return complain(err)
	}
	return code
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, "throwaway-pg:", err)
	return exitFailure
}

// runCommand runs the command until it ends and returns its exit code, as a shell would.
func runCommand(command []string, server *testpg.Server, signals <-chan os.Signal) int {
	variables, err := environment(server)
	if err != nil {
		return complain(err)
	}
	cmd := exec.CommandContext(context.Background(), command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), variables...)
	if err := cmd.Start(); err != nil {
		complain(err)
		return exitNoStart
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case sig := <-signals:
			forward(cmd.Process, sig)
		case err := <-ended:
			return exitCode(cmd.ProcessState, err)
		}
	}
}

// forward passes a signal on, but not SIGINT: Ctrl-C in a terminal reaches the command by itself, and a second one
// would ask it to stop without delay.
func forward(process *os.Process, sig os.Signal) {
	if sig == syscall.SIGINT {
		return
	}
	if err := process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		complain(err)
	}
}

func exitCode(state *os.ProcessState, err error) int {
	if state == nil {
		return complain(err)
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitSignal + int(status.Signal())
	}
	return state.ExitCode()
}

// environment is what tells the command where the server is.
func environment(server *testpg.Server) ([]string, error) {
	u, err := url.Parse(server.URL)
	if err != nil {
		return nil, fmt.Errorf("reading the server's address: %w", err)
	}
	password, _ := u.User.Password()
	return []string{
		testpg.EnvURL + "=" + server.URL,
		testpg.EnvLog + "=" + server.Log,
		"PGHOST=" + u.Hostname(),
		"PGPORT=" + u.Port(),
		"PGUSER=" + u.User.Username(),
		"PGPASSWORD=" + password,
		"PGDATABASE=postgres",
		"PGSSLMODE=disable",
	}, nil
}
