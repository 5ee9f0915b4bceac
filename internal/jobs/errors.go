package jobs

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"syncd/internal/hinted"
)

var (
	// ErrOtherSiret means that a run was planned for another establishment than its dossier stands for now.
	ErrOtherSiret = errors.New("the run was planned for another SIRET")
	// ErrLost means that this process no longer owns the run: another one took it, or the ledger could not be reached.
	// Nothing may be sent or written any more.
	ErrLost = hinted.Because(nil, "run.claim-lost")
	// ErrStopped means that a person asked the run to stop.
	ErrStopped = errors.New("stopped")
	// ErrUnreachable means that the database cannot be used just now.
	ErrUnreachable = errors.New("the database cannot be used just now")
	// ErrRefused means that the database does not let us in, or not do what is needed, as configured.
	ErrRefused = errors.New("the database refuses the configured access")
	// ErrTaken means that a run is no longer there to be claimed: another process was faster, or it ended.
	ErrTaken = errors.New("another process took the run")
	// ErrNoRun means that no run has that number.
	ErrNoRun = errors.New("no such run")
	// ErrNoContract means that the ledger has no contract of that digest.
	ErrNoContract = errors.New("no such contract")
	// ErrContractMoved means that another contract was accepted meanwhile.
	ErrContractMoved = hinted.Because(nil, "run.contract-moved")
)

// Database is one of the two that syncd works with.
type Database string

const (
	TheLedger  Database = "ledger"
	TheStaging Database = "staging"
)

// RefusedError says that a database does not let us in, or not do what is needed, as configured. It is waited for: somebody
// who changed a password, a name or a right, or who locked the role, will most often set it right.
type RefusedError struct {
	Database Database
	Doing    hinted.Doing
	SQLState string
	Object   string // schema.table.column; "" = not told
}

// Is makes it an ErrRefused.
func (e *RefusedError) Is(target error) bool { return target == ErrRefused }

func (e *RefusedError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *RefusedError) Fact() hinted.Fact {
	why, where := e.SQLState, e.SQLState
	if !slices.Contains(refusals, why) {
		why = "other"
	}
	if e.Object != "" {
		where += ", " + e.Object
	}
	of := string(e.Database)
	if why == refusedPassword {
		of += "-password"
	}
	return hinted.Say("database.refused-"+of, "why", hinted.Say("database.refusal-"+why), "where", where).While(e.Doing)
}

const refusedPassword = "28P01"

// refusals are the SQLSTATEs that tell what is wrong where nothing of ours is but the access.
var refusals = []string{"28000", refusedPassword, "3D000", "42501", "55000", "08P01", "53400"}

// UnusualError says that the API answered properly by the very settings by which it refuses now. Its text is that of the
// call.
type UnusualError struct{ CallError }

func (e *UnusualError) Error() string { return e.CallError.Error() }

// ofRun is a fact about a run.
func ofRun(code string, run *Run, namesAndValues ...any) hinted.Fact {
	return hinted.Say(code, append([]any{"run", run.ID, "job", run.Job, "dossier", run.Target.Dossier, "period", run.Period},
		namesAndValues...)...)
}

// BusyError says that a live run of the same target is in the way.
type BusyError struct{ Run Run }

func (e *BusyError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *BusyError) Fact() hinted.Fact {
	switch {
	case e.Run.State == Queued:
		return ofRun("run.busy-queued", &e.Run, "since", e.Run.CreatedAt)
	case e.Run.Interrupted:
		return ofRun("run.busy-interrupted", &e.Run)
	}
	return ofRun("run.busy", &e.Run, "since", *e.Run.StartedAt, "host", e.Run.Host, "pid", e.Run.PID)
}

// OrderError says that periods would be sent out of order.
type OrderError struct {
	Period Period // the one asked for
	Other  Run    // the run in the way
	Newer  bool   // Other is of a newer period, already sent to an API that keeps one document per employee
}

func (e *OrderError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *OrderError) Fact() hinted.Fact {
	code := "run.older-unfinished"
	switch {
	case e.Newer && e.Other.State == Held:
		code = "run.newer-held"
	case e.Newer:
		code = "run.newer-sent"
	}
	return hinted.Say(code, "period", e.Period, "other", e.Other.Period, "run", e.Other.ID, "state", hinted.State(e.Other.State), "job",
		e.Other.Job, "dossier", e.Other.Target.Dossier)
}

// FinishedError says that there is nothing left to resume.
type FinishedError struct{ Run Run }

