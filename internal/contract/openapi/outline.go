package openapi

import (
	"slices"
	"strings"

	"syncd/internal/hinted"
)

// OperationLine is one call of the API, as `syncd contract show` lists it.
type OperationLine struct {
	Call    string `json:"call"` // "POST /V2/Salarie"
	ID      string `json:"id,omitempty"`
	Summary string `json:"summary,omitempty"`
	Body    string `json:"body,omitempty"` // the definition, or the type, of the JSON that it takes; "" = none

	Media  []string     `json:"media,omitempty"` // what it takes instead of JSON; absent without body = nothing at all
	Broken *hinted.Fact `json:"-"`               // why it is not known what it takes: a reference leads nowhere; nil = it is known
}

// Takes is what the call takes, in a word or two; "" = nothing, or it is not known.
func (l *OperationLine) Takes() string {
	if l.Body == "" {
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
		lines[i] = OperationLine{Call: op.CallName(), ID: op.ID, Summary: op.Summary}
		lines[i].Media = op.Media
		switch {
		case op.Broken != nil:
			lines[i].Broken = &op.Broken.Fact
		case op.Body != nil:
			lines[i].Body = op.Body.Title()
		}
	}
	return lines
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
	all = o.Body.visit(maxListed, func(p Spot) bool {
		line := MemberLine{
			Path: OneLine(p.Path), Type: p.Terms(), Required: p.Required, ReadOnly: p.Schema.ReadOnly, Enum: plainTexts(p.Schema.Enum),
			Pattern:     OneLine(p.Schema.PatternText),
			Description: OneLine(p.Schema.Description), Cut: p.Cut, Of: OneLine(p.Schema.Name),
		}
		if items := p.Schema.Elements(); items != nil {
			line.Of = OneLine(items.Name)
			if len(items.Members()) == 0 {
				line.Of = items.Kind()
			}
		}
		lines = append(lines, line)
		return true
	})
	return lines, all
}

const (
	maxLevels  = 8      // members within members, from which on a contract is cut short for people
	maxMembers = 2000   // that are looked through: definitions that refer to each other multiply
	maxListed  = 50_000 // that are listed
)

// Spot is one member of a body, as a walk comes by it.
type Spot struct {
	*Property
	Path  string // "Adresse.Ville", "Elements[].Code"
	depth int    // 1 = a member of the body itself
	Cut   bool   // its members are not visited: it lies within its own kind, or too deep
}

// bodyWalk visits the members of a schema, each object before its members. Elements of arrays are at "Path[]".
type bodyWalk struct {
	visit func(Spot) (enter bool)
	above []*Schema // the objects that the current one lies within
	left  int
	cut   bool // there are more
}

// Each visits the members of a body in the order of their names. A body that is an array has one spot of the path "[]".
func (s *Schema) Each(visit func(Spot) (enter bool)) { s.visit(maxMembers, visit) }

// visit is each for at most so many members. It reports whether these are all.
func (s *Schema) visit(most int, visit func(Spot) (enter bool)) (all bool) {
	w := &bodyWalk{visit: visit, left: most}
	if s.Takes(TypeArray) && s.Elements() != nil {
		w.at(Spot{Property: &Property{Schema: s.Elements()}, Path: "[]", depth: 0})
	} else {
		w.object(s, "", 0)
	}
	return !w.cut
}

func (w *bodyWalk) object(s *Schema, path string, depth int) {
	w.above = append(w.above, s)
	members := s.Members()
	for i := range members {
		w.at(Spot{Property: &members[i], Path: Joined(path, members[i].Name), depth: depth + 1})
	}
	w.above = w.above[:len(w.above)-1]
}

func (w *bodyWalk) at(p Spot) {
	if w.left == 0 {
		w.cut = true
		return
	}
	w.left--
	inner, path := p.Schema, p.Path
	for inner.Elements() != nil && len(path) < len(p.Path)+2*maxLevels { // an array may be its own element
		inner, path = inner.Elements(), path+"[]"
	}
	p.Cut = len(inner.Members()) > 0 && (slices.Contains(w.above, inner) || p.depth >= maxLevels)
	if w.visit(p) && !p.Cut {
		w.object(inner, path, p.depth)
	}
}
