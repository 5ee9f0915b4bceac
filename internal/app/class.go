package app

import (
	"errors"
	"slices"

	"syncd/internal/accounts"
	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
	"syncd/internal/staging"
	"syncd/internal/store"
)

// Class is what an end means for whoever asked: what to do next depends on it. The command line has an exit code for each.
type Class int

// The classes, by what has to happen next.
const (
	Done          Class = iota
	Unexpected          // a fault of ours
	Mistaken            // the order does not fit what there is
	Misconfigured       // configuration, credentials, staging or the ledger's shape
	Incomplete          // somebody was not delivered
	Waiting             // a person must decide
	Busy                // another process is at it
	Unreachable         // the API or a database cannot be reached, or not be used just now
)

// Of classifies an error.
func Of(err error) Class {
	var api *jobs.CallError
	var load *store.ImportError
	switch {
	case err == nil:
		return Done
	case is[*jobs.UnusualError](err):
		return Unreachable
	case errors.As(err, &api):
		return ofCall(api.Class)
	case errors.Is(err, jobs.ErrLost), is[*store.UnreachableError](err), is[*jobs.LockedError](err), is[*jobs.ReplacedError](err),
		errors.As(err, &load) && load.Locked:
		return Unreachable
	case is[*jobs.BusyError](err), is[*store.RekeyingError](err):
		return Busy
	case isMistaken(err):
		return Mistaken
	case is[*jobs.NotReadyError](err), is[*store.PurgeHeldError](err):
		return Waiting
	case is[*jobs.OrderError](err), is[*ledger.MissingError](err), errors.Is(err, errLoadStopped):
		return Incomplete
	case isMisconfigured(err):
		return Misconfigured
	}
	return Unexpected
}

func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

func isMistaken(err error) bool {
	var order *jobs.OrderError
	newer := errors.As(err, &order) && order.Newer
	return newer || errors.Is(err, jobs.ErrNoRun) || errors.Is(err, jobs.ErrContractMoved) ||
		is[*Refused](err) || is[*config.UnknownError](err) || is[*jobs.EmployeeError](err) || is[*store.NotHeldError](err) ||
		is[*store.DisplayedError](err) || is[*jobs.FinishedError](err) || is[*jobs.OvertakenError](err) || is[*jobs.ClosedError](err) ||
		is[*jobs.ExpiredError](err) || is[*jobs.UnsettledError](err) || is[*store.PeriodError](err) || is[*store.AlteredError](err) ||
		is[*store.SecondPersonError](err) || is[*accounts.SystemUserError](err) || is[*accounts.LinkedError](err) ||
		is[*accounts.Mistake](err) || is[*store.ForgetError](err) ||
		is[*jobs.ContractError](err) || is[*ledger.ReasonError](err) || is[*jobs.PutBackError](err)
}

func isMisconfigured(err error) bool {
	return is[*strict.Error](err) || is[*jobs.IdentityError](err) || is[*jobs.StagingError](err) ||
		is[*mapping.ColumnError](err) || is[*mapping.TypeError](err) || is[*mapping.NomenclatureError](err) ||
		is[*store.KeyError](err) || is[*store.UnstartedError](err) || is[*store.MigrationError](err) || is[*store.URLError](err) ||
		errors.Is(err, jobs.ErrRefused) ||
		errors.Is(err, jobs.ErrNoInbox) || is[*store.OtherInboxError](err) ||
		is[*store.ImportError](err) || is[*staging.Error](err) || is[*staging.Mistake](err)
}

// Barred reports whether somebody else would have been let in: by a database, or by who may read a file.
func Barred(err error) bool {
	var refused *jobs.RefusedError
	var staging *jobs.StagingError
	var config *strict.Error
	var coded *hinted.Coded
	switch {
	case errors.As(err, &coded) && coded.Code == "monitor.socket":
		return true // in a folder that systemd makes
	case errors.As(err, &refused):
		return slices.Contains([]string{"28000", "28P01", "42501"}, refused.SQLState)
	case errors.As(err, &staging):
		return staging.Cause != nil && staging.Cause.Code == jobs.CauseNoRight
	case errors.As(err, &config):
		return slices.ContainsFunc(config.Problems, func(p strict.Problem) bool { return p.Barred() })
	}
	return false
}

func ofCall(class jobs.Class) Class {
	switch class {
	case jobs.ClassConfiguration:
		return Misconfigured
	case jobs.ClassTemporary, jobs.ClassTechnical:
		return Unreachable
	case jobs.ClassAccepted, jobs.ClassData, jobs.ClassCancelled:
	}
	return Unexpected
}

// OfRun classifies a run as it was recorded.
func OfRun(run *jobs.Run) Class {
	switch run.State {
	case jobs.Succeeded:
		return Done
	case jobs.Held:
		return Waiting
	case jobs.Failed:
		return ofFailure(run.Failure.Code)
	case jobs.Queued, jobs.Running, jobs.Incomplete, jobs.Cancelled:
	}
	return Incomplete
}

func ofFailure(code jobs.ReasonCode) Class {
	switch code {
	case jobs.ReasonConfiguration, jobs.ReasonIdentity, jobs.ReasonStaging, jobs.ReasonStagingRefused, jobs.ReasonLedgerRefused,
		jobs.ReasonSecretRefused, jobs.ReasonInboxMissing:
		return Misconfigured
	case jobs.ReasonUnreachable, jobs.ReasonUnusual, jobs.ReasonSlow, jobs.ReasonStagingLocked, jobs.ReasonStagingReplaced:
		return Unreachable
	case jobs.ReasonNotReady, jobs.ReasonContract, jobs.ReasonFormOutdated, jobs.ReasonOutdated, jobs.ReasonUnapproved:
		return Waiting
	case jobs.ReasonPanic, jobs.ReasonInternal:
		return Unexpected
	}
	return Incomplete
}