func (e *FinishedError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *FinishedError) Fact() hinted.Fact {
	switch {
	case e.Run.State == Held:
		return ofRun("run.finished-held", &e.Run)
	case e.Run.Cancelling && e.Run.State == Running:
		return ofRun("run.finished-cancelling", &e.Run)
	case e.Run.State == Cancelled && e.Run.Failure.Code == ReasonExpired:
		return ofRun("run.expired", &e.Run)
	case e.Run.State == Cancelled && e.Run.CancelledBy != "":
		return ofRun("run.finished-cancelled", &e.Run, "by", e.Run.CancelledBy, "reason", strconv.Quote(e.Run.CancelledFor))
	}
	return ofRun("run.finished", &e.Run, "state", hinted.State(e.Run.State))
}

// ClosedError says that a period takes no writes.
type ClosedError struct{ Period Period }

func (e *ClosedError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *ClosedError) Fact() hinted.Fact {
	return hinted.Say("run.closed", "period", e.Period)
}

// ExpiredError says that a hold waited too long for a decision. What it held has been given up.
type ExpiredError struct{ Run Run }

func (e *ExpiredError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *ExpiredError) Fact() hinted.Fact {
	return ofRun("run.expired", &e.Run)
}

// ContractError says that a change of the API's contract is in the way of a run: it waits for a person to accept it, or
// the run was planned before it.
type ContractError struct {
	Run      Run
	Outdated bool
}

func (e *ContractError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *ContractError) Fact() hinted.Fact {
	if e.Outdated {
		return ofRun("run.contract-outdated", &e.Run)
	}
	return ofRun("run.contract-waits", &e.Run)
}

// FormError says that a run was planned for another call than documents are sent by now.
type FormError struct{ Run Run }

func (e *FormError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *FormError) Fact() hinted.Fact {
	return ofRun("run.form-outdated", &e.Run)
}

// PutBackError says that a run was planned before the ledger was put back: what it planned may have been sent in what the
// ledger lost.
type PutBackError struct{ Run Run }

func (e *PutBackError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *PutBackError) Fact() hinted.Fact {
	return ofRun("run.put-back", &e.Run)
}

// UnsettledError says that there is nothing to settle, and why.
type UnsettledError struct{ Why hinted.Fact }

func (e *UnsettledError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *UnsettledError) Fact() hinted.Fact { return e.Why }

// NotReadyError says that job.guard.ready did not answer true.
type NotReadyError struct{}

func (e *NotReadyError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *NotReadyError) Fact() hinted.Fact { return hinted.Say("staging.not-ready") }

// LockedError says that a table of staging was not to be had in time: somebody replaces it, or means to. Nothing was sent.
type LockedError struct {
	Table  string // "staging.employee"; "" = not known
	Query  string // that reads it: "job.source.employees"
	Waited time.Duration
}

func (e *LockedError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *LockedError) Fact() hinted.Fact {
	if e.Table == "" {
		return hinted.Say("staging.locked-query", "query", e.Query, "waited", e.Waited)
	}
	return hinted.Say("staging.locked-table", "table", e.Table, "waited", e.Waited)
}

// ReplacedError says that a table of staging was replaced while it was read: what was read of it can be anything, so none
// of it is used. Nothing was sent.
type ReplacedError struct{ Table string }

func (e *ReplacedError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *ReplacedError) Fact() hinted.Fact {
	return hinted.Say("staging.replaced", "table", e.Table)
}

// ClockError says that this machine's clock and that of Postgres differ.
type ClockError struct{ Ahead time.Duration }

func (e *ClockError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *ClockError) Fact() hinted.Fact {
	if e.Ahead < 0 {
		return hinted.Say("run.clock-behind", "by", -e.Ahead.Round(time.Second))
	}
	return hinted.Say("run.clock-ahead", "by", e.Ahead.Round(time.Second))
}

// StagingError is a mistake in the association's tables or in the queries that read them. Its text holds no row data.
type StagingError struct {
	Query string // "job.source.employees", "job.children[0].rows"
	What  hinted.Fact
	Cause *Cause // what is known of it besides; nil = nothing
}

func (e *StagingError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *StagingError) Fact() hinted.Fact {
	return e.What.While(hinted.Doing("reading staging (" + e.Query + ")"))
}

// IdentityError says that the partner answers for another dossier than ours.
type IdentityError struct {
	Dossier  string
	Want     string // configured or recorded
	Answered string
}

func (e *IdentityError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *IdentityError) Fact() hinted.Fact {
	return hinted.Say("run.identity", "answered", e.Answered, "dossier", e.Dossier, "expected", e.Want)
}

// EmployeeError says that an employee named on the command line is not in staging.
type EmployeeError struct {
	Keys  []string
	Alike []string // matricules of staging that differ from theirs by zeros in front alone
}

func (e *EmployeeError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *EmployeeError) Fact() hinted.Fact {
	if len(e.Alike) > 0 {
		return hinted.Say("run.no-employee-alike", "keys", fmt.Sprintf("%q", e.Keys), "alike", e.Alike)
	}
	return hinted.Say("run.no-employee", "keys", fmt.Sprintf("%q", e.Keys))
}
