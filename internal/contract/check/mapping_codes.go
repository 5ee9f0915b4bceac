package check

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"syncd/internal/contract/openapi"
	"syncd/internal/hinted"
	"syncd/internal/mapping"
	"syncd/internal/plaintext"
)

// form compares what is known of a column's values with format, pattern and lengths.
func (c *staticCheck) form(p *openapi.Property, f *mapping.Field, column mapping.Column, path string) {
	if example := f.Example(column); example != nil {
		c.example(p, example, column, path)
		return
	}
	if jsonTypes[f.JSONType(column)] != openapi.TypeString || p.Schema.Type != openapi.TypeString {
		return
	}
	s := p.Schema
	_, isWhole := column.Whole()
	switch {
	case isWhole && slices.Contains([]string{"date", "date-time", "uuid"}, s.Format):
		c.error(path, say("column-format", "format", s.Format, "column", column.Name, "type", column.TypeName()), say("hint-convert"))
	case s.MaxLength >= 0 && column.Length > s.MaxLength && f.Nomenclature == "":
		c.warning(path, say("column-long", "n", s.MaxLength, "column", column.Name, "type", column.TypeName()), none)
	case column.Length > 0 && column.Length < s.MinLength:
		c.error(path, say("column-short", "n", s.MinLength, "column", column.Name, "type", column.TypeName()), none)
	}
}

// example is about columns whose values all look alike: what does not take one of them takes none.
func (c *staticCheck) example(p *openapi.Property, example []byte, column mapping.Column, path string) {
	ofForm := []mapping.ProblemCode{mapping.ProblemWrongFormat, mapping.ProblemNoMatch, mapping.ProblemTooLong, mapping.ProblemTooShort,
		mapping.ProblemNoAlternative}
	for _, problem := range NewChecker(p.Schema).Check(example) {
		if !slices.Contains(ofForm, problem.Code) {
			continue
		}
		next := say("hint-to-char")
		if problem.Code == mapping.ProblemWrongFormat && problem.Want == "date" {
			next = asDate(column)
		}
		c.error(path, say("column-example", "column", column.Name, "type", column.TypeName(), "example",
			string(example), "why", refusal(problem)),
			next)
	}
}

// asDate is the day of a time. That of a moment depends on where one is.
func asDate(column mapping.Column) hinted.Fact {
	if column.TypeName() == "timestamptz" {
		return say("hint-date-in-zone", "column", column.Name)
	}
	return say("hint-sql", "sql", column.Name+"::date")
}

const shownCodes = 3

// codes tells which codes of a field's nomenclature the contract refuses.
func (c *staticCheck) codes(p *openapi.Property, f *mapping.Field, column mapping.Column, path string) {
	entries := c.nomenclatures[f.Nomenclature]
	if f.Nomenclature == "" || len(entries) == 0 {
		return
	}
	checker := NewChecker(p.Schema)
	var refused []string
	for _, code := range slices.Sorted(maps.Keys(entries)) {
		if !entries[code].Active {
			continue
		}
		if value, ok := f.ValueJSON(column, code); ok && len(checker.Check(value)) > 0 {
			refused = append(refused, openapi.Tidy(code))
		}
	}
	if len(refused) > 0 {
		c.warning(path, say("codes-refused", "n", len(refused), "list", f.Nomenclature, "codes", firstOf(refused, shownCodes)),
			codesHint(p.Schema, refused))
	}
}

// codesHint names the spelling that the contract has for codes, where only the case differs.
func codesHint(s *openapi.Schema, refused []string) hinted.Fact {
	for _, code := range refused {
		if listed := listedAs(s, code); listed != "" {
			return say("hint-spelt", "code", code, "listed", openapi.Tidy(listed))
		}
	}
	return say("hint-other-list")
}

// listedAs is the text that the contract lists for one which differs from it in case alone; "" = none.
func listedAs(s *openapi.Schema, text string) string {
	for _, value := range s.Enum {
		var listed string
		if json.Unmarshal([]byte(value), &listed) == nil && strings.EqualFold(listed, text) {
			return listed
		}
	}
	return ""
}

// firstOf lists the first of some names and says when there are more.
func firstOf(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + ", …"
}

// nomenclature suggests to look codes up where the contract names a nomenclature.
func (c *staticCheck) nomenclature(p *openapi.Property, f *mapping.Field, path string) {
	if f.Nomenclature != "" {
		return
	}
	if name := NomenclatureOf(p.Schema, c.nomenclatures); name != "" {
		c.info(path, say("like-code", "list", name), say("hint-coded", "column", f.Column, "list", name))
	}
}

// NomenclatureOf finds the pulled nomenclature that a member's description names, or whose codes are those that the
// contract lists; "" = none, or it is not clear which.
func NomenclatureOf(s *openapi.Schema, nomenclatures mapping.Nomenclatures) string {
	if s.Type == openapi.TypeObject || s.Type == openapi.TypeArray || s.Type == openapi.TypeBoolean {
		return ""
	}
	if name := namedIn(s.Description, nomenclatures); name != "" {
		return name
	}
	var same []string
	for name, entries := range nomenclatures {
		if sameCodes(s.Enum, entries) {
			same = append(same, name)
		}
	}
	if len(same) != 1 {
		return ""
	}
	return same[0]
}

// announcers are the words before the name of a nomenclature that make it more than a word of the language.
var announcers = []string{"nomenclature", "dictionnaire", "dictionary", "referentiel", "liste", "table", "code", "codes"}

// namedIn finds the nomenclature whose name occurs in a text: the one that is announced as such, else the longest.
func namedIn(text string, nomenclatures mapping.Nomenclatures) string {
	spoken := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n\r,;:.()[]\"'«»’/", r) })
	for i := range spoken {
		spoken[i] = plaintext.Fold(spoken[i])
	}
	best, bestRank := "", 0
	for _, name := range slices.Sorted(maps.Keys(nomenclatures)) {
		folded := plaintext.Fold(name)
		for i, word := range spoken {
			if word != folded || folded == "" {
				continue
			}
			rank := len(folded)
			if i > 0 && slices.Contains(announcers, spoken[i-1]) {
				rank += len(text) // beyond any length
			}
			if rank > bestRank {
				best, bestRank = name, rank
			}
		}
	}
	return best
}

// sameCodes reports whether a list of values is just the active codes of a nomenclature. One code is no list.
func sameCodes(enum []string, entries map[string]mapping.Entry) bool {
	listed := map[string]bool{}
	for _, value := range enum {
		if value != "null" {
			listed[value] = true
		}
	}
	active := 0
	for code, entry := range entries {
		if !entry.Active {
			continue
		}
		active++
		quoted, _ := (&mapping.Field{Value: code}).ConstantJSON(nil)
		if !listed[string(quoted)] && !listed[code] {
			return false
		}
	}
	return active > 1 && active == len(listed)
}
