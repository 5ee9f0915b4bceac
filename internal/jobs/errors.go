package jobs

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"syncd/internal/hinted"
)

var (
	// ErrOtherSiret means that a run was planned for another establishment than its dossier stands for now.
	ErrOtherSiret = errors.New("the run was planned for another SIRET")
	// ErrLost means that this process no longer owns the run: another one took it, or the ledger could not be reached.
	// Nothing may be sent or written any more.
	ErrLost = hinted.New("'syncd runs' tells where the run stands, 'syncd resume RUN' goes on with it",
		"the claim on the run is lost: another process took it over, or the ledger could not be reached")
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
	ErrContractMoved = hinted.New("look again: syncd contract diff", "another contract was accepted meanwhile")
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
	Doing    string
	SQLState string
	Object   string // schema.table.column; "" = not told
}

// Is makes it an ErrRefused.
func (e *RefusedError) Is(target error) bool { return target == ErrRefused }

func (e *RefusedError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *RefusedError) Told() (problem, hint string) {
	problem, ok := refusals[e.SQLState]
	if !ok {
		problem = "Postgres refuses it"
	}
	where := e.SQLState
	if e.Object != "" {
		where += ", " + e.Object
	}
	setting := "url"
	if e.Database == TheStaging {
		setting = "staging_url, or url where there is no other,"
	}
	return fmt.Sprintf("%s: %s (SQLSTATE %s)", e.Doing, problem, where),
		fmt.Sprintf("check %s under [database], the role and its rights (migrations/roles.sql), and pg_hba.conf of the server; "+
			"then run 'syncd check'. A service takes a URL that was changed once it is restarted", setting)
}

// refusals are what a SQLSTATE says where nothing of ours is wrong but the access.
var refusals = map[string]string{
	"28000": "Postgres does not accept this role from here: there is none, it may not log in (NOLOGIN), or pg_hba.conf has no line for it",
	"28P01": "Postgres refuses the password, or it is no longer valid (VALID UNTIL)",
	"3D000": "that database does not exist",
	"42501": "the role lacks a right",
	"55000": "this database takes no connections",
	"08P01": "a pooler in between does not let us in; syncd needs Postgres itself, or a session pool",
	"53400": "a limit of the server is exceeded",
}

// UnusualError says that the API answered properly by the very settings by which it refuses now. Its text is that of the
// call.
type UnusualError struct{ CallError }

func (e *UnusualError) Error() string { return e.CallError.Error() }

// BusyError says that a live run of the same target is in the way.
type BusyError struct{ Run Run }

func (e *BusyError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *BusyError) Told() (problem, hint string) {
	if e.Run.State == Queued {
		return fmt.Sprintf("dossier %s is busy: run %d (%s) is queued since %s, for a daemon to execute", e.Run.Target.Dossier, e.Run.ID,
				e.Run.Job, e.Run.CreatedAt.Local().Format("2006-01-02 15:04:05")),
			fmt.Sprintf("execute it here with 'syncd resume %d', or give it up with 'syncd cancel %d --reason …'", e.Run.ID, e.Run.ID)
	}
	if e.Run.Interrupted {
		return fmt.Sprintf("dossier %s is busy: run %d (%s) was interrupted, and nobody has gone on with it",
				e.Run.Target.Dossier, e.Run.ID, e.Run.Job),
			fmt.Sprintf("'syncd resume %d' goes on with it, 'syncd cancel %d --reason …' gives it up; then try again", e.Run.ID, e.Run.ID)
	}
	return fmt.Sprintf("dossier %s is busy: run %d (%s) is active since %s, executed by %s (pid %d)", e.Run.Target.Dossier, e.Run.ID,
			e.Run.Job, e.Run.StartedAt.Local().Format("2006-01-02 15:04:05"), e.Run.Host, e.Run.PID),
		fmt.Sprintf("wait for it to end (syncd show %d), then try again", e.Run.ID)
}

// OrderError says that periods would be sent out of order.
type OrderError struct {
	Period Period // the one asked for
	Other  Run    // the run in the way
	Newer  bool   // Other is of a newer period, already sent to an API that keeps one document per employee
}

