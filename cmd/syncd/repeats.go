package main

import (
	"fmt"
	"slices"
	"strings"
)

// repeats counts what is said of several dossiers: what is the same of hundreds of them is told once, and then with a count.
type repeats[T comparable] struct {
	first  map[T]string // of which dossier first
	order  []T
	others map[T][]string // dossiers of which it was said again
}

// again notes what is said of a dossier, and tells whether it was said before. The same said of the first one once more, as
// where one step meets what another one met, does not count.
func (r *repeats[T]) again(what T, dossier string) bool {
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

// end tells of which further dossiers each was said, in the order in which they came.
func (r *repeats[T]) end(tell func(what T, more string)) {
	for _, what := range r.order {
		if others := r.others[what]; len(others) > 0 {
			tell(what, moreDossiers(others))
		}
	}
}

// moreDossiers names the first of several dossiers.
func moreDossiers(names []string) string {
	const most = 5
	names = slices.Compact(names)
	noun := "dossiers"
	if len(names) == 1 {
		noun = "dossier"
	}
	shown := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		shown += ", …"
	}
	return fmt.Sprintf("the same of %d more %s (%s): ", len(names), noun, shown)
}
