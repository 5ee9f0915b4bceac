package canonjson

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
)

// The scanner reads JSON that json.Valid has accepted, without decoding what a comparison of bytes can tell.

// Members yields the members of an object in their order: decoded names, and values as JSON text.
func Members(object []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for i := skipSpace(object, 1); object[i] != '}'; {
			nameEnd, _ := SkipString(object, i)
			name := Unquote(object[i:nameEnd])
			i = skipSpace(object, skipSpace(object, nameEnd)+1) // the colon
			end := SkipValue(object, i)
			if !yield(name, object[i:end]) {
				return
			}
			i = skipComma(object, end)
		}
	}
}

// Elements yields the elements of an array as JSON text.
func Elements(array []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := skipSpace(array, 1); array[i] != ']'; {
			end := SkipValue(array, i)
			if !yield(array[i:end]) {
				return
			}
			i = skipComma(array, end)
		}
	}
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && isSpace(text[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func skipComma(text []byte, i int) int {
	if i = skipSpace(text, i); text[i] == ',' {
		i = skipSpace(text, i+1)
	}
	return i
}

// SkipString gives the offset behind the string that starts at i, or the end of the text, and whether the string has escapes.
func SkipString(text []byte, i int) (end int, escaped bool) {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i + 1, escaped
		case '\\':
			escaped = true
			i++
		}
	}
	return len(text), escaped
}

// SkipValue gives the offset behind the value that starts at i. It stays within any text, and at i where no value starts.
func SkipValue(text []byte, i int) int {
	depth := 0
	for i < len(text) {
		switch text[i] {
		case '"':
			i, _ = SkipString(text, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
			i++
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
			i++
			continue // the value is not over
		default:
			i = SkipLiteral(text, i)
		}
		if depth == 0 {
			return i
		}
	}
	return i
}

// SkipLiteral gives the offset behind a number, true, false or null.
func SkipLiteral(text []byte, i int) int {
	for i < len(text) {
		if c := text[i]; c <= ' ' || c == ',' || c == '}' || c == ']' || c == ':' {
			return i
		}
		i++
	}
	return i
}

// Unquote decodes a JSON string.
func Unquote(text []byte) string {
	for _, c := range text {
		if c == '\\' {
			var decoded string
			if json.Unmarshal(text, &decoded) == nil {
				return decoded
			}
			break
		}
	}
	return string(text[1 : len(text)-1])
}

// Measure gives the depth of a JSON text, and no fewer values than it contains, without decoding it.
func Measure(text []byte) (depth, values int) {
	open := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			end, _ := SkipString(text, i)
			i = end - 1
		case '{', '[':
			open++
			values++
			depth = max(depth, open)
		case '}', ']':
			open--
		case ',':
			values++
		}
	}
	return depth, values
}

// EachScalar calls visit with the strings, decoded, and numbers of a value, however deep they lie.
func EachScalar(value []byte, visit func(text string)) {
	switch value[0] {
	case '{':
		for _, v := range Members(value) {
			EachScalar(v, visit)
		}
	case '[':
		for v := range Elements(value) {
			EachScalar(v, visit)
		}
	case '"':
		visit(Unquote(value))
	case 't', 'f', 'n': // true, false and null tell nothing about anyone
	default:
		visit(string(value))
	}
}

// Follow walks a JSON pointer (RFC 6901) through a valid document: the value, nil where there is none, and the names of
// members on the way, without the indexes of arrays.
func Follow(document []byte, pointer string) (value []byte, names []string) {
	value = document
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		token = PointerName(token)
		if value != nil && value[0] == '[' {
			if index, err := strconv.Atoi(token); err == nil {
				value = elementAt(value, index)
				continue
			}
		}
		names = append(names, token)
		value = memberAt(value, token)
	}
	return value, names
}

func memberAt(value []byte, name string) []byte {
	if value == nil || value[0] != '{' {
		return nil
	}
	for i := skipSpace(value, 1); value[i] != '}'; {
		nameEnd, escaped := SkipString(value, i)
		is := named(value[i:nameEnd], escaped, name)
		i = skipSpace(value, skipSpace(value, nameEnd)+1) // the colon
		end := SkipValue(value, i)
		if is {
			return value[i:end]
		}
		i = skipComma(value, end)
	}
	return nil
}

