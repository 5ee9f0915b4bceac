package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
	"syncd/internal/store"
)

// The exit codes: a contract with scripts, documented in the README.
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
var severity = []int{exitReaderGone, exitUnexpected, exitUsage, exitConfiguration, exitUnreachable, exitBusy, exitHeld, exitIncomplete, exitDone}

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

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// tell prints an error and returns its exit code.
func tell(stderr io.Writer, err error) int {
	var code codeError
	if err != nil && !errors.As(err, &code) && !is[*outputError](err) { // see output.end
		fmt.Fprintln(stderr, "syncd:", err)
	}
	return exitCode(err)
}

// exitCode is the one place where errors become codes.
func exitCode(err error) int {
	var code codeError
	var api *jobs.CallError
	var lost *outputError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &lost) && lost.readerGone():
		return exitReaderGone
	case is[*jobs.UnusualError](err):
		return exitUnreachable
	case errors.As(err, &api):
		return callCode(api.Class)
	case errors.Is(err, jobs.ErrLost), is[*store.UnreachableError](err), is[*jobs.LockedError](err), is[*jobs.ReplacedError](err):
		return exitUnreachable
	case is[*jobs.BusyError](err), is[*store.RekeyingError](err):
		return exitBusy
	case errors.Is(err, jobs.ErrNoRun), is[usageError](err), is[*config.UnknownError](err), is[*jobs.EmployeeError](err), isNewer(err), is[*store.NotHeldError](err), is[*jobs.FinishedError](err), is[*jobs.OvertakenError](err),
		is[*jobs.ClosedError](err), is[*jobs.ExpiredError](err), is[*jobs.UnsettledError](err), is[*store.PeriodError](err),
		is[*store.AlteredError](err), is[*store.ForgetError](err), is[*jobs.ContractError](err), is[*ledger.ReasonError](err), is[*jobs.PutBackError](err), errors.Is(err, jobs.ErrContractMoved):
		return exitUsage
	case is[*jobs.NotReadyError](err), is[*store.PurgeHeldError](err):
		return exitHeld
	case is[*jobs.OrderError](err), is[*ledger.MissingError](err):
		return exitIncomplete
	case isConfiguration(err):
		return exitConfiguration
	}
	return exitUnexpected
}

func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

func isNewer(err error) bool {
	var order *jobs.OrderError
	return errors.As(err, &order) && order.Newer
}

func isConfiguration(err error) bool {
	return is[*strict.Error](err) || is[*jobs.IdentityError](err) || is[*jobs.StagingError](err) ||
		is[*mapping.ColumnError](err) || is[*mapping.TypeError](err) || is[*mapping.DictionaryError](err) ||
		is[*store.KeyError](err) || is[*store.MigrationError](err) || is[*store.URLError](err) || errors.Is(err, jobs.ErrRefused)
}

func callCode(class jobs.Class) int {
	switch class {
	case jobs.ClassConfiguration:
		return exitConfiguration
	case jobs.ClassTemporary, jobs.ClassTechnical:
		return exitUnreachable
	}
	return exitUnexpected
}

// runCode is the exit code of a run as it was recorded.
func runCode(run *jobs.Run) int {
	switch run.State {
	case jobs.Succeeded:
		return exitDone
	case jobs.Held:
		return exitHeld
	case jobs.Failed:
		return failureCode(run.Failure.Code)
	}
	return exitIncomplete
}

func failureCode(code jobs.ReasonCode) int {
	switch code {
	case jobs.ReasonConfiguration, jobs.ReasonIdentity, jobs.ReasonStaging, jobs.ReasonStagingRefused, jobs.ReasonLedgerRefused:
		return exitConfiguration
	case jobs.ReasonUnreachable, jobs.ReasonUnusual, jobs.ReasonSlow, jobs.ReasonStagingLocked, jobs.ReasonStagingReplaced:
		return exitUnreachable
	case jobs.ReasonNotReady, jobs.ReasonContract, jobs.ReasonFormOutdated, jobs.ReasonOutdated, jobs.ReasonUnapproved:
		return exitHeld
	case jobs.ReasonPanic, jobs.ReasonInternal:
		return exitUnexpected
	}
	return exitIncomplete
}

// splitHint takes a message apart: what is wrong, and the next step.
func splitHint(message string) (text, hint string) {
	text, hint, _ = strings.Cut(message, "\nhint: ")
	return text, hint
}
