package main

import (
	"errors"

	"syncd/internal/app"
	"syncd/internal/partner"
	"syncd/internal/report/locale"
	"syncd/internal/report/view"
)

// told is an error that is in words already.
type told struct {
	error
	text string
}

func (e *told) Error() string { return e.text }

func (e *told) Unwrap() error { return e.error }

// inWords puts what was refused into the words of the session's language.
func (a *session) inWords(err error) error {
	if refused, ok := errors.AsType[*app.Refused](err); ok {
		return &told{err, refusalIn(a.teller(), refused)}
	}
	return err
}

// message is an error for people, with its hint: in English where nobody said in which language.
func message(err error) string {
	if _, ok := errors.AsType[*told](err); ok {
		return err.Error()
	}
	return messageIn(english(), err)
}

func messageIn(teller *view.Teller, err error) string {
	if refused, ok := errors.AsType[*app.Refused](err); ok {
		return refusalIn(teller, refused)
	}
	return err.Error()
}

func refusalIn(teller *view.Teller, refused *app.Refused) string {
	text := teller.Refusal(string(refused.Code), refused.Args)
	if text == "" && refused.Err != nil {
		return refused.Err.Error()
	}
	return text
}

func english() *view.Teller {
	return view.New(locale.English, view.Options{Partner: partner.Default().Name})
}
