package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/hinted"
	"syncd/internal/mapping"
)

// finishTimeout bounds the recording of a run's end.
const finishTimeout = 10 * time.Second

// FailureReason puts the error that ended a run into the form that the ledger keeps.
func FailureReason(err error) Reason {
	var call *CallError
	var identity *IdentityError
	var staging *StagingError
	var column *mapping.ColumnError
	var typed *mapping.TypeError
	var nomenclature *mapping.NomenclatureError
	var employee *EmployeeError
	var closed *ClosedError
	var notReady *NotReadyError
	var locked *LockedError
	var replaced *ReplacedError
	var refused *RefusedError
	var unusual *UnusualError
	cause := causeOf(err)
	told := func(code ReasonCode, cause *Cause) Reason {
		return ReasonOf(code, cause, hinted.KeepAll(err)...).WithWords(Words(err))
	}
	switch {
	case errors.Is(err, ErrNoInbox):
		return told(ReasonInboxMissing, nil)
	case errors.As(err, &unusual):
		return told(ReasonUnusual, cause)
	case errors.As(err, &closed):
		return Reason{Code: ReasonClosed, Detail: string(closed.Period)}
	case errors.As(err, &notReady):
		return Reason{Code: ReasonNotReady}
	case errors.As(err, &locked):
		return Reason{Code: ReasonStagingLocked, Detail: cmp.Or(locked.Table, locked.Query)}
	case errors.As(err, &replaced):
		return Reason{Code: ReasonStagingReplaced, Detail: replaced.Table}
	case errors.As(err, &refused):
		return Reason{Code: reasonRefused[refused.Database], Detail: refused.SQLState}
	case errors.As(err, &call) && call.Class == ClassConfiguration:
		return told(ReasonConfiguration, cause)
	case errors.As(err, &call) && call.Class == ClassTechnical:
		return told(ReasonFailures, nil)
	case Lateness(err) != "":
		return Reason{Code: ReasonSlow, Detail: Lateness(err)}
	case errors.As(err, &call), errors.Is(err, ErrUnreachable):
		return told(ReasonUnreachable, cause)
	case errors.As(err, &identity):
		return told(ReasonIdentity, cause)
	case errors.As(err, &staging), errors.As(err, &column), errors.As(err, &typed), errors.As(err, &nomenclature), errors.As(err, &employee):
		return told(ReasonStaging, cause)
	}
	return told(ReasonInternal, nil)
}

var reasonRefused = map[Database]ReasonCode{TheLedger: ReasonLedgerRefused, TheStaging: ReasonStagingRefused}

// isCancellation reports whether an error only says that the work was broken off.
func isCancellation(err error) bool {
	var call *CallError
	return errors.Is(err, context.Canceled) || errors.As(err, &call) && call.Class == ClassCancelled
}

// levels are how loud the end of a run is: who asks for warnings must hear of a month that did not go.
var levels = map[State]zerolog.Level{Succeeded: zerolog.InfoLevel, Incomplete: zerolog.WarnLevel, Held: zerolog.WarnLevel,
	Cancelled: zerolog.WarnLevel, Failed: zerolog.ErrorLevel}

// summarize logs the one event of a run's end, or that it waits in the queue again.
func summarize(log zerolog.Logger, run *Run) {
	if run.State == Queued {
		event := log.Warn()
		if run.NotBefore != nil {
			event = event.Time("not_before", *run.NotBefore)
		}
		event.Int64("run", run.ID).Str("job", run.Job).Str("dossier", run.Target.Dossier).Str("period", string(run.Period)).
			Str("reason", string(run.Failure.Code)).Msg("run waits in the queue")
		return
	}
	event := log.WithLevel(levels[run.State])
	if run.StartedAt != nil && run.FinishedAt != nil {
		event = event.Dur("duration", run.FinishedAt.Sub(*run.StartedAt))
	}
	event.Int64("run", run.ID).Str("job", run.Job).Str("dossier", run.Target.Dossier).Str("period", string(run.Period)).
		Str("state", string(run.State)).Str("reason", string(run.Failure.Code)).Interface("counts", run.Counts).Msg("run finished")
}

// PanicReason tells of a panic without its value, which could quote data, unless the runtime itself made it.
func PanicReason(v any) Reason {
	if err, ok := v.(runtime.Error); ok {
		return Reason{Code: ReasonPanic, Detail: err.Error()}
	}
	return Reason{Code: ReasonPanic, Detail: fmt.Sprintf("%T", v)}
}

// Aftermath is what has become since of what a run left undelivered: by runs of the same month that were planned later.
type Aftermath struct {
	Whole       int64   `json:"whole,omitempty"`        // the newest such run of everyone that came to its end; 0 = none
	DeliveredBy []int64 `json:"delivered_by,omitempty"` // the runs that delivered some of it, or found it delivered
	Delivered   int     `json:"delivered"`              // matricules
	Left        int     `json:"left"`                   // matricules that nobody has delivered yet,
	Open        int     `json:"open"`                   // and those that may still go by this very run
	Closed      bool    `json:"closed"`                 // the month takes no write any more
}

// Overtaken reports whether nothing is left for anybody to do about the run: later ones delivered what it had left, or
// tell by themselves what is missing.
func (a *Aftermath) Overtaken() bool {
	return a.Open == 0 && (a.Whole != 0 || a.Delivered > 0 && a.Left == 0)
}

// Over reports whether a person is asked for nothing: the run is overtaken, or its month is closed.
func (a *Aftermath) Over() bool { return a.Overtaken() || a.Closed && a.Open == 0 }

// Successor is the run to look at instead; 0 = none.
func (a *Aftermath) Successor() int64 {
	if n := len(a.DeliveredBy); a.Whole == 0 && n > 0 {
		return a.DeliveredBy[n-1]
	}
	return a.Whole
}

// OvertakenError says that a run has nothing left to give up. To cancel it would only say of a month that it was not sent.
type OvertakenError struct {
	Run Run
	By  int64 // the run that has delivered the rest, or tells of it
}

func (e *OvertakenError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *OvertakenError) Fact() hinted.Fact {
	return hinted.Say("run.overtaken", "run", e.Run.ID, "by", e.By)
}
