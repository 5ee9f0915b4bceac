package admin

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The program is also the command that the stand-in of systemd-run starts: one that ends as syncd does when it is asked to.
const playsCommand = "ADMIN_TEST_PLAYS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(playsCommand) != "" {
		os.Exit(command())
	}
	goleak.VerifyTestMain(m)
}

// command waits for as many signals as the variable says, and ends with the sum of their numbers.
func command() (code int) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	fmt.Fprintln(os.Stdout, os.Getpid())
	most, _ := strconv.Atoi(os.Getenv(playsCommand))
	for range most {
		code += int((<-signals).(syscall.Signal))
	}
	return code
}

// stage is a folder of stand-ins for systemd's programs. systemd-run keeps what it was asked for.
type stage struct {
	*Admin
	t   *testing.T
	dir string
	err *os.File
}

func newStage(t *testing.T, unit string) *stage {
	t.Helper()
	dir := t.TempDir()
	s := &stage{t: t, dir: dir}
	s.file("unit", unit)
	s.tool("systemctl", `case $1 in cat) cat "$d/unit" ;; esac`)
	s.tool("systemd-run", `printf '%s\0' "$@" >"$d/asked"`)
	s.tool("journalctl", `cat "$d/journal" 2>/dev/null || :`)
	s.tool("systemd-creds", `echo "cannot: $2" >&2; exit 1`)
	var err error
	if s.err, err = os.Create(filepath.Join(dir, "stderr")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.err.Close() })
	s.Admin = &Admin{Login: "1000", Program: "/usr/bin/syncd", Getenv: func(string) string { return "" }, Stdout: s.err, Stderr: s.err,
		Tools: dir}
	return s
}

func (s *stage) file(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) tool(name, body string) {
	s.t.Helper()
	text := "#!/bin/sh\nd=" + s.dir + "\n" + body + "\n"
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o700); err != nil { //nolint:gosec // it is a program
		s.t.Fatal(err)
	}
}

// await waits for a file of a stand-in to have a size, in bytes.
func (s *stage) await(name string, size int64) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if info, err := os.Stat(filepath.Join(s.dir, name)); err == nil && info.Size() >= size || s.t.Context().Err() != nil {
			return
		}
	}
}

// asked is what systemd-run was asked for.
func (s *stage) asked() []string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "asked"))
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
}

func (s *stage) run(arguments ...string) []string {
	s.t.Helper()
	if code, err := s.Run(arguments); code != 0 || err != nil {
		s.t.Fatalf("%d %v", code, err)
	}
	return s.asked()
}

