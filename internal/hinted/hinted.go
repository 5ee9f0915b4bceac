// Package hinted is for errors that know the next step: what is wrong is one thing, what to do about it another. Only the text
// of the whole puts them together. An error that is made of facts has words in each language; those of its text are English.
package hinted

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"

	"syncd/internal/report/locale"
)

// Error is an error that knows the next step.
type Error interface {
	error
	// Told is what is wrong, and what to do about it; hint "" = nobody knows.
	Told() (problem, hint string)
}

// Text is the text of an error: what is wrong, then a line with the hint.
func Text(problem, hint string) string { return TextFor(English(), problem, hint) }

// TextFor is Text as the words of a catalogue call a hint; nil = the English ones.
func TextFor(words *locale.Catalogue, problem, hint string) string {
	if hint == "" {
		return problem
	}
	return problem + "\n" + cmp.Or(words, English()).Hint + hint
}

// New is an error of a format as that of fmt.Errorf, with the next step.
func New(hint, format string, args ...any) error { return &simple{fmt.Errorf(format, args...), hint} }

type simple struct {
	error
	hint string
}

func (e *simple) Error() string { return Text(e.Told()) }

// Told implements hinted.Error.
func (e *simple) Told() (problem, hint string) { return e.error.Error(), e.hint }

func (e *simple) Unwrap() error { return e.error }

// Worded is an Error that has words in each language.
type Worded interface {
	Error
	// ToldIn is Told in the words of a catalogue.
	ToldIn(words *locale.Catalogue) (problem, hint string)
}

// Fact is what is to be said: a code of the catalogues' [errors], "ROOM.CODE", and values by the names that its words have
// for them. A value may itself be a fact, Choices, or an error.
type Fact struct {
	Code string         `json:"code"`
	Args map[string]any `json:"args,omitempty"`
	Met  Doing          `json:"met,omitempty"` // what met it, in front of it; "" = nothing
}

// Say is a fact with the values of these names.
func Say(code string, namesAndValues ...any) Fact {
	f := Fact{Code: code}
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		if f.Args == nil {
			f.Args = map[string]any{}
		}
		f.Args[namesAndValues[i].(string)] = namesAndValues[i+1]
	}
	return f
}

// In is the fact in words, without the hint that they have.
func (f Fact) In(words *locale.Catalogue) string {
	text, _ := f.ToldIn(words)
	return text
}

// ToldIn is the fact in words, and their hint; where they have none, that of the fact {problem} which they tell more of.
func (f Fact) ToldIn(words *locale.Catalogue) (text, hint string) {
	text, hint = words.Error(f.Code, withFacts(f.Args))
	if about, ok := f.Args["problem"].(Fact); ok && hint == "" {
		_, hint = about.ToldIn(words)
	}
	if f.Met != "" {
		text = f.Met.In(words) + words.Colon + text
	}
	return text, hint
}

// withFacts are values with the facts of errors instead of them.
func withFacts(args map[string]any) map[string]any {
	for name, value := range args {
		if err, ok := value.(error); ok {
			args = maps.Clone(args)
			args[name] = Keep(err).What
		}
	}
	return args
}

// While is the fact with what met it in front.
func (f Fact) While(doing Doing) Fact {
	f.Met = doing
	return f
}

// Apart is the fact in words, and their hint; that of next where there is one.
func (f Fact) Apart(words *locale.Catalogue, next Fact) (text, hint string) {
	if text, hint = f.ToldIn(words); next.Code != "" {
		hint = next.In(words)
	}
	return text, hint
}

// Choices are texts of which one is to be written: "a", "b" or "c".
type Choices []string

// In are the choices in words.
func (c Choices) In(words *locale.Catalogue) string { return words.Choices(c) }

// Coded is an error that is a fact.
type Coded struct {
	Fact
	Next Fact  // the next step; none = the hint that the fact's words have
	Err  error // what was met, of which the words may say {cause}; nil = nothing
}

// Because is an error of a fact, and of what was met; nil = nothing.
func Because(err error, code string, namesAndValues ...any) *Coded {
	if err != nil {
		namesAndValues = append(namesAndValues, "cause", err)
	}
	return &Coded{Fact: Say(code, namesAndValues...), Err: err}
}

// What is the fact that an error is. One that is none has its own text.
func What(err error) Fact {
	if coded, ok := errors.AsType[*Coded](err); ok {
		return coded.Fact
	}
	return Plain(err.Error())
}

func (e *Coded) Error() string { return Text(e.Told()) }

// Told implements hinted.Error.
func (e *Coded) Told() (problem, hint string) { return e.ToldIn(English()) }

// ToldIn implements hinted.Worded.
func (e *Coded) ToldIn(words *locale.Catalogue) (problem, hint string) { return e.Apart(words, e.Next) }

func (e *Coded) Unwrap() error { return e.Err }

// English is the catalogue that the texts of errors come from.
func English() *locale.Catalogue { return locale.Of(locale.English, "") }

