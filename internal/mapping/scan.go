package mapping

import (
	"encoding/json"
	"iter"
)

// The scanner reads JSON that json.Valid has accepted, without decoding what a comparison of bytes can settle.

// members yields the members of an object in their order: decoded names, and values as JSON text.
func members(object []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for i := skipSpace(object, 1); object[i] != '}'; {
			nameEnd := skipString(object, i)
			name := unquote(object[i:nameEnd])
			i = skipSpace(object, skipSpace(object, nameEnd)+1) // the colon
			end := skipValue(object, i)
			if !yield(name, object[i:end]) {
				return
			}
			i = skipComma(object, end)
		}
	}
}

// elements yields the elements of an array as JSON text.
func elements(array []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := skipSpace(array, 1); array[i] != ']'; {
			end := skipValue(array, i)
			if !yield(array[i:end]) {
				return
			}
			i = skipComma(array, end)
		}
	}
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r') {
		i++
	}
	return i
}

func skipComma(text []byte, i int) int {
	if i = skipSpace(text, i); text[i] == ',' {
		i = skipSpace(text, i+1)
	}
	return i
}

func skipString(text []byte, i int) int {
	for i++; text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue gives the offset after the value that starts at i.
func skipValue(text []byte, i int) int {
	depth := 0
	for {
		switch text[i] {
		case '"':
			i = skipString(text, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\t', '\n', '\r':
			i++
			continue // only within an object or array: the value is not over
		default:
			i = skipLiteral(text, i)
		}
		if depth == 0 {
			return i
		}
	}
}

// skipLiteral passes a number, true, false or null.
func skipLiteral(text []byte, i int) int {
	for i < len(text) {
		switch text[i] {
		case ',', ':', '}', ']', ' ', '\t', '\n', '\r':
			return i
		}
		i++
	}
	return i
}

// unquote decodes a JSON string.
func unquote(text []byte) string {
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

// eachScalar calls visit with the strings, decoded, and numbers of a value, however deep they lie.
func eachScalar(value []byte, visit func(text string)) {
	switch value[0] {
	case '{':
		for _, v := range members(value) {
			eachScalar(v, visit)
		}
	case '[':
		for v := range elements(value) {
			eachScalar(v, visit)
		}
	case '"':
		visit(unquote(value))
	case 't', 'f', 'n': // true, false and null tell nothing about anyone
	default:
		visit(string(value))
	}
}
