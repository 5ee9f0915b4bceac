package report

import (
	"fmt"
	"regexp"
	"strings"

	"syncd/internal/jobs"
)

// step is something to do; the command that does it may be empty.
type step struct{ text, command string }

func (g *page) steps(steps []step) {
	g.title(g.catalogue.steps.title)
	for _, s := range steps {
		for _, line := range wrap(s.text, textWidth) {
			g.line(itemIndent, line)
		}
		if s.command != "" {
			g.line(2*itemIndent, s.command)
		}
	}
}

// runSteps are what a person does next about a transfer.
func (p *Printer) runSteps(run *jobs.Run, c jobs.Counts, found *gathered, show Show) []step {
	text := &p.catalogue.steps
	switch run.State {
	case jobs.Succeeded:
		steps := []step{{text: text.nothing}}
		if run.Partial() {
			everyone := subjectOf(run)
			everyone.Employees = nil
			steps[0] = step{text.partly, runCommand(everyone)}
		}
		if c.Accepted > 0 && !show.Diff {
			steps = append(steps, step{text.details, showCommand(run, Show{Diff: true})})
		}
		return steps
	case jobs.Incomplete:
		return p.incompleteSteps(run, c, found)
	}
	return p.stateSteps(run, found)
}

// incompleteSteps end with one command: a run delivers all that can be delivered, so it serves for several reasons.
func (p *Printer) incompleteSteps(run *jobs.Run, c jobs.Counts, found *gathered) []step {
	text := &p.catalogue.steps
	again := runCommand(subjectOf(run))
	doubt := &found.groups[groupUncertain]
	repeatable := doubt.stuck+doubt.onTheirWay > 0 // by a new run alone: it also sends what a resume would
	var steps []step
	if c.Departed > 0 {
		steps = append(steps, step{text: text.departed})
	}
	switch {
	case repeatable:
		steps = append(steps, step{text: text.uncertain})
	case doubt.resendable > 0:
		steps = append(steps, step{text: text.resend})
	case c.Uncertain > 0:
		steps = append(steps, step{text: text.unsure})
	}
	if c.Held > 0 {
		steps = append(steps, step{text.confirm, approveCommand(run)})
	}
	replanned := found.groups[groupSuperseded].replanned
	switch {
	case c.Blocked+c.ElementsBlocked+c.Rejected > 0:
		return append(steps, step{text.correct, again})
	case c.NotAttempted+doubt.resendable > 0 && c.Superseded == 0 && !repeatable:
		return append(steps, step{text.resume, command("resume", run.ID)})
	case replanned != "" && !repeatable && doubt.resendable == 0:
		return append(steps, step{text.newer, "syncd show " + replanned})
	case c.Departed+c.Superseded+doubt.resendable == 0 && !repeatable:
		return steps // what is left is for a person alone
	}
	return append(steps, step{text.again, again})
}

// stateSteps are those of a run that did not come to its end, or of a pull.
func (p *Printer) stateSteps(run *jobs.Run, found *gathered) []step {
	text := &p.catalogue.steps
	resume := command("resume", run.ID)
	switch run.State {
	case jobs.Failed:
		return p.failedSteps(run, found)
	case jobs.Held:
		return []step{
			{text.approve, approveCommand(run)},
			{text.refuse, runCommand(subjectOf(run))},
		}
	case jobs.Cancelled:
		return p.cancelledSteps(run)
	case jobs.Queued:
		return []step{{text.queued, resume}, {text.giveUp, cancelCommand(run)}}
	}
	switch {
	case run.Interrupted && run.Cancelling:
		return []step{{text.endNow, cancelCommand(run)}}
	case run.Interrupted:
		return []step{{text.interrupted, resume}}
	case run.Cancelling:
		return []step{{text.cancelling, command("show", run.ID)}}
	}
	return []step{{text.running, command("show", run.ID)}}
}

func (p *Printer) cancelledSteps(run *jobs.Run) []step {
	text := &p.catalogue.steps
	var steps []step
	if run.Counts.Uncertain > 0 {
		steps = append(steps, step{text: text.uncertain})
	}
	if c := run.Counts; c.Superseded+c.Uncertain > 0 {
		return append(steps, step{text.givenUp, runCommand(subjectOf(run))})
	}
	return []step{{text.cancelled, runCommand(subjectOf(run))}}
}

func (p *Printer) failedSteps(run *jobs.Run, found *gathered) []step {
	text := &p.catalogue.steps
	resume := command("resume", run.ID)
	if c := run.Counts; c.Superseded > 0 && c.NotAttempted+c.Uncertain == 0 {
		return []step{{text.newer, "syncd runs --dossier " + argument(run.Target.Dossier)}}
	}
	switch run.Failure.Code {
	case jobs.ReasonConfiguration:
		return []step{{p.mend(run.Failure, text.mendConfiguration), resume}}
	case jobs.ReasonIdentity:
		return []step{{text.mendIdentity, resume}}
	case jobs.ReasonStaging:
		return []step{{p.mend(run.Failure, text.mendStaging), runCommand(subjectOf(run))}}
	case jobs.ReasonFailures, jobs.ReasonUnreachable:
		later := p.mend(run.Failure, text.waitForAPI)
		if found.groups[groupUncertain].stuck > 0 {
			return []step{{later, runCommand(subjectOf(run))}}
		}
		return []step{{later, resume}}
	case jobs.ReasonStopped:
		return []step{{text.stopped, resume}}
	case jobs.ReasonCrashes:
		return []step{{text.crashes, resume}}
	case jobs.ReasonInterrupted:
		return []step{{text.newer, "syncd runs --dossier " + argument(run.Target.Dossier)}}
	}
	return []step{{text.defect, resume}}
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
func runCommand(s Subject) string { return "syncd run " + s.arguments() }

func planCommand(s Subject) string { return "syncd plan " + s.arguments() }

func (s Subject) arguments() string {
	text := argument(s.Job) + " --dossier " + argument(s.Target.Dossier)
	if s.Period != "" && !s.PeriodImplied {
		text += " --period " + argument(string(s.Period))
	}
	for _, key := range s.Employees {
		text += " --employee " + argument(key)
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
