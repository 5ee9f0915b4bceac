package mapping

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// appendCanonical appends any JSON value in the canonical form of documents. Of members that repeat a name, the last
// counts. It reports false when text is not one JSON value, not UTF-8, holds an escape that stands for no character, or a
// number that AppendDecimal refuses.
func appendCanonical(dst, text []byte) ([]byte, bool) {
	if !utf8.Valid(text) { // the decoder would replace the bytes silently
		return dst, false
	}
	value, ok := decodeJSON(text)
	if !ok || !soundEscapes(text) { // the decoder replaces half a surrogate pair silently
		return dst, false
	}
	return appendValue(dst, value)
}

// decodeJSON reads one JSON value, its numbers as they are written. Of members that repeat a name, the last counts; bytes
// and escapes that stand for no character become U+FFFD.
func decodeJSON(text []byte) (value any, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil, false
	}
	_, err := decoder.Token()
	return value, err == io.EOF
}

// soundEscapes tells whether each \u of a JSON text, which is valid, stands for a character: surrogates come in pairs
// (RFC 8259, section 8.2), and the null character, which neither Postgres nor most APIs can hold, does not occur.
func soundEscapes(text []byte) bool {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return true
		}
		text = text[i:]
		r, escaped := unicodeEscape(text)
		if !escaped {
			text = text[2:]
			continue
		}
		text = text[escapeLength:]
		if r == 0 {
			return false
		}
		if utf16.IsSurrogate(r) {
			low, escaped := unicodeEscape(text)
			if !escaped || utf16.DecodeRune(r, low) == utf8.RuneError {
				return false
			}
			text = text[escapeLength:]
		}
	}
}

const escapeLength = len(`\u0000`)

// unicodeEscape reads the \u at the beginning of text, if there is one.
func unicodeEscape(text []byte) (r rune, ok bool) {
	if len(text) < escapeLength || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	code, err := strconv.ParseUint(string(text[2:escapeLength]), 16, 16)
	return rune(code), err == nil
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
		return AppendString(dst, []byte(v))
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
		if dst, ok = AppendString(dst, []byte(name)); !ok {
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
