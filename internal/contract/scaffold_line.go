package contract

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"syncd/internal/mapping"
)

// value is what stands after the = of a member's line.
func (m *slot) value(s *section) string {
	if m.constant != "" {
		return "{ value = " + tomlString(m.constant) + " }"
	}
	if m.column == nil {
		return `"…"`
	}
	var keys []string
	set := func(key, value string) {
		if value != "" {
			keys = append(keys, key+" = "+tomlString(value))
		}
	}
	set("dictionary", m.nomenclature)
	set("type", string(m.kind))
	set("null", string(m.null()))
	if isSensitive(m.path) || isSensitive(m.column.Name) {
		keys = append(keys, "sensitive = true")
	}
	column := tomlString(m.column.Name)
	if len(keys) == 0 && !slices.Contains(keysOfJobs, m.path) {
		return column
	}
	return "{ column = " + strings.Join(append([]string{column}, keys...), ", ") + " }"
}

// keysOfJobs are the names that the configuration takes for keys of the job where their value is a mere text.
var keysOfJobs = []string{
	"schedule", "timezone", "dossiers", "period", "missed", "missed_window", "deadline", "hold_expires", "ping", "guard", "max_withdrawn",
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
	folded := fold(name)
	return slices.ContainsFunc([]string{"nir", "iban", "secu", "naissance", "email", "courriel", "tel"}, func(part string) bool { return strings.Contains(folded, part) })
}

// comment tells people what the contract says of a member, and how sure its column is.
func (m *slot) comment(s *section) string {
	var parts []string
	if s.needed(m) {
		parts = append(parts, "required")
	}
	parts = append(parts, m.terms())
	if len(m.Schema.Enum) > 0 {
		parts = append(parts, enumText(m.Schema.Enum))
	}
	switch {
	case m.constant != "", m.column == nil && !s.needed(m):
	case m.column == nil:
		parts = append(parts, "no column resembles it")
	case m.like == likeSome:
		parts = append(parts, "GUESSED from the name")
	case m.unsure:
		parts = append(parts, "other members resemble this column, too: CHECK which one it is")
	}
	text := strings.Join(parts, ", ")
	if description := shorten(oneLine(m.Schema.Description), descriptionShown); description != "" {
		text += "; " + description
	}
	return text
}

const (
	descriptionShown = 60 // characters
	enumShown        = 4  // values
)

// enumText lists the first values that the contract allows.
func enumText(enum []string) string {
	var values []string
	for _, value := range enum[:min(len(enum), enumShown)] {
		values = append(values, tidy(value))
	}
	text := "one of " + strings.Join(values, " ")
	if len(enum) > enumShown {
		text += fmt.Sprintf(" … (%d)", len(enum))
	}
	return text
}

// tomlKey writes a path as the key of a line.
func tomlKey(path string) string {
	bare := path != "" && strings.Trim(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
	if bare {
		return path
	}
	return tomlString(path)
}

// tomlString writes a basic string of TOML.
func tomlString(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case !unicode.IsPrint(r): // TOML refuses some of them, and terminals obey others
			fmt.Fprintf(&b, `\U%08X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
