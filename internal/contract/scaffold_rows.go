package contract

import (
	"slices"
	"strings"

	"syncd/internal/mapping"
)

// rowWords are what contracts call the columns of payroll elements, besides their own names.
var rowWords = map[string][]string{
	"code":     {"rubrique", "type", "nature", "element"},
	"quantite": {"base", "nombre", "heures", "unites", "qte", "duree"},
	"montant":  {"valeur", "somme", "total"},
}

// matchRows gives columns to the members of an element. What is left is guessed by what is usual for elements, where one
// member alone has such a name.
func (s *section) matchRows(columns []mapping.Column) {
	s.match(columns, "")
	for i := range s.columns {
		column := &s.columns[i]
		those := rowWords[strings.Join(plainWords(column.Name), "")]
		if s.isTaken(column) || len(those) == 0 {
			continue
		}
		var fitting []*slot
		for _, m := range s.slots {
			if _, ok := conversion(m.Schema, *column); ok && m.column == nil && hasWord(lastName(m.path), those...) {
				fitting = append(fitting, m)
			}
		}
		if len(fitting) == 1 {
			fitting[0].take(column, likeSome)
		}
	}
}

// slot is the member at a path; the path must be that of one.
func (s *section) slot(path string) *slot {
	return s.slots[slices.IndexFunc(s.slots, func(m *slot) bool { return m.path == path })]
}

// isAmount tells of members that are counted or paid, by type, column or name: two elements may well have the same.
func (m *slot) isAmount() bool {
	isNumber := m.column != nil && isAmount(*m.column) || !m.Schema.takes(TypeString)
	return isNumber && !m.isNamedCode() || hasWord(lastName(m.path), slices.Concat([]string{"montant", "quantite", "taux"}, rowWords["quantite"], rowWords["montant"])...)
}

// isText tells of members that hold a text which is neither a number nor a date.
func (m *slot) isText() bool {
	return m.Schema.takes(TypeString) && !m.isAmount() && m.Schema.Format != "date" && m.Schema.Format != "date-time"
}

// isCode tells of members that look like a code.
func (m *slot) isCode() bool {
	return !m.isAmount() && (m.nomenclature != "" || len(m.Schema.Enum) > 0 || m.isNamedCode())
}

func (m *slot) isNamedCode() bool {
	return hasWord(lastName(m.path), "code", "rubrique", "type", "nature", "categorie", "reference", "cle")
}
