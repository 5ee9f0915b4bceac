package jobs

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/mapping"
)

// Contract is what the API says that it takes of one job's documents: its Swagger or OpenAPI document, read by package
// contract.
type Contract struct {
	Digest string // SHA-256 of the document, hex; it holds nothing personal. "" = none is known

	// Checker checks documents; nil = no contract is known, or it does not have the operation: documents go unchecked.
	Checker DocumentChecker
	// NoJSON tells that the call takes no JSON, but a form or the like (Takes, media types), or nothing at all.
	NoJSON bool
	Takes  []string
	// Unknown are members that the job maps and the contract does not have: the API would drop them silently.
	Unknown []string
	// Breaking is what changed for the worse since the contract that was accepted last; nil = nothing waits for a person.
	Breaking []ContractChange
	// Before is the digest of the contract that the target's last run of everyone was planned under; "" = none.
	Before string
	// Since is all that changed since the contract that was asked about.
	Since []ContractChange
}

// DocumentChecker tells what the API would refuse. It is safe for concurrent use.
type DocumentChecker interface {
	// Check looks at a document in canonical form. The paths of problems are JSON pointers; they hold no values. nil = it fits.
	Check(document []byte) []mapping.Problem
}

// ContractChangeKind says what changed between two contracts. Package report has words for each.
type ContractChangeKind string

const (
	// Changes that break what was sent before.
	ContractOperationRemoved ContractChangeKind = "operation-removed"
	ContractMemberRemoved    ContractChangeKind = "member-removed"   // the API would drop it silently
	ContractMemberRequired   ContractChangeKind = "member-required"  // newly required, or required and new
	ContractTypeNarrowed     ContractChangeKind = "type-narrowed"    // Old, New: "number" → "integer"; also null no longer taken
	ContractEnumNarrowed     ContractChangeKind = "enum-narrowed"    // Old: the values that went
	ContractFormatNarrowed   ContractChangeKind = "format-narrowed"  // format or pattern; Old "" = there was none
	ContractLimitNarrowed    ContractChangeKind = "limit-narrowed"   // a length, range or count
	ContractParameterAdded   ContractChangeKind = "parameter-added"  // a required parameter of the call
	ContractParameterMoved   ContractChangeKind = "parameter-moved"  // Old, New: "header X-Cle" → "query cle"
	ContractMemberReadOnly   ContractChangeKind = "member-read-only" // what is sent would be ignored

	// Others, which are reported only.
	ContractOperationAdded ContractChangeKind = "operation-added"
	ContractMemberAdded    ContractChangeKind = "member-added"
	ContractMemberOptional ContractChangeKind = "member-optional" // no longer required
	ContractWidened        ContractChangeKind = "widened"         // a type, format, limit or enum takes more
)

// ContractChange is one difference between two contracts, for an operation that syncd uses.
type ContractChange struct {
	Operation string             `json:"operation"`      // "POST /V2/Salarie"
	Path      string             `json:"path,omitempty"` // "Contrat.CodeNature", "Elements[].Code"; of the body, or a parameter's name
	Kind      ContractChangeKind `json:"kind"`
	Old       ContractSide       `json:"old,omitzero"`
	New       ContractSide       `json:"new,omitzero"`
	Breaking  bool               `json:"breaking,omitempty"`
}

// ContractSide is what one of two contracts says.
type ContractSide struct {
	Text   string        `json:"text,omitempty"`   // a type, a format, values, a place, as the contract has them
	Format string        `json:"format,omitempty"` // of a type: "date"
	Null   bool          `json:"null,omitempty"`   // of a type: null fits as well
	Limit  mapping.Limit `json:"limit,omitzero"`
}

// String is the side in one text: "string(date), null", "<= 50"; "" = the contract says nothing.
func (s ContractSide) String() string {
	text := s.Text
	if s.Format != "" {
		text += "(" + s.Format + ")"
	}
	if s.Null {
		return text + ", null"
	}
	return text + s.Limit.String()
}

// UnmarshalJSON reads a side, or the one text that ledgers of earlier versions have for it.
func (s *ContractSide) UnmarshalJSON(text []byte) error {
	type side ContractSide
	var former string
	if json.Unmarshal(text, &former) != nil {
		return json.Unmarshal(text, (*side)(s))
	}
	if limit, known := mapping.FormerLimit(former); known {
		s.Limit = limit
		return nil
	}
	s.Text, s.Null = strings.CutSuffix(former, ", null")
	return nil
}

// APIName is an API as a whole, for all dossiers.
type APIName struct{ Partner, Environment, BaseURL string }

// API is the API that the target belongs to.
func (t Target) API() APIName { return APIName{t.Partner, t.Environment, t.BaseURL} }

// Contracts knows the contract in force.
type Contracts interface {
	// InForce gives the contract for the documents of a job; nil = there is nothing to say. The API is asked when nobody did lately. One
	// that does not tell is no error: what it told last counts. One that says otherwise than a default of how calls are
	// made is. since is the digest of the contract that changes are told from; "" = that of the target's last run of everyone.
	InForce(ctx context.Context, job *PushJob, target int64, since string) (*Contract, error)
}

// contract asks what the API takes. It comes first: what it says may stop a run before any other call is made.
func (r *Runner) contract(ctx context.Context, job *PushJob, target int64, since string) (*Contract, error) {
	if r.Contracts == nil {
		return nil, nil
	}
	contract, err := r.Contracts.InForce(ctx, job, target, since)
	if err != nil {
		return nil, hinted.While("reading the API's contract", err)
	}
	return contract, nil
}

// form is what documents of the job are sent by. The partner's side knows best.
func (r *Runner) form(job *PushJob) Form {
	if r.API != nil {
		return job.form(r.API.Call())
	}
	return job.form(job.Call)
}

func (c *Contract) digest() string {
	if c == nil {
		return ""
	}
	return c.Digest
}

// outdates reports whether what a run planned under another contract, or under none, may not fit this one: something broke
// since, or waits to be accepted.
func (c *Contract) outdates(run *Run) bool {
	if c == nil || run.Digests.Contract == c.Digest {
		return false
	}
	breaks := func(change ContractChange) bool { return change.Breaking }
	return len(c.Breaking) > 0 || run.Digests.Contract != "" && slices.ContainsFunc(c.Since, breaks)
}

// Renewed reports whether the target's last run of everyone was planned under another contract.
func (c *Contract) Renewed() bool { return c.Before != c.Digest }

// Broken is the finding that what is sent may break, and that nobody has accepted it; nil when nothing does.
func (c *Contract) Broken(holds bool) []Finding {
	if c == nil || len(c.Breaking) == 0 {
		return nil
	}
	n := len(c.Breaking)
	return []Finding{{Rule: RuleContract, Holds: holds, N: n, Contract: c.Breaking[:min(n, FindingKeys)]}}
}

// WaitsForContract reports whether the run is held, among others, for a change of the API's contract.
func (r *Run) WaitsForContract() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Rule == RuleContract && f.Holds })
}
