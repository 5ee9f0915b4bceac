// Package words tells in a language what the use cases refuse and find, for every door.
package words

import (
	"cmp"
	"errors"
	"fmt"

	"syncd/internal/app"
	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/report/view"
)

// Error is an error in words: what is wrong, and the next step.
func Error(teller *view.Teller, err error) (text, hint string) {
	text, hint = told(teller, err)
	if instead := teller.Instead(); instead != "" && app.Barred(err) {
		hint = instead
	}
	return text, hint
}

func told(teller *view.Teller, err error) (text, hint string) {
	if refused, ok := errors.AsType[*app.Refused](err); ok {
		if text, hint = teller.Refusal(string(refused.Code), refused.Args); text != "" || refused.Err == nil {
			return text, cmp.Or(meant(teller, refused), hint)
		}
		return teller.Error(refused.Err)
	}
	return teller.Error(err)
}

// Text is an error in words, with its hint on a line of its own.
func Text(teller *view.Teller, err error) string {
	text, hint := Error(teller, err)
	return hinted.TextFor(teller.Catalogue, text, hint)
}

// ToldError is an error that is in words already.
type ToldError struct {
	error
	text string
}

// Told puts an error into words.
func Told(teller *view.Teller, err error) error { return &ToldError{err, Text(teller, err)} }

func (e *ToldError) Error() string { return e.text }

func (e *ToldError) Unwrap() error { return e.error }

// Fact is a finding as data.
type Fact struct {
	view.CheckLine
	Code string         `json:"code,omitempty"`
	Args map[string]any `json:"args,omitempty"`
	File string         `json:"file,omitempty"` // of a problem of the configuration; likewise the next ones
	Line int            `json:"line,omitempty"`
	Key  string         `json:"key,omitempty"`
}

// FactOf is a finding as data, and its line.
func FactOf(f *app.Finding, line view.CheckLine) Fact {
	told := Fact{CheckLine: line, Code: string(f.Code), Args: map[string]any{}}
	args := map[string]any(f.Args)
	coded, isCoded := errors.AsType[*hinted.Coded](f.Err)
	wrong, isWrong := errors.AsType[*strict.Error](f.Err)
	switch {
	case isWrong:
		p := wrong.Problems[0]
		told.Code, args, told.File, told.Line, told.Key = p.Code, p.Args, p.File, p.Line, p.Key
	case isCoded:
		told.Code, args = coded.Code, coded.Args
	}
	for name, value := range args {
		if err, ok := value.(error); ok {
			value = err.Error()
		}
		told.Args[name] = value
	}
	return told
}

// Of is a finding in words.
func Of(teller *view.Teller, f *app.Finding) view.CheckLine {
	line := view.CheckLine{Level: string(f.Level), Subject: f.Subject, Text: f.Text, Hint: f.Hint}
	if f.Dossier != "" {
		line.Subject += "/" + f.Dossier
	}
	switch {
	case f.What.Code != "":
		line.Text, line.Hint = teller.Fact(f.What)
	case f.Err != nil:
		line.Text, line.Hint = Error(teller, f.Err)
		if words := jobs.Words(f.Err); words != "" {
			line.Text = teller.Fill(teller.Answers.ItsWords, "text", line.Text, "words", words)
		}
	case f.Advice != nil:
		line.Text, line.Hint = advised(teller, f.Advice)
	case f.Code != "":
		var hint string
		line.Text, hint = teller.Found(string(f.Code), f.Args)
		if hint != "" {
			line.Hint = hint
		}
	}
	if instead := teller.Instead(); instead != "" && f.Barred() {
		line.Hint = instead
	}
	return line
}

// advised is what the contract says of the configuration, with its place, and the next step.
func advised(teller *view.Teller, a *app.Advice) (text, hint string) {
	told := teller.Advice(&a.Advice)
	text, hint = told.Text, told.Hint
	if a.Path != "" {
		text = a.Path + ": " + text
	}
	if a.Place.Line > 0 {
		text = fmt.Sprintf("%s:%d: %s", a.Place.File, a.Place.Line, text)
	}
	return text, hint
}
