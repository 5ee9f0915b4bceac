package plaintext

import (
	"slices"
	"strings"
	"unicode"
)

// leastOfName is how many letters of a name tell somebody apart: with fewer, everybody would be meant.
const leastOfName = 2

// Name is a name of a person that somebody typed.
type Name struct {
	words []string
	whole string
}

// NewName reads a name. Case, accents, signs and what cannot be seen do not count.
func NewName(text string) Name { return Name{nameWords(text), Fold(text)} }

// Empty reports whether there is too little of it to mean somebody.
func (n Name) Empty() bool { return len([]rune(n.whole)) < leastOfName }

// Means reports whether somebody may be meant who is called so: each word begins one of theirs, in any order, or all of them together do.
func (n Name) Means(called string) bool {
	if n.Empty() {
		return false
	}
	theirs := nameWords(called)
	begins := func(word string) bool {
		return slices.ContainsFunc(theirs, func(their string) bool { return strings.HasPrefix(their, word) })
	}
	return !slices.ContainsFunc(n.words, func(word string) bool { return !begins(word) }) || strings.HasPrefix(Fold(called), n.whole)
}

func nameWords(text string) (words []string) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !IsWordRune(r) && !unicode.Is(unicode.Cf, r) }) {
		if folded := Fold(word); folded != "" {
			words = append(words, folded)
		}
	}
	return words
}
