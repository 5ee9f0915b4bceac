package mapping_test

import (
	"testing"

	"syncd/internal/mapping"
)

func TestWhyANumberIsNone(t *testing.T) {
	t.Parallel()
	spec := mapping.Spec{Fields: []mapping.Field{{Path: "A", Column: "a"}}}
	want := mapping.Problem{Code: mapping.ProblemWrongType, Path: "/A", Want: "number", Got: "string"}
	for value, why := range map[string]mapping.Why{
		"12,50": mapping.WhyComma, "-1 234,5": mapping.WhyComma, "1\u202f234,00 €": mapping.WhyComma, "1.234,50": mapping.WhyComma,
		" 0,5 ": mapping.WhyComma,
		"":      mapping.WhyEmpty, "12.50": mapping.WhyNone, "douze": mapping.WhyNone, "1,2,3": mapping.WhyNone, ",5": mapping.WhyNone,
		"12,": mapping.WhyNone,
	} {
		if got := spec.Locate([]byte(`{"A":"`+value+`"}`), []mapping.Problem{want}); got[0].Why != why {
			t.Errorf("%q: %q, want %q", value, got[0].Why, why)
		}
	}
}

// The reason is told of what the mapping itself refuses, too, and of a sensitive value.
func TestWhyAValueDoesNotFit(t *testing.T) {
	t.Parallel()
	nomenclatures := mapping.Nomenclatures{"Nature": {"CDI": {Code: "CDI", Active: true}}}
	for value, test := range map[string]struct {
		field mapping.Field
		want  mapping.Why
	}{
		"12,50": {mapping.Field{Path: "A", Column: "a", Type: mapping.TypeNumber, Sensitive: true}, mapping.WhyComma},
		"":      {mapping.Field{Path: "A", Column: "a", Nomenclature: "Nature"}, mapping.WhyEmpty},
		"CDX":   {mapping.Field{Path: "A", Column: "a", Nomenclature: "Nature"}, mapping.WhyNone},
	} {
		m, err := mapping.Compile(mapping.Spec{Fields: []mapping.Field{test.field}},
			mapping.Shape{Employee: []mapping.Column{{Name: "a", Type: 25}}}, nomenclatures, nil)
		if err != nil {
			t.Fatal(err)
		}
		b := m.NewBuilder()
		b.Reset([][]byte{[]byte(value)})
		if _, problems := b.Document(); len(problems) != 1 || problems[0].Why != test.want {
			t.Errorf("%q: %+v", value, problems)
		}
	}
}
