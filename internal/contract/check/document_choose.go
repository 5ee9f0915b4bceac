package check

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"syncd/internal/canonjson"
	"syncd/internal/contract/openapi"
	"syncd/internal/mapping"
)

// tag is a member that tells which of several alternatives an object is meant to be.
type tag struct {
	property string
	means    map[string]*rule // by the JSON text of its value
}

// tagsOf finds what tells the alternatives of a schema apart: its discriminator, and members of which each alternative lists
// values of its own.
func tagsOf(s *openapi.Schema, alternatives []*rule) (tags []tag) {
	if len(alternatives) < 2 {
		return nil
	}
	if d := s.Discriminator; d != nil {
		tags = append(tags, discriminatorTag(d, alternatives))
	}
	for _, p := range s.Alternatives[0].Properties {
		if t := listedTag(p.Name, s.Alternatives, alternatives); t != nil {
			tags = append(tags, *t)
		}
	}
	return tags
}

func discriminatorTag(d *openapi.Discriminator, alternatives []*rule) tag {
	t := tag{d.Property, map[string]*rule{}}
	for _, alternative := range alternatives {
		t.add(alternative.title, alternative)
	}
	for value, name := range d.Names {
		if i := slices.IndexFunc(alternatives, func(r *rule) bool { return r.title == name }); i >= 0 {
			t.add(value, alternatives[i])
		}
	}
	return t
}

func (t *tag) add(value string, meant *rule) {
	if value != "" {
		t.means[quoted(value)] = meant
	}
}

func quoted(text string) string { return string(canonjson.AppendAny(nil, text)) }

// listedTag is the tag that a member is whose values are listed in each alternative, and no value in two; nil = it is none.
func listedTag(name string, schemas []*openapi.Schema, alternatives []*rule) *tag {
	t := &tag{name, map[string]*rule{}}
	for i, s := range schemas {
		p := s.Property(name)
		if p == nil || p.Schema.Enum == nil {
			return nil
		}
		for _, value := range p.Schema.Enum {
			if t.means[value] != nil {
				return nil
			}
			t.means[value] = alternatives[i]
		}
	}
	return t
}

// choose checks that one of several alternatives takes the value at i. Where none does, it says what is wrong with the one
// that was meant.
func (w *walk) choose(r *rule, i, length int) {
	var alike []*rule
	for _, alternative := range r.alternatives {
		if w.effort -= length; w.effort <= 0 || w.fits(alternative, i) {
			return
		}
		if alternative.kinds&kindAt(w.at(i)) != 0 && w.trying == 0 {
			alike = append(alike, alternative)
		}
	}
	switch nested := w.at(i) == '{' || w.at(i) == '['; {
	case w.trying > 0:
	case len(alike) == 1:
		w.value(alike[0], i, false)
		return
	case len(alike) > 1 && nested:
		w.meant(r, alike, i, length)
		return
	}
	w.problem(mapping.Problem{Code: mapping.ProblemNoAlternative, Got: gotAt(w.text, i)})
}

// meant tells by which alternative an object or array was meant, and what is wrong with it: by a tag, else the one that has
// the least against it.
func (w *walk) meant(r *rule, alike []*rule, i, length int) {
	for _, t := range r.tags {
		value, at := w.member(i, t.property)
		if value == "" {
			continue
		}
		if likely := t.means[value]; likely != nil {
			w.tell(r, likely, w.against(likely, i))
			return
		}
		w.path = append(w.path, at)
		w.notListed(slices.Sorted(maps.Keys(t.means)), []byte(value))
		w.path = w.path[:len(w.path)-1]
		return
	}
	var told []mapping.Problem
	var nearest *rule
	least := 0
	for _, alternative := range alike {
		if w.effort -= length; w.effort <= 0 {
			break
		}
		found := w.against(alternative, i)
		if distance := len(found) + w.strangers(alternative, i); nearest == nil || distance < least {
			nearest, told, least = alternative, found, distance
		}
	}
	w.tell(r, nearest, told)
}

// strangers counts the members of the object at i that an alternative does not have.
func (w *walk) strangers(alternative *rule, i int) (count int) {
	if w.at(i) != '{' {
		return 0
	}
	for name := range w.members(i) {
		text := string(unescape(w.text[name.start-1 : name.end+1]))
		if _, known := slices.BinarySearchFunc(alternative.members, text,
			func(m memberRule, name string) int { return cmp.Compare(m.name, name) }); !known {
			count++
		}
	}
	return count
}

// against is what is wrong with the value at i by one alternative.
func (w *walk) against(alternative *rule, i int) []mapping.Problem {
	told, depth := w.problems, len(w.path)
	w.problems = nil
	w.value(alternative, i, false)
	found := w.problems
	w.problems, w.path = told, w.path[:depth]
	return found
}

// tell tells problems by an alternative, with its name, or else its number.
func (w *walk) tell(r, alternative *rule, found []mapping.Problem) {
	if len(found) == 0 { // too much to be looked at
		w.problem(mapping.Problem{Code: mapping.ProblemNoAlternative})
		return
	}
	name, number := "", 0
	if alternative != nil {
		if name = openapi.OneLine(alternative.title); name == "" {
			number = slices.Index(r.alternatives, alternative) + 1
		}
	}
	for _, p := range found {
		if p.Branch == "" && p.BranchNumber == 0 {
			p.Branch, p.BranchNumber = name, number
		}
		if len(w.problems) < maxProblems {
			w.problems = append(w.problems, p)
		}
	}
}

// member is the value of a member of the object at i, as JSON text, and the way there; "" = there is none.
func (w *walk) member(i int, wanted string) (string, waypoint) {
	if w.at(i) != '{' {
		return "", waypoint{}
	}
	for name, value := range w.members(i) {
		if string(unescape(w.text[name.start-1:name.end+1])) == wanted {
			return string(value), name
		}
	}
	return "", waypoint{}
}

// members are the members of the object at i: the way to each, and its value.
func (w *walk) members(i int) iter.Seq2[waypoint, []byte] {
	return func(yield func(waypoint, []byte) bool) {
		for i++; w.at(i) == '"'; i++ {
			end, _ := canonjson.SkipString(w.text, i)
			next := min(canonjson.SkipValue(w.text, end+1), len(w.text))
			if end >= next || !yield(waypoint{start: i + 1, end: end - 1}, w.text[end+1:next]) {
				return
			}
			if i = next; w.at(i) != ',' {
				return
			}
		}
	}
}
