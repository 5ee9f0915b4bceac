package mapping

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Diff lists the differences between two documents in canonical form, sorted by path. Either may be nil: then every
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
func (s Spec) Diff(older, newer []byte, samePeriod bool) ([]Change, error) {
	before, err := s.outline(older)
	if err != nil {
		return nil, fmt.Errorf("reading the old document: %w", err)
	}
	after, err := s.outline(newer)
	if err != nil {
		return nil, fmt.Errorf("reading the new document: %w", err)
	}
	if !samePeriod {
		before.keepMasterData(s.Children)
		after.keepMasterData(s.Children)
		before.rows = nil
	}
	d := differ{children: s.Children, skipEmpty: older == nil || newer == nil}
	if d.skipEmpty {
		d.changes = slices.Grow(d.changes, len(before.members)+len(before.rows)+len(after.members)+len(after.rows))
	}
	d.members("", before, after)
	d.rows(before.rows, after.rows)
	slices.SortStableFunc(d.changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return d.changes, nil
}

// keepMasterData drops what belongs to a period, but the rows.
func (o *outline) keepMasterData(children []Children) {
	o.members = slices.DeleteFunc(o.members, func(m member) bool {
		if m.field == nil {
			return findChildren(children, m.path) != nil // an empty array of children
		}
		name, ok := m.field.parameter()
		return ok && strings.HasPrefix(name, "period")
	})
}

type differ struct {
	children  []Children
	skipEmpty bool // one document is nil: null and empty members say nothing
	inRows    bool // past the master data
	changes   []Change
}

// members merges two sorted lists of members; prefix is put before their paths.
func (d *differ) members(prefix string, before, after *outline) {
	b, a := before.members, after.members
	for len(b) > 0 || len(a) > 0 {
		switch {
		case len(a) == 0 || len(b) > 0 && b[0].path < a[0].path:
			d.onOneSide(prefix, "-", b[0], after)
			b = b[1:]
		case len(b) == 0 || a[0].path < b[0].path:
			d.onOneSide(prefix, "+", a[0], before)
			a = a[1:]
		default:
			if !sameValue(b[0].value, a[0].value) {
				d.changed(prefix, b[0], a[0])
			}
			b, a = b[1:], a[1:]
		}
	}
}

// onOneSide records a member that the other document does not have. An empty object or array says nothing if the other
// document has something in its place.
func (d *differ) onOneSide(prefix, op string, m member, other *outline) {
	if isEmpty(m.value) && (d.skipEmpty || m.field == nil && other.holds(m.path)) {
		return
	}
	d.add(Change{Path: prefix + m.path, Op: op, Masked: m.secret()}, m.value, m.value)
}

// holds tells whether the document has something below path.
func (o *outline) holds(path string) bool {
	return slices.ContainsFunc(o.members, func(m member) bool { return strings.HasPrefix(m.path, path+".") }) ||
		slices.ContainsFunc(o.rows, func(r row) bool { return strings.HasPrefix(r.path, path+"[") || strings.HasPrefix(r.path, path+".") })
}

func (d *differ) changed(prefix string, b, a member) {
	d.add(Change{Path: prefix + a.path, Op: "*", Masked: b.secret() || a.secret(), Unseen: unseenBetween(b.value, a.value)}, b.value, a.value)
}

// add completes a change with the values that its kind has and that may be shown.
func (d *differ) add(c Change, older, newer []byte) {
	if !c.Masked && c.Op != "+" {
		c.Old = string(older)
	}
	if !c.Masked && c.Op != "-" {
		c.New = string(newer)
	}
	c.Child = d.inRows || findChildren(d.children, c.Path) != nil
	d.changes = append(d.changes, c)
}

// rows pairs the children of both documents by path.
func (d *differ) rows(before, after []row) {
	d.inRows = true
	known := make(map[string]row, len(before))
	for _, r := range before {
		known[r.path] = r
	}
	for _, r := range after {
		old, paired := known[r.path]
		delete(known, r.path)
		switch {
		case !paired:
			d.wholeRow("+", r)
		case !bytes.Equal(old.value, r.value):
			d.row(old, r)
		}
	}
	for _, r := range before {
		if _, left := known[r.path]; left {
			d.wholeRow("-", r)
		}
	}
}

// wholeRow records a child on one side only.
func (d *differ) wholeRow(op string, r row) {
	d.add(Change{Path: r.shown, Op: op, Masked: r.secret()}, r.value, r.value)
}

// row compares two children member by member, unless an older mapping made one of them something else than an object.
func (d *differ) row(before, after row) {
	if !before.hasMembers() || !after.hasMembers() {
		d.add(Change{Path: after.shown, Op: "*", Masked: before.secret() || after.secret()}, before.value, after.value)
		return
	}
	d.members(after.shown+".", before.outline(), after.outline())
}

// sameValue compares exactly, and by meaning where a document is not in canonical form.
func sameValue(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	if a[0] == '"' && b[0] == '"' && !bytes.ContainsRune(a, '\\') && !bytes.ContainsRune(b, '\\') {
		return false
	}
	canonicalA, okA := appendCanonical(nil, a)
	canonicalB, okB := appendCanonical(nil, b)
	return okA && okB && bytes.Equal(canonicalA, canonicalB)
}
