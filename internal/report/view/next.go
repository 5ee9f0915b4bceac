package view

import (
	"slices"
	"strconv"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// runSteps are what a person does next about a transfer.
func (t *Teller) runSteps(run *jobs.Run, c jobs.Counts, found *gathered, show Show) []Step {
	text := &t.Steps
	if run.Aftermath != nil && run.Aftermath.Over() {
		return t.sinceSteps(run.Aftermath)
	}
	switch run.State {
	case jobs.Succeeded:
		if run.Nobody() {
			return []Step{does(text.WasNobody, runAgain(subjectOf(run)))}
		}
		if run.Stale() {
			return []Step{does(text.Again, runAgain(subjectOf(run)))}
		}
		steps := []Step{says(text.Nothing)}
		if run.Partial() {
			everyone := subjectOf(run)
			everyone.Employees = nil
			steps[0] = does(text.Partly, runAgain(everyone))
		}
		if c.Accepted > 0 && !show.Diff {
			steps = append(steps, does(text.Details, showAgain(run.ID, Show{Diff: true})))
		}
		return steps
	case jobs.Incomplete:
		return t.incompleteSteps(run, c, found)
	case jobs.Queued, jobs.Running, jobs.Failed, jobs.Held, jobs.Cancelled:
	}
	return t.stateSteps(run, found)
}

// incompleteSteps are first what a person decides about single employees, then one command: a run delivers all that can
// be delivered, so it serves for several reasons.
func (t *Teller) incompleteSteps(run *jobs.Run, c jobs.Counts, found *gathered) []Step {
	text := &t.Steps
	doubts := &found.groups[groupUncertain]
	var steps []Step
	if c.Departed > 0 {
		steps = append(steps, does(text.Departed, settle(run.ID, found.first(groupDeparted), ledger.SettleWithdrawn)))
	}
	unclear := c.Uncertain > 0 && doubts.stuck+doubts.onTheirWay+doubts.resendable == 0
	if unclear || doubts.unsettled.key != "" {
		steps = append(steps, t.settleSteps(run, doubts.unsettled, text.Unsure)...)
	}
	switch {
	case doubts.repeatable():
		steps = append(steps, says(text.Uncertain))
	case doubts.resendable > 0:
		steps = append(steps, says(text.Resend))
	}
	if c.Held > 0 {
		steps = append(steps, t.confirmSteps(run, found)...)
	}
	if found.groups[groupTurnedAway].items > 0 {
		steps = append(steps, says(text.TurnedAway))
	}
	steps = append(steps, t.blockedSteps(run.Findings, c, run.Digests.Contract)...)
	steps = append(steps, t.againSteps(run, c, found)...)
	if doubts.stuck > 0 {
		steps = append(steps, t.settleSteps(run, doubt{key: doubts.doubtful}, text.Received)...)
	}
	return steps
}

// repeatable tells of doubts that a new run alone sends again. It also sends what a resume would.
func (g *gatheredGroup) repeatable() bool { return g.stuck+g.onTheirWay > 0 }

// againSteps are the one command that delivers the rest, or nothing when the rest is for a person alone.
func (t *Teller) againSteps(run *jobs.Run, c jobs.Counts, found *gathered) []Step {
	text := &t.Steps
	again := runAgain(subjectOf(run))
	doubts := &found.groups[groupUncertain]
	repeatable, replanned := doubts.repeatable(), found.groups[groupSuperseded].replanned
	switch {
	case c.Blocked+c.ElementsBlocked+c.Rejected > 0:
		return slices.Concat([]Step{does(text.Correct, again)}, t.wrongAnswer(found), t.wrongContract(found.groups[groupBlocked].refused, c))
	case c.NotAttempted+doubts.resendable > 0 && c.Superseded == 0 && !repeatable:
		return []Step{does(text.Resume, ofRun("resume", run.ID))}
	case replanned != "" && !repeatable && doubts.resendable == 0:
		return []Step{does(text.Newer, ofRun("show", runOf(replanned)))}
	case c.Superseded+doubts.resendable > 0 || repeatable || doubts.unsettled.run != 0:
		return []Step{does(text.Again, again)}
	case c.Departed > 0:
		return []Step{does(text.PutBack, again)}
	}
	return nil
}

// stateSteps are those of a run that did not come to its end, or of a pull.
func (t *Teller) stateSteps(run *jobs.Run, found *gathered) []Step {
	text := &t.Steps
	resume := ofRun("resume", run.ID)
	switch run.State {
	case jobs.Failed:
		return t.failedSteps(run, found)
	case jobs.Held:
		return t.heldSteps(run)
	case jobs.Cancelled:
		return t.cancelledSteps(run, found)
	case jobs.Queued:
		steps := []Step{does(text.Queued, resume), does(text.GiveUp, cancel(run.ID))}
		if isRefused[run.Failure.Code] {
			steps[0] = does(text.Refused, resume)
		}
		return steps
	case jobs.Running, jobs.Succeeded, jobs.Incomplete:
	}
	switch {
	case run.Interrupted && run.Cancelling:
		return []Step{does(text.EndNow, cancel(run.ID))}
	case run.Interrupted:
		return []Step{does(text.Interrupted, resume)}
	case run.Cancelling:
		return []Step{does(text.Cancelling, ofRun("show", run.ID))}
	}
	return []Step{does(text.Running, ofRun("show", run.ID))}
}

func (t *Teller) cancelledSteps(run *jobs.Run, found *gathered) []Step {
	text := &t.Steps
	again := runAgain(subjectOf(run))
	switch c := run.Counts; {
	case run.Failure.Code == jobs.ReasonReplanned && run.Failure.Detail != "":
		return []Step{does(text.Newer, ofRun("show", runOf(run.Failure.Detail)))}
	case c.Uncertain > 0:
		steps := []Step{says(text.Uncertain), does(text.GivenUp, again)}
		return append(steps, t.settleSteps(run, doubt{key: found.first(groupUncertain)}, text.Received)...)
	case c.Superseded > 0:
		return []Step{does(text.GivenUp, again)}
	}
	return []Step{does(text.Cancelled, again)}
}

func (t *Teller) failedSteps(run *jobs.Run, found *gathered) []Step {
	text := &t.Steps
	resume := ofRun("resume", run.ID)
	if c := run.Counts; c.Superseded > 0 && c.NotAttempted+c.Uncertain == 0 {
		return []Step{does(text.Newer, ofDossier("runs", run.Target.Dossier))}
	}
	switch run.Failure.Code {
	case jobs.ReasonConfiguration:
		return []Step{does(t.mend(run.Failure, text.MendConfiguration), resume)}
	case jobs.ReasonUnusual:
		return []Step{does(t.mend(run.Failure, text.Unusual), resume)}
	case jobs.ReasonIdentity:
		return []Step{does(text.MendIdentity, resume)}
	case jobs.ReasonLedgerRefused, jobs.ReasonStagingRefused:
		return []Step{does(text.MendAccess, resume)}
	case jobs.ReasonStaging:
		return []Step{does(t.mend(run.Failure, text.MendStaging), runAgain(corrected(run)))}
	case jobs.ReasonFailures, jobs.ReasonUnreachable, jobs.ReasonSlow:
		later := t.mend(run.Failure, text.WaitForAPI)
		if run.Failure.Code == jobs.ReasonSlow {
			later = text.Slow
		}
		if found.groups[groupUncertain].stuck > 0 {
			return []Step{does(later, runAgain(subjectOf(run)))}
		}
		return []Step{does(later, resume)}
	case jobs.ReasonNotReady, jobs.ReasonStagingLocked, jobs.ReasonStagingReplaced:
		return []Step{does(text.FillStaging, runAgain(subjectOf(run)))}
	case jobs.ReasonClosed:
		return []Step{does(text.Reopen, reopen(subjectOf(run))), does("", resume)}
	case jobs.ReasonStopped:
		return []Step{does(text.Stopped, resume)}
	case jobs.ReasonCrashes:
		return []Step{does(text.Crashes, resume)}
	case jobs.ReasonInterrupted:
		return []Step{does(text.Newer, ofDossier("runs", run.Target.Dossier))}
	}
	return []Step{does(text.Defect, resume)}
}

// corrected is what to run once a failure is mended: matricules that nobody has are not named again, but those that may be meant.
func corrected(run *jobs.Run) Subject {
	subject := subjectOf(run)
	cause := causeOf(run.Failure)
	if cause == nil || len(cause.Keys) == 0 {
		return subject
	}
	subject.Employees = slices.DeleteFunc(slices.Clone(subject.Employees), func(key string) bool { return slices.Contains(cause.Keys, key) })
	if alike := cause.Args["alike"]; alike != "" {
		subject.Employees = append(subject.Employees, strings.Split(alike, ", ")...)
		return subject
	}
	subject.Employees = append(subject.Employees, "MATRICULE")
	return subject
}

// runOf is the number of a run, as the detail of a reason has it.
func runOf(detail string) int64 {
	run, err := strconv.ParseInt(detail, 10, 64)
	if err != nil { // of a newer program
		return 0
	}
	return run
}
