package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/rs/zerolog"

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
	told := func(code ReasonCode, cause *Cause) Reason { return reasonOf(code, err, cause).WithWords(Words(err)) }
	switch {
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
