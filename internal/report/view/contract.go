package view

import (
	"slices"
	"strings"

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
	text := words.Plain
	switch {
	case c.Old != "" && c.New != "" && words.Both != "":
		text = words.Both
	case c.New != "" && words.Fresh != "":
		text = words.Fresh
	case c.Old != "" && c.New == "" && words.Gone != "":
		text = words.Gone
	}
	older := t.side(c.Kind, c.Old)
	if c.Kind == jobs.ContractLimitNarrowed {
		older = t.formerLimit(c.Old, c.New)
	}
	return strings.NewReplacer("{old}", older, "{new}", t.side(c.Kind, c.New)).Replace(text)
}

// side is what a change is from, or to, in words where its kind has some.
func (t *Teller) side(kind jobs.ContractChangeKind, text string) string {
	text = Cut(text)
	switch kind {
	case jobs.ContractTypeNarrowed, jobs.ContractMemberRequired, jobs.ContractMemberAdded:
		return t.types(text, "")
	case jobs.ContractLimitNarrowed:
		return t.limits(text)
	case jobs.ContractFormatNarrowed:
		return t.format(text)
	case jobs.ContractWidened: // of any of these
		if format, known := t.Contract.Formats[text]; known {
			return format
		}
		return t.limits(t.types(text, ""))
	}
	return text
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
	Text string `json:"text"`
}

// ContractChangesOf are changes, each with its text: an array, empty when there are none.
func (t *Teller) ContractChangesOf(changes []jobs.ContractChange) []ContractChange {
	out := make([]ContractChange, 0, len(changes))
	for _, c := range changes {
		out = append(out, ContractChange{c, t.ContractChange(c)})
	}
	return out
}
