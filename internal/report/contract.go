package report

import (
	"io"
	"slices"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// ContractChange is one line: "! Contrat.CodeNature: required now". Its sign is ! for what breaks, + for what is new, and * for
// other changes.
func (p *Printer) ContractChange(c jobs.ContractChange) string {
	where := c.Path
	if where == "" {
		where = c.Operation
	}
	return clean(string(signOf(&c)) + " " + cut(where) + p.Catalogue.Colon + p.changeText(&c))
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
func (p *Printer) changeText(c *jobs.ContractChange) string {
	words, known := p.Catalogue.Contract.Changes[string(c.Kind)]
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
	older := p.side(c.Kind, c.Old)
	if c.Kind == jobs.ContractLimitNarrowed {
		older = p.formerLimit(c.Old, c.New)
	}
	return strings.NewReplacer("{old}", older, "{new}", p.side(c.Kind, c.New)).Replace(text)
}

// side is what a change is from, or to, in words where its kind has some.
func (p *Printer) side(kind jobs.ContractChangeKind, text string) string {
	text = cut(text)
	switch kind {
	case jobs.ContractTypeNarrowed, jobs.ContractMemberRequired, jobs.ContractMemberAdded:
		return p.types(text, "")
	case jobs.ContractLimitNarrowed:
		return p.limits(text)
	case jobs.ContractFormatNarrowed:
		return p.format(text)
	case jobs.ContractWidened: // of any of these
		if format, known := p.Catalogue.Contract.Formats[text]; known {
			return format
		}
		return p.limits(p.types(text, ""))
	}
	return text
}

// ContractChanges writes what differs between two contracts: first what breaks, then the rest, each in the order given.
func (p *Printer) ContractChanges(w io.Writer, changes []jobs.ContractChange) error {
	g, words := p.page(w), &p.Catalogue.Contract
	if len(changes) == 0 {
		g.line(0, words.None)
	}
	breaking := slices.DeleteFunc(slices.Clone(changes), func(c jobs.ContractChange) bool { return !c.Breaking })
	others := slices.DeleteFunc(slices.Clone(changes), func(c jobs.ContractChange) bool { return c.Breaking })
	g.contractPart(words.Breaking, breaking)
	if len(breaking) > 0 && len(others) > 0 {
		g.newline()
	}
	g.contractPart(words.Additions, others)
	return g.end()
}

// contractPart writes changes below a title, and the call that they belong to where it is another one.
func (g *page) contractPart(title locale.Plural, changes []jobs.ContractChange) {
	if len(changes) == 0 {
		return
	}
	g.text(bold, g.Count(title, len(changes)))
	g.newline()
	operation := ""
	for i := range changes {
		c := &changes[i]
		if c.Operation != operation && c.Path != "" { // else the line itself names the call
			operation = c.Operation
			g.line(itemIndent, operation)
		}
		g.contractLine(2*itemIndent, c)
	}
}

func (g *page) contractLine(indent int, c *jobs.ContractChange) {
	text := g.ContractChange(*c)
	sign := signOf(c)
	g.spaces(indent)
	g.sign(sign)
	g.text(plain, strings.TrimPrefix(text, string(sign)))
	g.newline()
}

// contractLines writes the first changes that a finding names.
func (g *page) contractLines(f *jobs.Finding, atMost int) {
	shown := f.Contract[:min(len(f.Contract), atMost)]
	for i := range shown {
		g.contractLine(2*itemIndent, &shown[i])
	}
	if rest := max(f.N, len(f.Contract)) - len(shown); rest > 0 && len(shown) > 0 {
		g.line(2*itemIndent, g.Count(g.Catalogue.Plurals.More, rest))
	}
}

type contractChangeJSON struct {
	jobs.ContractChange
	Text string `json:"text"`
}

// ContractChangesJSON are changes as JSON shows them, each with its text: an array, empty when there are none.
func (p *Printer) ContractChangesJSON(changes []jobs.ContractChange) any {
	return p.contractChanges(changes)
}

func (p *Printer) contractChanges(changes []jobs.ContractChange) []contractChangeJSON {
	out := make([]contractChangeJSON, 0, len(changes))
	for _, c := range changes {
		out = append(out, contractChangeJSON{c, p.ContractChange(c)})
	}
	return out
}
