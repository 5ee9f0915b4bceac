package report

import (
	"slices"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// contractSteps are what a person does about what the contract has to say, before a plan can be sent. digest is the
// contract that was planned under, "" = not known; command is what follows once the mapping is corrected.
func (p *Printer) contractSteps(findings []jobs.Finding, digest, command string) []step {
	text := &p.Catalogue.Steps
	var steps []step
	if holdsBy(findings, jobs.RuleContract) {
		steps = p.acceptSteps(digest)
	}
	if holdsBy(findings, jobs.RuleNoJSON) {
		steps = append(steps, step{text.WrongCall, "syncd contract show"})
	}
	if holdsBy(findings, jobs.RuleUnknownMember) {
		steps = append(steps, step{text.MendMembers, command})
	}
	return steps
}

// blockedSteps are what a person does about a contract that nobody has accepted, where all that would be sent is blocked:
// then it holds nothing yet, but will once the documents are corrected.
func (p *Printer) blockedSteps(findings []jobs.Finding, c jobs.Counts, digest string) []step {
	notice := func(f jobs.Finding) bool { return f.Rule == jobs.RuleContract && !f.Holds }
	if c.Blocked+c.ElementsBlocked == 0 || !slices.ContainsFunc(findings, notice) {
		return nil
	}
	return p.acceptSteps(digest)
}

func (p *Printer) acceptSteps(digest string) []step {
	text := &p.Catalogue.Steps
	return []step{{text.ContractDiff, contractDiffCommand}, {text.ContractAccept, contractAcceptCommand(digest)}}
}

// wrongAnswer is the way out when the API refused within an answer of success: the rules that judge it may be wrong.
func (p *Printer) wrongAnswer(found *gathered) []step {
	if found.groups[groupRejected].inside == 0 {
		return nil
	}
	return []step{{text: p.Catalogue.Steps.WrongAnswer}}
}

// wrongContract is the way out when a contract refuses most of a staff: more likely it is wrong than they are.
func (p *Printer) wrongContract(refused int, c jobs.Counts) []step {
	if refused == 0 || 2*refused < c.EmployeesRead {
		return nil
	}
	return []step{{p.Catalogue.Steps.WrongContract, "syncd contract --help"}}
}

// refusedByContract tells of an item that is blocked for what the contract says.
func refusedByContract(item *jobs.Item) bool {
	return slices.ContainsFunc(item.Problems, func(p mapping.Problem) bool { return strings.HasPrefix(p.Path, "/") || p.Want != "" })
}

const contractDiffCommand = "syncd contract diff"

// shownDigest is how many characters of a digest commands name.
const shownDigest = 12

// contractAcceptCommand names the contract that the person is shown, so that no other is accepted; "" = it is not known.
func contractAcceptCommand(digest string) string {
	text := "syncd contract accept"
	if digest != "" {
		text += " " + argument(digest[:min(len(digest), shownDigest)])
	}
	return text + ` --reason "…"`
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
