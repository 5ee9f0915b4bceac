package hinted

import (
	"encoding/json"
	"errors"

	"syncd/internal/report/locale"
)

// Kept is an error that is kept as JSON, and told again later: as facts where it is made of them, else by its texts.
type Kept struct {
	Problem string `json:"problem"` // in English, as is the next step
	Hint    string `json:"hint,omitempty"`
	What    Fact   `json:"what,omitzero"`
	Next    Fact   `json:"next,omitzero"`
}

// Keep is an error as it is kept; nil of none.
func Keep(err error) *Kept {
	if err == nil {
		return nil
	}
	if kept, ok := errors.AsType[*Kept](err); ok {
		return kept
	}
	k := &Kept{}
	k.Problem, k.Hint = Split(err)
	var made interface {
		error
		Facts() (what, next Fact)
	}
	if errors.As(err, &made) && made.Error() == err.Error() { // else who wrapped it said something besides
		k.What, k.Next = made.Facts()
	}
	return k
}

// Facts are what is wrong, and the next step where it is not the one that the fact has.
func (e *Coded) Facts() (what, next Fact) { return e.Fact, e.Next }

func (k *Kept) Error() string { return Text(k.Told()) }

// Told implements hinted.Error.
func (k *Kept) Told() (problem, hint string) { return k.Problem, k.Hint }

// ToldIn implements hinted.Worded.
func (k *Kept) ToldIn(words *locale.Catalogue) (problem, hint string) {
	if k.What.Code == "" {
		return k.Told()
	}
	return k.What.Apart(words, k.Next)
}

// UnmarshalJSON reads a fact again, with the facts, lists and numbers among its values.
func (f *Fact) UnmarshalJSON(text []byte) error {
	type plain Fact
	var read struct {
		plain
		Args map[string]json.RawMessage `json:"args"`
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	*f = Fact(read.plain)
	f.Args = nil
	for name, value := range read.Args {
		if f.Args == nil {
			f.Args = map[string]any{}
		}
		f.Args[name] = valueOf(value)
	}
	return nil
}

// valueOf is a value of a fact as it was.
func valueOf(text json.RawMessage) any {
	var fact Fact
	if json.Unmarshal(text, &fact) == nil && fact.Code != "" {
		return fact
	}
	var list List
	if json.Unmarshal(text, &list) == nil && len(list) > 0 && list[0].Code != "" {
		return list
	}
	var texts []string
	if json.Unmarshal(text, &texts) == nil && texts != nil {
		return texts
	}
	var number json.Number
	if json.Unmarshal(text, &number) == nil && text[0] != '"' {
		return number
	}
	var value any
	if json.Unmarshal(text, &value) != nil {
		return string(text)
	}
	return value
}
