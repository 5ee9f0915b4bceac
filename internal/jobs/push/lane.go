package push

import (
	"context"
	"strconv"
	"time"

	"syncd/internal/jobs"
)

// task is an item that a lane is to send.
type task struct {
	jobs.TakenItem
	order int  // of sending, within this execution
	tried bool // an earlier execution tried it
}

// answer is what a lane reports of an item.
type answer struct {
	task
	outcome  jobs.ItemOutcome
	class    jobs.Class
	answered bool          // somebody answered, be it the API or what stands before it
	definite bool          // see CallError
	alone    time.Duration // for so long the partner asks not to be called
	halt     jobs.Reason   // why the run stops, if this answer makes it stop
}

// lane sends one item after another.
func (p *pushing) lane(ctx context.Context) {
	for t := range p.work {
		a := p.deliver(ctx, t.TakenItem)
		a.task = t
		p.answers <- a // never blocks: its capacity is the window
	}
}

// deliver sends one item. A panic on the way is an answer like others: the item is in doubt and the run stops.
func (p *pushing) deliver(ctx context.Context, item jobs.TakenItem) (a answer) {
	defer func() {
		if v := recover(); v != nil {
			a = answer{
				outcome: jobs.ItemOutcome{Seq: item.Seq, State: jobs.ItemUncertain, Reason: jobs.Reason{Code: jobs.ReasonPanic},
					AnsweredAt: time.Now()},
				class: jobs.ClassConfiguration,
				halt:  jobs.PanicReason(v),
			}
		}
	}()
	out := p.API.Send(ctx, item.Key, item.Document, p.mayLeave)
	halt := haltReason(out)
	if out.Message != "" {
		if halt.Code != "" && halt.Code != jobs.ReasonSlow { // what ends a run is not about this employee, who is not named there
			halt = halt.WithWords(jobs.Brief(p.Job.Mapping.Mask(item.Document, out.Message, "")))
		}
		out.Message = p.Job.Mapping.Mask(item.Document, out.Message, item.Key)
	}
	return answer{outcome: outcomeOf(p.Job.Semantics, item, out), class: out.Class, answered: out.Answered, definite: jobs.IsDefinite(out.Err),
		alone: jobs.AskedFor(out.Err), halt: halt}
}

// mayLeave is asked before each request: a paused process that wakes up must not send for a run that it has lost, nor for
// a period that was closed again meanwhile.
func (p *pushing) mayLeave() error {
	if err := p.Ledger.Confirm(p.Run); err != nil { // which may have waited
		return err
	}
	if end := p.closes.Load(); p.halted.Load() || end != nil && !time.Now().Before(*end) {
		return jobs.ErrStopped
	}
	return nil
}

// outcomeOf turns the outcome of a sending into the item's. An item of which any attempt is ambiguous is never rejected:
// the API may hold it.
func outcomeOf(semantics jobs.Semantics, item jobs.TakenItem, out jobs.Outcome) jobs.ItemOutcome {
	unsure := out.Ambiguous || item.Ambiguous
	result := jobs.ItemOutcome{Seq: item.Seq, Certain: !unsure, HTTPStatus: out.Status, Attempts: out.Attempts, AnsweredAt: out.AnsweredAt}
	switch {
	case out.Class == jobs.ClassAccepted:
		result.State, result.Certain, result.Reason.Code = jobs.ItemAccepted, true, jobs.ReasonAccepted
		if out.Later {
			result.Reason.Code = jobs.ReasonTaken
		}
	case out.Class == jobs.ClassData && unsure:
		result.State, result.Reason = jobs.ItemUncertain, jobs.Reason{Code: jobs.ReasonStillUnsure, Detail: out.Message}
	case out.Class == jobs.ClassData:
		result.State, result.Reason = jobs.ItemRejected, jobs.Reason{Code: jobs.ReasonRejected, Detail: out.Message}
	// broken off, not given up: a resume sends it again
	case out.Class == jobs.ClassCancelled && (semantics == jobs.Replace || !out.Ambiguous):
		result.State, result.Deferred, result.Reason.Code = jobs.ItemPending, true, jobs.ReasonStopped
	case out.Ambiguous:
		result.State, result.Deferred, result.Reason = inDoubt(semantics, out)
	case out.Class == jobs.ClassConfiguration && out.Answered: // certainly not processed, and nothing about its data
		result.State, result.Deferred, result.Reason = jobs.ItemPending, true, jobs.Reason{Code: jobs.ReasonTurnedAway, Detail: out.Message}
	default: // nothing of it reached the API this time
		result.State, result.Deferred, result.Reason = jobs.ItemPending, true, jobs.Reason{Code: notAttempted[out.Class], Detail: told(out)}
	}
	return result
}

