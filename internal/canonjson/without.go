package canonjson

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Omission is what documents are kept without. nil = nothing.
type Omission struct {
	here  bool
	below map[string]*Omission // by names as fold writes them
}

// Omitting is what lies at some JSON pointers, in which * stands for each element of an array: "/lignes/*/nom". Names match in whatever
// case: whoever writes one in another way means the same person.
func Omitting(pointers []string) *Omission {
	if len(pointers) == 0 {
		return nil
	}
	root := &Omission{}
	for _, pointer := range pointers {
		at := root
		for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
			name := string(fold(nil, PointerName(token)))
			if at.below[name] == nil {
				if at.below == nil {
					at.below = map[string]*Omission{}
				}
				at.below[name] = &Omission{}
			}
			at = at.below[name]
		}
		at.here = true
	}
	return root
}

// fold appends a name as all are written that strings.EqualFold takes for the same.
func fold[T string | []byte](dst []byte, name T) []byte {
	for i := range len(name) {
		c := name[i]
		if c >= utf8.RuneSelf {
			for _, r := range string(name[i:]) {
				dst = utf8.AppendRune(dst, foldRune(r))
			}
			return dst
		}
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// foldRune is the least of all that differ in their case alone.
func foldRune(r rune) rune {
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	return least
}

// Without is a valid document without what is omitted. What is left is written as it was, but for spaces between members.
func (o *Omission) Without(document []byte) []byte {
	if o == nil {
		return document
	}
	return o.append(make([]byte, 0, len(document)), document[skipSpace(document, 0):])
}

func (o *Omission) append(dst, value []byte) []byte {
	opened := value[0]
	if o == nil || o.below == nil || opened != '{' && opened != '[' {
		return append(dst, value...)
	}
	dst = append(dst, opened)
	i := skipSpace(value, 1)
	for value[i] != '}' && value[i] != ']' {
		name, below := value[i:i], o.below["*"]
		if opened == '{' {
			end, escaped := SkipString(value, i)
			name, below = value[i:end], o.member(value[i:end], escaped)
			i = skipSpace(value, skipSpace(value, end)+1) // the colon
		}
		end := SkipValue(value, i)
		if below == nil || !below.here {
			if dst = separated(dst, opened); opened == '{' {
				dst = append(append(dst, name...), ':')
			}
			dst = below.append(dst, value[i:end])
		}
		i = skipComma(value, end)
	}
	return append(dst, value[i])
}

// member is what is omitted of a member, whose name is quoted.
func (o *Omission) member(name []byte, escaped bool) *Omission {
	var room [64]byte
	if escaped {
		return o.below[string(fold(room[:0], Unquote(name)))]
	}
	return o.below[string(fold(room[:0], name[1:len(name)-1]))]
}

// separated is dst ready for another member of what opened with a bracket.
func separated(dst []byte, opened byte) []byte {
	if dst[len(dst)-1] != opened {
		dst = append(dst, ',')
	}
	return dst
}
