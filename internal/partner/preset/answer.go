package preset

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/canonjson"
)

// odd is an answer of a shape that nobody knows: code says how, and it has no value of it.
type odd struct{ code string }

func (e *odd) Error() string { return "an answer of another shape: " + e.code }

// at is what a pointer leads to in valid JSON; nil = nothing.
func at(text []byte, pointer string) []byte {
	if pointer == "" {
		return text
	}
	found, _ := canonjson.Follow(text, pointer)
	return found
}

// textAt is a text or a number; "" = it is something else, or not there. Numbers are canonical.
func textAt(text []byte, pointer string) string {
	found := at(text, pointer)
	switch {
	case len(found) == 0 || strings.IndexByte("{[tfn", found[0]) >= 0:
		return ""
	case found[0] == '"':
		return canonjson.Unquote(found)
	}
	number, _ := canonjson.AppendDecimal(nil, found)
	return string(number)
}

// count is a number of something; -1 = not told.
func count(told []byte) (int, error) {
	if told == nil {
		return -1, nil
	}
	n, err := strconv.Atoi(textAt(told, ""))
	if err != nil || n < 0 {
		return 0, &odd{"shape-count"}
	}
	return n, nil
}

// valid is JSON without what stands around it.
func valid(text []byte) ([]byte, error) {
	if text = bytes.TrimSpace(text); !json.Valid(text) {
		return nil, &odd{"shape-json"}
	}
	return text, nil
}

// itemsAt are the elements of a list. Nothing but a list will do: null is none.
func itemsAt(text []byte, pointer string) ([][]byte, error) { return items(at(text, pointer)) }

func items(list []byte) ([][]byte, error) {
	if len(list) == 0 || list[0] != '[' {
		return nil, &odd{"shape-list"}
	}
	return slices.Collect(canonjson.Elements(list)), nil
}