// inDoubt is what becomes of an item that may or may not have been received. Where a document states the whole truth it
// can be sent again, by a resume of this run or a newer one; else a person must find out.
func inDoubt(semantics jobs.Semantics, out jobs.Outcome) (state jobs.ItemState, deferred bool, why jobs.Reason) {
	why = jobs.Reason{Code: jobs.ReasonNoAnswer, Detail: told(out)}
	if late := jobs.Lateness(out.Err); late != "" {
		why = jobs.Reason{Code: jobs.ReasonSlow, Detail: late}
	} else if out.Class == jobs.ClassTechnical {
		why.Code = jobs.ReasonTechnical
	}
	if semantics == jobs.Replace {
		return jobs.ItemPending, true, why
	}
	return jobs.ItemUncertain, false, why
}

// notAttempted tells why an item that did not reach the API is left over.
var notAttempted = map[jobs.Class]jobs.ReasonCode{
	jobs.ClassTemporary:     jobs.ReasonTemporary,
	jobs.ClassTechnical:     jobs.ReasonFailures,
	jobs.ClassConfiguration: jobs.ReasonConfiguration,
}

// barred is the outcome of an item that must not leave: what nobody let go waits for a person, and what is not what was
// planned is never sent. Where an earlier request may have been received that is still to be found out.
func barred(item jobs.TakenItem) jobs.ItemOutcome {
	out := jobs.ItemOutcome{Seq: item.Seq, State: jobs.ItemBlocked, Certain: !item.Ambiguous, Reason: jobs.Reason{Code: item.Barred},
		AnsweredAt: time.Now()}
	switch {
	case item.Barred == jobs.ReasonUnapproved:
		out.State = jobs.ItemHeld
	case item.Ambiguous:
		out.State = jobs.ItemUncertain
	}
	return out
}

// unsent is the outcome of an item that was taken ahead and given back.
func unsent(item jobs.TakenItem, why jobs.ReasonCode) jobs.ItemOutcome {
	return jobs.ItemOutcome{Seq: item.Seq, State: jobs.ItemPending, Certain: !item.Ambiguous, Deferred: true,
		Reason: jobs.Reason{Code: why}, AnsweredAt: time.Now()}
}

// haltReason is why a run stops at an answer of this class.
func haltReason(out jobs.Outcome) jobs.Reason {
	var reason jobs.Reason
	if call, ok := out.Err.(*jobs.CallError); ok { //nolint:errorlint // Send's contract: a *CallError itself
		reason = call.Reason()
	}
	switch out.Class {
	case jobs.ClassConfiguration:
		reason.Code = jobs.ReasonConfiguration
	case jobs.ClassTemporary:
		if late := jobs.Lateness(out.Err); late != "" {
			return jobs.Reason{Code: jobs.ReasonSlow, Detail: late}
		}
		reason.Code = jobs.ReasonUnreachable
	case jobs.ClassTechnical:
		reason.Code, reason.Cause = jobs.ReasonFailures, nil
	case jobs.ClassAccepted, jobs.ClassData, jobs.ClassCancelled:
		return jobs.Reason{}
	}
	return reason
}

// told is what the last answer said: its status, and the API's own words.
func told(out jobs.Outcome) string {
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

// open counts the items that are sending from now on.
func open(c jobs.Taken) (n int) {
	for i := range c.Items {
		if !c.Items[i].Superseded {
			n++
		}
	}
	return n
}
