package report

import (
	"slices"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// whyStep is the one thing to do next about an employee. What an earlier run left open comes before a new run, which
// would only find it again.
func (p *Printer) whyStep(story *ledger.Story, now *Now) step {
	words := &p.Catalogue.Trail
	subject := p.whySubject(story, now)
	switch {
	case now.absent():
		return p.absentStep(story, now.Period)
	case now.Err != nil:
		return step{words.Again, "syncd why " + argument(story.Key) + " --dossier " + argument(story.Target.Dossier)}
	case len(now.Items) == 0:
		if s, open := p.heldElsewhere(story); open {
			return s
		}
		return step{text: words.NothingLeft}
	}
	item := &now.Items[0].Item
	if item.State == jobs.ItemBlocked {
		return step{words.Mend, planCommand(subject)}
	}
	if slices.Contains(story.Closed, now.Period) {
		return step{words.Reopen, reopenCommand(subject)}
	}
	if of := doubtOf(item); item.State == jobs.ItemUnsettled && of.run != 0 {
		return step{words.Settle, settleCommand(of.run, story.Key, ledger.SettleAccepted)}
	}
	if s, open := p.openStep(story, now.Period); open {
		return s
	}
	if s, open := p.heldElsewhere(story); open {
		return s
	}
	if steps := p.contractSteps(now.Findings, "", planCommand(subject)); len(steps) > 0 {
		return steps[0]
	}
	if item.State == jobs.ItemHeld || jobs.Holds(now.Findings) {
		return step{p.Catalogue.Steps.SendHeld, runCommand(subject)}
	}
	return step{words.Send, runCommand(subject)}
}

// whySteps are the one thing to do next; of a run that waits for the contract also how to accept the one that it was
// planned under.
func (p *Printer) whySteps(story *ledger.Story, now *Now) []step {
	next := p.whyStep(story, now)
	if line := newestLine(story, now.Period); next.command == contractDiffCommand && line != nil && line.Run.State == jobs.Held {
		return p.acceptSteps(line.Run.Digests.Contract)
	}
	return []step{next}
}

// openStep decides about what the newest run of a period holds.
func (p *Printer) openStep(story *ledger.Story, period jobs.Period) (step, bool) {
	words := &p.Catalogue.Trail
	line := newestLine(story, period)
	switch {
	case line == nil:
	case line.Item.State == jobs.ItemHeld && line.Run.State != jobs.Held:
		return step{words.ApproveHeld, approveEmployee(line.Run.ID, story.Key)}, true
	case line.Run.State == jobs.Held && line.Run.Failure.Code.OutdatesPlan():
		return step{p.Catalogue.Steps.PlanAfresh, runCommand(subjectOf(&line.Run))}, true
	case line.Run.State == jobs.Held && holdsBy(line.Run.Findings, jobs.RuleContract):
		return step{p.Catalogue.Steps.ContractDiff, contractDiffCommand}, true
	case line.Run.State == jobs.Held:
		return step{words.ApproveRun, approveCommand(&line.Run)}, true
	}
	return step{}, false
}

// heldElsewhere decides about what a run of any open period holds, the newest first.
func (p *Printer) heldElsewhere(story *ledger.Story) (step, bool) {
	for i := len(story.Lines) - 1; i >= 0; i-- {
		line := &story.Lines[i]
		if line.Item.State == jobs.ItemHeld && line.Run.State != jobs.Held && !slices.Contains(story.Closed, line.Run.Period) {
			return step{p.Catalogue.Trail.ApproveHeld, approveEmployee(line.Run.ID, story.Key)}, true
		}
	}
	return step{}, false
}

// absentStep is for someone who is not in staging.
func (p *Printer) absentStep(story *ledger.Story, period jobs.Period) step {
	words := &p.Catalogue.Trail
	if len(story.Known)+len(story.Lines) == 0 {
		return step{text: words.Look}
	}
	line := newestLine(story, period)
	if line != nil && line.Item.State == jobs.ItemDeparted && !slices.Contains(story.Closed, period) {
		return step{words.Withdraw, settleCommand(line.Run.ID, story.Key, ledger.SettleWithdrawn)}
	}
	if line != nil && line.Item.State == jobs.ItemUncertain {
		return step{words.Settle, settleCommand(line.Run.ID, story.Key, ledger.SettleAccepted)}
	}
	return step{text: words.NothingLeft}
}

// newestLine is what the newest run of a period had for the employee; nil = none had anything.
func newestLine(story *ledger.Story, period jobs.Period) *ledger.StoryLine {
	for i := len(story.Lines) - 1; i >= 0; i-- {
		if story.Lines[i].Run.Period == period {
			return &story.Lines[i]
		}
	}
	return nil
}

// whySubject is what commands about an employee name.
func (p *Printer) whySubject(story *ledger.Story, now *Now) Subject {
	job := now.Job
	if n := len(story.Lines); job == "" && n > 0 {
		job = story.Lines[n-1].Run.Job
	}
	if job == "" {
		job = p.Catalogue.Trail.Job
	}
	return Subject{Job: job, Target: story.Target, Period: now.Period, Employees: []string{story.Key}}
}
