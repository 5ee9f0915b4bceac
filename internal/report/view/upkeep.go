package view

import (
	"io"
	"strconv"
	"time"

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

	Readings int64 // who was shown what

	Changes int64 // of records of the inbox
	Files   int64 // of those: what they contained
}

// Upkeep is what a purge, a change of the ledger key or an erasure did, as people read it.
type Upkeep struct {
	Title   string
	Balance []Entry
	Held    []string // why a purge waits: a title, and lines
	Note    []string // what there is to know besides
	Next    []Step
}

// Purged tells what a purge deleted, or with dry what it would delete.
func (t *Teller) Purged(r PurgeReport, dry bool) *Upkeep {
	words := &t.Purge
	if r.Purged == (Purged{}) && r.Held == nil {
		return &Upkeep{Title: words.Nothing}
	}
	told := &Upkeep{Title: words.Done, Next: t.purgeSteps(r, dry),
		Balance: []Entry{t.entry(r.Diffs, words.Diffs), t.entry(r.Items, words.Items),
			t.entry(r.Runs, words.Runs), t.entry(r.Fires, words.Fires), t.entry(r.Documents, words.Documents)}}
	for _, of := range []Entry{t.entry(r.Changes, words.Changes), t.entry(r.Files, words.Files), t.entry(r.Readings, words.Readings)} {
		if of.N > 0 {
			told.Balance = append(told.Balance, of)
		}
	}
	switch {
	case r.Purged == (Purged{}):
		told.Title = words.Nothing
	case dry:
		told.Title = words.Dry
	}
	if r.Held != nil {
		told.Held = t.purgeHeld(r.Held)
	}
	return told
}

// purgeHeld tells why nobody deletes it by itself.
func (t *Teller) purgeHeld(h *PurgeHeld) []string {
	words := &t.Purge
	told := []string{words.Held}
	if h.LeaptFrom != nil {
		told = append(told, locale.Fill(words.Leapt, "from", t.second(*h.LeaptFrom, t.options.Location), "to",
			t.second(*h.LeaptTo, t.options.Location)))
	}
	for _, x := range h.Excess {
		told = append(told, locale.Fill(words.Excess, "go", t.Number(int(x.Go)), "of", t.Number(int(x.Of)), "what", words.Of[x.What],
			"limit", strconv.FormatFloat(h.Share*100, 'f', -1, 64)))
	}
	return told
}

func (t *Teller) purgeSteps(r PurgeReport, dry bool) []Step {
	switch {
	case r.Purged == (Purged{}) && r.Held == nil:
	case r.Held != nil:
		return []Step{does(t.Purge.Force, Action{Action: "purge", Apply: true, Force: true, Reasoned: true})}
	case dry:
		return []Step{does(t.Purge.Apply, Action{Action: "purge", Apply: true})}
	}
	return nil
}

type purgeJSON struct {
	Dry   bool  `json:"dry"`
	Diffs int64 `json:"diffs"`
	Items int64 `json:"items"`
	Runs  int64 `json:"runs"`
	Fires int64 `json:"fires"`

	Documents int64 `json:"documents"`

	Changes int64 `json:"changes,omitempty"`
	Files   int64 `json:"files,omitempty"`

	Readings int64 `json:"readings,omitempty"`

	Held *PurgeHeld `json:"held,omitempty"` // why it waits for a person
	Next []Step     `json:"next"`
}

// WritePurgeJSON writes the same as one object.
func (t *Teller) WritePurgeJSON(w io.Writer, r PurgeReport, dry bool) error {
	out := newStream(w)
	out.value(purgeJSON{dry, r.Diffs, r.Items, r.Runs, r.Fires, r.Documents, r.Changes, r.Files, r.Readings, r.Held,
		append([]Step{}, t.purgeSteps(r, dry)...)})
	return out.end("\n")
}

// RekeyReport counts what a change of the ledger key sealed anew.
type RekeyReport struct {
	Done      bool  `json:"done_before"` // the ledger had this key already
	Documents int64 `json:"documents"`   // of what the partner acknowledged
	Items     int64 `json:"items"`       // that may still be sent
	Runs      int64 `json:"runs"`
	Altered   int64 `json:"altered"` // did not open: somebody altered them
}

// Rekeyed tells what a change of the ledger key did.
func (t *Teller) Rekeyed(r RekeyReport) *Upkeep {
	words := &t.Rekey
	if r.Done {
		return &Upkeep{Title: words.Before}
	}
	return &Upkeep{Title: words.Done, Balance: []Entry{t.entry(r.Documents, words.Documents), t.entry(r.Items, words.Items),
		t.entry(r.Runs, words.Runs), t.entry(r.Altered, words.Altered)}, Note: []string{words.Then}}
}

// WriteRekeyJSON writes the same as one object.
func (t *Teller) WriteRekeyJSON(w io.Writer, r RekeyReport) error {
	out := newStream(w)
	out.value(r)
	return out.end("\n")
}

// ForgetReport tells what was erased of somebody.
type ForgetReport struct {
	Name       string `json:"name"` // that stands where the matricule stood
	Documents  int64  `json:"documents"`
	Lines      int64  `json:"lines"` // of runs
	AuditLines int64  `json:"trail"` // lines that name the matricule, and stay
}

// Forgotten tells what was erased of somebody, and what could not be.
func (t *Teller) Forgotten(r ForgetReport) *Upkeep {
	words := &t.Forget
	told := &Upkeep{Title: locale.Fill(words.Done, "name", r.Name),
		Balance: []Entry{t.entry(r.Documents, words.Documents), t.entry(r.Lines, words.Lines)}}
	if r.AuditLines > 0 {
		told.Note = append(told.Note, t.Count(words.AuditLines, int(r.AuditLines)))
	}
	told.Note = append(told.Note, words.Elsewhere)
	return told
}

// WriteForgetJSON writes the same as one object.
func (t *Teller) WriteForgetJSON(w io.Writer, r ForgetReport) error {
	out := newStream(w)
	out.value(r)
	return out.end("\n")
}
