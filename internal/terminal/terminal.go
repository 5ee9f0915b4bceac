// Package terminal is how a command stands to its streams: output that may be lost, a log, progress on a terminal. In a pipe
// nothing is drawn.
package terminal

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/term"
)

// Output is standard output. That it takes nothing any more ends no transfer: what is sent is worth more than what is
// shown. After its first failure it is left alone, so that nothing has a hole in the middle.
type Output struct {
	to io.Writer

	mu     sync.Mutex
	failed *LostError // nil = never
}

// LostError is output that was lost. It is told once, at the end of the command.
type LostError struct{ cause error }

func (e *LostError) Error() string { return "the output could not be written: " + e.cause.Error() }
func (e *LostError) Unwrap() error { return e.cause }

// ReaderGone reports whether whoever read the output has closed it and wants no more.
func (e *LostError) ReaderGone() bool { return errors.Is(e.cause, syscall.EPIPE) }

// NewOutput is output to a stream.
func NewOutput(to io.Writer) *Output { return &Output{to: to} }

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
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
	o.failed = &LostError{err}
	return n, o.failed
}

// Lost is what output was lost of; nil = nothing, or whoever read it wanted no more.
func (o *Output) Lost() error {
	if o.failed == nil || o.failed.ReaderGone() {
		return nil
	}
	return o.failed.cause
}

// UntilStopped is output that takes no more once a person asked to stop.
type UntilStopped struct {
	io.Writer
	Stop <-chan struct{}
}

// Write implements io.Writer.
func (u UntilStopped) Write(text []byte) (int, error) {
	select {
	case <-u.Stop:
		return 0, context.Canceled
	default:
		return u.Writer.Write(text)
	}
}

// Apart is output in parts, with an empty line between those that print something.
type Apart struct {
	io.Writer
	printed bool // something, before this part
	begun   bool // this part
}

// Next begins a part.
func (a *Apart) Next() { a.printed, a.begun = a.printed || a.begun, false }

// Write implements io.Writer.
func (a *Apart) Write(p []byte) (int, error) {
	if a.printed && !a.begun {
		if _, err := a.Writer.Write([]byte("\n")); err != nil {
			return 0, err
		}
	}
	a.begun = true
	return a.Writer.Write(p)
}

// OutlivePipes lets a write to a closed pipe fail. Otherwise the program would die of the first one to standard output or
// standard error, such as that of a daemon whose log's reader has gone. Programs that it starts get the usual ones.
func OutlivePipes() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // nobody need read it
}

// lineStart is a terminal on which a progress bar may be: each write begins at the start of a line, and clears it.
type lineStart struct{ io.Writer }

// ClearLine takes away what stands on the line of a terminal.
const ClearLine = "\r\033[K"

func (l lineStart) Write(text []byte) (int, error) {
	if _, err := l.Writer.Write(append([]byte(ClearLine), text...)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// Width is how many columns a stream of a process has; 0 = it is no terminal. One that does not tell has what COLUMNS says.
func Width(stream any, getenv func(string) string) int {
	if !Is(stream) {
		return 0
	}
	if width, _, err := term.GetSize(int(file(stream).Fd())); err == nil && width > 0 { //nolint:gosec // a file descriptor fits
		return width
	}
	width, _ := strconv.Atoi(getenv("COLUMNS"))
	return max(width, 0)
}

// Is reports whether a stream of a process is a terminal.
func Is(stream any) bool {
	f := file(stream)
	return f != nil && term.IsTerminal(int(f.Fd())) //nolint:gosec // a file descriptor fits
}

// file is what a stream writes to in the end; nil = something of a test's.
func file(stream any) *os.File {
	switch stream := stream.(type) {
	case *Output:
		return file(stream.to)
	case *Apart:
		return file(stream.Writer)
	case *os.File:
		return stream
	}
	return nil
}
