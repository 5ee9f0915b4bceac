package check

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"syncd/internal/canonjson"
	"syncd/internal/contract/openapi"
	"syncd/internal/mapping"
	"syncd/internal/plaintext"
)

// textAt checks the string at i and gives the offset behind it.
func (w *walk) textAt(r *rule, i int) int {
	next, escaped := canonjson.SkipString(w.text, i)
	if r.kinds&kindText == 0 {
		return w.wrongType(r, i, "string")
	}
	if r.bare || next < i+2 {
		return next
	}
	text := w.text[i+1 : next-1]
	if escaped {
		text = unescape(w.text[i:next])
	}
	if r.format != formatNone && !r.format.takesText(text) {
		w.problem(mapping.Problem{Code: mapping.ProblemWrongFormat, Want: r.formatName, Got: "string"})
	}
	w.length(r, text)
	if r.pattern != nil && !r.pattern.Match(text) {
		w.problem(mapping.Problem{Code: mapping.ProblemNoMatch, Want: r.patternText, Got: "string"})
	}
	return next
}

// length counts characters, which are no more than bytes and no less than a quarter of them.
func (w *walk) length(r *rule, text []byte) {
	tooLong := r.maxLength >= 0 && len(text) > r.maxLength
	tooShort := r.minLength > 0 && len(text) < r.minLength*utf8.UTFMax
	if !tooLong && !tooShort {
		return
	}
	count := utf8.RuneCount(text)
	if r.maxLength >= 0 && count > r.maxLength {
		w.miscounted(mapping.ProblemTooLong, mapping.LimitMost, r.maxLength, count)
	}
	if count < r.minLength {
		w.miscounted(mapping.ProblemTooShort, mapping.LimitLeast, r.minLength, count)
	}
}

// number checks the number at i and gives the offset behind it.
func (w *walk) number(r *rule, i int) int {
	next := canonjson.SkipLiteral(w.text, i)
	decimal := w.text[i:next]
	if r.kinds&kindNumber == 0 || len(decimal) == 0 || r.integer && !isInteger(decimal) {
		return w.wrongType(r, i, gotAt(w.text, i))
	}
	if r.bare {
		return next
	}
	if !r.format.takesNumber(decimal) {
		w.problem(mapping.Problem{Code: mapping.ProblemWrongFormat, Want: r.formatName, Got: gotAt(w.text, i)})
	}
	if r.minimum != "" {
		if order := openapi.CompareDecimals(decimal, r.minimum); order < 0 || order == 0 && r.minExclusive {
			w.outOfRange(mapping.LeastOf(r.minimum, r.minExclusive))
		}
	}
	if r.maximum != "" {
		if order := openapi.CompareDecimals(decimal, r.maximum); order > 0 || order == 0 && r.maxExclusive {
			w.outOfRange(mapping.MostOf(r.maximum, r.maxExclusive))
		}
	}
	if r.step != nil && !r.step.Divides(decimal) {
		w.outOfRange(mapping.Limit{Rule: mapping.LimitMultiple, Value: r.stepText})
	}
	return next
}

