package jobs

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"time"
)

// task is an item that a lane is to send.
type task struct {
	Claimed
	order int  // of sending, within this execution
	tried bool // an earlier execution tried it
}

// answer is what a lane reports of an item.
type answer struct {
	task
	outcome  ItemOutcome
	class    Class
	answered bool          // somebody answered, be it the API or what stands before it
	definite bool          // see CallError
	alone    time.Duration // for so long the partner asks not to be called
	halt     Reason        // why the run stops, if this answer makes it stop
}

// lane sends one item after another.
func (p *pushing) lane(ctx context.Context) {
	for t := range p.work {
		a := p.deliver(ctx, t.Claimed)
		a.task = t
		p.answers <- a // never blocks: its capacity is the window
	}
}

// deliver sends one item. A panic on the way is an answer like others: the item is in doubt and the run stops.
func (p *pushing) deliver(ctx context.Context, item Claimed) (a answer) {
	defer func() {
		if v := recover(); v != nil {
			a = answer{
				outcome: ItemOutcome{Seq: item.Seq, State: ItemUncertain, Reason: Reason{Code: ReasonPanic}, AnsweredAt: time.Now()},
				class:   ClassConfiguration,
				halt:    panicReason(v),
			}
		}
	}()
	out := p.api.Send(ctx, item.Key, item.Document, p.mayLeave)
	halt := haltReason(out)
	if out.Message != "" {
		if halt.Code != "" && halt.Code != ReasonSlow { // what ends a run is not about this employee, who is not named there
			halt.Detail = withWords(halt.Detail, brief(p.job.Mapping.Mask(item.Document, out.Message, "")))
		}
		out.Message = p.job.Mapping.Mask(item.Document, out.Message, item.Key)
	}
	return answer{outcome: judge(p.job.Semantics, item, out), class: out.Class, answered: out.Answered, definite: isDefinite(out.Err),
		alone: askedFor(out.Err), halt: halt}
}

// mayLeave is asked before each request: a paused process that wakes up must not send for a run that it has lost, nor for
// a period that was closed again meanwhile.
func (p *pushing) mayLeave() error {
	if end := p.closes.Load(); p.halted.Load() || end != nil && !time.Now().Before(*end) {
		return ErrStopped
	}
	return p.ledger.Confirm(p.run)
}

// judge turns the outcome of a sending into the item's. An item of which any attempt is ambiguous is never rejected:
// the API may hold it.
func judge(semantics Semantics, item Claimed, out Outcome) ItemOutcome {
	unsure := out.Ambiguous || item.Ambiguous
	result := ItemOutcome{Seq: item.Seq, Certain: !unsure, HTTPStatus: out.Status, Attempts: out.Attempts, AnsweredAt: out.AnsweredAt}
	switch {
	case out.Class == ClassAccepted:
		result.State, result.Certain, result.Reason.Code = ItemAccepted, true, ReasonAccepted
		if out.Later {
			result.Reason.Code = ReasonTaken
		}
	case out.Class == ClassData && unsure:
		result.State, result.Reason = ItemUncertain, Reason{ReasonStillUnsure, out.Message}
	case out.Class == ClassData:
		result.State, result.Reason = ItemRejected, Reason{ReasonRejected, out.Message}
	case out.Class == ClassCancelled && (semantics == Replace || !out.Ambiguous): // broken off, not given up: a resume sends it again
		result.State, result.Deferred, result.Reason.Code = ItemPending, true, ReasonStopped
	case out.Ambiguous:
		result.State, result.Deferred, result.Reason = inDoubt(semantics, out)
	case out.Class == ClassConfiguration && out.Answered: // certainly not processed, and nothing about its data
		result.State, result.Deferred, result.Reason = ItemPending, true, Reason{ReasonTurnedAway, out.Message}
	default: // nothing of it reached the API this time
		result.State, result.Deferred, result.Reason = ItemPending, true, Reason{notAttempted[out.Class], told(out)}
	}
	return result
}

// inDoubt is what becomes of an item that may or may not have been received. Where a document states the whole truth it
// can be sent again, by a resume of this run or a newer one; else a person must find out.
func inDoubt(semantics Semantics, out Outcome) (state ItemState, deferred bool, why Reason) {
	why = Reason{ReasonNoAnswer, told(out)}
	if late := lateness(out.Err); late != "" {
		why = Reason{ReasonSlow, late}
	} else if out.Class == ClassTechnical {
		why.Code = ReasonTechnical
	}
	if semantics == Replace {
		return ItemPending, true, why
	}
	return ItemUncertain, false, why
}

// notAttempted tells why an item that did not reach the API is left over.
var notAttempted = map[Class]ReasonCode{
	ClassTemporary:     ReasonTemporary,
	ClassTechnical:     ReasonFailures,
	ClassConfiguration: ReasonConfiguration,
}

// barred is the outcome of an item that must not leave: what nobody let go waits for a person, and what is not what was
// planned is never sent. Where an earlier request may have been received that is still to be found out.
func barred(item Claimed) ItemOutcome {
	out := ItemOutcome{Seq: item.Seq, State: ItemBlocked, Certain: !item.Ambiguous, Reason: Reason{Code: item.Barred}, AnsweredAt: time.Now()}
	switch {
	case item.Barred == ReasonUnapproved:
		out.State = ItemHeld
	case item.Ambiguous:
		out.State = ItemUncertain
	}
	return out
}

// unsent is the outcome of an item that was claimed ahead and given back.
func unsent(item Claimed, why ReasonCode) ItemOutcome {
	return ItemOutcome{Seq: item.Seq, State: ItemPending, Certain: !item.Ambiguous, Deferred: true,
		Reason: Reason{Code: why}, AnsweredAt: time.Now()}
}

// haltReason is why a run stops at an answer of this class.
func haltReason(out Outcome) Reason {
	detail := statusDetail(out.Status)
	if call, ok := out.Err.(*CallError); ok { //nolint:errorlint // Send's contract: a *CallError itself
		detail = call.Error()
	}
	switch out.Class {
	case ClassConfiguration:
		return Reason{ReasonConfiguration, detail}
	case ClassTemporary:
		if late := lateness(out.Err); late != "" {
			return Reason{ReasonSlow, late}
		}
		return Reason{ReasonUnreachable, detail}
	case ClassTechnical:
		return Reason{ReasonFailures, detail}
	}
	return Reason{}
}

// told is what the last answer said: its status, and the API's own words.
func told(out Outcome) string {
	status := statusDetail(out.Status)
	if status == "" || out.Message == "" {
		return status
	}
	return status + ": " + out.Message
}

func statusDetail(status int) string {
	if status == 0 {
		return ""
	}
	return strconv.Itoa(status)
}

// panicReason tells of a panic without its value, which could quote data, unless the runtime itself made it.
func panicReason(v any) Reason {
	if err, ok := v.(runtime.Error); ok {
		return Reason{ReasonPanic, err.Error()}
	}
	return Reason{ReasonPanic, fmt.Sprintf("%T", v)}
}
