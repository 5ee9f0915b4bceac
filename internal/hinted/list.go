package hinted

import (
	"strings"

	"syncd/internal/report/locale"
)

// List is a value that consists of facts: "one, other".
type List []Fact

// In are the facts in words.
func (l List) In(words *locale.Catalogue) string {
	texts := make([]string, len(l))
	for i, fact := range l {
		texts[i] = fact.In(words)
	}
	return strings.Join(texts, ", ")
}

// Either are names of which one is meant: "one, another or a third".
type Either []string

// In are the names in words.
func (e Either) In(words *locale.Catalogue) string {
	if last := len(e) - 1; last > 0 {
		return strings.Join(e[:last], ", ") + words.Contract.Or + e[last]
	}
	return strings.Join(e, "")
}

// Both are names that are all meant: "one and other".
type Both []string

// In are the names in words.
func (b Both) In(words *locale.Catalogue) string { return strings.Join(b, words.Contract.And) }
