package hinted

import (
	"encoding/json"
	"fmt"
	"reflect"

	"syncd/internal/report/locale"
)

// Kept is a problem that is kept as JSON, and told again later: facts alone, with values that JSON keeps. What no words name of
// a fact is not in it.
type Kept struct {
	What  Fact `json:"what"`
	Next  Fact `json:"next,omitzero"`   // none = the hint that the words of What have
	Guess bool `json:"guess,omitempty"` // the hint names what may have been meant
}

// Keep is an error as it is kept; nil of none.
func Keep(err error) *Kept {
	if err == nil {
		return nil
	}
	if all := KeepAll(err); len(all) == 1 {
		return &all[0]
	}
	return &Kept{What: Plain(err.Error())}
}

// KeepAll are the problems that an error tells of, as All has them, as they are kept.
func KeepAll(err error) []Kept {
	var all []Kept
	for _, p := range partsOf(err) {
		all = append(all, p.keep())
	}
	return all
}

// keep is a part as it is kept.
func (p *part) keep() Kept {
	k := Kept{Guess: meant(p.one)}
	switch e := p.one.(type) { //nolint:errorlint // one layer
	case nil:
		k.What = Plain(p.text)
	case Telling:
		k.What = e.Fact()
	case made:
		k.What, k.Next = e.Facts()
	}
	if e, ok := p.one.(Error); ok && k.What.Code == "" { //nolint:errorlint // one layer: of texts alone
		problem, hint := e.Told()
		if k.What = Plain(problem); hint != "" {
			k.Next = Plain(hint)
		}
	}
	k.What, k.Next = k.What.Solid(), k.Next.Solid()
	for i := len(p.before) - 1; i >= 0; i-- {
		k.What = before(p.before[i], k.What)
	}
	return k
}

// made is an error that is made of facts: what is wrong, and the next step where it is not the one that the fact has. One that is
// made of texts instead has no codes.
type made interface {
	error
	Facts() (what, next Fact)
}

// Facts are what is wrong, and the next step where it is not the one that the fact has.
func (e *Coded) Facts() (what, next Fact) { return e.Fact, e.Next }

// Facts are what is wrong, and the next step.
func (k *Kept) Facts() (what, next Fact) { return k.What, k.Next }

// Meant reports whether the hint names what may have been meant.
func (k *Kept) Meant() bool { return k.Guess }

// InEnglish reports whether the problem has no words but those of a text.
func (k *Kept) InEnglish() bool {
	f := k.What
	for {
		about, ok := f.Args["problem"].(Fact)
		if !ok {
			return f.Code == Plain("").Code
		}
		f = about
	}
}

// before is a fact with what met it, or a text, in front.
func before(what any, f Fact) Fact {
	doing, met := what.(Doing)
	switch {
	case !met:
		return Say("plain.behind", "before", what, "problem", f)
	case f.Met != "":
		f = Say("plain.problem", "problem", f)
	}
	return f.While(doing)
}

func (k *Kept) Error() string { return Text(k.Told()) }

// Told implements hinted.Error.
func (k *Kept) Told() (problem, hint string) { return k.ToldIn(English()) }

// ToldIn implements hinted.Worded.
func (k *Kept) ToldIn(words *locale.Catalogue) (problem, hint string) {
	return k.What.Apart(words, k.Next)
}

// Plain is a fact of a text that is told in no other words.
func Plain(text string) Fact { return Say("plain.text", "text", text) }

// Solid is the fact with those of its values that its words name, each as JSON keeps it and as it is told.
func (f Fact) Solid() Fact {
	told := Fact{Code: f.Code, Met: f.Met}
	for name, value := range f.Args {
		if English().Names(f.Code, name) {
			if told.Args == nil {
				told.Args = map[string]any{}
			}
			told.Args[name] = solid(value)
		}
	}
	return told
}

func solid(value any) any {
	switch v := value.(type) {
	case nil, string, bool, int, int64, uint32, json.Number, []string, shape:
		return v
	case Fact:
		return v.Solid()
	case List:
		return List(solidAll(v))
	case Several:
		return shape{Several: solidAll(v)}
	case Choices:
		return shape{Choices: v}
	case Either:
		return shape{Either: v}
	case Both:
		return shape{Both: v}
	case State:
		return shape{State: v}
	case error:
		return Keep(v).What
	}
	return fmt.Sprint(value) // as the words show it
}

func solidAll(facts []Fact) []Fact {
	all := make([]Fact, len(facts))
	for i, fact := range facts {
		all[i] = fact.Solid()
	}
	return all
}

// shape is one value with words of its own, as JSON keeps it.
type shape struct {
	Several Several `json:"several,omitempty"`
	Choices Choices `json:"choices,omitempty"`
	Either  Either  `json:"either,omitempty"`
	Both    Both    `json:"both,omitempty"`
	State   State   `json:"state,omitempty"`
}

// In is the value in words.
func (s shape) In(words *locale.Catalogue) string {
	return s.Several.In(words) + s.Choices.In(words) + s.Either.In(words) + s.Both.In(words) + s.State.In(words)
}

// UnmarshalJSON reads a problem again. One of an earlier program, or that was none of facts, has texts.
func (k *Kept) UnmarshalJSON(text []byte) error {
	type facts Kept
	var read struct {
		facts
		Problem string `json:"problem"`
		Hint    string `json:"hint"`
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	if *k = Kept(read.facts); k.What.Code == "" {
		if k.What = Plain(read.Problem); read.Hint != "" {
			k.Next = Plain(read.Hint)
		}
	}
	return nil
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
	var special shape
	if json.Unmarshal(text, &special) == nil && !reflect.DeepEqual(special, shape{}) {
		return special
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
