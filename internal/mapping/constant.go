package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// parameter is the name of the run parameter that the field is set to, if it is.
func (f *Field) parameter() (name string, ok bool) {
	text, ok := f.Value.(string)
	if !ok {
		return "", false
	}
	return strings.CutPrefix(text, "@")
}

// constantText gives a constant as Postgres would write it, so that it goes the way of a column.
func (f *Field) constantText(params Params) (string, family, error) {
	if name, ok := f.parameter(); ok {
		if params[name] == "" {
			return "", familyNone, fmt.Errorf("this run has no value for @%s", name)
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
	return "", familyNone, fmt.Errorf("the value is a %T", f.Value)
}

// encodeConstant gives the JSON text of a constant.
func (f *Field) encodeConstant(params Params) ([]byte, error) {
	text, from, err := f.constantText(params)
	if err != nil {
		return nil, err
	}
	encode := encoders[encoding{from, f.Type}]
	if encode == nil {
		return nil, fmt.Errorf("the value cannot be sent as a %s", f.Type)
	}
	constant, ok := encode(nil, []byte(text))
	if !ok {
		return nil, errors.New("the value does not fit its type")
	}
	return constant, nil
}
