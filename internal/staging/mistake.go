package staging

import (
	"errors"

	"syncd/internal/hinted"
	"syncd/internal/report/locale"
)

// Mistake is something wrong with a file, and where. It tells no value of a person but a matricule.
type Mistake struct {
	File   string
	Line   int    // 0 = of no line
	Column string // of staging; "" = of no column
	What   hinted.Fact

	again bool // the next step is told already
}

// At is what is wrong at a place of the file.
func (f *File) At(line int, column, code string, namesAndValues ...any) *Mistake {
	return &Mistake{File: f.Name, Line: line, Column: column, What: hinted.Say(code, namesAndValues...)}
}

func (m *Mistake) Error() string { return hinted.Text(m.Told()) }

// Told implements hinted.Error.
func (m *Mistake) Told() (problem, hint string) { return m.ToldIn(hinted.English()) }

// ToldIn implements hinted.Worded.
func (m *Mistake) ToldIn(words *locale.Catalogue) (problem, hint string) {
	problem, hint = m.What.ToldIn(words)
	if m.again {
		hint = ""
	}
	return m.place().In(words) + words.Colon + problem, hint
}

func (m *Mistake) place() hinted.Fact {
	switch {
	case m.Line == 0:
		return hinted.Plain(m.File)
	case m.Column == "":
		return hinted.Say("load.place-line", "file", m.File, "line", m.Line)
	}
	return hinted.Say("load.place-column", "file", m.File, "line", m.Line, "column", m.Column)
}

// Mistakes are those of both files, of which the first are kept.
type Mistakes struct {
	first []error
	more  int
	told  map[string]bool // the codes whose next step is told
}

// mostMistakes is how many are told.
const mostMistakes = 20

// Add adds one.
func (m *Mistakes) Add(one *Mistake) {
	if len(m.first) == mostMistakes {
		m.more++
		return
	}
	if m.told == nil {
		m.told = map[string]bool{}
	}
	one.again = m.told[one.What.Code]
	m.told[one.What.Code] = true
	m.first = append(m.first, one)
}

// Further counts some that are not told one by one.
func (m *Mistakes) Further(n int) { m.more += n }

// Err is all of them; nil = there is none.
func (m *Mistakes) Err() error {
	if len(m.first) == 0 {
		return nil
	}
	all := m.first
	if m.more > 0 {
		all = append(all[:len(all):len(all)], hinted.Because(nil, "load.more", "n", m.more))
	}
	return &Error{errors.Join(all...)}
}

// Error is what is wrong with the files.
type Error struct{ error }

// Unwrap is the joined mistakes.
func (e *Error) Unwrap() error { return e.error }
