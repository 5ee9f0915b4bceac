package contract

import "slices"

const (
	maxLevels  = 8      // members within members, from which on a contract is cut short for people
	maxMembers = 2000   // that are looked through: definitions that refer to each other multiply
	maxListed  = 50_000 // that are listed
)

// spot is one member of a body, as a walk comes by it.
type spot struct {
	*Property
	path  string // "Adresse.Ville", "Elements[].Code"
	depth int    // 1 = a member of the body itself
	cut   bool   // its members are not visited: it lies within its own kind, or too deep
}

// bodyWalk visits the members of a schema, each object before its members. Elements of arrays are at "Path[]".
type bodyWalk struct {
	visit func(spot) (enter bool)
	above []*Schema // the objects that the current one lies within
	left  int
	cut   bool // there are more
}

// each visits the members of a body in the order of their names. A body that is an array has one spot of the path "[]".
func (s *Schema) each(visit func(spot) (enter bool)) { s.visit(maxMembers, visit) }

// visit is each for at most so many members. It tells whether these are all.
func (s *Schema) visit(most int, visit func(spot) (enter bool)) (all bool) {
	w := &bodyWalk{visit: visit, left: most}
	if s.takes(TypeArray) && s.elements() != nil {
		w.at(spot{Property: &Property{Schema: s.elements()}, path: "[]", depth: 0})
	} else {
		w.object(s, "", 0)
	}
	return !w.cut
}

func (w *bodyWalk) object(s *Schema, path string, depth int) {
	w.above = append(w.above, s)
	members := s.members()
	for i := range members {
		w.at(spot{Property: &members[i], path: joined(path, members[i].Name), depth: depth + 1})
	}
	w.above = w.above[:len(w.above)-1]
}

func (w *bodyWalk) at(p spot) {
	if w.left == 0 {
		w.cut = true
		return
	}
	w.left--
	inner, path := p.Schema, p.path
	for inner.elements() != nil && len(path) < len(p.path)+2*maxLevels { // an array may be its own element
		inner, path = inner.elements(), path+"[]"
	}
	p.cut = len(inner.members()) > 0 && (slices.Contains(w.above, inner) || p.depth >= maxLevels)
	if w.visit(p) && !p.cut {
		w.object(inner, path, p.depth)
	}
}
