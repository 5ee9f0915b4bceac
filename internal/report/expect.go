package report

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

// expected says in words what would fit: types, formats and limits; lists, patterns and names are as the contract has them.
func (p *Printer) expected(problem *mapping.Problem) string {
	words := &p.Catalogue.Contract
	switch problem.Code {
	case mapping.ProblemRequired:
		return p.types(problem.Want, words.Value)
	case mapping.ProblemWrongType:
		return p.types(problem.Want, words.Other)
	case mapping.ProblemWrongFormat:
		return p.format(problem.Want)
	case mapping.ProblemOutOfRange, mapping.ProblemItemCount:
		return p.limits(problem.Want)
	case mapping.ProblemTooLong, mapping.ProblemTooShort:
		return p.digits(problem.Want)
	}
	return problem.Want
}

// expectations are what the sentence of a contract's problem names besides the value.
func (p *Printer) expectations(problem *mapping.Problem) []string {
	words := &p.Catalogue.Contract
	meant := ""
	if problem.Want != "" {
		meant = locale.Fill(words.Meant, "name", problem.Want)
	}
	return []string{"{want}", p.expected(problem), "{got}", p.types(problem.Got, words.Other), "{meant}", meant,
		"{characters}", p.countOf(words.Characters, problem.Got), "{items}", p.countOf(words.Items, problem.Got),
		"{least}", p.countOf(words.Characters, problem.Want)}
}

// branch names the form, of several that the contract takes, by which a problem is told: its definition, or its number.
func (p *Printer) branch(name string) string {
	words := &p.Catalogue.Contract
	number, numbered := strings.CutPrefix(name, "#")
	switch {
	case name == "":
		return ""
	case numbered:
		name = locale.Fill(words.Numbered, "number", number)
	}
	return locale.Fill(words.Branch, "form", name)
}

// types are JSON types in words, "a text or nothing (null)"; other text stays as it is, and none is called fallback.
func (p *Printer) types(list, fallback string) string {
	if list == "" {
		return fallback
	}
	names := strings.Split(list, ", ")
	for i, name := range names {
		if text, known := p.Catalogue.Contract.Types[name]; known {
			names[i] = text
		}
	}
	return strings.Join(names, p.Catalogue.Contract.Or)
}

// format is "a date such as 2026-11-30"; one without words is named.
func (p *Printer) format(name string) string {
	if text, known := p.Catalogue.Contract.Formats[name]; known {
		return text
	}
	return locale.Fill(p.Catalogue.Contract.Format, "format", name)
}

const stepLimit = "multiple of"

var limitPattern = regexp.MustCompile(`^(<=|>=|<|>|` + stepLimit + `) (\S+)$`)

// limits are "<= 50" or ">= 1, <= 50" in words; other text stays as it is.
func (p *Printer) limits(list string) string {
	words := &p.Catalogue.Contract
	parts := strings.Split(list, ", ")
	for i, part := range parts {
		if part == "unique" {
			parts[i] = words.Unique
		} else if found := limitPattern.FindStringSubmatch(part); found != nil {
			parts[i] = locale.Fill(words.Limits[found[1]], "limit", p.digits(found[2]))
		}
	}
	return strings.Join(parts, ", ")
}

// formerLimit is a limit beside the one that took its place: of the same sort, its number alone.
func (p *Printer) formerLimit(older, newer string) string {
	before, after := limitPattern.FindStringSubmatch(cut(older)), limitPattern.FindStringSubmatch(cut(newer))
	if before == nil || after == nil || before[1] != after[1] || before[1] == stepLimit {
		return p.limits(cut(older))
	}
	return p.digits(before[2])
}

// digits is a count as the language writes it; other text, such as a decimal, stays as it is.
func (p *Printer) digits(text string) string {
	n, err := strconv.Atoi(text)
	if err != nil {
		return text
	}
	return p.Number(n)
}

func (p *Printer) countOf(noun locale.Plural, text string) string {
	n, err := strconv.Atoi(text)
	if err != nil {
		return locale.Fill(p.Noun(noun, 2), "n", text)
	}
	return p.Count(noun, n)
}

var index = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`)

// placeInDocument is a JSON pointer as people count: "Elements, element 3, Code" for "/Elements/2/Code".
func (p *Printer) placeInDocument(pointer string) string {
	place, names := "", []string(nil)
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		n, err := strconv.Atoi(token)
		if err != nil || !index.MatchString(token) || place == "" && names == nil {
			names = append(names, mapping.PointerName(token))
			continue
		}
		place = locale.Fill(p.Catalogue.Contract.Item, "array", joinNonEmpty([]string{place, strings.Join(names, ".")}), "n", p.Number(n+1))
		names = nil
	}
	return joinNonEmpty([]string{place, strings.Join(names, ".")})
}

// inMapping is the part of the configuration where a problem is mended that staging has no part in; "" = it is staging.
func (p *Printer) inMapping(problem *mapping.Problem) string {
	words, section := &p.Catalogue.Contract, sectionOf(problem)
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

// sectionOf is the section of the configuration that maps the member of a problem.
func sectionOf(problem *mapping.Problem) string {
	for token := range strings.SplitSeq(problem.Path, "/") {
		if index.MatchString(token) {
			return "[job.children.fields]"
		}
	}
	if problem.Column == "" && (problem.Want == "array" || problem.Got == "array") {
		return "[[job.children]]"
	}
	return "[job.fields]"
}

// inColumn says where a problem of a column is mended: in staging, and where only the JSON type is another one than the
// contract's, in the mapping as well.
func (p *Printer) inColumn(problem *mapping.Problem) string {
	text := locale.Fill(p.Catalogue.Words.Mend, "column", problem.Column)
	if as := convertible(problem); as != mapping.TypeAuto {
		text += locale.Fill(p.Catalogue.Contract.Typed, "type", as, "where", sectionOf(problem))
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
