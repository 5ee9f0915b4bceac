package report

import (
	"io"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// RekeyReport counts what a change of the ledger key sealed anew.
type RekeyReport struct {
	Done      bool  `json:"done_before"` // the ledger had this key already
	Documents int64 `json:"documents"`   // of what the partner acknowledged
	Items     int64 `json:"items"`       // that may still be sent
	Runs      int64 `json:"runs"`
	Altered   int64 `json:"altered"` // did not open: somebody altered them
}

// Rekeyed writes what a change of the ledger key did.
func (p *Printer) Rekeyed(w io.Writer, r RekeyReport) error {
	g, words := p.page(w), &p.Catalogue.Rekey
	if r.Done {
		g.line(0, words.Before)
		return g.end()
	}
	g.line(0, words.Done)
	line := func(n int64, noun locale.Plural) entry {
		return entry{jobs.Difference(""), int(n), p.Noun(noun, int(n))}
	}
	g.balance([]entry{line(r.Documents, words.Documents), line(r.Items, words.Items), line(r.Runs, words.Runs), line(r.Altered, words.Altered)})
	g.newline()
	g.line(0, words.Then)
	return g.end()
}

// WriteRekeyJSON writes the same as one object.
func (p *Printer) WriteRekeyJSON(w io.Writer, r RekeyReport) error {
	out := newStream(w)
	out.value(r)
	return out.end("\n")
}
