package report

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/mapping"
)

// expected says in words what would fit: types, formats and limits; lists, patterns and names are as the contract has them.
func (p *Printer) expected(problem *mapping.Problem) string {
	words := &p.catalogue.contract
	switch problem.Code {
	case mapping.ProblemRequired:
		return p.types(problem.Want, words.value)
	case mapping.ProblemWrongType:
		return p.types(problem.Want, words.other)
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
	words := &p.catalogue.contract
	meant := ""
	if problem.Want != "" {
		meant = fmt.Sprintf(words.meant, problem.Want)
	}
	return []string{"{want}", p.expected(problem), "{got}", p.types(problem.Got, words.other), "{meant}", meant,
		"{characters}", p.countOf(words.characters, problem.Got), "{items}", p.countOf(words.items, problem.Got),
		"{least}", p.countOf(words.characters, problem.Want)}
}

// branch names the form, of several that the contract takes, by which a problem is told: its definition, or its number.
func (p *Printer) branch(name string) string {
	words := &p.catalogue.contract
	number, numbered := strings.CutPrefix(name, "#")
	switch {
	case name == "":
		return ""
	case numbered:
		name = fmt.Sprintf(words.numbered, number)
	}
	return fmt.Sprintf(words.branch, name)
}

// types are JSON types in words, "a text or nothing (null)"; other text stays as it is, and none is called fallback.
func (p *Printer) types(list, fallback string) string {
	if list == "" {
		return fallback
	}
	names := strings.Split(list, ", ")
	for i, name := range names {
		if text, known := p.catalogue.contract.types[name]; known {
			names[i] = text
		}
	}
	return strings.Join(names, p.catalogue.contract.or)
}

// format is "a date such as 2026-11-30"; one without words is named.
func (p *Printer) format(name string) string {
	if text, known := p.catalogue.contract.formats[name]; known {
		return text
	}
	return fmt.Sprintf(p.catalogue.contract.format, name)
}

const stepLimit = "multiple of"

var limitPattern = regexp.MustCompile(`^(<=|>=|<|>|` + stepLimit + `) (\S+)$`)

// limits are "<= 50" or ">= 1, <= 50" in words; other text stays as it is.
func (p *Printer) limits(list string) string {
	words := &p.catalogue.contract
	parts := strings.Split(list, ", ")
	for i, part := range parts {
		if part == "unique" {
			parts[i] = words.unique
		} else if found := limitPattern.FindStringSubmatch(part); found != nil {
			parts[i] = fmt.Sprintf(words.limits[found[1]], p.digits(found[2]))
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
	return p.number(n)
}

func (p *Printer) countOf(noun plural, text string) string {
	n, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Sprintf(noun.other, text)
	}
	return p.count(noun, n)
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
		place = fmt.Sprintf(p.catalogue.contract.item, joinNonEmpty([]string{place, strings.Join(names, ".")}), p.number(n+1))
		names = nil
	}
	return joinNonEmpty([]string{place, strings.Join(names, ".")})
}

// inMapping is the part of the configuration where a problem is mended that staging has no part in; "" = it is staging.
func (p *Printer) inMapping(problem *mapping.Problem) string {
	words, section := &p.catalogue.contract, sectionOf(problem)
	switch {
	case problem.Code == mapping.ProblemUnknownMember:
		return fmt.Sprintf(words.amend, section)
	case problem.Column != "":
		return ""
	case problem.Code == mapping.ProblemRequired:
		return fmt.Sprintf(words.add, section)
	case problem.Code == mapping.ProblemWrongType && problem.Path != "":
		return fmt.Sprintf(words.amend, section)
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
	text := fmt.Sprintf(p.catalogue.words.mend, problem.Column)
	if as := convertible(problem); as != mapping.TypeAuto {
		text += fmt.Sprintf(p.catalogue.contract.typed, as, sectionOf(problem))
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
