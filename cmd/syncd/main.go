// Command syncd sends an association's employees and payroll elements to its payroll partner each month, and records each
// run so that it can be resumed, explained and trusted.
package main

import (
	"cmp"
	"context"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"syncd/internal/config"
	"syncd/internal/hinted"
	"syncd/internal/report/locale"
	"syncd/internal/terminal"
)

// version is set at build time.
var version = "dev"

// commit is what it was built from, set at build time; "" = the build tells, if it does.
var commit string

func main() {
	forbidCoreDumps()
	terminal.OutlivePipes()
	useOneProcessor()
	service := serviceOf(os.Args[1:], os.Getenv)
	locale.TypeAs(atHand(cmp.Or(os.Getenv("SYNCD_COMMAND"), service, "syncd"))) // the package's units say it
	os.Exit(run(os.Args[1:], process{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Service: atHand(service)}))
}

// atHand is a command as it can be typed on this machine: where there is no sudo, who administers it is root.
func atHand(command string) string {
	if _, err := exec.LookPath("sudo"); err != nil {
		return strings.TrimPrefix(command, "sudo ")
	}
	return command
}

// process is what a command has of the world.
type process struct {
	Stdin  io.Reader // what an argument "-" stands for
	Stdout io.Writer // data
	Stderr io.Writer // messages
	Getenv func(string) string
	Stop   <-chan struct{}                   // closed at the first SIGINT or SIGTERM: finish what is in flight, then end
	Spoken *atomic.Pointer[locale.Catalogue] // the words of what is told beside a command; see words
	Speaks locale.Language                   // of help, and of what keeps a configuration from being read; "" = the locale's
	Hangup func()                            // from now on the end of the terminal (SIGHUP) is such a first signal
	// How commands of the service are typed whose configuration this one reads without being it; "" = it is, or there is none.
	Service string
	instead hinted.Fact  // what is typed instead by who is not let in where that service would be; none = nothing
	flags   *globalFlags // of the tree of commands that newRoot makes
}

// run executes one command and returns the exit code. The first signal asks to stop, the second one aborts.
func run(args []string, p process) int {
	ctx, abort := context.WithCancel(context.Background())
	defer abort()
	p.Spoken = &atomic.Pointer[locale.Catalogue]{}
	out := terminal.NewOutput(p.Stdout)
	p.Stdout = out
	release := p.onSignals(abort)
	defer release()
	p.Speaks = p.helpLanguage(args)
	p.instead = instead(p.Service, args)
	root := newRoot(p)
	p.speak(root, args, args)
	root.SetArgs(args)
	code := tell(p.Stderr, p.width(p.Stderr), p.inWords(root.ExecuteContext(ctx)))
	return p.lost(out, code)
}

// words are those of the configuration once it is read, and until then those of help.
func (p process) words() *locale.Catalogue {
	if p.Spoken != nil {
		if words := p.Spoken.Load(); words != nil {
			return words
		}
	}
	return locale.Of(p.language(), "")
}

// language is that of the person, as far as it is known before a configuration is read.
func (p process) language() locale.Language {
	return cmp.Or(p.Speaks, locale.Language(config.LocaleLanguage(p.Getenv)))
}

// onSignals closes Stop at the first signal and calls abort at the second.
func (p *process) onSignals(abort func()) (release func()) {
	asked := make(chan struct{})
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	p.Stop = asked
	p.Hangup = func() {
		if !signal.Ignored(syscall.SIGHUP) { // nohup(1)
			signal.Notify(signals, syscall.SIGHUP)
		}
	}
	said, quiet := *p, p.underSystemd()
	done := make(chan struct{})
	go func() {
		for stopping, counted := false, false; ; {
			select {
			case s := <-signals:
				switch {
				case counted && s != syscall.SIGHUP:
					abort()
				case !stopping:
					close(asked)
					if !quiet {
						io.WriteString(said.Stderr, said.words().Answers.Stopping) //nolint:errcheck // a closed terminal
					}
				}
				// SIGHUP comes with others, in any order: the system, a shell and a login's end all send it, systemd with SIGTERM.
				stopping, counted = true, counted || s != syscall.SIGHUP
			case <-done:
				return
			}
		}
	}()
	return func() { signal.Stop(signals); close(done) }
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
