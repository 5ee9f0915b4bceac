package mapping

import (
	"fmt"
	"maps"
	"slices"
)

// bind finds the column of a field, its conversion and its nomenclature.
func (c *compiler) bind(f *Field) (op, bool) {
	path := c.prefix + f.Path
	index := slices.IndexFunc(c.columns, func(column Column) bool { return column.Name == f.Column })
	if index < 0 {
		c.fail(&ColumnError{Path: path, Column: f.Column, Nearest: nearestName(f.Column, c.names()), Children: c.children})
		return op{}, false
	}
	column := c.columns[index]
	if slices.ContainsFunc(c.columns[index+1:], func(other Column) bool { return other.Name == f.Column }) {
		c.fail(&ColumnError{Path: path, Column: f.Column, Twice: true, Children: c.children})
		return op{}, false
	}
	encode, err := columnEncoder(f, path, column)
	if err != nil {
		c.fail(err)
		return op{}, false
	}
	codes, ok := c.codes(f)
	o := op{
		kind: opColumn, column: index, field: f, path: f.Path, shown: path, encode: encode, codes: codes,
		padded: column.Type == oidBpchar, isKey: c.key == f.Path, postal: f.Kind == KindPostal,
	}
	switch column.family() {
	case familyText:
		o.text = f.Type == TypeAuto || f.Type == TypeString
	case familyJSON:
		o.json = true
	case familyDate, familyTimestamp:
		o.date = true
	}
	if !o.isKey {
		o.amounts = f.scaler(column)
	}
	return o, ok
}

func (c *compiler) names() []string {
	var names []string
	for _, column := range c.columns {
		names = append(names, column.Name)
	}
	return names
}

// codes gives the nomenclature of a field; nil when it has none. An empty nomenclature would block everyone, so it
// counts as one that was never pulled.
func (c *compiler) codes(f *Field) (codes map[string]Entry, ok bool) {
	if f.Dictionary == "" {
		return nil, true
	}
	codes = c.dicts[f.Dictionary]
	if len(codes) == 0 {
		pulled := slices.Sorted(maps.Keys(c.dicts))
		pulled = slices.DeleteFunc(pulled, func(name string) bool { return name == f.Dictionary })
		c.fail(&DictionaryError{Names: []string{f.Dictionary}, Path: c.prefix + f.Path, Nearest: nearestName(f.Dictionary, pulled)})
		return nil, false
	}
	return codes, true
}

// constant gives the text of a constant, which must be an active code where the field has a nomenclature.
func (c *compiler) constant(f *Field) []byte {
	path := c.prefix + f.Path
	text, err := f.encodeConstant(c.params)
	if err != nil {
		c.fail(&FieldError{Path: path, Problem: err.Error(), Hint: "correct the value in the mapping, or the settings of the dossier that it names"})
		return nil
	}
	codes, ok := c.codes(f)
	if !ok || codes == nil {
		return text
	}
	raw, _, err := f.constantText(c.params)
	if entry := codes[raw]; err != nil || !entry.Active {
		c.fail(&FieldError{
			Path: path, Problem: fmt.Sprintf("the constant is no active code of the nomenclature %s", f.Dictionary),
			Hint: "list its codes: syncd dictionary " + f.Dictionary,
		})
	}
	return text
}
