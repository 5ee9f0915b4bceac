// Package mapping turns the rows of staging into the documents that are sent: compiled once per run to a flat list of
// operations, so that a document costs a few appends into a reused buffer. It is pure: no I/O, no clock.
//
// Documents are JSON in canonical form (package canonjson), children sorted by business key and then by content. What is sent
// is the canonical form itself, so a fingerprint of the sent bytes is a fingerprint of the meaning.
package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"

	"syncd/internal/privacy"
)

// Column describes one column of a result as Postgres reports it.
type Column struct {
	Name   string
	Type   uint32   // OID of the type; domains arrive as their base type
	Length int      // characters that varchar(n) or char(n) can contain; 0 = any number
	Info   TypeInfo // of types that are not IsBuiltIn
}

// Null says what a field does when its column is NULL. A text that shows nothing (Blank) is no value either: it is left out
// or refused as NULL is; NullClear sends it as it stands, for an empty text clears as well.
type Null string

const (
	NullClear  Null = "clear"  // send null (the default: a document states the whole truth)
	NullOmit   Null = "omit"   // leave the member out
	NullRefuse Null = "refuse" // block the employee: the value is required
)

// Type overrides the JSON type that a column's Postgres type gives.
type Type string

const (
	TypeAuto    Type = ""        // from the column
	TypeString  Type = "string"  // numbers and booleans quoted
	TypeNumber  Type = "number"  // text that must be a decimal
	TypeBoolean Type = "boolean" // text or integer that must be a boolean
)

// IsKeyOfJob reports whether a member has the name of a job's key: in a configuration its column is not written as a mere
// text, for TOML takes a key of the job that stands below one of its tables for such a member.
func IsKeyOfJob(path string) bool {
	switch path {
	case "schedule", "timezone", "dossiers", "period", "missed", "missed_window", "deadline", "due", "hold_expires", "ping",
		"guard", "max_withdrawn":
		return true
	}
	return false
}

// Field maps one member of the document.
type Field struct {
	Path         string // member names joined by dots: "Adresse.CodePostal"
	Column       string // the column it comes from; empty when Value is set
	Value        any    // a constant (string, bool, int64, float64 as decimal string), or "@name" for a run parameter
	Nomenclature string // nomenclature that the value must be an active code of; "" = none
	Sensitive    bool   // never shown: diffs and messages say "masked"
	Null         Null   // "" = NullClear
	Type         Type
	Kind         privacy.Kind // of its values, as its names tell: an IBAN and a NIR are never shown, like what is sensitive
	Private      bool         // never shown either: its names tell that it may contain an IBAN or a NIR, or a part of one
	Label        string       `json:"-"` // what people call it; "" = its path. It means nothing for what is sent
}

// Children maps the rows of one child query to an array of the document.
type Children struct {
	Path   string // where the array goes: "Elements"
	Key    string // member of the child that names it in a diff ("Code"); repeats are allowed
	Fields []Field
	Label  string `json:"-"` // what people call the array; "" = its path
}

// Spec is the mapping as configured.
type Spec struct {
	Fields   []Field
	Children []Children
}

// Shape is what the configured queries really return.
type Shape struct {
	Employee []Column
	Children [][]Column // one per Spec.Children, in order
}

// Entry is one code of a nomenclature.
type Entry struct {
	Code   string
	Label  string
	Active bool
}

// Nomenclatures are those of one target by name, then by code.
type Nomenclatures map[string]map[string]Entry

// Params are the run's parameters that queries and constants can name with an @: dossier, siret, period ("2026-11"),
// period_start ("2026-11-01"), period_end ("2026-11-30").
type Params map[string]string

// Nomenclatures lists, sorted, the nomenclatures that the mapping refers to.
func (s Spec) Nomenclatures() []string {
	names := map[string]bool{}
	add := func(fields []Field) {
		for i := range fields {
			if name := fields[i].Nomenclature; name != "" {
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

// Labels are what people call members, by path: "Contrat.CodeNature", "Elements" for an array, "Elements[].Montant" for a member of its
// rows. What has none is missing.
func (s Spec) Labels() map[string]string {
	labels := map[string]string{}
	add := func(path, label string) {
		if label != "" {
			labels[path] = label
		}
	}
	for i := range s.Fields {
		add(s.Fields[i].Path, s.Fields[i].Label)
	}
	for i := range s.Children {
		c := &s.Children[i]
		add(c.Path, c.Label)
		for j := range c.Fields {
			add(c.Path+"[]."+c.Fields[j].Path, c.Fields[j].Label)
		}
	}
	return labels
}

// Unlabelled is the same mapping without what people call its members.
func (s Spec) Unlabelled() Spec {
	bare := func(fields []Field) []Field {
		fields = slices.Clone(fields)
		for i := range fields {
			fields[i].Label = ""
		}
		return fields
	}
	s.Fields, s.Children = bare(s.Fields), slices.Clone(s.Children)
	for i := range s.Children {
		s.Children[i].Label, s.Children[i].Fields = "", bare(s.Children[i].Fields)
	}
	return s
}

// Digest is the SHA-256, in hex, of all that the mapping says but for labels. The order in which it says it does not matter.
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
			f.Path, f.Column, f.Value, fmt.Sprint(f.Value), f.Nomenclature, f.Sensitive, f.Null, f.Type)
	}
}

// Digest is the SHA-256, in hex, of the named nomenclatures: their codes, labels and what is active.
func (d Nomenclatures) Digest(names []string) string {
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
