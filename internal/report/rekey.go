package report

import (
	"io"

	"syncd/internal/jobs"
)

// RekeyReport counts what a change of the ledger key sealed anew.
type RekeyReport struct {
	Done      bool  `json:"done_before"` // the ledger had this key already
	Documents int64 `json:"documents"`   // of what Isidoor acknowledged
	Items     int64 `json:"items"`       // that may still be sent
	Runs      int64 `json:"runs"`
	Altered   int64 `json:"altered"` // did not open: somebody altered them
}

// Rekeyed writes what a change of the ledger key did.
func (p *Printer) Rekeyed(w io.Writer, r RekeyReport) error {
	g, words := p.page(w), &p.catalogue.rekey
	if r.Done {
		g.line(0, words.before)
		return g.end()
	}
	g.line(0, words.done)
	line := func(n int64, noun plural) entry { return entry{jobs.Difference(""), int(n), p.noun(noun, int(n))} }
	g.balance([]entry{line(r.Documents, words.documents), line(r.Items, words.items), line(r.Runs, words.runs), line(r.Altered, words.altered)})
	g.newline()
	g.line(0, words.then)
	return g.end()
}

// WriteRekeyJSON writes the same as one object.
func (p *Printer) WriteRekeyJSON(w io.Writer, r RekeyReport) error {
	out := newStream(w)
	out.value(r)
	return out.end("\n")
}
