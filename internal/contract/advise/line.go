package advise

import (
	"fmt"
	"slices"
	"strings"

	"syncd/internal/contract/openapi"
	"syncd/internal/mapping"
	"syncd/internal/plaintext"
	"syncd/internal/privacy"
	"syncd/internal/tomltext"
)

// value is what stands after the = of a member's line.
func (m *slot) value() string {
	if m.constant != "" {
		return "{ value = " + tomltext.String(m.constant) + " }"
	}
	if m.column == nil {
		return `"…"`
	}
	var keys []string
	set := func(key, value string) {
		if value != "" {
			keys = append(keys, key+" = "+tomltext.String(value))
		}
	}
	set("dictionary", m.nomenclature)
	set("type", string(m.kind))
	set("null", string(m.null()))
	if isSensitive(m.path) || isSensitive(m.column.Name) {
		keys = append(keys, "sensitive = true")
	}
	column := tomltext.String(m.column.Name)
	if len(keys) == 0 && !mapping.IsKeyOfJob(m.path) {
		return column
	}
	return "{ column = " + strings.Join(append([]string{column}, keys...), ", ") + " }"
}

// null is what a NULL of the column does, so that the contract takes what is sent.
func (m *slot) null() mapping.Null {
	switch {
	case m.key, m.Required && !m.Null:
		return mapping.NullRefuse
	case !m.Required && !m.Null:
		return mapping.NullOmit
	}
	return ""
}

// isSensitive tells of members and columns whose values nobody should see in a diff, by their names. Too many are found
// rather than too few.
func isSensitive(name string) bool {
	folded := plaintext.Fold(name)
	return privacy.Suspect(name) || slices.ContainsFunc([]string{"naissance", "email", "courriel", "tel"},
		func(part string) bool { return strings.Contains(folded, part) })
}

// commentOf tells people what the contract says of a member, and how sure its column is.
func (d *sketch) commentOf(m *slot, s *section) string {
	var parts []string
	if s.needed(m) {
		parts = append(parts, d.say("required"))
	}
	parts = append(parts, m.Terms())
	if len(m.Schema.Enum) > 0 {
		parts = append(parts, d.enumText(m.Schema.Enum))
	}
	switch {
	case m.unsure:
		parts = append(parts, d.say("unsure"))
	case m.isGuess():
		parts = append(parts, d.say("guessed"))
	case !m.isMapped() && s.needed(m):
		parts = append(parts, d.say("no-likeness"))
	}
	text := strings.Join(parts, ", ")
	if description := openapi.Shorten(openapi.OneLine(m.Schema.Description), descriptionShown); description != "" {
		text += "; " + description
	}
	return text
}

const (
	descriptionShown = 60 // characters
	enumShown        = 4  // values
)

// enumText lists the first values that the contract allows.
func (d *sketch) enumText(enum []string) string {
	var values []string
	for _, value := range enum[:min(len(enum), enumShown)] {
		values = append(values, openapi.Tidy(value))
	}
	text := d.say("one-of", "values", strings.Join(values, " "))
	if len(enum) > enumShown {
		text += fmt.Sprintf(" … (%d)", len(enum))
	}
	return text
}

// guards tells which members the guards of the job are about, where names alone do not tell them.
func (d *sketch) guards(s *section) {
	unique, sure := s.identifiers()
	if sure {
		return
	}
	d.told("other-names")
	d.comment("  hold_fields = %s", tomltext.List(unique))
	d.comment("  unique_fields = %s", tomltext.List(unique))
}

// identifiers lists, sorted, the members of text that are an IBAN or a NIR by their names, or may be. sure: there are none but
// those that the guards know by themselves.
func (s *section) identifiers() (paths []string, sure bool) {
	sure = true
	for _, m := range s.slots {
		named := privacy.ByNames(openapi.LastName(m.path))
		if named.Kind.Identifies() && m.Schema.Takes(openapi.TypeString) {
			paths, sure = append(paths, m.path), sure && named.Sure
		}
	}
	slices.Sort(paths)
	return paths, sure
}

func hasWord(name string, those ...string) bool {
	return slices.ContainsFunc(plaintext.Words(name), func(word string) bool { return slices.Contains(those, word) })
}
