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
func (o *output) end(stderr io.Writer, code int) int {
	if o.failed == nil || o.failed.readerGone() {
		return code
	}
	fmt.Fprintf(stderr, "syncd: %v\nhint: what a run has done is recorded: 'syncd runs' and 'syncd show RUN' tell it\n", o.failed)
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
