package check

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"syncd/internal/contract/openapi"
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
		c.error(path, fmt.Sprintf("has the format %s in the contract, which the column %q (%s) never has", s.Format, column.Name,
			column.TypeName()), "convert it in the query")
	case s.MaxLength >= 0 && column.Length > s.MaxLength && f.Nomenclature == "":
		c.warning(path, fmt.Sprintf("takes %d characters in the contract, and the column %q (%s) can hold more: such employees are blocked",
			s.MaxLength, column.Name, column.TypeName()), "")
	case column.Length > 0 && column.Length < s.MinLength:
		c.error(path, fmt.Sprintf("needs %d characters in the contract, and the column %q (%s) holds fewer", s.MinLength, column.Name,
			column.TypeName()), "map another column")
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
		hint := "convert it in the query, for instance with to_char"
		if problem.Code == mapping.ProblemWrongFormat && problem.Want == "date" {
			hint = "convert it in the query: " + asDate(column)
		}
		c.error(path, fmt.Sprintf("does not take what the column %q (%s) holds, such as %s: %s", column.Name, column.TypeName(),
			example, refusal(problem)), hint)
	}
}

// asDate is the day of a time. That of a moment depends on where one is.
func asDate(column mapping.Column) string {
	if column.TypeName() == "timestamptz" {
		return "(" + column.Name + " AT TIME ZONE 'Europe/Paris')::date, in the association's own time zone"
	}
	return column.Name + "::date"
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
		c.warning(path, fmt.Sprintf("does not take %d of the codes of the nomenclature %s: %s", len(refused), f.Nomenclature,
			firstOf(refused, shownCodes)),
			codesHint(p.Schema, refused))
	}
}

// codesHint names the spelling that the contract has for codes, where only the case differs.
func codesHint(s *openapi.Schema, refused []string) string {
	for _, code := range refused {
		if listed := listedAs(s, code); listed != "" {
			return fmt.Sprintf("the contract spells %s as %s: convert it in the query, without dictionary", code, openapi.Tidy(listed))
		}
	}
	return "ask the partner which is right, or name another nomenclature"
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
		c.info(path, fmt.Sprintf("seems to be a code of the nomenclature %s: its codes are not looked up", name),
			fmt.Sprintf("write { column = %q, dictionary = %q }", f.Column, name))
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
