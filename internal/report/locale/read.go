package locale

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// read puts TOML into a struct of texts, lists, maps and structs, each text as change makes it; there is no unknown key. That none
// is missing, stands twice, or has a placeholder that nothing fills, the tests of this package see: the files are part of the
// program. Each command begins with this: it takes a fifth of the time of the library's decoder, whose parser it is.
func read(text []byte, into any, change func(string) string) error {
	r := reader{change: change, fields: map[reflect.Type]map[string]int{}}
	var p unstable.Parser
	p.Reset(text)
	root := reflect.ValueOf(into).Elem()
	var table, keys [][]byte
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind { //nolint:exhaustive // the kinds of expressions
		case unstable.Table:
			table = appendKeys(nil, e)
		case unstable.KeyValue:
			keys = appendKeys(append(keys[:0], table...), e)
			if err := r.set(root, keys, e.Value()); err != nil {
				return err
			}
		default:
			return fmt.Errorf("unknown kind of line: %s", e.Kind)
		}
	}
	return p.Error()
}

// appendKeys appends the parts of a line's key.
func appendKeys(keys [][]byte, line *unstable.Node) [][]byte {
	for it := line.Key(); it.Next(); {
		keys = append(keys, it.Node().Data)
	}
	return keys
}

type reader struct {
	change func(string) string
	fields map[reflect.Type]map[string]int // the places of fields, by keys
}

// set gives what keys name below v a value.
func (r *reader) set(v reflect.Value, keys [][]byte, value *unstable.Node) error {
	if len(keys) == 0 {
		return r.fill(v, value)
	}
	switch v.Kind() { //nolint:exhaustive // what has keys
	case reflect.Struct:
		i, known := r.field(v.Type(), keys[0])
		if !known {
			return fmt.Errorf("unknown keys: %s", bytes.Join(keys, []byte(".")))
		}
		return r.set(v.Field(i), keys[1:], value)
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		key, of := reflect.ValueOf(string(keys[0])), reflect.New(v.Type().Elem()).Elem()
		if there := v.MapIndex(key); there.IsValid() {
			of.Set(there)
		}
		if err := r.set(of, keys[1:], value); err != nil {
			return err
		}
		v.SetMapIndex(key, of)
		return nil
	}
	return fmt.Errorf("there is nothing below %s", v.Type())
}

// field is the place of a field, whose name a key has in any case.
func (r *reader) field(of reflect.Type, key []byte) (i int, known bool) {
	places := r.fields[of]
	if places == nil {
		places = map[string]int{}
		for i := range of.NumField() {
			places[strings.ToLower(of.Field(i).Name)] = i
		}
		r.fields[of] = places
	}
	if i, known = places[string(key)]; !known {
		if i, known = places[strings.ToLower(string(key))]; known {
			places[string(key)] = i
		}
	}
	return i, known
}

func (r *reader) fill(v reflect.Value, value *unstable.Node) error {
	switch kind := value.Kind; {
	case kind == unstable.String && v.Kind() == reflect.String:
		v.SetString(r.change(string(value.Data)))
		return nil
	case kind == unstable.Bool && v.Kind() == reflect.Bool:
		v.SetBool(string(value.Data) == "true")
		return nil
	case kind == unstable.InlineTable:
		for it := value.Children(); it.Next(); {
			if err := r.set(v, appendKeys(nil, it.Node()), it.Node().Value()); err != nil {
				return err
			}
		}
		return nil
	case kind == unstable.Array && (v.Kind() == reflect.Slice || v.Kind() == reflect.Array):
		return r.list(v, value)
	}
	return fmt.Errorf("%s cannot be %s", v.Type(), value.Kind)
}

func (r *reader) list(v reflect.Value, value *unstable.Node) error {
	n := 0
	for it := value.Children(); it.Next(); n++ {
		if v.Kind() == reflect.Slice {
			v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		}
		if n == v.Len() {
			return errors.New("there are too many of a list")
		}
		if err := r.fill(v.Index(n), it.Node()); err != nil {
			return err
		}
	}
	return nil
}
