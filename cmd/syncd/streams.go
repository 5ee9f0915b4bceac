package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/term"

	"syncd/internal/report/locale"
)

// output is standard output. That it takes nothing any more ends no transfer: what is sent is worth more than what is
// shown. After its first failure it is left alone, so that nothing has a hole in the middle.
type output struct {
	to io.Writer

	mu     sync.Mutex
	failed *outputError // nil = never
}

// outputError is output that was lost. It is told once, at the end of the command.
type outputError struct{ cause error }

func (e *outputError) Error() string { return "the output could not be written: " + e.cause.Error() }
func (e *outputError) Unwrap() error { return e.cause }

// readerGone tells that whoever read the output has closed it and wants no more.
func (e *outputError) readerGone() bool { return errors.Is(e.cause, syscall.EPIPE) }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed != nil {
		return 0, o.failed
	}
	n, err := o.to.Write(p)
	if err == nil {
		return n, nil
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	o.failed = &outputError{err}
	return n, o.failed
}

// file is what is written to; nil = something of a test's.
func (o *output) file() *os.File {
	f, _ := o.to.(*os.File)
	return f
}

// end tells of output that was lost, and what code a command then ends with: its own, but never that all is well.
func (o *output) end(stderr io.Writer, words func() *locale.Catalogue, code int) int {
	if o.failed == nil || o.failed.readerGone() {
		return code
	}
	fmt.Fprintln(stderr, "syncd:", locale.Fill(words().Answers.OutputLost, "cause", o.failed.cause))
	if code == exitDone {
		return exitUnexpected
	}
	return code
}

// outlivePipes lets a write to a closed pipe fail. Otherwise the program would die of the first one to standard output or
// standard error, such as that of a daemon whose log's reader has gone. Programs that it starts get the usual ones.
func outlivePipes() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // nobody need read it
}

// journalWriter puts the priority in front of each line, as systemd's journal reads it (sd-daemon(3)): 'journalctl -p
// warning' shows what went wrong.
type journalWriter struct{ io.Writer }

var priorities = map[zerolog.Level]string{
	zerolog.TraceLevel: "<7>", zerolog.DebugLevel: "<7>", zerolog.InfoLevel: "<6>", zerolog.WarnLevel: "<4>",
	zerolog.ErrorLevel: "<3>", zerolog.FatalLevel: "<2>", zerolog.PanicLevel: "<2>",
}

// WriteLevel implements zerolog.LevelWriter: one line, in one write.
func (w journalWriter) WriteLevel(level zerolog.Level, line []byte) (int, error) {
	if _, err := w.Write(append([]byte(priorities[level]), line...)); err != nil {
		return 0, err
	}
	return len(line), nil
}

// lineStart is a terminal on which a progress bar may be: each write begins at the start of a line, and clears it.
type lineStart struct{ io.Writer }

const clearLine = "\r\033[K"

func (l lineStart) Write(text []byte) (int, error) {
	if _, err := l.Writer.Write(append([]byte(clearLine), text...)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// defaultLevel is how loud a command is: on a terminal its report says what a warning would.
func (p process) defaultLevel() string {
	if isTerminal(p.Stderr) {
		return "error"
	}
	return "warn"
}

// logger writes JSON, or lines for people on a terminal, to stderr.
func (p process) logger(level string) (zerolog.Logger, error) {
	if level == "" {
		level = p.Getenv("SYNCD_LOG_LEVEL")
	}
	if level == "" {
		level = p.defaultLevel()
	}
	parsed, err := zerolog.ParseLevel(level)
	if err != nil {
		return zerolog.Logger{}, usagef("log level %q is unknown\nhint: use trace, debug, info, warn or error", level)
	}
	w := p.Stderr
	switch {
	case isTerminal(p.Stderr):
		w = zerolog.ConsoleWriter{Out: lineStart{p.Stderr}, TimeFormat: time.TimeOnly}
	case p.underSystemd():
		w = journalWriter{p.Stderr}
	}
	return zerolog.New(w).Level(parsed).With().Timestamp().Logger(), nil
}

// underSystemd tells that messages go to the journal.
func (p process) underSystemd() bool { return p.Getenv("JOURNAL_STREAM") != "" }

// isTerminal is about a process's Stdin, Stdout or Stderr.
func isTerminal(stream any) bool {
	if out, ok := stream.(*output); ok {
		stream = out.file()
	}
	f, ok := stream.(*os.File)
	return ok && f != nil && term.IsTerminal(int(f.Fd())) //nolint:gosec // a file descriptor fits
}
