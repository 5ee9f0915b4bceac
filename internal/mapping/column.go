package mapping

import "slices"

// Column tells where the member of the master data at path comes from: the index in Shape.Employee. It reports false for
// constants and for paths that the mapping does not have.
func (m *Mapping) Column(path string) (index int, ok bool) { return columnAt(m.employee, path) }

// ChildColumn tells where the member at path of a child comes from: the index in Shape.Children[group]. The group is an
// index of Spec.Children, the path that of a field: "Montant". It reports false as Column does.
func (m *Mapping) ChildColumn(group int, path string) (index int, ok bool) {
	return columnAt(m.children[group], path)
}

func columnAt(ops []op, path string) (index int, ok bool) {
	i := slices.IndexFunc(ops, func(o op) bool { return o.kind == opColumn && o.path == path })
	if i < 0 {
		return 0, false
	}
	return ops[i].column, true
}

// Quantity is a member of children whose values can be summed.
type Quantity struct {
	Path   string // of the member: "Montant"
	Column int    // index in Shape.Children
	Text   bool   // the column holds texts, of which some may be numbers
	Scaled func(value []byte) (units int64, ok bool)
}

// Quantities lists, in the order of the document, the members of children whose values can be summed: numbers, texts that
// are read as numbers where they are some, and JSON, of which all numbers count. Neither the children's key, nor codes of a
// nomenclature, dates, or what is sent as a boolean are among them.
func (m *Mapping) Quantities(group int) []Quantity {
	var list []Quantity
	for i := range m.children[group] {
		if o := &m.children[group][i]; o.amounts != nil {
			list = append(list, Quantity{Path: o.path, Column: o.column, Text: o.text, Scaled: o.amounts})
		}
	}
	return list
}

// PostalNumbers lists the members that are postal codes and come from a column of numbers, which has no 0 in front.
func (m *Mapping) PostalNumbers() []string {
	var paths []string
	for i := range m.employee {
		if o := &m.employee[i]; o.kind == opColumn && o.postal && !o.text && !o.json {
			paths = append(paths, o.path)
		}
	}
	return paths
}

// Unnamed lists the members of master data whose values may be an IBAN or a NIR although no name tells: texts and numbers
// of anything, but no codes.
func (m *Mapping) Unnamed() []string {
	var paths []string
	for i := range m.employee {
		o := &m.employee[i]
		if o.kind == opColumn && o.codes == nil && !o.date && !o.json && o.field.Kind == KindNone && o.field.Type != TypeBoolean {
			paths = append(paths, o.path)
		}
	}
	return paths
}

// scaler reads a value in units of Scaled.
type scaler func(value []byte) (units int64, ok bool)

// scaler is how the values of a column are read to be summed; nil = they cannot be.
func (f *Field) scaler(column Column) scaler {
	if f.Dictionary != "" || f.Type == TypeBoolean {
		return nil
	}
	switch column.family() {
	case familyNumber:
		return Scaled
	case familyJSON:
		return scaledJSON
	case familyText:
		if f.Type == TypeNumber {
			return Scaled
		}
		return ScaledText
	}
	return nil
}
