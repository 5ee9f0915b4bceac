package view

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/canonjson"
	"syncd/internal/lazyregexp"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

// expected says in words what would fit: types, formats and limits; lists, patterns and names are as the contract has them.
func (t *Teller) expected(problem *mapping.Problem) string {
	words := &t.Contract
	switch problem.Code {
	case mapping.ProblemRequired:
		return t.typed(problem.Want, words.Value)
	case mapping.ProblemWrongType:
		return t.typed(problem.Want, words.Other)
	case mapping.ProblemWrongFormat:
		return t.format(problem.Want)
	case mapping.ProblemOutOfRange, mapping.ProblemItemCount:
		return t.bound(problem.Limit)
	case mapping.ProblemTooLong, mapping.ProblemTooShort:
		return t.digits(problem.Limit.Value)
	}
	return problem.Wanted()
}

// expectations are what the sentence of a contract's problem names besides the value.
func (t *Teller) expectations(problem *mapping.Problem) []string {
	words := &t.Contract
	meant := ""
	if problem.Want != "" {
		meant = locale.Fill(words.Meant, "name", problem.Want)
	}
	return []string{"{want}", t.expected(problem), "{got}", t.typed(problem.Got, words.Other), "{meant}", meant,
		"{characters}", t.Count(words.Characters, problem.Size), "{items}", t.Count(words.Items, problem.Size),
		"{least}", t.countOf(words.Characters, problem.Limit.Value)}
}

// branch names the form, of several that the contract takes, by which a problem is told: its definition, or its number.
func (t *Teller) branch(problem *mapping.Problem) string {
	words, name := &t.Contract, problem.Branch
	if problem.BranchNumber > 0 {
		name = locale.Fill(words.Numbered, "number", problem.BranchNumber)
	}
	if name == "" {
		return ""
	}
	return locale.Fill(words.Branch, "form", name)
}

// typed is a JSON type in words, "a text"; other text stays as it is, and none is called fallback.
func (t *Teller) typed(name, fallback string) string {
	return cmp.Or(t.Contract.Types[name], name, fallback)
}

// format is "a date such as 2026-11-30"; one without words is named.
func (t *Teller) format(name string) string {
	if text, known := t.Contract.Formats[name]; known {
		return text
	}
	return locale.Fill(t.Contract.Format, "format", name)
}

// bound is a limit, "50 at most"; "" = none.
func (t *Teller) bound(l mapping.Limit) string {
	return locale.Fill(t.Contract.Limits[string(l.Rule)], "limit", t.digits(Cut(l.Value)))
}

// formerLimit is a limit beside the one that took its place: of the same sort, its number alone.
func (t *Teller) formerLimit(older, newer mapping.Limit) string {
	if older.Rule != newer.Rule || older.Rule == mapping.LimitMultiple || older.Rule == mapping.LimitUnique {
		return t.bound(older)
	}
	return t.digits(Cut(older.Value))
}

// digits is a count as the language writes it; other text, such as a decimal, stays as it is.
func (t *Teller) digits(text string) string {
	n, err := strconv.Atoi(text)
	if err != nil {
		return text
	}
	return t.Number(n)
}

func (t *Teller) countOf(noun locale.Plural, text string) string {
	n, err := strconv.Atoi(text)
	if err != nil {
		return locale.Fill(t.Noun(noun, 2), "n", text)
	}
	return t.Count(noun, n)
}

var index = lazyregexp.New(`^(0|[1-9][0-9]{0,8})$`)

// placeInDocument is a JSON pointer as people count: "Elements, element 3, Code" for "/Elements/2/Code".
func (t *Teller) placeInDocument(pointer string) string {
	place, names := "", []string(nil)
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		n, err := strconv.Atoi(token)
		if err != nil || !index().MatchString(token) || place == "" && names == nil {
			names = append(names, canonjson.PointerName(token))
			continue
		}
		place = locale.Fill(t.Contract.Item, "array", joinNonEmpty([]string{place, strings.Join(names, ".")}), "n", t.Number(n+1))
		names = nil
	}
	return joinNonEmpty([]string{place, strings.Join(names, ".")})
}

// inMapping is the part of the configuration where a problem is mended that staging has no part in; "" = it is staging.
func (t *Teller) inMapping(problem *mapping.Problem) string {
	words, section := &t.Contract, t.mappingOf(problem)
	switch {
	case problem.Code == mapping.ProblemUnknownMember:
		return locale.Fill(words.Amend, "where", section)
	case problem.Column != "":
		return ""
	case problem.Code == mapping.ProblemRequired:
		return locale.Fill(words.Add, "where", section)
	case problem.Code == mapping.ProblemWrongType && problem.Path != "":
		return locale.Fill(words.Amend, "where", section)
	}
	return ""
}

// mappingOf is the part of the configuration that maps the member of a problem.
func (t *Teller) mappingOf(problem *mapping.Problem) string {
	for token := range strings.SplitSeq(problem.Path, "/") {
		if index().MatchString(token) {
			return t.Contract.OfElements
		}
	}
	if problem.Column == "" && (problem.Want == "array" || problem.Got == "array") {
		return t.Contract.OfElements
	}
	return t.Contract.OfFields
}

// inColumn says where a problem of a column is mended: in staging, and where only the JSON type is another one than the
// contract's, in the mapping as well.
func (t *Teller) inColumn(problem *mapping.Problem) string {
	text := locale.Fill(t.Words.Mend, "column", problem.Column)
	if as := convertible(problem); as != mapping.TypeAuto {
		text += locale.Fill(t.Contract.Typed, "type", as, "where", t.mappingOf(problem))
	}
	return text
}

// convertible is the type of the mapping that gives what the contract wants; TypeAuto = none does.
func convertible(problem *mapping.Problem) mapping.Type {
	if problem.Code != mapping.ProblemWrongType {
		return mapping.TypeAuto
	}
	text := problem.Got == "string" && problem.Why != mapping.WhyComma // which no conversion reads
	switch {
	case text && (problem.Want == "number" || problem.Want == "integer"):
		return mapping.TypeNumber
	case text && problem.Want == "boolean", problem.Got == "integer" && problem.Want == "boolean":
		return mapping.TypeBoolean
	case problem.Want == "string" && slices.Contains([]string{"number", "integer", "boolean"}, problem.Got):
		return mapping.TypeString
	}
	return mapping.TypeAuto
}
