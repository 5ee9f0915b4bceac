// Command syncd sends an association's employees and payroll elements to Isidoor each month, and records each run so
// that it can be resumed, explained and trusted.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// version is set at build time.
var version = "dev"

func main() {
	forbidCoreDumps()
	useOneProcessor()
	os.Exit(run(os.Args[1:], process{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv}))
}

// process is what a command has of the world.
type process struct {
	Stdin  io.Reader // what an argument "-" stands for
	Stdout io.Writer // data
	Stderr io.Writer // messages
	Getenv func(string) string
	Stop   <-chan struct{} // closed at the first SIGINT or SIGTERM: finish what is in flight, then end
}

// run executes one command and returns the exit code. The first signal asks to stop, the second one aborts.
func run(args []string, p process) int {
	ctx, abort := context.WithCancel(context.Background())
	defer abort()
	stop, release := onSignals(p, abort)
	defer release()
	p.Stop = stop
	root := newRoot(p)
	root.SetArgs(args)
	return tell(p.Stderr, root.ExecuteContext(ctx))
}

// onSignals closes the channel at the first signal and calls abort at the second.
func onSignals(p process, abort func()) (stop <-chan struct{}, release func()) {
	asked := make(chan struct{})
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case <-signals:
			case <-done:
				return
			}
			if n == 0 {
				close(asked)
				if !p.underSystemd() {
					io.WriteString(p.Stderr, "\nstopping: what is on its way is finished, nothing new is sent (once more to abort)\n") //nolint:errcheck // a closed terminal
				}
			} else {
				abort()
			}
		}
	}()
	return asked, func() { signal.Stop(signals); close(done) }
}

// forbidCoreDumps keeps what the process holds in memory, which is personal, from a file. The limit alone does not stop
// a system that pipes cores to a program. Where the kernel refuses, nothing else can be done.
func forbidCoreDumps() {
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}

// useOneProcessor runs Go code on one processor at a time unless the environment says otherwise. The program mostly
// waits, for the API and for Postgres; measured, waking a second processor for what the first could do costs a fourth
// more CPU time, and saves a twentieth of a second for each thousand new employees planned (docs/performance.md).
func useOneProcessor() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
}
