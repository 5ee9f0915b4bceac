package report

import (
	"fmt"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// heldSteps let a person decide about a run that waits.
func (p *Printer) heldSteps(run *jobs.Run) []step {
	text := &p.Catalogue.Steps
	if !run.Kind.Sends() {
		return []step{{text.Approve, approveCommand(run)}, {text.Refuse, runCommand(subjectOf(run))}}
	}
	if run.Failure.Code.OutdatesPlan() {
		return []step{{text.PlanAfresh, runCommand(subjectOf(run))}, {text.GiveUp, cancelCommand(run)}}
	}
	if holdsBy(run.Findings, jobs.RuleNoRows) {
		return []step{p.findNobody(subjectOf(run)), {text.ApproveNobody, approveCommand(run)}, {text.RefuseHeld, cancelCommand(run)}}
	}
	steps := []step{{text.Look, showCommand(run, Show{Diff: true})}}
	steps = append(steps, p.contractSteps(run.Findings, run.Digests.Contract, runCommand(subjectOf(run)))...)
	if heldOtherwise(run.Findings) || !holdsBy(run.Findings, jobs.RuleContract) {
		steps = append(steps, step{text.Approve, approveCommand(run)})
	}
	steps = append(steps, step{text.RefuseHeld, cancelCommand(run)})
	if run.Counts.Held > 0 {
		steps = append(steps, step{text: text.StillHeld})
	}
	return steps
}

// findNobody asks why staging is empty.
func (p *Printer) findNobody(s Subject) step {
	return step{locale.Fill(p.Catalogue.Steps.FindNobody, "dossier", s.Target.Dossier, "period", p.period(s.Period)), "syncd check --dossier " + argument(s.Target.Dossier)}
}

// confirmSteps let a person decide about employees who wait in a run that has sent the others.
func (p *Printer) confirmSteps(run *jobs.Run, found *gathered) []step {
	text := &p.Catalogue.Steps
	return []step{
		{text.CheckHeld, showCommand(run, Show{Diff: true})},
		{text.ApproveHeld, approveEmployee(run.ID, found.first(groupHeld))},
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
		{p.Catalogue.Steps.NotReceived, settleCommand(of.run, of.key, ledger.SettlePending)},
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
