package view

import (
	"cmp"
	"slices"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

// heldSteps let a person decide about a run that waits.
func (t *Teller) heldSteps(run *jobs.Run) []Step {
	text := &t.Steps
	if !run.Kind.Sends() {
		return []Step{does(text.Approve, approve(run.ID)), does(text.Refuse, runAgain(subjectOf(run)))}
	}
	if run.Failure.Code.OutdatesPlan() {
		return []Step{does(text.PlanAfresh, runAgain(subjectOf(run))), does(text.GiveUp, cancel(run.ID))}
	}
	if holdsBy(run.Findings, jobs.RuleNoRows) {
		return []Step{t.findNobody(subjectOf(run)), does(text.ApproveNobody, approve(run.ID)), does(text.RefuseHeld, cancel(run.ID))}
	}
	steps := []Step{does(text.Look, showAgain(run.ID, Show{Diff: true}))}
	steps = append(steps, t.contractSteps(run.Findings, run.Digests.Contract, runAgain(subjectOf(run)))...)
	if heldOtherwise(run.Findings) || !holdsBy(run.Findings, jobs.RuleContract) {
		steps = append(steps, does(text.Approve, approve(run.ID)))
	}
	steps = append(steps, does(text.RefuseHeld, cancel(run.ID)))
	if run.Counts.Held > 0 {
		steps = append(steps, says(text.StillHeld))
	}
	return steps
}

// findNobody asks why staging is empty.
func (t *Teller) findNobody(s Subject) Step {
	return does(locale.Fill(t.Steps.FindNobody, "dossier", s.Target.Dossier, "period", t.period(s.Period)),
		ofDossier("check", s.Target.Dossier))
}

// confirmSteps let a person decide about employees who wait in a run that has sent the others.
func (t *Teller) confirmSteps(run *jobs.Run, found *gathered) []Step {
	text := &t.Steps
	return []Step{
		does(text.CheckHeld, showAgain(run.ID, Show{Diff: true})),
		does(text.ApproveHeld, approveEmployee(run.ID, found.first(groupHeld))),
	}
}

// settleSteps let a person say what became of a sending whose answer is unknown, as text asks.
func (t *Teller) settleSteps(run *jobs.Run, of doubt, text string) []Step {
	if of.key == "" { // of a purged run
		return []Step{says(text)}
	}
	if of.run == 0 {
		of.run = run.ID
	}
	return []Step{
		does(text, settle(of.run, of.key, ledger.SettleAccepted)),
		does(t.Steps.NotReceived, settle(of.run, of.key, ledger.SettlePending)),
	}
}

// itemActions are what a person can decide about one item of a run. About those of a run that was overtaken, or whose month is
// closed, there is nothing to decide.
func itemActions(run *jobs.Run, item *jobs.Item) []Action {
	if run.Aftermath != nil && run.Aftermath.Over() || run.Purged || run.State == jobs.Running {
		return nil
	}
	switch item.State {
	case jobs.ItemHeld:
		if run.State != jobs.Held {
			return []Action{approveEmployee(run.ID, item.Key), setAside(run.ID, item.Key)}
		}
		return []Action{setAside(run.ID, item.Key)}
	case jobs.ItemDeparted:
		return []Action{settle(run.ID, item.Key, ledger.SettleWithdrawn)}
	case jobs.ItemUncertain, jobs.ItemUnsettled:
		of := cmp.Or(doubtOf(item).run, run.ID)
		return []Action{settle(of, item.Key, ledger.SettleAccepted), settle(of, item.Key, ledger.SettlePending)}
	case jobs.ItemPending, jobs.ItemSending, jobs.ItemAccepted, jobs.ItemRejected, jobs.ItemBlocked, jobs.ItemSuperseded,
		jobs.ItemWithdrawn, jobs.ItemLeft: // nothing, or a run as a whole
	}
	return nil
}

// first is the matricule of a group's first item; "" = it is empty, as of a purged run.
func (f *gathered) first(which group) string {
	if len(f.groups[which].first) == 0 {
		return ""
	}
	return f.groups[which].first[0].Key
}

// contractSteps are what a person does about what the contract has to say, before a plan can be sent. digest is the
// contract that was planned under, "" = not known; then is what follows once the mapping is corrected.
func (t *Teller) contractSteps(findings []jobs.Finding, digest string, then Action) []Step {
	text := &t.Steps
	var steps []Step
	if holdsBy(findings, jobs.RuleContract) {
		steps = t.acceptSteps(digest)
	}
	if holdsBy(findings, jobs.RuleNoJSON) {
		steps = append(steps, does(text.WrongCall, Action{Action: "contract-show"}))
	}
	if holdsBy(findings, jobs.RuleUnknownMember) {
		steps = append(steps, does(text.MendMembers, then))
	}
	return steps
}

// blockedSteps are what a person does about a contract that nobody has accepted, where all that would be sent is blocked:
// then it holds nothing yet, but will once the documents are corrected.
func (t *Teller) blockedSteps(findings []jobs.Finding, c jobs.Counts, digest string) []Step {
	notice := func(f jobs.Finding) bool { return f.Rule == jobs.RuleContract && !f.Holds }
	if c.Blocked+c.ElementsBlocked == 0 || !slices.ContainsFunc(findings, notice) {
		return nil
	}
	return t.acceptSteps(digest)
}

func (t *Teller) acceptSteps(digest string) []Step {
	text := &t.Steps
	return []Step{does(text.ContractDiff, contractDiff), does(text.ContractAccept, contractAccept(digest))}
}

// wrongAnswer is the way out when the API refused within an answer of success: the rules that judge it may be wrong.
func (t *Teller) wrongAnswer(found *gathered) []Step {
	if found.groups[groupRejected].inside == 0 {
		return nil
	}
	return []Step{says(t.Steps.WrongAnswer)}
}

// wrongContract is the way out when a contract refuses most of a staff: more likely it is wrong than they are.
func (t *Teller) wrongContract(refused int, c jobs.Counts) []Step {
	if refused == 0 || 2*refused < c.EmployeesRead {
		return nil
	}
	return []Step{does(t.Steps.WrongContract, Action{Action: contractHelp})}
}

// refusedByContract tells of an item that is blocked for what the contract says.
func refusedByContract(item *jobs.Item) bool {
	return slices.ContainsFunc(item.Problems, func(p mapping.Problem) bool { return strings.HasPrefix(p.Path, "/") || p.Wanted() != "" })
}

func holdsBy(findings []jobs.Finding, rule jobs.Rule) bool {
	return slices.ContainsFunc(findings, func(f jobs.Finding) bool { return f.Holds && f.Rule == rule })
}

// heldOtherwise tells of findings that hold even when the contract is accepted.
func heldOtherwise(findings []jobs.Finding) bool {
	return heldBesides(findings, jobs.RuleContract)
}

// heldBesides tells of findings of other rules that hold.
func heldBesides(findings []jobs.Finding, rules ...jobs.Rule) bool {
	return slices.ContainsFunc(findings, func(f jobs.Finding) bool { return f.Holds && !slices.Contains(rules, f.Rule) })
}
