package contract

import (
	"slices"
	"strings"

	"syncd/internal/mapping"
)

// OperationLine is one call of the API, as `syncd contract show` lists it.
type OperationLine struct {
	Call    string `json:"call"` // "POST /V2/Salarie"
	ID      string `json:"id,omitempty"`
	Summary string `json:"summary,omitempty"`
	Body    string `json:"body,omitempty"` // the definition, or the type, of the JSON that it takes; "" = none

	Media  []string `json:"media,omitempty"`  // what it takes instead of JSON; absent without body = nothing at all
	Broken string   `json:"broken,omitempty"` // why it is not known what it takes: a reference leads nowhere
}

// Takes is what the call takes, in a word or two.
func (l *OperationLine) Takes() string {
	switch {
	case l.Broken != "":
		return "not known"
	case l.Body == "":
		return strings.Join(l.Media, ", ")
	}
	return l.Body
}

// Overview lists the calls of the API by path and verb.
func (d *Document) Overview() []OperationLine {
	ops := slices.Clone(d.Operations)
	slices.SortStableFunc(ops, func(a, b *Operation) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	lines := make([]OperationLine, len(ops))
	for i, op := range ops {
		lines[i] = OperationLine{Call: op.callName(), ID: op.ID, Summary: op.Summary}
		lines[i].Media = op.Media
		switch {
		case op.Broken != nil:
			lines[i].Broken = op.Broken.Problem
		case op.Body != nil:
			lines[i].Body = op.Body.title()
		}
	}
	return lines
}

// title is the name of a schema's definition, or its type where it has none.
func (s *Schema) title() string {
	switch items := s.elements(); {
	case s.Name != "":
		return s.Name
	case items != nil && items.Name != "":
		return items.Name + "[]"
	}
	return s.kind()
}

// MemberLine is one member of the JSON that a call takes.
type MemberLine struct {
	Path        string   `json:"path"`         // "Contrat.DateFin", "Elements[].Code"
	Type        string   `json:"type"`         // "string(date), ≤ 50, null": null = may be null; lengths in characters, of arrays in elements
	Of          string   `json:"of,omitempty"` // name of the definition of an object, or of the objects of an array
	Required    bool     `json:"required,omitempty"`
	ReadOnly    bool     `json:"read_only,omitempty"`
	Enum        []string `json:"enum,omitempty"`        // JSON texts
	Pattern     string   `json:"pattern,omitempty"`     // not cut
	Description string   `json:"description,omitempty"` // on one line, not cut
	Cut         bool     `json:"cut,omitempty"`         // its members are not listed: it lies within its own kind, or too deep
}

// Outline lists the members of the JSON that the call takes, each object before its members. Definitions that refer to
// themselves are listed once on each way down. Those that refer to each other multiply: all = false where the list ends
// before they do.
func (o *Operation) Outline() (lines []MemberLine, all bool) {
	if o.Body == nil {
		return nil, true
	}
	all = o.Body.visit(maxListed, func(p spot) bool {
		line := MemberLine{
			Path: oneLine(p.path), Type: p.terms(), Required: p.Required, ReadOnly: p.Schema.ReadOnly, Enum: plainTexts(p.Schema.Enum), Pattern: oneLine(p.Schema.PatternText),
			Description: oneLine(p.Schema.Description), Cut: p.cut, Of: oneLine(p.Schema.Name),
		}
		if items := p.Schema.elements(); items != nil {
			line.Of = oneLine(items.Name)
			if len(items.members()) == 0 {
				line.Of = items.kind()
			}
		}
		lines = append(lines, line)
		return true
	})
	return lines, all
}

// Operation finds a call by its operationId, by verb and path ("POST /V2/Salarie"), or by its path alone where one verb is
// there; case does not count, and the path may lack its beginning. When it is not found, the names of those that may have
// been meant are returned, at most five.
func (d *Document) Operation(name string) (*Operation, []string) {
	name = strings.TrimSpace(name)
	if found := d.selectCalls(func(o *Operation) bool { return strings.EqualFold(o.ID, name) && name != "" }); len(found) == 1 {
		return found[0], nil
	}
	verb, path, both := strings.Cut(name, " ")
	if !both {
		verb, path = "", name
	}
	path = strings.TrimSpace(path)
	found := d.selectCalls(func(o *Operation) bool { return rightVerb(o, verb) && strings.EqualFold(o.Path, path) })
	if len(found) == 0 && path != "" {
		found = d.selectCalls(func(o *Operation) bool { return rightVerb(o, verb) && endsWith(o.Path, path) })
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if len(found) > 1 {
		names := callNames(found)
		return nil, names[:min(len(names), maxNear)]
	}
	return nil, nearCalls(d.Operations, name)
}

func (d *Document) selectCalls(fits func(*Operation) bool) []*Operation {
	return slices.DeleteFunc(slices.Clone(d.Operations), func(o *Operation) bool { return !fits(o) })
}

func rightVerb(o *Operation, verb string) bool {
	return verb == "" || strings.EqualFold(o.Method, verb)
}

// endsWith tells whether a call's path ends with whole segments of another.
func endsWith(whole, end string) bool {
	whole, end = strings.ToLower(whole), strings.ToLower(strings.TrimPrefix(end, "/"))
	return strings.HasSuffix(whole, "/"+end)
}

const maxNear = 5

// nearCalls names the operations that may have been meant, the likeliest first, at most five: those with a similar
// operationId or last segment, then those that have the name in them.
func nearCalls(ops []*Operation, name string) []string {
	path := strings.ToLower(name[strings.IndexByte(name, ' ')+1:])
	last := lastSegment(path)
	var similar, holding []string
	for _, op := range ops {
		own := lastSegment(strings.ToLower(op.Path))
		switch {
		case mapping.NearestName(path, []string{op.Path, op.ID}) != "", mapping.NearestName(last, []string{own}) != "":
			similar = append(similar, op.callName())
		case last != "" && (strings.Contains(strings.ToLower(op.Path), last) || strings.Contains(strings.ToLower(op.ID), last)):
			holding = append(holding, op.callName())
		}
	}
	slices.Sort(similar)
	slices.Sort(holding)
	near := append(similar, holding...)
	return near[:min(len(near), maxNear)]
}

// lastSegment is the last part of a path that is no placeholder.
func lastSegment(path string) string {
	segments := strings.Split(path, "/")
	for i := len(segments) - 1; i >= 0; i-- {
		if segments[i] != "" && !strings.HasPrefix(segments[i], "{") {
			return segments[i]
		}
	}
	return ""
}
