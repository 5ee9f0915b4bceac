package mapping

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"unicode/utf8"
)

// appendCanonical appends any JSON value in the canonical form of documents. Of members that repeat a name, the last
// counts. It reports false when text is not one JSON value, not UTF-8, or holds a number that AppendDecimal refuses.
func appendCanonical(dst, text []byte) ([]byte, bool) {
	if !utf8.Valid(text) { // the decoder would replace the bytes silently
		return dst, false
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return dst, false
	}
	if _, err := decoder.Token(); err != io.EOF {
		return dst, false
	}
	return appendValue(dst, value)
}

func appendValue(dst []byte, value any) ([]byte, bool) {
	switch v := value.(type) {
	case nil:
		return append(dst, "null"...), true
	case bool:
		return appendBool(dst, boolText(v))
	case json.Number:
		return AppendDecimal(dst, []byte(v))
	case string:
		return appendString(dst, []byte(v))
	case []any:
		return appendArray(dst, v)
	case map[string]any:
		return appendObject(dst, v)
	}
	return dst, false
}

func appendArray(dst []byte, values []any) ([]byte, bool) {
	dst = append(dst, '[')
	for i, value := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		var ok bool
		if dst, ok = appendValue(dst, value); !ok {
			return dst, false
		}
	}
	return append(dst, ']'), true
}

func appendObject(dst []byte, members map[string]any) ([]byte, bool) {
	dst = append(dst, '{')
	for i, name := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		var ok bool
		if dst, ok = appendString(dst, []byte(name)); !ok {
			return dst, false
		}
		dst = append(dst, ':')
		if dst, ok = appendValue(dst, members[name]); !ok {
			return dst, false
		}
	}
	return append(dst, '}'), true
}

func boolText(v bool) []byte {
	if v {
		return []byte("true")
	}
	return []byte("false")
}
