package report

import (
	"fmt"
	"io"

	"syncd/internal/jobs"
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
	g, words := p.page(w), &p.catalogue.forget
	g.line(0, fmt.Sprintf(words.done, r.Name))
	line := func(n int64, noun plural) entry { return entry{jobs.Difference(""), int(n), p.noun(noun, int(n))} }
	g.balance([]entry{line(r.Documents, words.documents), line(r.Lines, words.lines)})
	if r.Trail > 0 {
		g.newline()
		g.line(0, p.count(words.trail, int(r.Trail)))
	}
	g.newline()
	g.line(0, words.elsewhere)
	return g.end()
}

// WriteForgetJSON writes the same as one object.
func (p *Printer) WriteForgetJSON(w io.Writer, r ForgetReport) error {
	out := newStream(w)
	out.value(r)
	return out.end("\n")
}