// listed checks that a value is one of the enum: as JSON texts in canonical form are equal when their values are.
func (w *walk) listed(r *rule, value []byte) {
	low, high := 0, len(r.enum)
	for low < high {
		middle := (low + high) / 2
		if r.enum[middle] < string(value) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low == len(r.enum) || r.enum[low] != string(value) {
		w.notListed(r.enumShown, value)
	}
}

func (w *walk) countItems(r *rule, start, count int) {
	if w.gaveUp() {
		return
	}
	if count < r.minItems {
		w.miscounted(mapping.ProblemItemCount, mapping.LimitLeast, r.minItems, count)
	}
	if r.maxItems >= 0 && count > r.maxItems {
		w.miscounted(mapping.ProblemItemCount, mapping.LimitMost, r.maxItems, count)
	}
	if r.unique && count > 1 && w.repeats(start, count) {
		w.problem(mapping.Problem{Code: mapping.ProblemItemCount, Limit: mapping.Limit{Rule: mapping.LimitUnique}, Size: count})
	}
}

// repeats reports whether two elements of an array are equal.
func (w *walk) repeats(start, count int) bool {
	var few [32][]byte // no allocation for the usual array
	values := few[:0]
	for i := start + 1; len(values) < count; i++ { // over the comma
		next := canonjson.SkipValue(w.text, i)
		values = append(values, w.text[min(i, len(w.text)):min(next, len(w.text))])
		i = next
	}
	slices.SortFunc(values, bytes.Compare)
	for i := 1; i < len(values); i++ {
		if bytes.Equal(values[i-1], values[i]) {
			return true
		}
	}
	return false
}

// problem tells of the value at the walk's path; while an alternative is tried it only decides that.
func (w *walk) problem(p mapping.Problem) {
	if w.trying > 0 {
		w.misfit = true
		return
	}
	if len(w.problems) == maxProblems {
		return
	}
	p.Path = w.pointer()
	w.problems = append(w.problems, p)
}

// wrongType tells that the value at i has a type which does not fit, and gives the offset behind it.
func (w *walk) wrongType(r *rule, i int, got string) int {
	w.problem(mapping.Problem{Code: mapping.ProblemWrongType, Want: string(r.name), Got: got})
	if next := canonjson.SkipValue(w.text, i); next > i {
		return next
	}
	return i + 1
}

func (w *walk) outOfRange(limit mapping.Limit) {
	w.problem(mapping.Problem{Code: mapping.ProblemOutOfRange, Limit: limit, Got: "number"})
}

// miscounted tells of a size that does not fit.
func (w *walk) miscounted(code mapping.ProblemCode, rule mapping.LimitRule, limit, size int) {
	w.problem(mapping.Problem{Code: code, Limit: mapping.Limit{Rule: rule, Value: strconv.Itoa(limit)}, Size: size})
}

func (w *walk) notListed(listed []string, value []byte) {
	values, more := openapi.FirstValues(listed)
	w.problem(mapping.Problem{Code: mapping.ProblemNotListed, Values: values, MoreValues: more, Got: gotOf(value)})
}

// absent tells that the object at the walk's path does not have a member that it must have.
func (w *walk) absent(m *memberRule) {
	if !m.required {
		return
	}
	if w.trying > 0 {
		w.misfit = true
		return
	}
	if len(w.problems) == maxProblems {
		return
	}
	w.problems = append(w.problems, mapping.Problem{
		Code: mapping.ProblemRequired, Path: w.pointer() + "/" + canonjson.PointerToken(m.name), Want: string(m.rule.name),
	})
}

func (w *walk) unknown(r *rule, name []byte) {
	if w.trying > 0 {
		w.misfit = true
		return
	}
	names := make([]string, 0, len(r.members))
	for i := range r.members {
		names = append(names, r.members[i].name)
	}
	w.problem(mapping.Problem{Code: mapping.ProblemUnknownMember, Want: plaintext.Nearest(string(name), names)})
}

// pointer is the walk's path as a JSON pointer (RFC 6901).
func (w *walk) pointer() string {
	var pointer strings.Builder
	for _, step := range w.path {
		pointer.WriteByte('/')
		if step.end < 0 {
			pointer.WriteString(strconv.Itoa(step.index))
			continue
		}
		name := w.text[step.start-1 : min(step.end+1, len(w.text))]
		pointer.WriteString(canonjson.PointerToken(string(unescape(name))))
	}
	return pointer.String()
}

// gotAt names the type of the value at i.
func gotAt(text []byte, i int) string {
	if i >= len(text) {
		return ""
	}
	return gotOf(text[i:canonjson.SkipLiteral(text, i)])
}

// gotOf names the type of a value, of which the beginning is enough.
func gotOf(value []byte) string {
	if len(value) == 0 {
		return ""
	}
	switch kindAt(value[0]) {
	case kindText:
		return "string"
	case kindObject:
		return "object"
	case kindArray:
		return "array"
	case kindBoolean:
		return "boolean"
	case kindNull:
		return "null"
	case kindNumber, kindAny:
	}
	if isInteger(value) {
		return "integer"
	}
	return "number"
}
