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

// Either are names of which one is meant: "one or other".
type Either []string

// In are the names in words.
func (e Either) In(words *locale.Catalogue) string { return strings.Join(e, words.Contract.Or) }

// Both are names that are all meant: "one and other".
type Both []string

// In are the names in words.
func (b Both) In(words *locale.Catalogue) string { return strings.Join(b, words.Contract.And) }
