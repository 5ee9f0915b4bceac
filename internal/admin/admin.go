// Package admin runs a command as the service would: in a transient unit of systemd with all that the service's unit says
// of user, credentials, environment and sandbox. Whoever may use it needs root to start that unit, and gets nothing of
// root: what a person types reaches the command as its arguments and is never looked at by a shell.
package admin

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/lazyregexp"
)

// Error is a mistake, or something of the system that is in the way.
type Error struct {
	What hinted.Fact
	Kind Kind
}

// Kind is whose affair an Error is.
type Kind int

// What is wrong is in the settings of the service or the system; in what was typed; or happened to the command.
const (
	Setup Kind = iota
	Usage
	Ended
)

func (e *Error) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *Error) Fact() hinted.Fact { return e.What }

// Variable is set for a command that runs as a service would, to the name of that service. The configuration is then the
// service's: with one of their own, its callers could have the service's secrets sent to wherever they like.
const Variable = "SYNCD_ADMIN"

// Admin is one use of the service's surroundings.
type Admin struct {
	Instance string              // "" = syncd.service
	Login    string              // the uid of who asks, for the audit
	Program  string              // the path of syncd
	Getenv   func(string) string // of the caller
	Stdin    *os.File
	Stdout   *os.File
	Stderr   *os.File
	Tools    string // the folder of systemd's programs; "" = those of PATH

	signals chan os.Signal
}

// Check refuses an instance whose name could be anything but a name.
func (a *Admin) Check() error {
	_, err := unitName(a.Instance)
	return err
}

// Run executes syncd with these arguments and returns its exit code. Signals that reach this process reach the command.
func (a *Admin) Run(arguments []string) (code int, err error) {
	u, err := a.unit()
	if err != nil {
		return 0, err
	}
	transient := newName()
	properties, err := u.properties(transient)
	if err != nil {
		return 0, err
	}
	defer a.listen()()
	code, err = a.start(transient, a.command(u, transient, properties, arguments))
	if err != nil {
		return 0, err
	}
	return code, a.explain(u, transient, code)
}

// unit is the service's.
func (a *Admin) unit() (*unit, error) {
	name, err := unitName(a.Instance)
	if err != nil {
		return nil, err
	}
	text, problem, err := a.output("systemctl", "cat", "--no-pager", "--", name)
	if err != nil {
		return nil, &Error{What: hinted.Say("admin.no-unit", "unit", name, "problem", problem)}
	}
	return &unit{name: name, instance: a.Instance, settings: parseUnit(text)}, nil
}

func newName() string {
	var random [8]byte
	rand.Read(random[:]) // never fails: crypto/rand aborts the program instead
	return "syncd-admin-" + hex.EncodeToString(random[:]) + ".service"
}

// fromCaller are variables that may pass: how the caller's terminal and language are. What the unit says goes before.
var fromCaller = []string{"LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE", "TERM", "COLUMNS", "LINES", "NO_COLOR"}

var harmless = lazyregexp.New(`^[A-Za-z0-9_.@:+-]{1,64}$`)

// command is the line for systemd-run. The unit's type makes it wait until the program has been started, and its streams
// are the caller's own, be they a terminal, a pipe or a file: so width, colours and redirections are as without it.
func (a *Admin) command(u *unit, transient string, properties, arguments []string) []string {
	line := []string{"--quiet", "--collect", "--wait", "--pipe", "--no-ask-password", "--service-type=exec", "--description=syncd-admin",
		"--unit=" + transient}
	language := "C.UTF-8"
	for _, name := range fromCaller {
		if value := a.Getenv(name); harmless().MatchString(value) {
			line = append(line, "--setenv="+name+"="+value)
			if name == "LANG" {
				language = ""
			}
		}
	}
	if language != "" {
		line = append(line, "--setenv=LANG="+language)
	}
	line = append(line, properties...)
	line = append(line, "--setenv=SYNCD_LOGIN_UID="+a.Login, "--setenv="+Variable+"="+u.name, "--", a.Program)
	for _, argument := range arguments {
		line = append(line, strings.ReplaceAll(argument, "$", "$$")) // systemd reads variables there
	}
	return line
}

// start runs systemd-run to its end. It has a session of its own: the terminal's signals are for us to pass on, for
// systemd-run would end by them and leave the command to itself.
func (a *Admin) start(transient string, line []string) (code int, err error) {
	cmd := a.tool("systemd-run", line...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.Stdin, a.Stdout, a.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return 0, &Error{What: hinted.Say("admin.no-systemd-run", "problem", err)}
	}
	ended := make(chan struct{})
	passed := make(chan struct{})
	go func() { defer close(passed); a.passOn(transient, ended) }()
	err = cmd.Wait()
	close(ended)
	<-passed
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 0, &Error{What: hinted.Say("admin.systemd-run-ended", "problem", err, "unit", transient), Kind: Ended}
	}
	return 0, nil
}

// listen takes the signals from whoever else in this process heeds them, and returns the end of it.
func (a *Admin) listen() (end func()) {
	all := []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}
	signal.Reset(all...)
	a.signals = make(chan os.Signal, 8)
	signal.Notify(a.signals, all...)
	return func() { signal.Stop(a.signals) }
}

const (
	lookAgain = 20 * time.Millisecond // while the command does not listen yet
	patience  = 10 * time.Second      // with systemd's other tools
)

// passOn sends each signal to the command until that has ended. A terminal that was closed ends it as SIGTERM does.
func (a *Admin) passOn(transient string, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case s := <-a.signals:
			number := s.(syscall.Signal)
			if number == syscall.SIGHUP {
				number = syscall.SIGTERM
			}
			for !a.send(transient, number) {
				select {
				case <-ended:
					return
				case <-time.After(lookAgain):
				}
			}
		}
	}
}

// send gives a signal to the command's main process; false = it does not listen yet. Before it does, it would die of it,
// which systemd counts as an end in success.
func (a *Admin) send(transient string, number syscall.Signal) bool {
	text, _, err := a.output("systemctl", "show", "--property=MainPID", "--value", transient)
	if err != nil || !catches(strings.TrimSpace(text), number) {
		return false
	}
	_, _, err = a.output("systemctl", "kill", "--kill-who=main", "--signal="+strconv.Itoa(int(number)), transient)
	return err == nil
}

// catches tells that a process has a handler for a signal, see proc(5).
func catches(pid string, number syscall.Signal) bool {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil || pid == "0" {
		return false
	}
	_, rest, _ := bytes.Cut(status, []byte("\nSigCgt:"))
	mask, _, _ := strings.Cut(strings.TrimSpace(string(rest)), "\n")
	bits, err := strconv.ParseUint(mask, 16, 64)
	return err == nil && bits>>(number-1)&1 == 1
}

// tool is one of systemd's programs, with nothing of the caller's environment.
func (a *Admin) tool(name string, arguments ...string) *exec.Cmd {
	if a.Tools != "" {
		name = a.Tools + "/" + name
	}
	cmd := exec.Command(name, arguments...) //nolint:noctx // it ends with the command, or is given a time by output
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}
	return cmd
}

// output runs a tool that answers at once. problem is what it complains of.
func (a *Admin) output(name string, arguments ...string) (text, problem string, err error) {
	cmd := a.tool(name, arguments...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is not for it
	if err = cmd.Start(); err == nil {
		timer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
		err = cmd.Wait()
	}
	problem = strings.Join(strings.Fields(complaint.String()), " ")
	if problem == "" && err != nil {
		problem = err.Error()
	}
	return out.String(), problem, err
}
