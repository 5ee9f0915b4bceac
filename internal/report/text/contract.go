package text

import (
	"fmt"
	"io"

	"syncd/internal/contract"
	"syncd/internal/contract/openapi"
	"syncd/internal/hinted"
	"syncd/internal/ledger"
	"syncd/internal/report/view"
)

// ContractFetched tells where the contracts stand after the API was asked; on stderr why it gave none. source is where the
// configuration looks for it.
func (p *Printer) ContractFetched(w, stderr io.Writer, s *contract.Standing, problem error, source string) error {
	answers := p.Answers.Contract
	if problem != nil {
		text, hint := hinted.SplitIn(p.Catalogue, problem)
		p.say(stderr, answers.Warning, "text", text, "hint", hint)
		switch {
		case s.Newest != nil:
			p.say(w, answers.CheckedBy, "day", p.Day(s.Known.Seen[0].LastSeen), "digest", short(s.Newest.Digest))
		case source != string(contract.Auto):
			p.say(w, answers.NothingSent)
		default:
			p.say(w, answers.Unchecked)
		}
		return nil
	}
	p.say(w, answers.Found, "place", s.Known.Seen[0].Place, "title", s.Newest.Title, "version", s.Newest.Version,
		"n", len(s.Newest.Operations), "digest", short(s.Newest.Digest))
	p.contractCall(w, s)
	if s.Known.Accepted == "" {
		p.say(w, answers.First)
		return nil
	}
	return p.ContractChanged(w, s)
}

// contractCall tells what the contract says of the call that takes documents.
func (p *Printer) contractCall(w io.Writer, s *contract.Standing) {
	answers := p.Answers.Contract
	if op := s.Derived.Operation; op != nil {
		p.say(w, answers.Call, "method", op.Method, "path", op.Path, "place", placeIn(answers.Places, s.Derived.KeyIn), "name",
			s.Derived.KeyName)
	}
	for i := range s.Advice {
		advice := p.Advice(&s.Advice[i])
		p.say(w, answers.Advice, "level", answers.Levels[advice.Level], "text", advice.Text)
		if advice.Hint != "" {
			fmt.Fprintln(w, Fold(p.Hint+advice.Hint, p.look.Width))
		}
	}
}

// ContractChanged tells what changed since the accepted contract.
func (p *Printer) ContractChanged(w io.Writer, s *contract.Standing) error {
	answers := p.Answers.Contract
	switch {
	case len(s.Changes) == 0:
		p.say(w, answers.NoChange)
		return nil
	case s.Waits():
		p.say(w, answers.Compared, "digest", short(s.Accepted.Digest), "day", p.Day(*s.Known.AcceptedAt))
	}
	if err := p.ContractChanges(w, s.Changes); err != nil {
		return err
	}
	if s.Waits() {
		p.say(w, answers.Waits, "digest", short(s.Newest.Digest))
	}
	return nil
}

// ContractAccepted tells what was accepted, and which runs that lets go.
func (p *Printer) ContractAccepted(w io.Writer, s *contract.Standing, accepted *ledger.Accepted) error {
	answers := p.Answers.Contract
	p.say(w, answers.Accepted, "digest", short(s.Newest.Digest))
	if err := p.ContractChanges(w, s.Changes); err != nil {
		return err
	}
	for _, run := range accepted.Released {
		p.say(w, answers.LetGo, "run", run.ID, "job", run.Job, "dossier", run.Target.Dossier, "period", run.Period)
	}
	for _, run := range accepted.Outdated {
		p.say(w, answers.Outdated, "run", run.ID, "job", run.Job, "dossier", run.Target.Dossier, "period", run.Period)
	}
	p.say(w, answers.WhetherFits)
	return nil
}

// ContractShown tells which contracts were seen, and what one of them says.
func (p *Printer) ContractShown(w io.Writer, s *contract.Standing, document *openapi.Document) error {
	answers := p.Answers.Contract
	const columns = 4
	seenOnes, calls := untitled(columns), untitled(columns)
	for i, seen := range s.Known.Seen {
		state := ""
		switch {
		case i == 0 && seen.Digest == s.Accepted.Digest:
			state = answers.InForce
		case i == 0:
			state = answers.NotAccepted
		case seen.Digest == s.Accepted.Digest:
			state = answers.SentBy
		}
		since := p.Fill(answers.Seen, "from", p.Day(seen.FirstSeen), "to", p.Day(seen.LastSeen))
		seenOnes.Rows = append(seenOnes.Rows, []string{short(seen.Digest), seen.Place, since, state})
	}
	for _, line := range document.Overview() {
		takes := line.Takes()
		if line.Broken != nil {
			takes = answers.NotKnown
		}
		calls.Rows = append(calls.Rows, []string{line.Call, takes, line.ID, line.Summary})
	}
	g := p.page(w)
	g.table(seenOnes)
	g.newline()
	g.line(0, p.Fill(answers.Title, "title", document.Title, "version", document.Version))
	g.table(calls)
	if err := g.end(); err != nil {
		return err
	}
	for _, note := range document.Notes {
		p.say(w, answers.NotChecked, "what", note)
	}
	if s.Problem != nil {
		text, _ := hinted.SplitIn(p.Catalogue, s.Problem)
		p.say(w, answers.Asked, "day", p.Day(*s.Known.AskedAt), "problem", text)
	}
	p.contractCall(w, s)
	return nil
}

// ContractCall tells what one call takes.
func (p *Printer) ContractCall(w io.Writer, op *openapi.Operation) error {
	answers := p.Answers.Contract
	required := map[bool]string{true: answers.Required}
	const columns = 4
	g, table := p.page(w), untitled(columns)
	g.line(0, op.Method+" "+op.Path+"  "+op.Summary)
	for _, parameter := range op.Parameters {
		table.Rows = append(table.Rows, []string{parameter.Name, placeIn(answers.Places, parameter.In), required[parameter.Required],
			parameter.Description})
	}
	members, all := op.Outline()
	for _, line := range members {
		table.Rows = append(table.Rows, []string{line.Path, line.Type, required[line.Required], line.Description})
	}
	g.table(table)
	if err := g.end(); err != nil {
		return err
	}
	switch {
	case op.Broken != nil:
		p.say(w, answers.TakesUnknown, "problem", op.Broken.Fact)
	case op.Body == nil && len(op.Media) > 0:
		p.say(w, answers.TakesOther, "media", op.Media)
	case op.Body == nil:
		p.say(w, answers.TakesNothing)
	case !all:
		p.say(w, answers.Cut, "n", len(members))
	}
	for _, demand := range op.Unchecked() {
		p.say(w, answers.NotChecked, "what", demand)
	}
	return nil
}

// placeIn is where a parameter is.
func placeIn(places map[string]string, in string) string {
	if words, known := places[in]; known {
		return words
	}
	return places["*"]
}

// say writes a sentence of the catalogue on a line of its own. An error of the writer shows at its next use.
func (p *Printer) say(w io.Writer, sentence string, namesAndValues ...any) {
	fmt.Fprintln(w, Fold(p.Fill(sentence, namesAndValues...), p.look.Width))
}

// untitled is a table of columns of words, without a head.
func untitled(columns int) view.Table {
	return view.Table{Head: make([]string, columns), Numbers: columns}
}

// short is the beginning of a digest, which is enough to name it.
func short(digest string) string { return fmt.Sprintf("%.12s", digest) }
