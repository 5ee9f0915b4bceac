package main

import (
	"time"

	"syncd/internal/contract"
	"syncd/internal/contract/check"
	"syncd/internal/contract/openapi"
)

// standingJSON is where the contracts of an API stand, as printed.
type standingJSON struct {
	InForce    string                  `json:"in_force,omitempty"` // digest
	Accepted   string                  `json:"accepted,omitempty"`
	AcceptedBy string                  `json:"accepted_by,omitempty"`
	AcceptedAt *time.Time              `json:"accepted_at,omitempty"`
	Waits      bool                    `json:"waits"` // runs are held until it is accepted
	Problem    string                  `json:"problem,omitempty"`
	Seen       []seenJSON              `json:"seen"`
	Operations []openapi.OperationLine `json:"operations,omitempty"`
	Changes    any                     `json:"changes"`
	Advice     []check.Advice          `json:"advice,omitempty"`
}

type seenJSON struct {
	Digest    string    `json:"digest"`
	Place     string    `json:"place"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
}

func (a *app) standingJSON(s *contract.Standing, problem string) standingJSON {
	out := standingJSON{AcceptedBy: s.Known.AcceptedBy, AcceptedAt: s.Known.AcceptedAt, Waits: s.Waits(), Problem: problem,
		Seen: []seenJSON{}, Changes: a.printer().ContractChangesJSON(s.Changes), Advice: s.Advice}
	for _, seen := range s.Known.Seen {
		out.Seen = append(out.Seen, seenJSON(seen))
	}
	if s.Newest != nil {
		out.InForce, out.Accepted, out.Operations = s.Newest.Digest, s.Accepted.Digest, s.Newest.Overview()
	}
	return out
}

// operationJSON is what one call takes, as printed.
type operationJSON struct {
	Method     string               `json:"method"`
	Path       string               `json:"path"`
	Parameters []parameterJSON      `json:"parameters"`
	Members    []openapi.MemberLine `json:"members"`
	Cut        bool                 `json:"cut,omitempty"`       // there are more members: definitions refer to each other in too many ways
	Media      []string             `json:"media,omitempty"`     // what it takes instead of JSON
	Broken     string               `json:"broken,omitempty"`    // why it is not known what it takes
	Unchecked  []string             `json:"unchecked,omitempty"` // what it demands and syncd does not check
}

type parameterJSON struct {
	Name        string `json:"name"`
	In          string `json:"in"` // header, query, path
	Required    bool   `json:"required"`
	Description string `json:"description,omitempty"`
}

func newOperationJSON(op *openapi.Operation) operationJSON {
	members, all := op.Outline()
	out := operationJSON{Method: op.Method, Path: op.Path, Parameters: []parameterJSON{}, Members: members, Cut: !all, Media: op.Media, Unchecked: op.Unchecked()}
	if op.Broken != nil {
		out.Broken = op.Broken.Problem
	}
	for _, p := range op.Parameters {
		out.Parameters = append(out.Parameters, parameterJSON{p.Name, p.In, p.Required, p.Description})
	}
	return out
}
