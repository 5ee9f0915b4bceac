package view

import (
	"slices"
	"strings"
	"time"

	"syncd/internal/contract"
	"syncd/internal/contract/check"
	"syncd/internal/contract/openapi"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// ContractChange is one line: "! Contrat.CodeNature: required now". Its sign is ! for what breaks, + for what is new, and * for
// other changes.
func (t *Teller) ContractChange(c jobs.ContractChange) string {
	where := c.Path
	if where == "" {
		where = c.Operation
	}
	return Clean(string(signOf(&c)) + " " + Cut(where) + t.Colon + t.changeText(&c))
}

func signOf(c *jobs.ContractChange) jobs.Difference {
	switch {
	case c.Breaking:
		return jobs.Undeliverable
	case c.Kind == jobs.ContractMemberAdded || c.Kind == jobs.ContractOperationAdded:
		return jobs.Created
	}
	return jobs.Updated
}

// changeText is what a change is, without its place.
func (t *Teller) changeText(c *jobs.ContractChange) string {
	words, known := t.Contract.Changes[string(c.Kind)]
	if !known { // of a newer program
		return string(c.Kind)
	}
	var none jobs.ContractSide
	text := words.Plain
	switch {
	case c.Old != none && c.New != none && words.Both != "":
		text = words.Both
	case c.New != none && words.Fresh != "":
		text = words.Fresh
	case c.Old != none && c.New == none && words.Gone != "":
		text = words.Gone
	}
	older := t.side(c.Kind, c.Old)
	if c.Kind == jobs.ContractLimitNarrowed && c.Old.Limit.Rule != "" {
		older = t.formerLimit(c.Old.Limit, c.New.Limit)
	}
	return strings.NewReplacer("{old}", older, "{new}", t.side(c.Kind, c.New)).Replace(text)
}

// side is what a change is from, or to, in words where its kind has some.
func (t *Teller) side(kind jobs.ContractChangeKind, side jobs.ContractSide) string {
	text := Cut(side.Text)
	switch {
	case side.Limit.Rule != "":
		return t.bound(side.Limit)
	case side.Format != "":
		text = t.formatted(text, Cut(side.Format))
	case kind == jobs.ContractFormatNarrowed:
		return t.format(text)
	case kind == jobs.ContractWidened && t.Contract.Formats[text] != "":
		return t.format(text)
	case kind == jobs.ContractTypeNarrowed, kind == jobs.ContractMemberRequired, kind == jobs.ContractMemberAdded,
		kind == jobs.ContractWidened:
		text = t.typed(text, "")
	}
	if side.Null {
		text += t.Contract.Or + t.Contract.Types["null"]
	}
	return text
}

// formatted is a type of a format: "a date such as 2026-11-30", "a whole number (short)".
func (t *Teller) formatted(name, format string) string {
	if text, known := t.Contract.Formats[format]; known {
		return text
	}
	return t.typed(name, "") + " (" + format + ")"
}

// Changes are what differs between two contracts: what breaks what is sent, or the rest.
type Changes struct {
	Title string
	Calls []CallChanges // in the order given
}

// CallChanges are changes of one call.
type CallChanges struct {
	Operation string // "" = the lines themselves name it, or it is that of the ones before
	Lines     []ChangeLine
}

// ChangeLine is one change of a contract.
type ChangeLine struct {
	Sign jobs.Difference
	Text string // without the sign
}

// ContractChanges tells what differs between two contracts: first what breaks, then the rest, each in the order given.
func (t *Teller) ContractChanges(changes []jobs.ContractChange) []Changes {
	breaking := slices.DeleteFunc(slices.Clone(changes), func(c jobs.ContractChange) bool { return !c.Breaking })
	others := slices.DeleteFunc(slices.Clone(changes), func(c jobs.ContractChange) bool { return c.Breaking })
	return slices.Concat(t.contractPart(t.Contract.Breaking, breaking), t.contractPart(t.Contract.Additions, others))
}

// contractPart are changes below a title, and the call that they belong to where it is another one.
func (t *Teller) contractPart(title locale.Plural, changes []jobs.ContractChange) []Changes {
	if len(changes) == 0 {
		return nil
	}
	part := Changes{Title: t.Count(title, len(changes)), Calls: []CallChanges{{}}}
	operation := ""
	for i := range changes {
		c := &changes[i]
		if c.Operation != operation && c.Path != "" { // else the line itself names the call
			operation = c.Operation
			part.Calls = append(part.Calls, CallChanges{Operation: operation})
		}
		last := &part.Calls[len(part.Calls)-1]
		last.Lines = append(last.Lines, t.changeLine(c))
	}
	return []Changes{part}
}

func (t *Teller) changeLine(c *jobs.ContractChange) ChangeLine {
	sign := signOf(c)
	return ChangeLine{sign, strings.TrimPrefix(t.ContractChange(*c), string(sign))}
}

// ContractChange is one change with its text.
type ContractChange struct {
	jobs.ContractChange
	Old  string `json:"old,omitempty"` // "string, null", "<= 50"; likewise, new
	New  string `json:"new,omitempty"`
	Text string `json:"text"`
}

// ContractChangesOf are changes, each with its text: an array, empty when there are none.
func (t *Teller) ContractChangesOf(changes []jobs.ContractChange) []ContractChange {
	out := make([]ContractChange, 0, len(changes))
	for _, c := range changes {
		out = append(out, ContractChange{c, c.Old.String(), c.New.String(), t.ContractChange(c)})
	}
	return out
}

// ContractStanding is where the contracts of an API stand.
type ContractStanding struct {
	InForce    string           `json:"in_force,omitempty"` // digest
	Accepted   string           `json:"accepted,omitempty"`
	AcceptedBy string           `json:"accepted_by,omitempty"`
	AcceptedAt *time.Time       `json:"accepted_at,omitempty"`
	Waits      bool             `json:"waits"` // runs are held until it is accepted
	Problem    string           `json:"problem,omitempty"`
	Seen       []SeenContract   `json:"seen"`
	Operations []OperationLine  `json:"operations,omitempty"`
	Changes    []ContractChange `json:"changes"`
	Advice     []Advice         `json:"advice,omitempty"`
}

// OperationLine is a call, with why it is not known what it takes.
type OperationLine struct {
	openapi.OperationLine
	Broken string `json:"broken,omitempty"`
}

// Advice is one thing that a contract says about the configuration: check.Advice has its levels.
type Advice struct {
	Level string `json:"level"`
	// of the mapping: "Contrat.CodeNature", "Elements[].Code", "Elements" (the children); "" = the job or the API as a whole
	Path string `json:"path,omitempty"`
	Text string `json:"text"`           // what follows the path; a whole sentence where Path is ""
	Hint string `json:"hint,omitempty"` // the next step; "" = none
	hinted.Fact
}

// Advice is advice in words.
func (t *Teller) Advice(a *check.Advice) Advice {
	text, hint := a.Fact.Apart(t.Catalogue, a.Next)
	return Advice{a.Level, a.Path, text, hint, a.Fact}
}

// SeenContract is one of them, and where and when it was seen.
type SeenContract struct {
	Digest    string    `json:"digest"`
	Place     string    `json:"place"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
}

// ContractStanding tells where they stand. problem is why the API gave none; nil = it gave one, or was not asked.
func (t *Teller) ContractStanding(s *contract.Standing, problem error) ContractStanding {
	out := ContractStanding{AcceptedBy: s.Known.AcceptedBy, AcceptedAt: s.Known.AcceptedAt, Waits: s.Waits(),
		Seen: []SeenContract{}, Changes: t.ContractChangesOf(s.Changes)}
	if problem != nil {
		out.Problem = hinted.TextIn(t.Catalogue, problem)
	}
	for _, seen := range s.Known.Seen {
		out.Seen = append(out.Seen, SeenContract(seen))
	}
	if s.Newest != nil {
		out.InForce, out.Accepted = s.Newest.Digest, s.Accepted.Digest
		for _, line := range s.Newest.Overview() {
			told := OperationLine{OperationLine: line}
			if line.Broken != nil {
				told.Broken = line.Broken.In(t.Catalogue)
			}
			out.Operations = append(out.Operations, told)
		}
	}
	for i := range s.Advice {
		out.Advice = append(out.Advice, t.Advice(&s.Advice[i]))
	}
	return out
}

// Operation is what one call takes.
type Operation struct {
	Method     string               `json:"method"`
	Path       string               `json:"path"`
	Parameters []Parameter          `json:"parameters"`
	Members    []openapi.MemberLine `json:"members"`
	Cut        bool                 `json:"cut,omitempty"`       // there are more members: definitions refer to each other in too many ways
	Media      []string             `json:"media,omitempty"`     // what it takes instead of JSON
	Broken     string               `json:"broken,omitempty"`    // why it is not known what it takes
	Unchecked  []string             `json:"unchecked,omitempty"` // what it demands and syncd does not check
}

// Parameter is what goes with a call beside its body.
type Parameter struct {
	Name        string `json:"name"`
	In          string `json:"in"` // header, query, path
	Required    bool   `json:"required"`
	Description string `json:"description,omitempty"`
}

// ContractCall is what a call of a contract takes.
func (t *Teller) ContractCall(op *openapi.Operation) Operation {
	members, all := op.Outline()
	out := Operation{Method: op.Method, Path: op.Path, Parameters: []Parameter{}, Members: members, Cut: !all,
		Media: op.Media}
	for _, demand := range op.Unchecked() {
		out.Unchecked = append(out.Unchecked, demand.In(t.Catalogue))
	}
	if op.Broken != nil {
		out.Broken = op.Broken.In(t.Catalogue)
	}
	for _, p := range op.Parameters {
		out.Parameters = append(out.Parameters, Parameter{p.Name, p.In, p.Required, p.Description})
	}
	return out
}

// Day is the day of something that belongs to no job.
func (t *Teller) Day(at time.Time) string { return at.In(t.options.Location).Format(t.ListDay) }
