package restapi

import (
	"encoding/json"
	"strconv"
	"strings"

	"syncd/internal/mapping"
)

// pointer is a JSON pointer (RFC 6901) into a decoded document; the empty one is the document itself.
type pointer []string

// parsePointer reads the pointer of the setting called name.
func parsePointer(name, text string) (pointer, error) {
	if text == "" {
		return nil, nil
	}
	if text[0] != '/' {
		return nil, hinted("write a JSON pointer such as /Code", "%s is %q, which does not start with a slash", name, text)
	}
	p := strings.Split(text[1:], "/")
	for i := range p {
		p[i] = mapping.PointerName(p[i])
	}
	return p, nil
}

// find follows the pointer; false when a step of it does not exist.
func (p pointer) find(value any) (any, bool) {
	for _, step := range p {
		var ok bool
		if value, ok = member(value, step); !ok {
			return nil, false
		}
	}
	return value, true
}

func member(value any, step string) (any, bool) {
	switch v := value.(type) {
	case map[string]any:
		found, ok := v[step]
		return found, ok
	case []any:
		i, err := strconv.Atoi(step)
		if err != nil || i < 0 || i >= len(v) {
			return nil, false
		}
		return v[i], true
	}
	return nil, false
}

// textAt is the string or number that the pointer leads to; "" and false when there is none, or it is null.
func (p pointer) textAt(value any) (string, bool) {
	found, _ := p.find(value)
	switch v := found.(type) {
	case string:
		v = strings.TrimSpace(v)
		return v, v != ""
	case json.Number:
		return v.String(), true
	}
	return "", false
}