// named reports whether a quoted name is this one.
func named(quoted []byte, escaped bool, name string) bool {
	if escaped {
		return Unquote(quoted) == name
	}
	return string(quoted[1:len(quoted)-1]) == name
}

// FollowAll is Follow of several pointers in one walk: values as the pointers come, nil where there is none,
// and for "".
func FollowAll(document []byte, pointers ...string) [][]byte {
	found := make([][]byte, len(pointers))
	var left []following
	for i, pointer := range pointers {
		if pointer != "" {
			left = append(left, following{strings.TrimPrefix(pointer, "/"), &found[i]})
		}
	}
	followAll(document, left)
	return found
}

// following is a pointer on its way: what is left of it.
type following struct {
	pointer string
	found   *[]byte
}

func followAll(value []byte, left []following) {
	if value[0] == '[' {
		for _, f := range left {
			*f.found, _ = Follow(value, f.pointer)
		}
	}
	if value[0] != '{' {
		return
	}
	for i := skipSpace(value, 1); value[i] != '}' && len(left) > 0; {
		nameEnd, escaped := SkipString(value, i)
		name := value[i:nameEnd]
		i = skipSpace(value, skipSpace(value, nameEnd)+1) // the colon
		end := SkipValue(value, i)
		var below, rest []following
		for _, f := range left {
			token, more, deeper := strings.Cut(f.pointer, "/")
			switch {
			case !named(name, escaped, PointerName(token)):
				rest = append(rest, f)
			case deeper:
				below = append(below, following{more, f.found})
			default:
				*f.found = value[i:end]
			}
		}
		if left = rest; len(below) > 0 {
			followAll(value[i:end], below)
		}
		i = skipComma(value, end)
	}
}

func elementAt(array []byte, index int) []byte {
	for value := range Elements(array) {
		if index == 0 {
			return value
		}
		index--
	}
	return nil
}

// PlainText is a string without its quotes, and any other value as it is written.
func PlainText(value []byte) string {
	if value[0] == '"' {
		return Unquote(value)
	}
	return string(value)
}

// TextAt is Text of a document that is known to be JSON.
func TextAt(document []byte, path string) (text string, ok bool) {
	if len(document) == 0 {
		return "", false
	}
	value := Lookup(document, path)
	if value == nil {
		return "", false
	}
	switch value[0] {
	case '{', '[', 'n':
		return "", false
	}
	return PlainText(value), true
}

// Lookup finds the value at a path of dotted names; nil when there is none.
func Lookup(value []byte, path string) []byte {
	name, rest, more := strings.Cut(path, ".")
	if value[0] != '{' {
		return nil
	}
	for n, v := range Members(value) {
		if n != name {
			continue
		}
		if more {
			return Lookup(v, rest)
		}
		return v
	}
	return nil
}

// Text gives the string, number or boolean at a path of a document ("Adresse.Ville") as plain text. It reports false for
// null, objects, arrays, a path that is not there, and a document that is not JSON.
func Text(document []byte, path string) (text string, ok bool) {
	if !json.Valid(document) {
		return "", false
	}
	return TextAt(bytes.TrimSpace(document), path)
}

// IsEmpty reports whether a value is null, "", {} or [].
func IsEmpty(value []byte) bool {
	switch value[0] {
	case 'n':
		return true
	case '"':
		return len(value) == 2
	case '{', '[':
		return skipSpace(value, 1) == len(value)-1
	}
	return false
}

var (
	escapeToken   = strings.NewReplacer("~", "~0", "/", "~1")
	unescapeToken = strings.NewReplacer("~1", "/", "~0", "~")
)

// PointerToken is a member's name as it stands in a JSON pointer (RFC 6901): "a~1b" for "a/b".
func PointerToken(name string) string { return escapeToken.Replace(name) }

// PointerName is the name that a token of a JSON pointer stands for: "a/b" for "a~1b".
func PointerName(token string) string {
	if strings.IndexByte(token, '~') < 0 {
		return token
	}
	return unescapeToken.Replace(token)
}
