package report

import (
	"fmt"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// heldSteps let a person decide about a run that waits.
func (p *Printer) heldSteps(run *jobs.Run) []step {
	text := &p.catalogue.steps
	if !run.Kind.Sends() {
		return []step{{text.approve, approveCommand(run)}, {text.refuse, runCommand(subjectOf(run))}}
	}
	if run.Failure.Code.OutdatesPlan() {
		return []step{{text.planAfresh, runCommand(subjectOf(run))}, {text.giveUp, cancelCommand(run)}}
	}
	if holdsBy(run.Findings, jobs.RuleNoRows) {
		return []step{p.findNobody(subjectOf(run)), {text.approveNobody, approveCommand(run)}, {text.refuseHeld, cancelCommand(run)}}
	}
	steps := []step{{text.look, showCommand(run, Show{Diff: true})}}
	steps = append(steps, p.contractSteps(run.Findings, run.Digests.Contract, runCommand(subjectOf(run)))...)
	if heldOtherwise(run.Findings) || !holdsBy(run.Findings, jobs.RuleContract) {
		steps = append(steps, step{text.approve, approveCommand(run)})
	}
	steps = append(steps, step{text.refuseHeld, cancelCommand(run)})
	if run.Counts.Held > 0 {
		steps = append(steps, step{text: text.stillHeld})
	}
	return steps
}

// findNobody asks why staging is empty.
func (p *Printer) findNobody(s Subject) step {
	return step{fmt.Sprintf(p.catalogue.steps.findNobody, s.Target.Dossier, p.period(s.Period)), "syncd check --dossier " + argument(s.Target.Dossier)}
}

// confirmSteps let a person decide about employees who wait in a run that has sent the others.
func (p *Printer) confirmSteps(run *jobs.Run, found *gathered) []step {
	text := &p.catalogue.steps
	return []step{
		{text.checkHeld, showCommand(run, Show{Diff: true})},
		{text.approveHeld, approveEmployee(run.ID, found.first(groupHeld))},
	}
}

// settleSteps let a person say what became of a sending whose answer is unknown, as text asks.
func (p *Printer) settleSteps(run *jobs.Run, of doubt, text string) []step {
	if of.key == "" { // of a purged run
		return []step{{text: text}}
	}
	if of.run == 0 {
		of.run = run.ID
	}
	return []step{
		{text, settleCommand(of.run, of.key, ledger.SettleAccepted)},
		{p.catalogue.steps.notReceived, settleCommand(of.run, of.key, ledger.SettlePending)},
	}
}

// first is the matricule of a group's first item; "" = it is empty, as of a purged run.
func (f *gathered) first(which group) string {
	if len(f.groups[which].first) == 0 {
		return ""
	}
	return f.groups[which].first[0].Key
}

func approveEmployee(run int64, key string) string {
	return command("approve", run) + employeeFlag(key) + ` --reason "…"`
}

func settleCommand(run int64, key string, how ledger.Settlement) string {
	return fmt.Sprintf(`%s%s --%s --reason "…"`, command("settle", run), employeeFlag(key), how)
}

func employeeFlag(key string) string {
	if key == "" {
		return ""
	}
	return " --employee " + argument(key)
}

// reopenCommand takes an example of a time: long enough to send what is missing.
func reopenCommand(s Subject) string {
	return fmt.Sprintf(`syncd period reopen %s --dossier %s --for 24h --reason "…"`, s.Period, argument(s.Target.Dossier))
}
