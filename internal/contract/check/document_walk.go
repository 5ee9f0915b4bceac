package check

import (
	"bytes"
	"encoding/json"
	"slices"

	"syncd/internal/canonjson"
	"syncd/internal/mapping"
	"syncd/internal/plaintext"
)

// Bounds of the work on alternatives: each is tried on the whole value, and those within them again.
const (
	maxWithin   = 64      // alternatives within alternatives
	freeEffort  = 100_000 // bytes that may be walked again, and
	effortBytes = 50      // as many for each byte of the document; beyond that, what is left fits
)

// walk is the check of one document. It is used again for the next.
type walk struct {
	text     []byte
	path     []waypoint
	problems []mapping.Problem

	within int  // rules with alternatives within one another
	trying int  // alternatives within one another that are being tried: problems are not told
	misfit bool // the alternative that is being tried does not fit
	effort int  // bytes that may still be walked again
}

// waypoint is one step from the root to a value: the raw name of a member, between two offsets, or the index of an element.
type waypoint struct{ start, end, index int }

func (w *walk) begin(document []byte) {
	w.text, w.path, w.problems = document, w.path[:0], nil
	w.within, w.trying, w.misfit, w.effort = 0, 0, false, freeEffort+effortBytes*len(document)
}

// end forgets the document, which is personal.
func (w *walk) end() { w.text, w.problems = nil, nil }

// at is the byte at an offset; 0 behind the end.
func (w *walk) at(i int) byte {
	if i < len(w.text) {
		return w.text[i]
	}
	return 0
}

// value checks the value at i and gives the offset behind it. null tells whether it may be null where it stands. When an
// alternative that is being tried does not fit, the offset means nothing.
func (w *walk) value(r *rule, i int, null bool) int {
	if i >= len(w.text) {
		return i
	}
	var next int
	switch w.text[i] {
	case '"':
		next = w.textAt(r, i)
	case '{':
		if r.kinds&kindObject == 0 {
			return w.wrongType(r, i, "object")
		}
		next = w.object(r, i)
	case '[':
		if r.kinds&kindArray == 0 {
			return w.wrongType(r, i, "array")
		}
		next = w.array(r, i)
	case 'n':
		next = min(i+len("null"), len(w.text))
		if null || r.nullable {
			return next
		}
		if r.kinds&kindNull == 0 {
			return w.wrongType(r, i, "null")
		}
	case 't', 'f':
		if r.kinds&kindBoolean == 0 {
			return w.wrongType(r, i, "boolean")
		}
		next = canonjson.SkipLiteral(w.text, i)
	default:
		next = w.number(r, i)
	}
	if r.bare || w.gaveUp() {
		return next
	}
	if r.enum != nil {
		w.listed(r, w.text[i:min(next, len(w.text))])
	}
	if r.also != nil || r.alternatives != nil {
		w.more(r, i)
	}
	return next
}

// gaveUp reports whether the alternative that is being tried is out: it does not fit.
func (w *walk) gaveUp() bool { return w.misfit && w.trying > 0 }

// object walks the members of an object and of its rule together: both are sorted by name.
func (w *walk) object(r *rule, i int) int {
	members := r.members
	for i++; w.at(i) == '"'; {
		end, escaped := canonjson.SkipString(w.text, i)
		name := w.text[i+1 : max(i+1, end-1)]
		if escaped {
			name = unescape(w.text[i:end])
		}
		for len(members) > 0 && members[0].name < string(name) {
			w.absent(&members[0])
			members = members[1:]
		}
		depth := len(w.path)
		w.path = append(w.path, waypoint{start: i + 1, end: end - 1})
		matched := r.patterned != nil && w.patterns(r, name, end+1)
		switch i = end + 1; { // behind the colon
		case len(members) > 0 && members[0].name == string(name):
			m := &members[0]
			if members = members[1:]; m.required && w.showsNothing(m.rule, i) {
				w.path = w.path[:depth]
				w.absent(m)
				i = canonjson.SkipValue(w.text, i)
			} else {
				i = w.value(m.rule, i, m.null)
			}
		case matched:
			i = canonjson.SkipValue(w.text, i)
		case r.closed:
			w.unknown(r, name)
			i = canonjson.SkipValue(w.text, i)
		case r.additional != nil:
			i = w.value(r.additional, i, r.othersNull)
		default:
			i = canonjson.SkipValue(w.text, i)
		}
		w.path = w.path[:depth]
		if w.gaveUp() || w.at(i) != ',' {
			break
		}
		i++
	}
	for k := range members {
		w.absent(&members[k])
	}
	return i + 1
}

// patterns checks the value at i of a member by what is said of names like its own, if anything is.
func (w *walk) patterns(r *rule, name []byte, i int) (matched bool) {
	for _, p := range r.patterned {
		if p.pattern.Match(name) {
			w.value(p.rule, i, p.null)
			matched = true
		}
	}
	return matched
}

// showsNothing reports whether the value at i is a text without anything to be seen, which is none where one is required:
// ASP.NET's [Required] refuses white space, too. What the contract lists is a value.
func (w *walk) showsNothing(r *rule, i int) bool {
	if w.at(i) != '"' || r.kinds&kindText == 0 {
		return false
	}
	if c := w.at(i + 1); ' ' < c && c < 0x7F && c != '"' && c != '\\' { // as nearly all do
		return false
	}
	end, escaped := canonjson.SkipString(w.text, i)
	text := w.text[i+1 : max(i+1, end-1)]
	if escaped {
		text = unescape(w.text[i:end])
	}
	_, listed := slices.BinarySearch(r.enum, string(w.text[i:end]))
	return plaintext.Blank(text) && !listed
}

func (w *walk) array(r *rule, start int) int {
	i, count := start+1, 0
	depth := len(w.path)
	for w.at(i) != ']' && i < len(w.text) {
		if r.items == nil {
			i = canonjson.SkipValue(w.text, i)
		} else {
			w.path = append(w.path, waypoint{end: -1, index: count})
			i = w.value(r.items, i, false)
			w.path = w.path[:depth]
		}
		count++
		if w.gaveUp() || w.at(i) != ',' {
			break
		}
		i++
	}
	w.countItems(r, start, count)
	return i + 1
}

// more checks a value against what one rule cannot contain.
func (w *walk) more(r *rule, i int) {
	if w.within >= maxWithin || w.effort <= 0 {
		return
	}
	w.within++
	length := canonjson.SkipValue(w.text, i) - i
	w.effort -= length * (1 + len(r.also))
	for _, other := range r.also {
		w.value(other, i, false)
	}
	if r.alternatives != nil && !w.gaveUp() {
		w.choose(r, i, length)
	}
	w.within--
}

// fits tries one alternative on the value at i.
func (w *walk) fits(r *rule, i int) bool {
	before, depth := w.misfit, len(w.path)
	w.misfit = false
	w.trying++
	w.value(r, i, false)
	w.trying--
	fitted := !w.misfit
	w.misfit, w.path = before, w.path[:depth]
	return fitted
}

// unescape decodes a JSON string; what is none stays as it is.
func unescape(quoted []byte) []byte {
	var text string
	if json.Unmarshal(quoted, &text) != nil {
		return bytes.Trim(quoted, `"`)
	}
	return []byte(text)
}

func kindAt(c byte) kind {
	switch c {
	case '"':
		return kindText
	case '{':
		return kindObject
	case '[':
		return kindArray
	case 't', 'f':
		return kindBoolean
	case 'n':
		return kindNull
	}
	return kindNumber
}
