package contract

import (
	"slices"
	"strings"

	"syncd/internal/mapping"
)

// match gives columns to the members that resemble them, the most alike first, each column once. key is the column of the
// matricule; "" = these rows have none of their own.
func (s *section) match(columns []mapping.Column, key string) {
	s.columns = columns
	for like := likePath; like <= likeWords; like++ {
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
func (s *section) give(column *mapping.Column, like likeness) {
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
	fitting[0].unsure = len(fitting) > 1 && like != likePath
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
		fitting := s.resembling(column, likeSome)
		if fold(column.Name) == "code" {
			fitting = s.requiredCodes(column)
		}
		if len(fitting) != 1 {
			continue
		}
		rivals := 0
		for j := range s.columns {
			if !s.isTaken(&s.columns[j]) && slices.Contains(s.resembling(&s.columns[j], likeSome), fitting[0]) {
				rivals++
			}
		}
		if rivals <= 1 {
			fitting[0].take(column, likeSome)
		}
	}
}

// requiredCodes are the members that a column which is called just "code" can be meant for.
func (s *section) requiredCodes(column *mapping.Column) []*slot {
	var fitting []*slot
	for _, m := range s.slots {
		if _, ok := conversion(m.Schema, *column); ok && m.Required && m.column == nil && m.nomenclature != "" {
			fitting = append(fitting, m)
		}
	}
	return fitting
}

func (s *section) isTaken(column *mapping.Column) bool {
	return slices.ContainsFunc(s.slots, func(m *slot) bool { return m.column != nil && m.column.Name == column.Name })
}

// resembling lists the members without a column that resemble this one so much, and can hold its values.
func (s *section) resembling(column *mapping.Column, like likeness) []*slot {
	var fitting []*slot
	for _, m := range s.slots {
		if m.column != nil || resemblance(column.Name, m.path, m.nomenclature) != like {
			continue
		}
		if _, ok := conversion(m.Schema, *column); ok {
			fitting = append(fitting, m)
		}
	}
	return fitting
}

func (m *slot) take(column *mapping.Column, like likeness) {
	m.column, m.like = column, like
	m.kind, _ = conversion(m.Schema, *column)
}

// keyNames are what contracts call a matricule, besides that.
var keyNames = []string{"identifiant", "id", "identifiantsalarie", "idsalarie", "numerosalarie", "codesalarie"}

// markKey finds the member of the matricule's column. Where none has its name, one that is called like an identifier is
// guessed.
func (s *section) markKey(key string) {
	column := columnNamed(s.columns, key)
	if column == nil {
		return
	}
	if !s.isTaken(column) {
		for _, m := range s.slots {
			_, fits := conversion(m.Schema, *column)
			if fits && m.column == nil && !strings.Contains(m.path, ".") && (slices.Contains(keyNames, fold(m.path)) || strings.Contains(fold(m.path), "matricule")) {
				m.take(column, likeSome)
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
	called := slices.Contains([]string{"periode", "period", "mois", "periodepaie", "moispaie"}, fold(lastName(m.path)))
	if m.isMapped() || !m.Required || !called || !m.Schema.takes(TypeString) {
		return
	}
	for _, parameter := range periods {
		if len(NewChecker(m.Schema).Check([]byte(parameter.example))) == 0 {
			m.constant = parameter.name
			return
		}
	}
}
