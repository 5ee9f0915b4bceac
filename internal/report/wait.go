package report

import (
	"fmt"

	"syncd/internal/jobs"
)

// why are the lines of a header that explain a state: what a queued run waits for, or why one failed or is held.
func (p *Printer) why(run *jobs.Run) [][2]string {
	words := &p.catalogue.words
	reason := ""
	if run.Failure.Code != "" {
		reason = p.runReason(run)
	}
	switch {
	case run.State == jobs.Queued && run.NotBefore != nil:
		return [][2]string{p.queuedSince(run), {words.waits, fmt.Sprintf(words.waitsUntil, p.time(run.NotBefore, p.zone(run.Job)), reason)}}
	case run.State == jobs.Queued:
		return [][2]string{p.queuedSince(run), {words.waits, fmt.Sprintf(words.waitsForDaemon, run.ID)}, {words.lastTime, reason}}
	case run.State == jobs.Cancelled && run.CancelledBy != "" && !byItself(run):
		return nil // the cancellation has a line of its own
	}
	return [][2]string{{words.reason, reason}}
}

// runReason is why a run failed or is held. One that the contract alone holds says so: no guard has found anything.
func (p *Printer) runReason(run *jobs.Run) string {
	holding, _ := parted(run.Findings)
	if run.Failure.Code != jobs.ReasonGuard || len(holding) == 0 || heldBesides(holding, jobs.RuleContract, jobs.RuleUnknownMember, jobs.RuleNoJSON) {
		return p.Reason(run.Failure)
	}
	words := &p.catalogue.contract
	switch {
	case !holdsBy(holding, jobs.RuleUnknownMember) && !holdsBy(holding, jobs.RuleNoJSON):
		return words.heldChanged
	case !holdsBy(holding, jobs.RuleContract):
		return words.heldUnknown
	}
	return words.heldBoth
}

// queuedSince is when a run was made that was never executed; of others, the start tells more.
func (p *Printer) queuedSince(run *jobs.Run) [2]string {
	if run.StartedAt != nil || run.CreatedAt.IsZero() {
		return [2]string{}
	}
	return [2]string{p.catalogue.words.queued, p.time(&run.CreatedAt, p.zone(run.Job))}
}

// byItself tells that no person cancelled the run, but a rule: its reason says which.
func byItself(run *jobs.Run) bool {
	return run.Failure.Code == jobs.ReasonExpired || run.Failure.Code == jobs.ReasonReplanned
}

// cancellation is "asked for by marie: wrong month". A run that had nothing left to give up was not cancelled by it.
func (p *Printer) cancellation(run *jobs.Run) string {
	if run.CancelledBy == "" || byItself(run) {
		return ""
	}
	return fmt.Sprintf(p.catalogue.words.cancelledBy, run.CancelledBy, run.CancelledFor)
}

func (p *Printer) takeovers(run *jobs.Run) string {
	if run.Takeovers == 0 {
		return ""
	}
	return p.count(p.catalogue.words.takeovers, run.Takeovers)
}
