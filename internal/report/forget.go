package report

import (
	"io"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// ForgetReport tells what was erased of somebody.
type ForgetReport struct {
	Name      string `json:"name"` // that stands where the matricule stood
	Documents int64  `json:"documents"`
	Lines     int64  `json:"lines"` // of runs
	Trail     int64  `json:"trail"` // lines that name the matricule, and stay
}

// Forgotten writes what was erased of somebody, and what could not be.
func (p *Printer) Forgotten(w io.Writer, r ForgetReport) error {
	g, words := p.page(w), &p.Catalogue.Forget
	g.line(0, locale.Fill(words.Done, "name", r.Name))
	line := func(n int64, noun locale.Plural) entry {
		return entry{jobs.Difference(""), int(n), p.Noun(noun, int(n))}
	}
	g.balance([]entry{line(r.Documents, words.Documents), line(r.Lines, words.Lines)})
	if r.Trail > 0 {
		g.newline()
		g.line(0, p.Count(words.Trail, int(r.Trail)))
	}
	g.newline()
	g.line(0, words.Elsewhere)
	return g.end()
}

// WriteForgetJSON writes the same as one object.
func (p *Printer) WriteForgetJSON(w io.Writer, r ForgetReport) error {
	out := newStream(w)
	out.value(r)
	return out.end("\n")
}
