package contract

import (
	"encoding/json"
	"strconv"
	"strings"

	"syncd/internal/mapping"
)

// problem tells of the value at the walk's path; while an alternative is tried it only settles that.
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
	if next := w.skipValue(i); next > i {
		return next
	}
	return i + 1
}

func (w *walk) outOfRange(want string) {
	w.problem(mapping.Problem{Code: mapping.ProblemOutOfRange, Want: want, Got: "number"})
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
		Code: mapping.ProblemRequired, Path: w.pointer() + "/" + mapping.PointerToken(m.name), Want: string(m.rule.name),
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
	w.problem(mapping.Problem{Code: mapping.ProblemUnknownMember, Want: mapping.NearestName(string(name), names)})
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
		pointer.WriteString(mapping.PointerToken(string(unescape(name))))
	}
	return pointer.String()
}

// gotAt names the type of the value at i.
func gotAt(text []byte, i int) string {
	if i >= len(text) {
		return ""
	}
	return gotOf(text[i:endOfLiteral(text, i)])
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
	}
	if isInteger(value) {
		return "integer"
	}
	return "number"
}

// shownValues lists the first values of an enum, strings without their quotes.
func shownValues(enum []string) string {
	const most = 10
	shown := make([]string, 0, most+1)
	for _, value := range enum {
		if len(shown) == most {
			shown = append(shown, "…")
			break
		}
		var text string
		if json.Unmarshal([]byte(value), &text) == nil && value != "null" {
			value = text
		}
		shown = append(shown, value)
	}
	return strings.Join(shown, ", ")
}
