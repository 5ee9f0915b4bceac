package main

import (
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/term"
)

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