func (e *OrderError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *OrderError) Told() (problem, hint string) {
	if e.Newer {
		hint := fmt.Sprintf("send the newer period again instead (--period %s)", e.Other.Period)
		if e.Other.State == Held {
			hint += fmt.Sprintf(", or first give that run up: 'syncd cancel %d --reason …'", e.Other.ID)
		}
		return fmt.Sprintf("period %s is older than %s, which run %d sent, or found delivered already, "+
				"and the partner keeps one document per employee", e.Period, e.Other.Period, e.Other.ID),
			hint
	}
	return fmt.Sprintf("period %s of dossier %s is not finished (run %d is %s), so %s is not sent yet", e.Other.Period, e.Other.Target.Dossier,
			e.Other.ID, e.Other.State, e.Period),
		fmt.Sprintf("look at it with 'syncd show %d' and finish it with 'syncd run %s --dossier %s --period %s', "+
			"or name the newer one with --period %s", e.Other.ID, e.Other.Job, e.Other.Target.Dossier, e.Other.Period, e.Period)
}

// FinishedError says that there is nothing left to resume.
type FinishedError struct{ Run Run }

func (e *FinishedError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *FinishedError) Told() (problem, hint string) {
	if e.Run.State == Held {
		return fmt.Sprintf("run %d is held: a person must decide", e.Run.ID),
			fmt.Sprintf("look at it with 'syncd show %d', then 'syncd approve %d --reason …'", e.Run.ID, e.Run.ID)
	}
	if e.Run.Cancelling && e.Run.State == Running {
		return fmt.Sprintf("run %d is being cancelled", e.Run.ID), fmt.Sprintf("'syncd show %d' tells when it has ended", e.Run.ID)
	}
	if e.Run.State == Cancelled && e.Run.CancelledBy != "" {
		return fmt.Sprintf("run %d was cancelled by %s (%q): it is not resumed", e.Run.ID, e.Run.CancelledBy, e.Run.CancelledFor),
			fmt.Sprintf("plan afresh: 'syncd run %s' with its dossier and period; see 'syncd show %d'", e.Run.Job, e.Run.ID)
	}
	return fmt.Sprintf("run %d is %s: nothing is left to send", e.Run.ID, e.Run.State), fmt.Sprintf("see 'syncd show %d'", e.Run.ID)
}

// ClosedError says that a period takes no writes.
type ClosedError struct{ Period Period }

func (e *ClosedError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *ClosedError) Told() (problem, hint string) {
	return fmt.Sprintf("period %s is closed: nothing of it is sent any more", e.Period),
		fmt.Sprintf("see 'syncd period list'; 'syncd period reopen %s --reason … --until …' opens it for a time", e.Period)
}

// ExpiredError says that a hold waited too long for a decision. What it held has been given up.
type ExpiredError struct{ Run Run }

func (e *ExpiredError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *ExpiredError) Told() (problem, hint string) {
	return fmt.Sprintf("what run %d holds has waited too long for a decision, and was given up", e.Run.ID),
		fmt.Sprintf("plan afresh: syncd run %s --dossier %s --period %s", e.Run.Job, e.Run.Target.Dossier, e.Run.Period)
}

// ContractError says that a change of the API's contract is in the way of a run: it waits for a person to accept it, or
// the run was planned before it.
type ContractError struct {
	Run      Run
	Outdated bool
}

func (e *ContractError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *ContractError) Told() (problem, hint string) {
	if e.Outdated {
		return fmt.Sprintf("run %d was planned before the API's contract changed: what it planned may no longer fit", e.Run.ID),
			fmt.Sprintf("plan afresh: syncd run %s --dossier %s --period %s", e.Run.Job, e.Run.Target.Dossier, e.Run.Period)
	}
	return fmt.Sprintf("run %d waits for a change of the API's contract to be accepted, which concerns all dossiers", e.Run.ID),
		"look at it with 'syncd contract diff', then 'syncd contract accept --reason …'; " +
			"correct the mapping first where it needs to be, and plan afresh"
}

// FormError says that a run was planned for another call than documents are sent by now.
type FormError struct{ Run Run }

