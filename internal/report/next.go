package report

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// step is something to do; the command that does it may be empty, and so may the text of a second command.
type step struct{ text, command string }

func (g *page) steps(steps []step) {
	g.title(g.Catalogue.Steps.Title)
	for _, s := range steps {
		if s.text != "" {
			for _, line := range wrap(s.text, textWidth) {
				g.line(itemIndent, line)
			}
		}
		if s.command != "" {
			g.line(2*itemIndent, s.command)
		}
	}
}

// runSteps are what a person does next about a transfer.
func (p *Printer) runSteps(run *jobs.Run, c jobs.Counts, found *gathered, show Show) []step {
	text := &p.Catalogue.Steps
	if run.Aftermath != nil && run.Aftermath.Over() {
		return p.sinceSteps(run.Aftermath)
	}
	switch run.State {
	case jobs.Succeeded:
		if run.Nobody() {
			return []step{{text.WasNobody, runCommand(subjectOf(run))}}
		}
		if run.Stale() {
			return []step{{text.Again, runCommand(subjectOf(run))}}
		}
		steps := []step{{text: text.Nothing}}
		if run.Partial() {
			everyone := subjectOf(run)
			everyone.Employees = nil
			steps[0] = step{text.Partly, runCommand(everyone)}
		}
		if c.Accepted > 0 && !show.Diff {
			steps = append(steps, step{text.Details, showCommand(run, Show{Diff: true})})
		}
		return steps
	case jobs.Incomplete:
		return p.incompleteSteps(run, c, found)
	}
	return p.stateSteps(run, found)
}

// incompleteSteps are first what a person decides about single employees, then one command: a run delivers all that can
// be delivered, so it serves for several reasons.
func (p *Printer) incompleteSteps(run *jobs.Run, c jobs.Counts, found *gathered) []step {
	text := &p.Catalogue.Steps
	doubts := &found.groups[groupUncertain]
	var steps []step
	if c.Departed > 0 {
		steps = append(steps, step{text.Departed, settleCommand(run.ID, found.first(groupDeparted), ledger.SettleWithdrawn)})
	}
	unclear := c.Uncertain > 0 && doubts.stuck+doubts.onTheirWay+doubts.resendable == 0
	if unclear || doubts.unsettled.key != "" {
		steps = append(steps, p.settleSteps(run, doubts.unsettled, text.Unsure)...)
	}
	switch {
	case doubts.repeatable():
		steps = append(steps, step{text: text.Uncertain})
	case doubts.resendable > 0:
		steps = append(steps, step{text: text.Resend})
	}
	if c.Held > 0 {
		steps = append(steps, p.confirmSteps(run, found)...)
	}
	if found.groups[groupTurnedAway].items > 0 {
		steps = append(steps, step{text: text.TurnedAway})
	}
	steps = append(steps, p.blockedSteps(run.Findings, c, run.Digests.Contract)...)
	steps = append(steps, p.againSteps(run, c, found)...)
	if doubts.stuck > 0 {
		steps = append(steps, p.settleSteps(run, doubt{key: doubts.doubtful}, text.Received)...)
	}
	return steps
}

// repeatable tells of doubts that a new run alone sends again. It also sends what a resume would.
func (g *gatheredGroup) repeatable() bool { return g.stuck+g.onTheirWay > 0 }

// againSteps are the one command that delivers the rest, or nothing when the rest is for a person alone.
func (p *Printer) againSteps(run *jobs.Run, c jobs.Counts, found *gathered) []step {
	text := &p.Catalogue.Steps
	again := runCommand(subjectOf(run))
	doubts := &found.groups[groupUncertain]
	repeatable, replanned := doubts.repeatable(), found.groups[groupSuperseded].replanned
	switch {
	case c.Blocked+c.ElementsBlocked+c.Rejected > 0:
		return slices.Concat([]step{{text.Correct, again}}, p.wrongAnswer(found), p.wrongContract(found.groups[groupBlocked].refused, c))
	case c.NotAttempted+doubts.resendable > 0 && c.Superseded == 0 && !repeatable:
		return []step{{text.Resume, command("resume", run.ID)}}
	case replanned != "" && !repeatable && doubts.resendable == 0:
		return []step{{text.Newer, "syncd show " + replanned}}
	case c.Superseded+doubts.resendable > 0 || repeatable || doubts.unsettled.run != 0:
		return []step{{text.Again, again}}
	case c.Departed > 0:
		return []step{{text.PutBack, again}}
	}
	return nil
}

// stateSteps are those of a run that did not come to its end, or of a pull.
func (p *Printer) stateSteps(run *jobs.Run, found *gathered) []step {
	text := &p.Catalogue.Steps
	resume := command("resume", run.ID)
	switch run.State {
	case jobs.Failed:
		return p.failedSteps(run, found)
	case jobs.Held:
		return p.heldSteps(run)
	case jobs.Cancelled:
		return p.cancelledSteps(run, found)
	case jobs.Queued:
		steps := []step{{text.Queued, resume}, {text.GiveUp, cancelCommand(run)}}
		if isRefused[run.Failure.Code] {
			steps[0] = step{text.Refused, resume}
		}
		return steps
	}
	switch {
	case run.Interrupted && run.Cancelling:
		return []step{{text.EndNow, cancelCommand(run)}}
	case run.Interrupted:
		return []step{{text.Interrupted, resume}}
	case run.Cancelling:
		return []step{{text.Cancelling, command("show", run.ID)}}
	}
	return []step{{text.Running, command("show", run.ID)}}
}

