package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/canonjson"
	"syncd/internal/hinted"
	"syncd/internal/plaintext"
	"syncd/internal/privacy"
)

// Mapping is a Spec bound to the columns, nomenclatures and parameters of one run. It does not change: builders of
// several goroutines may share it.
type Mapping struct {
	employee []op
	children [][]op
	paths    []string // of the children's arrays
}

// op appends its lead and then one value.
type op struct {
	lead   []byte // literal text; starts with a comma when other members of its object come first
	kind   opKind
	column int // opColumn: index in the row
	group  int // opChildren: index of the children

	field   *Field
	path    string
	encode  encoder
	codes   map[string]Entry // nil = any value
	padded  bool             // char(n): Postgres fills it with blanks that mean nothing
	isKey   bool             // of the children
	amounts scaler           // reads what can be summed; nil = nothing can
	text    bool             // the value is a text that goes as it is: it is looked at
	json    bool             // or JSON
	date    bool
	postal  bool   // the value is a postal code
	shown   string // the path, with that of the children: "Elements[].Code"
}

type opKind int

const (
	opLiteral  opKind = iota // nothing but the lead
	opColumn                 // the value of a column
	opChildren               // the elements of the children's array
)

// Compile binds the mapping to what the queries return. All that is wrong is reported together: *FieldError,
// *ColumnError, *TypeError and *NomenclatureError, joined.
func Compile(spec Spec, shape Shape, dicts Nomenclatures, params Params) (*Mapping, error) {
	var errs []error
	for _, err := range spec.Check() {
		errs = append(errs, err)
	}
	if len(errs) == 0 && len(shape.Children) != len(spec.Children) {
		errs = append(errs, hinted.Because(nil, "mapping.other-children", "mapped", len(spec.Children), "read", len(shape.Children)))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	m := &Mapping{}
	employee := compiler{columns: shape.Employee, dicts: dicts, params: params}
	m.employee = employee.compile(Arrange("", slices.Clone(spec.Fields), spec.Children))
	errs = employee.errs
	for i := range spec.Children {
		group := &spec.Children[i]
		rows := compiler{children: group.Path, prefix: group.Path + "[].", key: group.Key, columns: shape.Children[i], dicts: dicts,
			params: params}
		m.children = append(m.children, rows.compile(Arrange("", slices.Clone(group.Fields), nil)))
		m.paths = append(m.paths, group.Path)
		errs = append(errs, rows.errs...)
	}
	if len(errs) > 0 {
		return nil, joinErrors(errs)
	}
	return m, nil
}

// compiler flattens a tree: what is known beforehand gathers in pending, and becomes the lead of the next value.
type compiler struct {
	children string // path of the children; "" = the employee
	prefix   string // of paths in errors
	key      string // path of the children's key
	columns  []Column
	dicts    Nomenclatures
	params   Params

	ops     []op
	pending []byte
	errs    []error
}

func (c *compiler) compile(root *Node) []op {
	c.object(root)
	c.flush(op{})
	return c.ops
}

// object writes all members. One whose members are all left out by null = "omit" is written as {}.
func (c *compiler) object(n *Node) {
	c.pending = append(c.pending, '{')
	for _, m := range n.Members {
		lead, ok := canonjson.AppendString([]byte{','}, []byte(m.Name))
		if !ok {
			c.fail(&FieldError{Path: m.Name, Fact: hinted.Say("mapping.no-utf-8")})
			continue
		}
		lead = append(lead, ':')
		if last := len(c.pending) - 1; last >= 0 && c.pending[last] == '{' {
			lead = lead[1:]
		}
		c.member(m, lead)
	}
	c.pending = append(c.pending, '}')
}

func (c *compiler) member(n *Node, lead []byte) {
	switch {
	case n.Group >= 0:
		c.pending = append(append(c.pending, lead...), '[')
		c.flush(op{kind: opChildren, group: n.Group})
		c.pending = append(c.pending, ']')
	case n.Field == nil:
		c.pending = append(c.pending, lead...)
		c.object(n)
	case n.Field.Column == "":
		c.pending = append(append(c.pending, lead...), c.constant(n.Field)...)
	default:
		column, ok := c.bind(n.Field)
		if !ok {
			return
		}
		if n.Field.Null == NullOmit && len(c.pending) > 0 {
			c.flush(op{}) // the lead of a member that may be left out contains its own name only
		}
		c.pending = append(c.pending, lead...)
		c.flush(column)
	}
}

func (c *compiler) flush(next op) {
	next.lead, c.pending = c.pending, nil
	c.ops = append(c.ops, next)
}

func (c *compiler) fail(err error) { c.errs = append(c.errs, err) }

// bind finds the column of a field, its conversion and its nomenclature.
func (c *compiler) bind(f *Field) (op, bool) {
	path := c.prefix + f.Path
	index := slices.IndexFunc(c.columns, func(column Column) bool { return column.Name == f.Column })
	if index < 0 {
		c.fail(&ColumnError{Path: path, Column: f.Column, Nearest: plaintext.Nearest(f.Column, c.names()), Children: c.children})
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
		padded: column.Type == oidBpchar, isKey: c.key == f.Path, postal: f.Kind == privacy.KindPostal,
	}
	switch column.family() {
	case familyText:
		o.text = f.Type == TypeAuto || f.Type == TypeString
	case familyJSON:
		o.json = true
	case familyDate, familyTimestamp:
		o.date = true
	case familyNone, familyBoolean, familyNumber:
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
	if f.Nomenclature == "" {
		return nil, true
	}
	codes = c.dicts[f.Nomenclature]
	if len(codes) == 0 {
		pulled := slices.Sorted(maps.Keys(c.dicts))
		pulled = slices.DeleteFunc(pulled, func(name string) bool { return name == f.Nomenclature })
		c.fail(&NomenclatureError{Names: []string{f.Nomenclature}, Path: c.prefix + f.Path, Nearest: plaintext.Nearest(f.Nomenclature, pulled)})
		return nil, false
	}
	return codes, true
}

// constant gives the text of a constant, which must be an active code where the field has a nomenclature.
func (c *compiler) constant(f *Field) []byte {
	path := c.prefix + f.Path
	text, err := f.encodeConstant(c.params)
	if err != nil {
		c.fail(&FieldError{path, hinted.What(err), hinted.Say("mapping.correct-value")})
		return nil
	}
	codes, ok := c.codes(f)
	if !ok || codes == nil {
		return text
	}
	raw, _, err := f.constantText(c.params)
	if entry := codes[raw]; err != nil || !entry.Active {
		c.fail(&FieldError{Path: path, Fact: hinted.Say("mapping.inactive", "nomenclature", f.Nomenclature)})
	}
	return text
}

// Parameter is the name of the run parameter that the field is set to, if it is.
func (f *Field) Parameter() (name string, ok bool) {
	text, ok := f.Value.(string)
	if !ok {
		return "", false
	}
	return strings.CutPrefix(text, "@")
}

// constantText gives a constant as Postgres would write it, so that it goes the way of a column.
func (f *Field) constantText(params Params) (string, family, error) {
	if name, ok := f.Parameter(); ok {
		if params[name] == "" {
			return "", familyNone, hinted.Because(nil, "mapping.no-value", "name", name)
		}
		return params[name], familyText, nil
	}
	switch v := f.Value.(type) {
	case string:
		return v, familyText, nil
	case bool:
		return strconv.FormatBool(v), familyBoolean, nil
	case int:
		return strconv.Itoa(v), familyNumber, nil
	case int64:
		return strconv.FormatInt(v, 10), familyNumber, nil
	case float64: // the shortest decimal that reads back as v: what the user wrote
		return strconv.FormatFloat(v, 'g', -1, 64), familyNumber, nil
	case json.Number:
		return v.String(), familyNumber, nil
	}
	return "", familyNone, hinted.Because(nil, "mapping.odd-value", "type", fmt.Sprintf("%T", f.Value))
}

// encodeConstant gives the JSON text of a constant.
func (f *Field) encodeConstant(params Params) ([]byte, error) {
	text, from, err := f.constantText(params)
	if err != nil {
		return nil, err
	}
	encode := encoders[encoding{from, f.Type}]
	if encode == nil {
		return nil, hinted.Because(nil, "mapping.unsendable", "type", f.Type)
	}
	constant, ok := encode(nil, []byte(text))
	if !ok {
		return nil, hinted.Because(nil, "mapping.unfit")
	}
	return constant, nil
}
