package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"
)

// Nomenclatures lists, sorted, the nomenclatures that the mapping refers to.
func (s Spec) Nomenclatures() []string {
	names := map[string]bool{}
	add := func(fields []Field) {
		for i := range fields {
			if name := fields[i].Dictionary; name != "" {
				names[name] = true
			}
		}
	}
	add(s.Fields)
	for i := range s.Children {
		add(s.Children[i].Fields)
	}
	return slices.Sorted(maps.Keys(names))
}

// Digest is the SHA-256, in hex, of all that the mapping says. The order in which it says it does not matter.
func (s Spec) Digest() string {
	h := sha256.New()
	writeFields(h, s.Fields)
	children := slices.SortedFunc(slices.Values(s.Children), func(a, b Children) int { return strings.Compare(a.Path, b.Path) })
	for _, group := range children {
		fmt.Fprintf(h, "children %q key %q\n", group.Path, group.Key)
		writeFields(h, group.Fields)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func writeFields(h hash.Hash, fields []Field) {
	sorted := slices.SortedFunc(slices.Values(fields), func(a, b Field) int { return strings.Compare(a.Path, b.Path) })
	for _, f := range sorted {
		if f.Null == "" {
			f.Null = NullClear
		}
		fmt.Fprintf(h, "field %q column %q value %T %q dictionary %q sensitive %t null %q type %q\n",
			f.Path, f.Column, f.Value, fmt.Sprint(f.Value), f.Dictionary, f.Sensitive, f.Null, f.Type)
	}
}

// Digest is the SHA-256, in hex, of the named nomenclatures: their codes, labels and what is active.
func (d Dictionaries) Digest(names []string) string {
	h := sha256.New()
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		entries, pulled := d[name]
		fmt.Fprintf(h, "nomenclature %q pulled %t\n", name, pulled)
		for _, code := range slices.Sorted(maps.Keys(entries)) {
			fmt.Fprintf(h, "code %q label %q active %t\n", code, entries[code].Label, entries[code].Active)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