func (e *FormError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *FormError) Told() (problem, hint string) {
	return fmt.Sprintf("run %d was planned for another call than documents are sent by now (verb, path, place of the key, semantics or scope)",
			e.Run.ID),
		fmt.Sprintf("plan afresh: syncd run %s --dossier %s --period %s", e.Run.Job, e.Run.Target.Dossier, e.Run.Period)
}

// PutBackError says that a run was planned before the ledger was put back: what it planned may have been sent in what the
// ledger lost.
type PutBackError struct{ Run Run }

func (e *PutBackError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *PutBackError) Told() (problem, hint string) {
	return fmt.Sprintf("run %d was planned before the ledger was put back: what it planned may have been sent since, or something newer",
			e.Run.ID),
		fmt.Sprintf("plan afresh: syncd run %s --dossier %s --period %s", e.Run.Job, e.Run.Target.Dossier, e.Run.Period)
}

// UnsettledError says that there is nothing to settle, and why.
type UnsettledError struct{ Problem, Hint string }

func (e *UnsettledError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *UnsettledError) Told() (problem, hint string) { return e.Problem, e.Hint }

// NotReadyError says that job.guard.ready did not answer true.
type NotReadyError struct{}

func (e *NotReadyError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *NotReadyError) Told() (problem, hint string) {
	return "staging is not ready: the query job.guard.ready did not answer true, so nothing was read",
		"let the export into staging finish, then try again"
}

// LockedError says that a table of staging was not to be had in time: somebody replaces it, or means to. Nothing was sent.
type LockedError struct {
	Table  string // "staging.employee"; "" = not known
	Query  string // that reads it: "job.source.employees"
	Waited time.Duration
}

func (e *LockedError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *LockedError) Told() (problem, hint string) {
	table := cmp.Or(e.Table, "what "+e.Query+" reads")
	return fmt.Sprintf("%s is locked by somebody who replaces it (an import, TRUNCATE, REFRESH or ALTER TABLE), "+
			"and was not free within %s: nothing was sent", table, e.Waited),
		"let the import finish, then try again; job.source.lock_wait is how long a run waits"
}

// ReplacedError says that a table of staging was replaced while it was read: what was read of it can be anything, so none
// of it is used. Nothing was sent.
type ReplacedError struct{ Table string }

func (e *ReplacedError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *ReplacedError) Told() (problem, hint string) {
	return fmt.Sprintf("%s was replaced while it was read: nothing was sent", e.Table),
		"let the import finish, then try again; job.guard.ready can tell when it has"
}

// ClockError says that this machine's clock and that of Postgres differ.
type ClockError struct{ Ahead time.Duration }

func (e *ClockError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *ClockError) Told() (problem, hint string) {
	if e.Ahead < 0 {
		return fmt.Sprintf("the clock of this machine is %s behind Postgres's: nothing is deleted", -e.Ahead.Round(time.Second)),
			"set both by NTP (timedatectl)"
	}
	return fmt.Sprintf("the clock of this machine is %s ahead of Postgres's: nothing is started, and nothing deleted",
			e.Ahead.Round(time.Second)),
		"set both by NTP (timedatectl)"
}

// StagingError is a mistake in the association's tables or in the queries that read them. Its text holds no row data.
type StagingError struct {
	Query   string // "job.source.employees", "job.children[0].rows"
	Problem string
	Hint    string
	Cause   *Cause // what is known of it besides; nil = nothing
}

func (e *StagingError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *StagingError) Told() (problem, hint string) {
	return fmt.Sprintf("reading staging (%s): %s", e.Query, e.Problem), e.Hint
}

// IdentityError says that the partner answers for another dossier than ours.
type IdentityError struct {
	Dossier  string
	Want     string // configured or recorded
	Answered string
}

func (e *IdentityError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *IdentityError) Told() (problem, hint string) {
	return fmt.Sprintf("the API answers for %s, but dossier %s is %s: nothing was sent", e.Answered, e.Dossier, e.Want),
		"check that the keys of two dossiers are not swapped, and dossier.siret"
}

// EmployeeError says that an employee named on the command line is not in staging.
type EmployeeError struct{ Keys []string }

func (e *EmployeeError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *EmployeeError) Told() (problem, hint string) {
	return fmt.Sprintf("no such employee in staging: %q", e.Keys), "check the matricule (leading zeros count) and --dossier"
}