func (p *Printer) cancelledSteps(run *jobs.Run, found *gathered) []step {
	text := &p.Catalogue.Steps
	again := runCommand(subjectOf(run))
	switch c := run.Counts; {
	case run.Failure.Code == jobs.ReasonReplanned && run.Failure.Detail != "":
		return []step{{text.Newer, "syncd show " + argument(run.Failure.Detail)}}
	case c.Uncertain > 0:
		steps := []step{{text: text.Uncertain}, {text.GivenUp, again}}
		return append(steps, p.settleSteps(run, doubt{key: found.first(groupUncertain)}, text.Received)...)
	case c.Superseded > 0:
		return []step{{text.GivenUp, again}}
	}
	return []step{{text.Cancelled, again}}
}

func (p *Printer) failedSteps(run *jobs.Run, found *gathered) []step {
	text := &p.Catalogue.Steps
	resume := command("resume", run.ID)
	if c := run.Counts; c.Superseded > 0 && c.NotAttempted+c.Uncertain == 0 {
		return []step{{text.Newer, "syncd runs --dossier " + argument(run.Target.Dossier)}}
	}
	switch run.Failure.Code {
	case jobs.ReasonConfiguration:
		return []step{{p.mend(run.Failure, text.MendConfiguration), resume}}
	case jobs.ReasonUnusual:
		return []step{{p.mend(run.Failure, text.Unusual), resume}}
	case jobs.ReasonIdentity:
		return []step{{text.MendIdentity, resume}}
	case jobs.ReasonLedgerRefused, jobs.ReasonStagingRefused:
		return []step{{text.MendAccess, resume}}
	case jobs.ReasonStaging:
		return []step{{p.mend(run.Failure, text.MendStaging), runCommand(p.corrected(run))}}
	case jobs.ReasonFailures, jobs.ReasonUnreachable, jobs.ReasonSlow:
		later := p.mend(run.Failure, text.WaitForAPI)
		if run.Failure.Code == jobs.ReasonSlow {
			later = text.Slow
		}
		if found.groups[groupUncertain].stuck > 0 {
			return []step{{later, runCommand(subjectOf(run))}}
		}
		return []step{{later, resume}}
	case jobs.ReasonNotReady, jobs.ReasonStagingLocked, jobs.ReasonStagingReplaced:
		return []step{{text.FillStaging, runCommand(subjectOf(run))}}
	case jobs.ReasonClosed:
		return []step{{text.Reopen, reopenCommand(subjectOf(run))}, {"", resume}}
	case jobs.ReasonStopped:
		return []step{{text.Stopped, resume}}
	case jobs.ReasonCrashes:
		return []step{{text.Crashes, resume}}
	case jobs.ReasonInterrupted:
		return []step{{text.Newer, "syncd runs --dossier " + argument(run.Target.Dossier)}}
	}
	return []step{{text.Defect, resume}}
}

// corrected is what to run once a failure is mended: matricules that nobody has are not named again.
func (p *Printer) corrected(run *jobs.Run) Subject {
	subject := subjectOf(run)
	words, missing, _ := p.cause(run.Failure)
	if words != p.Catalogue.Causes[causeNoMatricule] || len(missing) == 0 {
		return subject
	}
	subject.Employees = slices.DeleteFunc(slices.Clone(subject.Employees), func(key string) bool {
		return strings.Contains(fmt.Sprint(missing...), strconv.Quote(key))
	})
	subject.Employees = append(subject.Employees, "MATRICULE")
	return subject
}

func command(name string, run int64) string { return fmt.Sprintf("syncd %s %d", name, run) }

func approveCommand(run *jobs.Run) string { return command("approve", run.ID) + ` --reason "…"` }

func cancelCommand(run *jobs.Run) string { return command("cancel", run.ID) + ` --reason "…"` }

func showCommand(run *jobs.Run, show Show) string {
	text := command("show", run.ID)
	if show.Diff {
		text += " --diff"
	}
	return text
}

// runCommand sends what a subject names.
func runCommand(s Subject) string {
	text := "syncd run " + s.arguments()
	if s.Resend {
		text += ` --reason "…"`
	}
	return text
}

func planCommand(s Subject) string { return "syncd plan " + s.arguments() }

func (s Subject) arguments() string {
	text := argument(s.Job) + " --dossier " + argument(s.Target.Dossier)
	if s.Period != "" && !s.PeriodImplied {
		text += " --period " + argument(string(s.Period))
	}
	for _, key := range s.Employees {
		text += " --employee " + argument(key)
	}
	if s.Resend {
		text += " --resend"
	}
	if s.Verify {
		text += " --verify"
	}
	if s.Overwrite {
		text += " --overwrite"
	}
	return text
}

var bareArgument = regexp.MustCompile(`^[A-Za-z0-9_.:@%+=/][A-Za-z0-9_.:@%+=/-]*$`)

// argument quotes a word for the shell where it needs to be.
func argument(word string) string {
	if bareArgument.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
