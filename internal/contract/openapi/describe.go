package openapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const maxText = 80 // characters of a description, a name or a pattern that people are shown

// Tidy makes text from outside fit for one line of a terminal or a file: no control characters, no line ends, and cut
// short.
func Tidy(text string) string { return Shorten(OneLine(text), maxText) }

// OneLine leaves out what a terminal would not show as it is, and makes one blank of white space.
func OneLine(text string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r) && r != utf8.RuneError:
			return r
		}
		return -1
	}, text)
	return strings.Join(strings.Fields(clean), " ")
}

// plainTexts writes JSON texts with escapes for all that a terminal would not show as it is; their values stay the same.
func plainTexts(texts []string) []string {
	if !slices.ContainsFunc(texts, func(text string) bool { return strings.ContainsFunc(text, unprintable) }) {
		return texts
	}
	plain := make([]string, len(texts))
	for i, text := range texts {
		var b strings.Builder
		for _, r := range text {
			switch {
			case !unprintable(r):
				b.WriteRune(r)
			case r > 0xffff:
				high, low := utf16.EncodeRune(r)
				fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
			default:
				fmt.Fprintf(&b, `\u%04x`, r)
			}
		}
		plain[i] = b.String()
	}
	return plain
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// Shorten cuts text to a number of characters, at a blank where one is near.
func Shorten(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	const near = 15
	cut := string(runes[:most-1])
	if blank := strings.LastIndexByte(cut, ' '); blank > len(cut)-near && blank > 0 {
		cut = cut[:blank]
	}
	return strings.TrimRight(cut, " ") + "…"
}

// Kind is a schema's type in few signs: "string(date)", "array", "any".
func (s *Schema) Kind() string {
	kind := string(s.Type)
	if kind == "" {
		kind = "any"
		if len(s.Alternatives) > 0 {
			kind = s.alternativeKinds()
		} else if len(s.Properties) > 0 {
			kind = "object"
		}
	}
	if s.Format != "" {
		kind += "(" + Tidy(s.Format) + ")"
	}
	return kind
}

func (s *Schema) alternativeKinds() string {
	var kinds []string
	seen := map[string]bool{}
	for _, alternative := range s.Alternatives {
		if kind := alternative.Kind(); !seen[kind] {
			seen[kind] = true
			kinds = append(kinds, kind)
		}
	}
	return strings.Join(kinds, " | ")
}

// Terms are a member's type and limits, in signs that need no translation: "string(date), ≤ 50, null".
func (p *Property) Terms() string {
	s := p.Schema
	terms := []string{s.Kind()}
	add := func(format string, args ...any) { terms = append(terms, fmt.Sprintf(format, args...)) }
	least, most := s.MinLength, s.MaxLength
	if s.Takes(TypeArray) && s.Type == TypeArray {
		least, most = s.MinItems, s.MaxItems
	}
	if least > 0 {
		add("≥ %d", least)
	}
	if most >= 0 {
		add("≤ %d", most)
	}
	if s.Minimum != "" {
		add("%s %s", sign(s.ExclusiveMinimum, ">", "≥"), s.Minimum)
	}
	if s.Maximum != "" {
		add("%s %s", sign(s.ExclusiveMaximum, "<", "≤"), s.Maximum)
	}
	if s.MultipleOf != "" {
		add("n × %s", s.MultipleOf)
	}
	if s.PatternText != "" {
		add("/%s/", Tidy(s.PatternText))
	}
	if p.Null {
		add("null")
	}
	return strings.Join(terms, ", ")
}

func sign(exclusive bool, strict, loose string) string {
	if exclusive {
		return strict
	}
	return loose
}

// Title is the name of a schema's definition, or its type where it has none.
func (s *Schema) Title() string {
	switch items := s.Elements(); {
	case s.Name != "":
		return s.Name
	case items != nil && items.Name != "":
		return items.Name + "[]"
	}
	return s.Kind()
}

// LastName is the name of the member that a path leads to.
func LastName(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// Joined joins the path of an object and the name of its member.
func Joined(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// FirstValues are the first values of an enum, strings without their quotes, and whether there are more.
func FirstValues(enum []string) (shown []string, more bool) {
	const most = 10
	for _, value := range enum[:min(len(enum), most)] {
		var text string
		if json.Unmarshal([]byte(value), &text) == nil && value != "null" {
			value = text
		}
		shown = append(shown, value)
	}
	return shown, len(enum) > most
}

// ShownValues lists the first values of an enum.
func ShownValues(enum []string) string {
	shown, more := FirstValues(enum)
	if more {
		shown = append(shown, "…")
	}
	return strings.Join(shown, ", ")
}