// Told is one of the problems that an error tells of.
type Told struct {
	Problem, Hint string
	Meant         bool // the hint names what may have been meant
}

// All are the problems that an error tells of: one, or those of joined errors. Put together by Text, line by line, they are
// its text.
func All(err error) []Told { return AllIn(nil, err) }

// AllIn is All in the words of a catalogue, as far as the error has some; nil = in those of its text.
func AllIn(words *locale.Catalogue, err error) []Told {
	var all []Told
	for _, p := range partsOf(err) {
		all = append(all, p.in(words))
	}
	return all
}

// part is one of the problems of an error: an error that can be told, or a text, and what was said in front of it.
type part struct {
	before []any // texts, and what a Doing names
	one    error // nil = a text
	text   string
}

// partsOf are the problems of an error, at least one.
func partsOf(err error) []part {
	if met, ok := err.(*while); ok { //nolint:errorlint // one layer
		return behind(met.doing, partsOf(met.error))
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		if all, ok := within(err, joined.Unwrap()); ok {
			return all
		}
	}
	one := first(err)
	if one == nil {
		return []part{{text: err.Error()}}
	}
	before, ok := strings.CutSuffix(err.Error(), one.Error())
	if !ok { // who wrapped it said something behind it
		return []part{{text: err.Error()}}
	}
	if met, ok := one.(*while); ok { //nolint:errorlint // one layer
		return behind(before, partsOf(met))
	}
	return behind(before, []part{{one: one}})
}

// behind puts something in front of the first part.
func behind(before any, all []part) []part {
	if before != "" {
		all[0].before = append([]any{before}, all[0].before...)
	}
	return all
}

// within are the problems of joined errors, with what who wrapped them said first; not ok = they are not told line by line.
func within(err error, joined []error) (all []part, ok bool) {
	texts := make([]string, len(joined))
	for i, one := range joined {
		texts[i] = one.Error()
		all = append(all, partsOf(one)...)
	}
	before, ok := strings.CutSuffix(err.Error(), strings.Join(texts, "\n"))
	return behind(before, all), ok
}

// first is the outermost error that can be told; nil = none.
func first(err error) error {
	switch err.(type) { //nolint:errorlint // one layer
	case nil, *while, Telling, Error:
		return err
	case syscall.Errno:
		return ofSystem(err)
	}
	if several, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // one layer
		for _, one := range several.Unwrap() {
			if found := first(one); found != nil {
				return found
			}
		}
		return nil
	}
	return first(errors.Unwrap(err))
}

// in is a part in words; nil = those of its text.
func (p *part) in(words *locale.Catalogue) (told Told) {
	told.Problem, told.Meant = p.text, meant(p.one)
	if words != nil && p.one == nil {
		told.Problem = words.Doing(p.text) // of an error that branches, or of a defect
	}
	switch e := p.one.(type) { //nolint:errorlint // one layer
	case Telling:
		told.Problem, told.Hint = e.Fact().ToldIn(cmp.Or(words, English()))
	case Error:
		if worded, ok := e.(Worded); ok && words != nil {
			told.Problem, told.Hint = worded.ToldIn(words)
		} else {
			told.Problem, told.Hint = e.Told()
		}
	}
	for i := len(p.before) - 1; i >= 0; i-- {
		text := fmt.Sprint(p.before[i])
		if doing, met := p.before[i].(Doing); met {
			text = string(doing) + ": "
			if words != nil {
				text = doing.In(words) + words.Colon
			}
		}
		told.Problem = text + told.Problem
	}
	return told
}

// meant reports whether the hint of an error names what may have been meant.
func meant(err error) bool {
	guess, ok := err.(interface{ Meant() bool })
	return ok && guess.Meant()
}

// Split is what is wrong, up to the first hint, and this hint, with all that is told after it.
func Split(err error) (problem, hint string) { return SplitIn(nil, err) }

// SplitIn is Split in the words of a catalogue.
func SplitIn(words *locale.Catalogue, err error) (problem, hint string) {
	return Fold(words, AllIn(words, err))
}

// TextIn is the text of an error in the words of a catalogue.
func TextIn(words *locale.Catalogue, err error) string {
	problem, hint := SplitIn(words, err)
	return TextFor(words, problem, hint)
}

// Fold makes one problem of several: what is wrong, up to the first hint, and this hint, with all that is told after it.
func Fold(words *locale.Catalogue, all []Told) (problem, hint string) {
	first := slices.IndexFunc(all, func(t Told) bool { return t.Hint != "" })
	if first < 0 {
		return lines(words, all), ""
	}
	problem = lines(words, append(slices.Clone(all[:first]), Told{Problem: all[first].Problem}))
	return problem, lines(words, append([]Told{{Problem: all[first].Hint}}, all[first+1:]...))
}

func lines(words *locale.Catalogue, all []Told) string {
	var text []string
	for _, t := range all {
		text = append(text, TextFor(words, t.Problem, t.Hint))
	}
	return strings.Join(text, "\n")
}

// FirstLine is the first line of a text, for a log or a place of one line.
func FirstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
