// Package diff compares documents: two of ours, and one of ours with what another side made of it. What must not be shown comes
// masked. It is pure.
package diff

import (
	"bytes"
	"slices"
	"strings"

	"syncd/internal/canonjson"
	"syncd/internal/hinted"
	"syncd/internal/mapping"
)

// Documents lists the differences between two documents in canonical form, sorted by path. Either may be nil: then every
// member of the other that is not empty is new ("+") or gone ("-").
//
// Children are compared by business key, a repeated key by its place among its equals ("Elements[HSUP25#2]"): a child
// on one side only is one change with its whole JSON, a child on both sides gives one change a member.
//
// With samePeriod false the documents belong to different periods and only master data is compared: members that state
// the period are left out, and the children are all new.
//
// Sensitive members, and any value that is a NIR or an IBAN, come masked. So do members that the mapping does not know:
// the older mapping that made them may have called them sensitive.
func Documents(s mapping.Spec, older, newer []byte, samePeriod bool) ([]Change, error) {
	before, err := s.Outline(older)
	if err != nil {
		return nil, hinted.While("reading the old document", err)
	}
	after, err := s.Outline(newer)
	if err != nil {
		return nil, hinted.While("reading the new document", err)
	}
	if !samePeriod {
		keepMasterData(before, s.Children)
		keepMasterData(after, s.Children)
		before.Rows = nil
	}
	d := differ{children: s.Children, skipEmpty: older == nil || newer == nil}
	if d.skipEmpty {
		d.changes = slices.Grow(d.changes, len(before.Members)+len(before.Rows)+len(after.Members)+len(after.Rows))
	}
	d.members("", before, after)
	d.rows(before.Rows, after.Rows)
	slices.SortStableFunc(d.changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return d.changes, nil
}

// keepMasterData drops what belongs to a period, but the rows.
func keepMasterData(o *mapping.Outline, children []mapping.Children) {
	o.Members = slices.DeleteFunc(o.Members, func(m mapping.Member) bool {
		if m.Field == nil {
			return mapping.FindChildren(children, m.Path) != nil // an empty array of children
		}
		name, ok := m.Field.Parameter()
		return ok && strings.HasPrefix(name, "period")
	})
}

type differ struct {
	children  []mapping.Children
	skipEmpty bool // one document is nil: null and empty members say nothing
	inRows    bool // past the master data
	changes   []Change
}

// members merges two sorted lists of members; prefix is put before their paths.
func (d *differ) members(prefix string, before, after *mapping.Outline) {
	b, a := before.Members, after.Members
	for len(b) > 0 || len(a) > 0 {
		switch {
		case len(a) == 0 || len(b) > 0 && b[0].Path < a[0].Path:
			d.onOneSide(prefix, "-", b[0], after)
			b = b[1:]
		case len(b) == 0 || a[0].Path < b[0].Path:
			d.onOneSide(prefix, "+", a[0], before)
			a = a[1:]
		default:
			if !sameValue(b[0].Value, a[0].Value) {
				d.changed(prefix, b[0], a[0])
			}
			b, a = b[1:], a[1:]
		}
	}
}

// onOneSide records a member that the other document does not have. An empty object or array says nothing if the other
// document has something in its place.
func (d *differ) onOneSide(prefix, op string, m mapping.Member, other *mapping.Outline) {
	if canonjson.IsEmpty(m.Value) && (d.skipEmpty || m.Field == nil && isParent(other, m.Path)) {
		return
	}
	d.add(Change{Path: prefix + m.Path, Op: op, Masked: m.Secret()}, m.Value, m.Value)
}

// isParent reports whether the document has something below path.
func isParent(o *mapping.Outline, path string) bool {
	return slices.ContainsFunc(o.Members, func(m mapping.Member) bool { return strings.HasPrefix(m.Path, path+".") }) ||
		slices.ContainsFunc(o.Rows, func(r mapping.Row) bool {
			return strings.HasPrefix(r.Path, path+"[") || strings.HasPrefix(r.Path, path+".")
		})
}

func (d *differ) changed(prefix string, b, a mapping.Member) {
	d.add(Change{Path: prefix + a.Path, Op: "*", Masked: b.Secret() || a.Secret(), Unseen: unseenBetween(b.Value, a.Value)}, b.Value, a.Value)
}

// add completes a change with the values that its kind has and that may be shown.
func (d *differ) add(c Change, older, newer []byte) {
	if !c.Masked && c.Op != "+" {
		c.Old = string(older)
	}
	if !c.Masked && c.Op != "-" {
		c.New = string(newer)
	}
	c.Child = d.inRows || mapping.FindChildren(d.children, c.Path) != nil
	d.changes = append(d.changes, c)
}

// rows pairs the children of both documents by path.
func (d *differ) rows(before, after []mapping.Row) {
	d.inRows = true
	known := make(map[string]mapping.Row, len(before))
	for _, r := range before {
		known[r.Path] = r
	}
	for _, r := range after {
		old, paired := known[r.Path]
		delete(known, r.Path)
		switch {
		case !paired:
			d.wholeRow("+", r)
		case !bytes.Equal(old.Value, r.Value):
			d.row(old, r)
		}
	}
	for _, r := range before {
		if _, left := known[r.Path]; left {
			d.wholeRow("-", r)
		}
	}
}

// wholeRow records a child on one side only.
func (d *differ) wholeRow(op string, r mapping.Row) {
	d.add(Change{Path: r.Shown, Op: op, Masked: r.Secret()}, r.Value, r.Value)
}

// row compares two children member by member, unless an older mapping made one of them something else than an object.
func (d *differ) row(before, after mapping.Row) {
	if !before.HasMembers() || !after.HasMembers() {
		d.add(Change{Path: after.Shown, Op: "*", Masked: before.Secret() || after.Secret()}, before.Value, after.Value)
		return
	}
	d.members(after.Shown+".", before.Outline(), after.Outline())
}

// sameValue compares exactly, and by meaning where a document is not in canonical form.
func sameValue(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	if a[0] == '"' && b[0] == '"' && !bytes.ContainsRune(a, '\\') && !bytes.ContainsRune(b, '\\') {
		return false
	}
	canonicalA, okA := canonjson.Append(nil, a)
	canonicalB, okB := canonjson.Append(nil, b)
	return okA && okB && bytes.Equal(canonicalA, canonicalB)
}

// Change is one difference between two documents, or between a document and nothing.
type Change struct {
	Path   string `json:"path"`             // "Adresse.Ville", "Elements[HSUP25].Quantite", "Elements[HSUP25#2]"
	Op     string `json:"op"`               // "+" new, "*" changed, "-" gone
	Old    string `json:"old,omitempty"`    // JSON text of the old value; empty when new or masked
	New    string `json:"new,omitempty"`    // JSON text of the new value; empty when gone or masked
	Masked bool   `json:"masked,omitempty"` // the values are not shown
	Child  bool   `json:"child,omitempty"`  // it is in an array of children, not in master data
	Unseen Unseen `json:"unseen,omitempty"` // the values look alike: how they differ all the same
}
