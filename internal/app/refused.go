package app

import (
	"errors"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// Code names why something is refused, or what was found. Doors have the words.
type Code string

// Args are what a code is about, by the names that words have for them.
type Args map[string]any

// Refused is an order that cannot be followed as it was given: nothing was done.
type Refused struct {
	Code Code
	Args Args
	Err  error // what was met; nil = the code says all
}

func (r *Refused) Error() string { return "refused: " + string(r.Code) }

func (r *Refused) Unwrap() error { return r.Err }

func refuse(code Code, args Args) error { return &Refused{Code: code, Args: args} }

// Why orders are refused, with the names of what they are about.
const (
	NoReason      Code = "no-reason"      // decision: of jobs
	NoRun         Code = "no-run"         // run
	OtherTarget   Code = "other-target"   // run, environment
	OtherRules    Code = "other-rules"    // job, host: a daemon there has another configuration for it than this process
	ExceptOfSome  Code = "except-of-some" // an approval names who goes, and who does not
	NobodySettled Code = "nobody-settled" // a settlement names no employee
	NoSchedule    Code = "no-schedule"    // job
	PausedAlready Code = "paused-already" // job
	NotPaused     Code = "not-paused"     // job
)

// Decision is who decides, and why: both stay in the audit.
type Decision struct {
	By      string // a system user
	Reason  string
	Seen    *jobs.Seen // how the run stood when it was shown; nil = it is named by its number alone
	Missing string     // ledger.MissingTag of what was shown to be missing of a month; "" = whatever is
}

// errNobody is a fault of a door: the ledger takes a decision of nobody for one of its own rules.
var errNobody = errors.New("a decision names nobody who takes it")

// Check refuses a decision without a fit reason, for months later it is all that explains it, and one of nobody.
func (d Decision) Check(what ledger.Decision) error {
	if d.By == "" {
		return errNobody
	}
	if strings.TrimSpace(d.Reason) == "" {
		return refuse(NoReason, Args{"decision": what})
	}
	return ledger.CheckReason(d.Reason)
}

func noRun(id int64, err error) error {
	if errors.Is(err, jobs.ErrNoRun) {
		return &Refused{NoRun, Args{"run": id}, err}
	}
	return err
}
