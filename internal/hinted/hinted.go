// Package hinted is for errors that know the next step: what is wrong is one thing, what to do about it another. Only the text
// of the whole puts them together.
package hinted

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Error is an error that knows the next step.
type Error interface {
	error
	// Told is what is wrong, and what to do about it; hint "" = nobody knows.
	Told() (problem, hint string)
}

// Text is the text of an error: what is wrong, then a line with the hint.
func Text(problem, hint string) string {
	if hint == "" {
		return problem
	}
	return problem + mark + hint
}

const mark = "\nhint: "

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

// Told is one of the problems that an error tells of.
type Told struct {
	Problem, Hint string
	Meant         bool // the hint names what may have been meant
}

// All are the problems that an error tells of: one, or those of joined errors. Put together by Text, line by line, they are
// its text.
func All(err error) []Told {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		if all, ok := within(err, joined.Unwrap()); ok {
			return all
		}
	}
	var one Error
	if errors.As(err, &one) {
		problem, hint := one.Told()
		if before, ok := strings.CutSuffix(err.Error(), Text(problem, hint)); ok { // else who wrapped it said something behind it
			meant, ok := one.(interface{ Meant() bool })
			return []Told{{before + problem, hint, ok && meant.Meant()}}
		}
	}
	return []Told{{Problem: err.Error()}}
}

// within are the problems of joined errors, with what who wrapped them said first; not ok = they are not told line by line.
func within(err error, joined []error) (all []Told, ok bool) {
	texts := make([]string, len(joined))
	for i, one := range joined {
		texts[i] = one.Error()
		all = slices.Concat(all, All(one))
	}
	before, ok := strings.CutSuffix(err.Error(), strings.Join(texts, "\n"))
	if ok {
		all[0].Problem = before + all[0].Problem
	}
	return all, ok
}

// Split is what is wrong, up to the first hint, and this hint, with all that is told after it.
func Split(err error) (problem, hint string) { return Fold(All(err)) }

// Fold makes one problem of several: what is wrong, up to the first hint, and this hint, with all that is told after it.
func Fold(all []Told) (problem, hint string) {
	first := slices.IndexFunc(all, func(t Told) bool { return t.Hint != "" })
	if first < 0 {
		return lines(all), ""
	}
	problem = lines(append(slices.Clone(all[:first]), Told{Problem: all[first].Problem}))
	return problem, lines(append([]Told{{Problem: all[first].Hint}}, all[first+1:]...))
}

func lines(all []Told) string {
	var text []string
	for _, t := range all {
		text = append(text, Text(t.Problem, t.Hint))
	}
	return strings.Join(text, "\n")
}

// FirstLine is the first line of a text, for a log or a place of one line.
func FirstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
