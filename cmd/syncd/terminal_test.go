package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// openTerminal opens a pseudo-terminal of so many columns: what is ours, and what a program has as its terminal. Both are to be closed.
func openTerminal(columns uint16) (ours, theirs *os.File, err error) {
	ours, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	fd := int(ours.Fd()) //nolint:gosec // a file descriptor fits
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	err = errors.Join(err, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0),
		unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}))
	if err == nil {
		theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		return nil, nil, errors.Join(err, ours.Close())
	}
	return ours, theirs, nil
}

// onTerminal runs a program whose output and messages go to a terminal, and returns what stands there.
func onTerminal(columns uint16, cmd *exec.Cmd) (shown string, err error) {
	ours, theirs, err := openTerminal(columns)
	if err != nil {
		return "", err
	}
	defer ours.Close()
	cmd.Stdout, cmd.Stderr = theirs, theirs
	err = cmd.Start()
	err = errors.Join(err, theirs.Close())
	if err != nil {
		return "", err
	}
	var all bytes.Buffer
	if _, err := io.Copy(&all, ours); err != nil && !errors.Is(err, syscall.EIO) { // Linux's end of a terminal
		return "", err
	}
	return all.String(), cmd.Wait()
}

var (
	control = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)
	toCopy  = regexp.MustCompile(`(^|[\s'«\x{A0}:(|])(sudo |[A-Z_]+="?\S+ )*(syncd(-admin)?|createdb|psql|curl|systemctl)\b`)
)

// wantFits fails for lines of more columns than there are, 0 = any; a command to copy stays whole, from where it begins.
func wantFits(t interface{ Errorf(string, ...any) }, columns int, shown string) {
	if columns == 0 {
		return
	}
	for _, line := range linesOf(shown) {
		if wide := utf8.RuneCountInString(line); wide > columns && !staysWhole(line, columns) {
			t.Errorf("%d of %d columns: %q", wide, columns, line)
		}
	}
}

// linesOf are the lines that stand on a terminal in the end: what a bar drew over is gone.
func linesOf(shown string) (lines []string) {
	for line := range strings.SplitSeq(strings.ReplaceAll(shown, "\r\n", "\n"), "\n") {
		line = line[strings.LastIndex(line, "\r")+1:]
		lines = append(lines, strings.TrimRight(control.ReplaceAllString(line, ""), " "))
	}
	return lines
}

// staysWhole reports whether what has no room on a line is a command to copy, or goes on with one.
func staysWhole(line string, columns int) bool {
	if strings.HasPrefix(strings.TrimSpace(line), "--") && strings.Contains(line, `"`) {
		return true
	}
	at := toCopy.FindStringIndex(line)
	return at != nil && utf8.RuneCountInString(line[:at[0]]) < columns
}

// scriptFits is: fits WIDTHS N syncd [ARG …]. On a terminal of each width (60,80) no line is wider, in English and in French; the program
// exits with N. What it showed last is in the file "shown". once:60 runs it once, as the configuration says.
func scriptFits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: fits WIDTHS N syncd [ARG …]")
	}
	widths, once := strings.CutPrefix(args[0], "once:")
	configs := []string{ts.Getenv("SYNCD_CONFIG")}
	if !once {
		french := strings.Replace(ts.ReadFile(configs[0]), `language = "en"`, `language = "fr"`, 1)
		configs = append(configs, configs[0]+".fr")
		ts.Check(os.WriteFile(ts.MkAbs(configs[1]), []byte(french), 0o600))
	}
	for _, config := range configs {
		for width := range strings.SplitSeq(widths, ",") {
			columns, err := strconv.ParseUint(width, 10, 16)
			ts.Check(err)
			shown, code := showTo(ts, uint16(columns), config, args[2:]) //nolint:gosec // parsed so
			ts.Check(os.WriteFile(ts.MkAbs("shown"), []byte(strings.Join(linesOf(shown), "\n")), 0o600))
			if strconv.Itoa(code) != args[1] {
				ts.Fatalf("exit code %d, want %s\n%s", code, args[1], shown)
			}
			wantFits(failing{ts, args}, int(columns), shown) //nolint:gosec // parsed so
		}
	}
}

// failing fails a script.
type failing struct {
	*testscript.TestScript
	args []string
}

func (f failing) Errorf(format string, args ...any) {
	f.Fatalf("%s: "+format, append([]any{strings.Join(f.args, " ")}, args...)...)
}

// showTo runs a program of the script's, with its surroundings, on a terminal.
func showTo(ts *testscript.TestScript, columns uint16, config string, args []string) (shown string, code int) {
	cmd := exec.Command(args[0], args[1:]...) //nolint:noctx // it ends
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if found, err := exec.LookPath(filepath.Join(dir, args[0])); err == nil {
			cmd.Path, cmd.Err = found, nil
			break
		}
	}
	cmd.Dir, cmd.Env = ts.MkAbs("."), []string{"SYNCD_CONFIG=" + config}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "LC_ALL", "SCRIPT_DATABASE_URL", "SYNCD_COMMAND"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	shown, err := onTerminal(columns, cmd)
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		ts.Check(err)
	}
	return shown, cmd.ProcessState.ExitCode()
}
