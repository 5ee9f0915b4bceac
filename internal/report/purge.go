package report

import (
	"io"

	"syncd/internal/jobs"
)

// PurgeReport counts what is past its time.
type PurgeReport struct {
	Diffs int64 // items that lose their diffs, problems and messages
	Items int64
	Runs  int64
	Fires int64

	Documents int64 // of the baseline
}

// purgeCommand deletes; without its flag it only counts.
const purgeCommand = "syncd purge --apply"

// Purged writes what a purge deleted, or with dry what it would delete.
func (p *Printer) Purged(w io.Writer, r PurgeReport, dry bool) error {
	g, words := p.page(w), &p.catalogue.purge
	if r == (PurgeReport{}) {
		g.line(0, words.nothing)
		return g.end()
	}
	title := words.done
	if dry {
		title = words.dry
	}
	g.line(0, title)
	line := func(n int64, noun plural) entry { return entry{jobs.Difference(""), int(n), p.noun(noun, int(n))} }
	g.balance([]entry{line(r.Diffs, words.diffs), line(r.Items, words.items), line(r.Runs, words.runs), line(r.Fires, words.fires), line(r.Documents, words.documents)})
	if dry {
		g.steps([]step{{words.apply, purgeCommand}})
	}
	return g.end()
}

type purgeJSON struct {
	Dry   bool  `json:"dry"`
	Diffs int64 `json:"diffs"`
	Items int64 `json:"items"`
	Runs  int64 `json:"runs"`
	Fires int64 `json:"fires"`

	Documents int64 `json:"documents"`
}

// WritePurgeJSON writes the same as one object.
func (p *Printer) WritePurgeJSON(w io.Writer, r PurgeReport, dry bool) error {
	out := newStream(w)
	out.value(purgeJSON{dry, r.Diffs, r.Items, r.Runs, r.Fires, r.Documents})
	return out.end("\n")
}
