package advise

import (
	"slices"
	"strings"

	"syncd/internal/contract/check"
	"syncd/internal/contract/openapi"
	"syncd/internal/mapping"
	"syncd/internal/plaintext"
)

// match gives columns to the members that resemble them, the most alike first, each column once. key is the column of the
// matricule; "" = these rows have none of their own.
func (s *section) match(columns []mapping.Column, key string) {
	s.columns = columns
	for like := check.LikePath; like <= check.LikeWords; like++ {
		for i := range columns {
			s.give(&columns[i], like)
		}
	}
	s.guess()
	s.markKey(key)
	for _, m := range s.slots {
		m.setPeriod()
	}
}

// give finds the member that a column resembles so much: the one that is least deep and required.
func (s *section) give(column *mapping.Column, like check.Likeness) {
	if s.isTaken(column) {
		return
	}
	fitting := s.resembling(column, like)
	if len(fitting) == 0 {
		return
	}
	slices.SortStableFunc(fitting, func(a, b *slot) int {
		if d := strings.Count(a.path, ".") - strings.Count(b.path, "."); d != 0 {
			return d
		}
		return rankOf(a.Required) - rankOf(b.Required)
	})
	fitting[0].take(column, like)
	fitting[0].unsure = len(fitting) > 1
}

func rankOf(required bool) int {
	if required {
		return 0
	}
	return 1
}

// guess pairs what is left where one column and one member resemble each other alone.
func (s *section) guess() {
	for i := range s.columns {
		column := &s.columns[i]
		if s.isTaken(column) {
			continue
		}
		fitting := s.resembling(column, check.LikeSome)
		if plaintext.Fold(column.Name) == "code" {
			fitting = s.requiredCodes(column)
		}
		if len(fitting) != 1 {
			continue
		}
		rivals := 0
		for j := range s.columns {
			if !s.isTaken(&s.columns[j]) && slices.Contains(s.resembling(&s.columns[j], check.LikeSome), fitting[0]) {
				rivals++
			}
		}
		if rivals <= 1 {
			fitting[0].take(column, check.LikeSome)
		}
	}
}

// requiredCodes are the members that a column which is called just "code" can be meant for.
func (s *section) requiredCodes(column *mapping.Column) []*slot {
	var fitting []*slot
	for _, m := range s.slots {
		if _, ok := check.Conversion(m.Schema, *column); ok && m.Required && m.column == nil && m.nomenclature != "" {
			fitting = append(fitting, m)
		}
	}
	return fitting
}

func (s *section) isTaken(column *mapping.Column) bool {
	return slices.ContainsFunc(s.slots, func(m *slot) bool { return m.column != nil && m.column.Name == column.Name })
}

// resembling lists the members without a column that resemble this one so much, and can contain its values.
func (s *section) resembling(column *mapping.Column, like check.Likeness) []*slot {
	var fitting []*slot
	for _, m := range s.slots {
		if m.column != nil || check.Resemblance(column.Name, m.path, m.nomenclature) != like {
			continue
		}
		if _, ok := check.Conversion(m.Schema, *column); ok {
			fitting = append(fitting, m)
		}
	}
	return fitting
}

func (m *slot) take(column *mapping.Column, like check.Likeness) {
	m.column, m.like = column, like
	m.kind, _ = check.Conversion(m.Schema, *column)
}

// keyNames are what contracts call a matricule, besides that.
var keyNames = []string{"identifiant", "id", "identifiantsalarie", "idsalarie", "numerosalarie", "codesalarie"}

// markKey finds the member of the matricule's column. Where none has its name, one that is called like an identifier is
// guessed.
func (s *section) markKey(key string) {
	column := check.ColumnNamed(s.columns, key)
	if column == nil {
		return
	}
	if !s.isTaken(column) {
		for _, m := range s.slots {
			_, fits := check.Conversion(m.Schema, *column)
			if fits && m.column == nil && !strings.Contains(m.path, ".") &&
				(slices.Contains(keyNames, plaintext.Fold(m.path)) || strings.Contains(plaintext.Fold(m.path), "matricule")) {
				m.take(column, check.LikeSome)
				break
			}
		}
	}
	for _, m := range s.slots {
		m.key = m.column != nil && m.column.Name == key
	}
}

// periods are the parameters of a run that can say which month it is, with an example of each.
var periods = []struct{ name, example string }{{"@period", `"2026-11"`}, {"@period_start", `"2026-11-01"`}}

// setPeriod sets a required member that is called like the month, and has no column, to the run's period.
func (m *slot) setPeriod() {
	called := slices.Contains([]string{"periode", "period", "mois", "periodepaie", "moispaie"}, plaintext.Fold(openapi.LastName(m.path)))
	if m.isMapped() || !m.Required || !called || !m.Schema.Takes(openapi.TypeString) {
		return
	}
	for _, parameter := range periods {
		if len(check.NewChecker(m.Schema).Check([]byte(parameter.example))) == 0 {
			m.constant = parameter.name
			return
		}
	}
}

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
		those := rowWords[strings.Join(check.PlainWords(column.Name), "")]
		if s.isTaken(column) || len(those) == 0 {
			continue
		}
		var fitting []*slot
		for _, m := range s.slots {
			if _, ok := check.Conversion(m.Schema, *column); ok && m.column == nil && hasWord(openapi.LastName(m.path), those...) {
				fitting = append(fitting, m)
			}
		}
		if len(fitting) == 1 {
			fitting[0].take(column, check.LikeSome)
		}
	}
}

// slot is the member at a path; the path must be that of one.
func (s *section) slot(path string) *slot {
	return s.slots[slices.IndexFunc(s.slots, func(m *slot) bool { return m.path == path })]
}

// isAmount tells of members that are counted or paid, by type, column or name: two elements may well have the same.
func (m *slot) isAmount() bool {
	isNumber := m.column != nil && check.IsAmount(*m.column) || !m.Schema.Takes(openapi.TypeString)
	return isNumber && !m.isNamedCode() || hasWord(openapi.LastName(m.path),
		slices.Concat([]string{"montant", "quantite", "taux"}, rowWords["quantite"], rowWords["montant"])...)
}

// isText tells of members that contain a text which is neither a number nor a date.
func (m *slot) isText() bool {
	return m.Schema.Takes(openapi.TypeString) && !m.isAmount() && m.Schema.Format != "date" && m.Schema.Format != "date-time"
}

// isCode tells of members that look like a code.
func (m *slot) isCode() bool {
	return !m.isAmount() && (m.nomenclature != "" || len(m.Schema.Enum) > 0 || m.isNamedCode())
}

func (m *slot) isNamedCode() bool {
	return hasWord(openapi.LastName(m.path), "code", "rubrique", "type", "nature", "categorie", "reference", "cle")
}
