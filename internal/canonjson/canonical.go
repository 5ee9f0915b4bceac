// Package canonjson writes and reads JSON in the one form that documents have: members sorted by name (bytewise), numbers as
// canonical decimals ("75.00" is written 75), no insignificant white space. It also reads any other JSON without decoding it.
// It never goes through a float. It is pure.
package canonjson

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Decode reads one JSON value, its numbers as they are written. Of members that repeat a name, the last counts; bytes
// and escapes that stand for no character become U+FFFD.
func Decode(text []byte) (value any, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil, false
	}
	_, err := decoder.Token()
	return value, err == io.EOF
}

// soundEscapes reports whether each \u of a JSON text, which is valid, stands for a character: surrogates come in pairs
// (RFC 8259, section 8.2), and the null character, which neither Postgres nor most APIs can contain, does not occur.
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

// AppendValue appends a decoded value in canonical form. It reports false for what Append refuses.
func AppendValue(dst []byte, value any) ([]byte, bool) { return appendValue(dst, value, false) }

// AppendAny is AppendValue for what need not be a document: a number that AppendDecimal refuses stays as it is written, and
// U+FFFD stands for what is no UTF-8.
func AppendAny(dst []byte, value any) []byte {
	dst, _ = appendValue(dst, value, true)
	return dst
}

func appendValue(dst []byte, value any, lenient bool) ([]byte, bool) {
	switch v := value.(type) {
	case nil:
		return append(dst, "null"...), true
	case bool:
		return strconv.AppendBool(dst, v), true
	case json.Number:
		number, ok := AppendDecimal(dst, []byte(v))
		if !ok && lenient {
			return append(dst, v...), true
		}
		return number, ok
	case string:
		return appendString(dst, v, lenient)
	case []any:
		return appendArray(dst, v, lenient)
	case map[string]any:
		return appendObject(dst, v, lenient)
	}
	return append(dst, "null"...), lenient // of no type that JSON has
}

func appendString(dst []byte, text string, lenient bool) ([]byte, bool) {
	if lenient {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	return AppendString(dst, []byte(text))
}

func appendArray(dst []byte, values []any, lenient bool) ([]byte, bool) {
	dst = append(dst, '[')
	for i, value := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		var ok bool
		if dst, ok = appendValue(dst, value, lenient); !ok {
			return dst, false
		}
	}
	return append(dst, ']'), true
}

func appendObject(dst []byte, members map[string]any, lenient bool) ([]byte, bool) {
	dst = append(dst, '{')
	for i, name := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		var ok bool
		if dst, ok = appendString(dst, name, lenient); !ok {
			return dst, false
		}
		dst = append(dst, ':')
		if dst, ok = appendValue(dst, members[name], lenient); !ok {
			return dst, false
		}
	}
	return append(dst, '}'), true
}

// plain marks the ASCII bytes that a JSON string contains as they are, and that nobody need look at.
var plain = func() (table [256]bool) {
	for c := 0x20; c < del; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

const del = 0x7F

// traits are what was met in a text.
type traits uint8

const (
	NotUTF8     traits = 1 << iota // the text was given up there
	Controls                       // control characters of ASCII, but for tabs and ends of lines
	BeyondASCII                    // characters that may be damaged
)

// AppendString appends text as a JSON string, escaping only what JSON demands (RFC 8259, section 7). It reports false
// when text is not valid UTF-8.
func AppendString(dst, text []byte) ([]byte, bool) {
	dst, met := AppendText(dst, text)
	return dst, met&NotUTF8 == 0
}

// AppendText is AppendString, and tells what it met.
func AppendText(dst, text []byte) (_ []byte, met traits) {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if plain[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(text[i:])
			if r == utf8.RuneError && size == 1 {
				return dst, met | NotUTF8
			}
			met |= BeyondASCII
			i += size
			continue
		}
		if IsControl(c) {
			met |= Controls
		}
		if c == del {
			i++
			continue
		}
		dst = append(dst, text[start:i]...)
		dst = appendEscape(dst, c)
		i++
		start = i
	}
	dst = append(dst, text[start:]...)
	return append(dst, '"'), met
}

// IsControl tells the control characters that no text of a document needs. An address may have several lines.
func IsControl(c byte) bool { return c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == del }

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
}
