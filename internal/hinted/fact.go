package hinted

import (
	"fmt"

	"syncd/internal/report/locale"
)

// Telling is an error of a package's own type that is a fact.
type Telling interface {
	error
	Fact() Fact
}

// TextOf is the text of such an error.
func TextOf(e Telling) string { return Text(e.Fact().ToldIn(English())) }

// Doing names what met an error, in English: "reading staging", or with what is told in no other language,
// "reading staging (job.source.employees)". [doings] has its other words.
type Doing string

// In is what met the error in words.
func (d Doing) In(words *locale.Catalogue) string { return words.Doing(string(d)) }

// While is an error with what met it in front.
func While(doing Doing, err error) error { return &while{doing, err} }

// At is While of one of several: "reading an item of the ledger (7)".
func At(doing Doing, which any, err error) error {
	return While(Doing(fmt.Sprintf("%s (%v)", doing, which)), err)
}

type while struct {
	doing Doing
	error
}

func (e *while) Error() string { return string(e.doing) + ": " + e.error.Error() }

func (e *while) Unwrap() error { return e.error }

// Several are facts that are told in a row.
type Several []Fact

// In are the facts in words.
func (s Several) In(words *locale.Catalogue) string {
	text := ""
	for i, fact := range s {
		if i > 0 {
			text += words.Semicolon
		}
		text += fact.In(words)
	}
	return text
}

// State is a run's, which has a word in each language.
type State string

// In is the state in words.
func (s State) In(words *locale.Catalogue) string {
	if name := words.StateNames[string(s)]; name != "" {
		return name
	}
	return string(s)
}
