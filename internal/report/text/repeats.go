package text

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/report/view"
)

// Mistakes tell what keeps dossiers of a command from their turn.
type Mistakes struct {
	w     io.Writer
	words *view.Teller
	width int // of a terminal; 0 = there is none
	Repeats[string]
}

// NewMistakes writes them to standard error.
func NewMistakes(w io.Writer, words *view.Teller, width int) *Mistakes {
	return &Mistakes{w: w, words: words, width: width}
}

// Tell tells what was met, in words.
func (m *Mistakes) Tell(dossier, text string) {
	if !m.Again(text, dossier) {
		m.say("syncd: %s: %s\n", dossier, text)
	}
}

// End counts those that were met again.
func (m *Mistakes) End() {
	m.Repeats.End(m.words, func(text, more string) { m.say("syncd: %s%s\n", more, hinted.FirstLine(text)) })
}

func (m *Mistakes) say(format string, args ...any) {
	io.WriteString(m.w, Fold(fmt.Sprintf(format, args...), m.width)) //nolint:errcheck // a closed terminal
}

// Repeats counts what is said of several dossiers: what is the same of hundreds of them is told once, and then with a count.
type Repeats[T comparable] struct {
	first  map[T]string // of which dossier first
	order  []T
	others map[T][]string // dossiers of which it was said again
}

// Again notes what is said of a dossier, and reports whether it was said before. The same said of the first one once more, as
// where one step meets what another one met, does not count.
func (r *Repeats[T]) Again(what T, dossier string) bool {
	first, known := r.first[what]
	switch {
	case !known:
		if r.first == nil {
			r.first, r.others = map[T]string{}, map[T][]string{}
		}
		r.first[what] = dossier
		r.order = append(r.order, what)
	case first != dossier:
		r.others[what] = append(r.others[what], dossier)
	}
	return known
}

// End tells of which further dossiers each was said, in the order in which they came.
func (r *Repeats[T]) End(words *view.Teller, tell func(what T, more string)) {
	for _, what := range r.order {
		if others := r.others[what]; len(others) > 0 {
			tell(what, moreDossiers(words, others))
		}
	}
}

// moreDossiers names the first of several dossiers.
func moreDossiers(words *view.Teller, names []string) string {
	const most = 5
	names = slices.Compact(names)
	shown := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		shown += ", …"
	}
	return words.Fill(words.Noun(words.Answers.Same, len(names)), "n", len(names), "names", shown)
}
