package report

import (
	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// why are the lines of a header that explain a state: what a queued run waits for, or why one failed or is held.
func (p *Printer) why(run *jobs.Run) [][2]string {
	words := &p.Catalogue.Words
	reason := ""
	if run.Failure.Code != "" {
		reason = p.runReason(run)
	}
	switch {
	case run.State == jobs.Queued && run.NotBefore != nil:
		return [][2]string{p.queuedSince(run), {words.Waits, locale.Fill(words.WaitsUntil, "time", p.time(run.NotBefore, p.zone(run.Job)), "reason", reason)}}
	case run.State == jobs.Queued:
		return [][2]string{p.queuedSince(run), {words.Waits, locale.Fill(words.WaitsForDaemon, "run", run.ID)}, {words.LastTime, reason}}
	case run.State == jobs.Cancelled && run.CancelledBy != "" && !byItself(run):
		return nil // the cancellation has a line of its own
	}
	return [][2]string{{words.Reason, reason}}
}

// runReason is why a run failed or is held. One that the contract alone holds says so: no guard has found anything.
func (p *Printer) runReason(run *jobs.Run) string {
	holding, _ := parted(run.Findings)
	if run.Failure.Code != jobs.ReasonGuard || len(holding) == 0 || heldBesides(holding, jobs.RuleContract, jobs.RuleUnknownMember, jobs.RuleNoJSON) {
		return p.Reason(run.Failure)
	}
	words := &p.Catalogue.Contract
	switch {
	case !holdsBy(holding, jobs.RuleUnknownMember) && !holdsBy(holding, jobs.RuleNoJSON):
		return words.HeldChanged
	case !holdsBy(holding, jobs.RuleContract):
		return words.HeldUnknown
	}
	return words.HeldBoth
}

// queuedSince is when a run was made that was never executed; of others, the start tells more.
func (p *Printer) queuedSince(run *jobs.Run) [2]string {
	if run.StartedAt != nil || run.CreatedAt.IsZero() {
		return [2]string{}
	}
	return [2]string{p.Catalogue.Words.Queued, p.time(&run.CreatedAt, p.zone(run.Job))}
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
	return locale.Fill(p.Catalogue.Words.CancelledBy, "user", run.CancelledBy, "reason", run.CancelledFor)
}

func (p *Printer) takeovers(run *jobs.Run) string {
	if run.Takeovers == 0 {
		return ""
	}
	return p.Count(p.Catalogue.Words.Takeovers, run.Takeovers)
}
