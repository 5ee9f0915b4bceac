package mapping

import (
	"slices"
	"strings"
)

// Node is one member of the document that a mapping makes: a value, a list of children, or an object of others.
type Node struct {
	Name, Path string // Path: "Adresse.Ville"; "Elements[].Code" within children
	Field      *Field
	Group      int // index of the children; -1 = none
	Members    []*Node
}

// Arrange puts the fields of a mapping into the order of the document, the members of each object sorted by name. The prefix is put
// before paths.
func Arrange(prefix string, fields []Field, children []Children) *Node {
	root := &Node{Group: -1}
	for i := range fields {
		root.at(prefix, fields[i].Path).Field = &fields[i]
	}
	for i := range children {
		root.at(prefix, children[i].Path).Group = i
	}
	root.sort()
	return root
}

// at finds the member that a path leads to, and makes it where it is missing.
func (m *Node) at(prefix, path string) *Node {
	for start := 0; start <= len(path); {
		name, _, _ := strings.Cut(path[start:], ".")
		end := start + len(name)
		next := m.Member(name)
		if next == nil {
			next = &Node{Name: name, Path: prefix + path[:end], Group: -1}
			m.Members = append(m.Members, next)
		}
		m, start = next, end+1
	}
	return m
}

// Member is the one of that name; nil = there is none.
func (m *Node) Member(name string) *Node {
	i := slices.IndexFunc(m.Members, func(n *Node) bool { return n.Name == name })
	if i < 0 {
		return nil
	}
	return m.Members[i]
}

func (m *Node) sort() {
	slices.SortFunc(m.Members, func(a, b *Node) int { return strings.Compare(a.Name, b.Name) })
	for _, member := range m.Members {
		member.sort()
	}
}

// Leaves are the paths of all values and lists below a member, or its own where it is one.
func (m *Node) Leaves() []string {
	if m.Field != nil || m.Group >= 0 {
		return []string{m.Path}
	}
	var paths []string
	for _, member := range m.Members {
		paths = append(paths, member.Leaves()...)
	}
	return paths
}
