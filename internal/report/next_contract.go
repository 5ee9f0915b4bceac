package report

import (
	"slices"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// contractSteps are what a person does about what the contract has to say, before a plan can be sent. command is what
// follows once the mapping is corrected.
func (p *Printer) contractSteps(findings []jobs.Finding, command string) []step {
	text := &p.catalogue.steps
	var steps []step
	if holdsBy(findings, jobs.RuleContract) {
		steps = append(steps, step{text.contractDiff, contractDiffCommand}, step{text.contractAccept, contractAcceptCommand})
	}
	if holdsBy(findings, jobs.RuleUnknownMember) {
		steps = append(steps, step{text.mendMembers, command})
	}
	return steps
}

// wrongContract is the way out when a contract refuses most of a staff: more likely it is wrong than they are.
func (p *Printer) wrongContract(refused int, c jobs.Counts) []step {
	if refused == 0 || 2*refused < c.EmployeesRead {
		return nil
	}
	return []step{{p.catalogue.steps.wrongContract, "syncd contract --help"}}
}

// refusedByContract tells of an item that is blocked for what the contract says.
func refusedByContract(item *jobs.Item) bool {
	return slices.ContainsFunc(item.Problems, func(p mapping.Problem) bool { return strings.HasPrefix(p.Path, "/") || p.Want != "" })
}

const (
	contractDiffCommand   = "syncd contract diff"
	contractAcceptCommand = `syncd contract accept --reason "…"`
)

func holdsBy(findings []jobs.Finding, rule jobs.Rule) bool {
	return slices.ContainsFunc(findings, func(f jobs.Finding) bool { return f.Holds && f.Rule == rule })
}

// heldOtherwise tells of findings that hold even when the contract is accepted.
func heldOtherwise(findings []jobs.Finding) bool {
	return slices.ContainsFunc(findings, func(f jobs.Finding) bool { return f.Holds && f.Rule != jobs.RuleContract })
}
