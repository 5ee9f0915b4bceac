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

// NumericMembers lists, in the order of the document, the paths of a child's members that are quantities: what Scaled
// reads in their column can be summed. These are the columns of numeric types, and all that is sent as a number; neither
// the children's key, nor codes of a nomenclature, nor numbers that are sent as booleans.
func (m *Mapping) NumericMembers(group int) []string {
	var paths []string
	for i := range m.children[group] {
		if o := &m.children[group][i]; o.numeric {
			paths = append(paths, o.path)
		}
	}
	return paths
}

// quantity tells whether the values of a column can be summed.
func (f *Field) quantity(column Column) bool {
	if f.Dictionary != "" || f.Type == TypeBoolean {
		return false
	}
	return f.Type == TypeNumber || familyOf(column.Type) == familyNumber
}
