package canonjson

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"sync"
	"unicode/utf8"
)

// Append appends any JSON value in the canonical form of documents. Of members that repeat a name, the last
// counts. It reports false, and appends nothing, when text is not one JSON value, not UTF-8, contains an escape that stands for no
// character, or a number that AppendDecimal refuses.
func Append(dst, text []byte) ([]byte, bool) {
	if !json.Valid(text) {
		return dst, false
	}
	w := writers.Get().(*writer)
	defer w.release()
	if _, sound := w.write(text); !sound {
		return dst, false
	}
	return append(dst, w.dst...), true
}

// Sum is the SHA-256 of a valid JSON value in canonical form. It reports what Append would of it, and whether each name occurs once in
// its object.
func Sum(text []byte) (sum [sha256.Size]byte, sound, once bool) {
	w := writers.Get().(*writer)
	defer w.release()
	if once, sound = w.write(text); sound {
		sum = sha256.Sum256(w.dst)
	}
	return sum, sound, once
}

// writer writes valid JSON in canonical form as it reads it, without decoding more than names and texts that have escapes.
type writer struct {
	text    []byte
	i       int // how far it is read
	dst     []byte
	members []member // of the objects that are open
	moved   []byte   // room to put members in order
	repeats bool
}

// member is one of an object: its name, decoded, and where it was written, name and value.
type member struct {
	name     []byte
	from, to int
	sound    bool
}

var writers = sync.Pool{New: func() any { return new(writer) }}

// mostKept is how much room a writer keeps for the next one.
const mostKept = 1 << 20

func (w *writer) release() {
	if cap(w.dst)+cap(w.moved) <= mostKept && cap(w.members) <= mostKept>>8 {
		writers.Put(w)
	}
}

// write writes a text into dst. A number that is refused does no harm where another member of its name comes after it.
func (w *writer) write(text []byte) (once, sound bool) {
	if !utf8.Valid(text) || !soundEscapes(text) {
		return true, false
	}
	w.text, w.i, w.dst, w.members, w.repeats = text, skipSpace(text, 0), w.dst[:0], w.members[:0], false
	sound = w.value()
	return !w.repeats, sound
}

func (w *writer) value() (sound bool) {
	switch w.text[w.i] {
	case '{':
		return w.object()
	case '[':
		return w.array()
	case '"':
		w.string()
		return true
	}
	from := w.i
	w.i = SkipLiteral(w.text, from)
	literal := w.text[from:w.i]
	if c := literal[0]; c == 't' || c == 'f' || c == 'n' {
		w.dst = append(w.dst, literal...)
		return true
	}
	w.dst, sound = AppendDecimal(w.dst, literal)
	return sound
}

// string writes a string, and gives its text.
func (w *writer) string() []byte {
	end, escaped := SkipString(w.text, w.i)
	quoted := w.text[w.i:end]
	w.i = end
	if !escaped {
		w.dst = append(w.dst, quoted...)
		return quoted[1 : len(quoted)-1]
	}
	text := []byte(Unquote(quoted))
	w.dst, _ = AppendString(w.dst, text)
	return text
}

func (w *writer) array() bool {
	sound := true
	w.dst = append(w.dst, '[')
	for w.i = skipSpace(w.text, w.i+1); w.text[w.i] != ']'; w.i = skipComma(w.text, w.i) {
		w.dst = separated(w.dst, '[')
		sound = w.value() && sound
	}
	w.i++
	w.dst = append(w.dst, ']')
	return sound
}

func (w *writer) object() bool {
	first, sorted, sound := len(w.members), true, true
	w.dst = append(w.dst, '{')
	begins := len(w.dst)
	for w.i = skipSpace(w.text, w.i+1); w.text[w.i] != '}'; w.i = skipComma(w.text, w.i) {
		w.dst = separated(w.dst, '{')
		m := member{from: len(w.dst)}
		m.name = w.string()
		w.dst = append(w.dst, ':')
		w.i = skipSpace(w.text, skipSpace(w.text, w.i)+1)
		m.sound = w.value()
		m.to = len(w.dst)
		sorted = sorted && (len(w.members) == first || bytes.Compare(w.members[len(w.members)-1].name, m.name) < 0)
		sound = sound && m.sound
		w.members = append(w.members, m)
	}
	w.i++
	if !sorted {
		sound = w.order(w.members[first:], begins)
	}
	w.members = w.members[:first]
	w.dst = append(w.dst, '}')
	return sound
}

// order puts the members of an object, which were written from begins on, in order.
func (w *writer) order(members []member, begins int) bool {
	slices.SortStableFunc(members, func(a, b member) int { return bytes.Compare(a.name, b.name) })
	w.moved = append(w.moved[:0], w.dst[begins:]...)
	w.dst = w.dst[:begins]
	sound := true
	for i, m := range members {
		if i+1 < len(members) && bytes.Equal(m.name, members[i+1].name) {
			w.repeats = true
			continue
		}
		if len(w.dst) > begins {
			w.dst = append(w.dst, ',')
		}
		w.dst = append(w.dst, w.moved[m.from-begins:m.to-begins]...)
		sound = sound && m.sound
	}
	return sound
}
