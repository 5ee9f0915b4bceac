package report

import (
	"io"
	"strconv"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// PurgeReport is what is past its time, and why that waits for a person; nil = it does not.
type PurgeReport struct {
	Purged
	Held *PurgeHeld
}

// PurgeHeld is why a purge waits: the clock leapt, or too much would go.
type PurgeHeld struct {
	LeaptFrom *time.Time    `json:"leapt_from,omitempty"`
	LeaptTo   *time.Time    `json:"leapt_to,omitempty"`
	Excess    []PurgeExcess `json:"excess,omitempty"`
	Share     float64       `json:"share"`
}

// PurgeExcess is how much of something would go: in runs, and of fires in fires.
type PurgeExcess struct {
	What string `json:"what"`
	Go   int64  `json:"go"`
	Of   int64  `json:"of"`
}

// Purged counts.
type Purged struct {
	Diffs int64 // items that lose their diffs, problems and messages
	Items int64
	Runs  int64
	Fires int64

	Documents int64 // of the baseline
}

// purgeCommand deletes; without its flag it only counts.
const (
	purgeCommand      = "syncd purge --apply"
	forcePurgeCommand = `syncd purge --apply --force --reason "…"`
)

// Purged writes what a purge deleted, or with dry what it would delete.
func (p *Printer) Purged(w io.Writer, r PurgeReport, dry bool) error {
	g, words := p.page(w), &p.Catalogue.Purge
	if r.Purged == (Purged{}) && r.Held == nil {
		g.line(0, words.Nothing)
		return g.end()
	}
	title := words.Done
	switch {
	case r.Purged == (Purged{}):
		title = words.Nothing
	case dry:
		title = words.Dry
	}
	g.line(0, title)
	line := func(n int64, noun locale.Plural) entry {
		return entry{jobs.Difference(""), int(n), p.Noun(noun, int(n))}
	}
	g.balance([]entry{line(r.Diffs, words.Diffs), line(r.Items, words.Items), line(r.Runs, words.Runs), line(r.Fires, words.Fires), line(r.Documents, words.Documents)})
	switch {
	case r.Held != nil:
		g.purgeHeld(r.Held)
		g.steps([]step{{words.Force, forcePurgeCommand}})
	case dry:
		g.steps([]step{{words.Apply, purgeCommand}})
	}
	return g.end()
}

// purgeHeld tells why nobody deletes it by itself.
func (g *page) purgeHeld(h *PurgeHeld) {
	words := &g.Catalogue.Purge
	g.newline()
	g.line(0, words.Held)
	if h.LeaptFrom != nil {
		g.line(2, locale.Fill(words.Leapt, "from", g.second(*h.LeaptFrom, g.options.Location), "to", g.second(*h.LeaptTo, g.options.Location)))
	}
	for _, x := range h.Excess {
		g.line(2, locale.Fill(words.Excess, "go", g.Number(int(x.Go)), "of", g.Number(int(x.Of)), "what", words.Of[x.What], "limit", strconv.FormatFloat(h.Share*100, 'f', -1, 64)))
	}
}

type purgeJSON struct {
	Dry   bool  `json:"dry"`
	Diffs int64 `json:"diffs"`
	Items int64 `json:"items"`
	Runs  int64 `json:"runs"`
	Fires int64 `json:"fires"`

	Documents int64 `json:"documents"`

	Held *PurgeHeld `json:"held,omitempty"` // why it waits for a person
}

// WritePurgeJSON writes the same as one object.
func (p *Printer) WritePurgeJSON(w io.Writer, r PurgeReport, dry bool) error {
	out := newStream(w)
	out.value(purgeJSON{dry, r.Diffs, r.Items, r.Runs, r.Fires, r.Documents, r.Held})
	return out.end("\n")
}