func serviceUnit(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../systemd/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestACommandGetsTheSandboxOfTheService: each setting of the service, in its order, but for those that make the daemon.
func TestACommandGetsTheSandboxOfTheService(t *testing.T) {
	t.Parallel()
	daemon := []string{"Type", "NotifyAccess", "ExecStart", "ExecReload", "WatchdogSec", "TimeoutAbortSec", "Restart", "RestartSec",
		"RestartPreventExitStatus", "RuntimeDirectory"}
	for _, file := range []string{"syncd.service", "syncd@.service"} {
		text := serviceUnit(t, file)
		s := newStage(t, text)
		if file == "syncd@.service" {
			s.Instance = "essai"
		}
		var want []string
		_, service, _ := strings.Cut(text, "[Service]\n")
		service, _, _ = strings.Cut(service, "[Install]")
		for line := range strings.Lines(service) {
			name, _, found := strings.Cut(line, "=")
			if found && !strings.HasPrefix(line, "#") && !slices.Contains(daemon, name) {
				want = append(want, "--property="+strings.ReplaceAll(strings.TrimSpace(line), "%i", "essai"))
			}
		}
		got := s.run("check")
		if got = slices.DeleteFunc(got, func(a string) bool { return !strings.HasPrefix(a, "--property=") }); !slices.Equal(got, want) {
			t.Errorf("%s:\n%s\nwant\n%s", file, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if len(want) < 40 || !slices.Contains(want, "--property=PrivateUsers=yes") {
			t.Errorf("%s: only %d settings", file, len(want))
		}
	}
}

// What `systemctl edit` changed holds as well: as systemd reads it, and in its order.
func TestACommandGetsWhatTheAdministratorChanged(t *testing.T) {
	t.Parallel()
	s := newStage(t, `# /lib/systemd/system/syncd@.service
[Unit]
Description=not %i
[Service]
LoadCredential=syncd:/etc/syncd/%i/credentials
  Environment = A=%i B=100%%
ExecStart=/usr/bin/syncd daemon
SystemCallFilter=@system-service \
# in the middle
; of it
   @mount

# /etc/systemd/system/syncd@essai.service.d/override.conf
[Service]
LoadCredential=
LoadCredentialEncrypted=syncd:%E/syncd/%i
CPUQuota=20%
Environment=KEY=%d/key
Environment="HTTPS_PROXY=http://marie:a%%40b@proxy:3128" 'NO_PROXY=.example.org'
EnvironmentFile=-/etc/syncd/%i/proxy
X-Note=nothing
[Install]
WantedBy=multi-user.target
`)
	s.Instance = "essai"
	got := s.run("check")
	var unit string
	for _, a := range got {
		if name, found := strings.CutPrefix(a, "--unit="); found {
			unit = name
		}
	}
	got = slices.DeleteFunc(got, func(a string) bool { return !strings.HasPrefix(a, "--property=") })
	want := []string{"LoadCredential=syncd:/etc/syncd/essai/credentials", "Environment=A=essai B=100%",
		"SystemCallFilter=@system-service  @mount", "LoadCredential=", "LoadCredentialEncrypted=syncd:/etc/syncd/essai", "CPUQuota=20%",
		"Environment=KEY=/run/credentials/" + unit + "/key",
		`Environment="HTTPS_PROXY=http://marie:a%40b@proxy:3128" 'NO_PROXY=.example.org'`, "EnvironmentFile=-/etc/syncd/essai/proxy"}
	for i := range want {
		want[i] = "--property=" + want[i]
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	s.file("unit", "[Service]\nEnvironment=HOST=%H\n")
	if _, err := s.Run([]string{"check"}); err == nil || !strings.Contains(err.Error(), "%H") {
		t.Errorf("what only systemd can tell is passed on: %v", err)
	}
}

// Nothing that is typed is code: to no shell, and not to systemd, which expands variables in arguments.
func TestArgumentsReachTheCommandAsTheyAre(t *testing.T) {
	t.Parallel()
	s := newStage(t, serviceUnit(t, "syncd.service"))
	arguments := []string{"approve", "12", "--reason", "$HOME ${PATH} $$ `id` $(id) ; id > F #\n\"'\\ %n é", "", "--property=User=root", "--",
		"-i", "*"}
	got := s.run(arguments...)
	end := slices.Index(got, "--")
	command := slices.Clone(got[end+1:])
	for i := range command {
		command[i] = strings.ReplaceAll(command[i], "$$", "$") // as systemd does
	}
	if want := append([]string{"/usr/bin/syncd"}, arguments...); !slices.Equal(command, want) {
		t.Errorf("%q\nwant %q", command, want)
	}
	if slices.Contains(got[:end], "--property=User=root") {
		t.Error("an argument became a property")
	}
}

func TestNamesOfInstances(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"essai", "a", "A-b_c.d", "2026", "_x", "nantes.2"} {
		if got, err := unitName(name); err != nil || got != "syncd@"+name+".service" {
			t.Errorf("%q: %q %v", name, got, err)
		}
	}
	for _, name := range []string{"x#;1e id > F #", "-x", ".", "..", ".x", "../x", "a/b", "a b", "a\nb", "essai\n", "é", "a%i", "a\\x2d",
		"a@b", "*", "$(id)", "`id`", "\x00", strings.Repeat("a", 101)} {
		s := newStage(t, "")
		s.Instance = name
		_, err := s.Run([]string{"check"})
		var mistake *Error
		if !errors.As(err, &mistake) || mistake.Kind != Usage {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := os.Stat(filepath.Join(s.dir, "asked")); err == nil {
			t.Errorf("%q reached systemd", name)
		}
	}
}

// What the caller's environment says of terminal and language passes; nothing else does, and what could be more is no such.
func TestTheCallersEnvironment(t *testing.T) {
	t.Parallel()
	s := newStage(t, serviceUnit(t, "syncd.service"))
	callers := map[string]string{"LANG": "fr_FR.UTF-8", "NO_COLOR": "1", "COLUMNS": "77", "TERM": "xterm-256color", "LC_ALL": "a b",
		"LC_MESSAGES": "fr\nUser=root", "SYNCD_CONFIG": "/tmp/mine.toml", "LD_PRELOAD": "/tmp/x.so", "SYNCD_LOGIN_UID": "0", "SYNCD_ADMIN": "",
		"CREDENTIALS_DIRECTORY": "/tmp", "PGHOST": "evil"}
	s.Getenv = func(name string) string { return callers[name] }
	got := s.run("check")
	got = slices.DeleteFunc(got, func(a string) bool { return !strings.HasPrefix(a, "--setenv=") })
	want := []string{"--setenv=LANG=fr_FR.UTF-8", "--setenv=TERM=xterm-256color", "--setenv=COLUMNS=77", "--setenv=NO_COLOR=1",
		"--setenv=SYNCD_LOGIN_UID=1000", "--setenv=SYNCD_ADMIN=syncd.service"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// The script leaves nothing of the environment but that, and arguments as they are.
func TestTheScript(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text, err := os.ReadFile("../../packaging/syncd-admin")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "syncd")
	for name, body := range map[string]string{
		"syncd":       "#!/bin/sh\n/usr/bin/env | /usr/bin/grep -vE '^(PWD|_|SHLVL|OLDPWD)=' | /usr/bin/sort\nprintf '<%s>' \"$@\"\n",
		"syncd-admin": strings.Replace(string(text), "/usr/bin/syncd admin", program+" admin", 1),
		"profile":     "touch " + filepath.Join(dir, "sourced") + "\n",
		"env":         "#!/bin/sh\ntouch " + filepath.Join(dir, "sourced") + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o700); err != nil { //nolint:gosec // programs
			t.Fatal(err)
		}
	}
	arguments := []string{"-i", "x#;1e id > F #", "PATH=/evil", "-u", "a  b", "$HOME `id`\n*", "", "é"}
	cmd := exec.Command(filepath.Join(dir, "syncd-admin"), arguments...)
	cmd.Dir = dir
	profile := filepath.Join(dir, "profile")
	cmd.Env = []string{"PATH=" + dir, "IFS=/ab", "ENV=" + profile, "BASH_ENV=" + profile, "SHELLOPTS=xtrace", "PS4=$(touch sourced)",
		"LANG=fr_FR.UTF-8 x*", "NO_COLOR=1", "TERM=a\nb", "SUDO_UID=1000", "SYNCD_CONFIG=/tmp/mine", "PAGER=touch sourced", "SYSTEMD_PAGER=x",
		"SYSTEMD_LESS=x", "LD_BIND_NOW=1", "SYNCD_LOGIN_UID=0"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v %s", err, out)
	}
	want := "LANG=fr_FR.UTF-8 x*\nNO_COLOR=1\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\nSUDO_UID=1000\nTERM=a\nb\n"
	environment, rest, _ := bytes.Cut(out, []byte("<admin>"))
	lines := strings.Split(strings.TrimSpace(string(environment)), "\n")
	slices.Sort(lines)
	wanted := strings.Split(strings.TrimSpace(want), "\n")
	slices.Sort(wanted)
	if !slices.Equal(lines, wanted) {
		t.Errorf("environment %q", environment)
	}
	if want := "<" + strings.Join(arguments, "><") + ">"; string(rest) != want {
		t.Errorf("arguments %q, want %q", rest, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "sourced")); err == nil {
		t.Error("something of the caller's was executed")
	}
}

// TestSignalsReachTheCommand: not parallel, for signals are of the whole process. systemd-run would end by them and leave the
// command to itself; a signal that comes before the command heeds any would end it, which systemd takes for success.
func TestSignalsReachTheCommand(t *testing.T) {
	for _, test := range []struct {
		name    string
		signals []syscall.Signal
		code    int
	}{
		{"Ctrl-C", []syscall.Signal{syscall.SIGINT}, 2},
		{"a second one", []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, 4},
		{"kill", []syscall.Signal{syscall.SIGTERM}, 15},
		{"the terminal is closed", []syscall.Signal{syscall.SIGHUP}, 15},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, serviceUnit(t, "syncd.service"))
			// It begins late, and systemd shows no process, then one that has no handlers yet.
			s.tool("systemd-run", fmt.Sprintf(`touch "$d/begun"; exec env %s=%d %s >"$d/pid"`, playsCommand, len(test.signals), os.Args[0]))
			s.tool("systemctl", `case $1 in
				cat) cat "$d/unit" ;;
				show) if [ ! -e "$d/asked-once" ]; then touch "$d/asked-once"; echo 0; elif [ -s "$d/pid" ]; then cat "$d/pid"; else echo $PPID; fi ;;
				kill) kill "-${3#--signal=}" "$(cat "$d/pid")" && echo >>"$d/passed" ;;
				esac`)
			go func() {
				s.await("begun", 0)
				for n, number := range test.signals {
					if err := syscall.Kill(os.Getpid(), number); err != nil {
						t.Error(err)
					}
					s.await("passed", int64(n+1)) // else the kernel makes one of two
				}
			}()
			if code, err := s.Run([]string{"run", "paie"}); code != test.code || err != nil {
				t.Errorf("%d %v, want %d", code, err, test.code)
			}
		})
	}
}

// When it was not the command that failed, somebody has to say what it was.
func TestWhatIsWrongIsSaid(t *testing.T) {
	t.Parallel()
	credentials := t.TempDir()
	if err := os.WriteFile(filepath.Join(credentials, "ledger-key"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, instance, unit, journal string
		code                          int
		want                          []string
		kind                          Kind
	}{
		{"an instance that is none", "nowhere", "[Service]\nLoadCredential=syncd:/etc/syncd/nowhere/credentials\n", "x", 243,
			[]string{`there is no instance "nowhere"`, "/etc/syncd/nowhere", "hint: "}, Setup},
		{"no credentials", "", "[Service]\nLoadCredential=syncd:/nonexistent/credentials\n", "x", 243,
			[]string{"the credentials cannot be had: /nonexistent/credentials: no such file", "hint: "}, Setup},
		{"a credential of another machine", "", "[Service]\nLoadCredential=syncd:/nonexistent\nLoadCredential=\nLoadCredentialEncrypted=syncd:" +
			credentials + "\n", "x", 243, []string{credentials + "/ledger-key cannot be decrypted: cannot: --name=syncd_ledger-key", "hint: ",
			"systemd-creds encrypt --name=syncd_ledger-key"}, Setup},
		{"all credentials seem to be there", "", "[Service]\nLoadCredential=syncd:" + credentials + "\n",
			"a: Failed to set up credentials: Permission denied\nb: Failed with result 'exit-code'.\n", 243,
			[]string{"code 243", "Failed to set up credentials: Permission denied", "systemctl cat syncd.service"}, Setup},
		{"a namespace that cannot be had", "", "[Service]\n", "a: Failed at step NAMESPACE spawning /usr/bin/syncd: No such file\n", 226,
			[]string{"systemd could not start the command (code 226)", "step NAMESPACE"}, Setup},
		{"a file of variables that is not there", "", "[Service]\nEnvironmentFile=/etc/syncd/proxy\n",
			"a: Failed to load environment files: No such file or directory\na: Failed to run 'start' task: No such file or directory\na: Failed " +
				"with result 'resources'.\n", 1,
			[]string{"Failed to load environment files: No such file", "systemctl cat syncd.service"}, Setup},
		{"killed", "", "[Service]\n", "a: Failed with result 'signal'.\n", 255, []string{"ended from outside (signal)"}, Ended},
		{"out of memory", "", "[Service]\n", "a: Failed with result 'oom-kill'.\n", 1, []string{"ended from outside (oom-kill)"}, Ended},
		{"a setting that systemd-run refuses", "", "[Service]\n", "", 1, []string{"systemd did not take the command", "systemctl cat"}, Setup},
	} {
		s := newStage(t, test.unit)
		s.Instance = test.instance
		s.file("journal", test.journal)
		s.tool("systemd-run", "exit "+strconv.Itoa(test.code))
		_, err := s.Run([]string{"check"})
		var mistake *Error
		if !errors.As(err, &mistake) || mistake.Kind != test.kind {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v lacks %q", test.name, err, want)
			}
		}
	}
	for _, code := range []int{0, 1, 2, 3, 4, 5, 6, 7} { // the command's own: it has said what there is to say
		s := newStage(t, "[Service]\n")
		s.file("journal", "Started syncd-admin.\na: Failed with result 'exit-code'.\n")
		s.tool("systemd-run", "exit "+strconv.Itoa(code))
		if got, err := s.Run([]string{"check"}); got != code || err != nil {
			t.Errorf("%d: %d %v", code, got, err)
		}
	}
	for want, change := range map[string]func(s *stage){
		"systemd does not tell of syncd.service: No files found for syncd.service.": func(s *stage) {
			s.tool("systemctl", `echo "No files found for $4." >&2; exit 1`)
		},
		"systemd-run ended: signal: killed": func(s *stage) { s.tool("systemd-run", "kill -9 $$") },
		"starting systemd-run: fork/exec ": func(s *stage) {
			if err := os.Remove(filepath.Join(s.dir, "systemd-run")); err != nil {
				t.Fatal(err)
			}
		},
	} {
		s := newStage(t, "[Service]\n")
		change(s)
		if _, err := s.Run([]string{"check"}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// What is typed again is what was typed: words with spaces are quoted, and what a shell would take for code is left out.
func TestPlainWords(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		`approve 12 --reason "new bank"`: {"approve", "12", "--reason", "new bank"},
		`why ""`:                         {"why", ""},
		"…":                              {"approve", "12", "--reason", "$(id)"},
	} {
		if got := PlainWords(args); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
