package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"syncd/internal/app"
	"syncd/internal/app/setup"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/terminal"
)

// The exit codes: a contract with scripts, documented in docs/reference.md.
const (
	exitDone          = 0
	exitUnexpected    = 1
	exitUsage         = 2
	exitConfiguration = 3
	exitIncomplete    = 4 // someone was not delivered
	exitHeld          = 5
	exitBusy          = 6 // another live run holds the dossier
	exitUnreachable   = 7 // the API or the database

	exitReaderGone = 141 // what a shell shows for a command that ends with the reader of its output (SIGPIPE)
)

// severity orders the codes of several dossiers, worst first.
var severity = []int{exitReaderGone, exitUnexpected, exitUsage, exitConfiguration, exitUnreachable, exitBusy,
	exitHeld, exitIncomplete, exitDone}

func worse(a, b int) int {
	if slices.Index(severity, a) <= slices.Index(severity, b) {
		return a
	}
	return b
}

// codeError ends the program with a code; what there was to say has been said.
type codeError int

func (e codeError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func withCode(code int) error {
	if code == exitDone {
		return nil
	}
	return codeError(code)
}

// usageError is a mistake on the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// misconfigured is a configuration that lacks what the command is about.
type misconfigured struct{ error }

func (e misconfigured) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// unfit is a mistake on the command line.
func unfit(code string, namesAndValues ...any) error {
	return usageError{hinted.Because(nil, code, namesAndValues...)}
}

// tell prints an error, in lines of a width (0 = any), and returns its exit code.
func tell(stderr io.Writer, width int, err error) int {
	var code codeError
	if err != nil && !errors.As(err, &code) && !is[*terminal.LostError](err) { // see lost
		fmt.Fprintln(stderr, text.Fold("syncd: "+message(err), width))
	}
	return exitCode(err)
}

// lost tells of output that was lost, and what code a command then ends with: its own, but never that all is well.
func (p process) lost(out *terminal.Output, code int) int {
	cause := out.Lost()
	if cause == nil {
		return code
	}
	p.tell(p.Stderr, "syncd: "+locale.Fill(p.words().Answers.OutputLost, "cause", cause))
	if code == exitDone {
		return exitUnexpected
	}
	return code
}

// exitCodes are those of the classes of ends.
var exitCodes = map[app.Class]int{
	app.Done: exitDone, app.Unexpected: exitUnexpected, app.Mistaken: exitUsage, app.Misconfigured: exitConfiguration,
	app.Incomplete: exitIncomplete, app.Waiting: exitHeld, app.Busy: exitBusy, app.Unreachable: exitUnreachable,
}

// exitCode is the one place where errors become codes.
func exitCode(err error) int {
	var code codeError
	var lost *terminal.LostError
	switch {
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &lost) && lost.ReaderGone():
		return exitReaderGone
	case is[usageError](err):
		return exitUsage
	case is[misconfigured](err), is[*setup.Error](err):
		return exitConfiguration
	case errors.Is(err, setup.ErrStopped):
		return exitIncomplete
	}
	return exitCodes[app.Of(err)]
}

// runCode is the exit code of a run as it was recorded.
func runCode(run *jobs.Run) int { return exitCodes[app.OfRun(run)] }

func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}
