package mapping

import (
	"strings"
	"testing"

	"syncd/internal/hinted"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	good := []Field{{Path: "M", Column: "m"}}
	field := func(f Field) Spec { return Spec{Fields: append([]Field{f}, good...)} }
	children := func(c Children) Spec { return Spec{Fields: good, Children: []Children{c}} }
	code := []Field{{Path: "Code", Column: "code"}}
	cases := []struct {
		name string
		spec Spec
		want string // "path: problem"
	}{
		{"empty", Spec{}, ": the mapping has no field"},
		{"twice", field(Field{Path: "M", Column: "n"}), "M: is mapped twice"},
		{"value and object", Spec{Fields: []Field{{Path: "A", Column: "a"}, {Path: "A.B.C", Column: "c"}}},
			"A.B.C: lies within A, which is a value itself"},
		{"field and children", children(Children{Path: "M", Key: "Code", Fields: code}), "M: is mapped twice"},
		{"field within children", Spec{Fields: []Field{{Path: "E.N", Column: "n"}}, Children: []Children{{Path: "E", Key: "Code", Fields: code}}},
			"E.N: lies within E, which is a value itself"},
		{"empty name", field(Field{Path: "A..B", Column: "a"}), "A..B: the path has an empty name"},
		{"no path", field(Field{Column: "a"}), ": the path has an empty name"},
		{"special character", field(Field{Path: "A[0]", Column: "a"}), `A[0]: the path has one of the characters [ ] # "`},
		{"neither", field(Field{Path: "A"}), "A: has neither a column nor a value"},
		{"both", field(Field{Path: "A", Column: "a", Value: "b"}), "A: has both a column and a value"},
		{"null", field(Field{Path: "A", Column: "a", Null: "keep"}), `A: null is "keep"`},
		{"type", field(Field{Path: "A", Column: "a", Type: "date"}), `A: type is "date"`},
		{"parameter", field(Field{Path: "A", Value: "@perid"}), "A: names the unknown parameter @perid"},
		{"constant of no JSON type", field(Field{Path: "A", Value: []any{1}}), "A: the value is a []interface {}"},
		{"constant that does not fit", field(Field{Path: "A", Value: "x", Type: TypeNumber}), "A: the value does not fit its type"},
		{"constant that cannot be converted", field(Field{Path: "A", Value: true, Type: TypeNumber}), "A: the value cannot be sent as a number"},
		{"children without path", children(Children{Key: "Code", Fields: code}), ": a table of children has no path"},
		{"children without fields", children(Children{Path: "E"}), "E: these children have no fields"},
		{"children without key", children(Children{Path: "E", Fields: code}), "E: these children have no key"},
		{"key is no field", children(Children{Path: "E", Key: "Cod", Fields: code}), `E: the key "Cod" is none of the children's fields`},
		{"field of children", children(Children{Path: "E", Key: "Code", Fields: append([]Field{{Path: "N"}}, code...)}),
			"E[].N: has neither a column nor a value"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var all []string
			for _, err := range c.spec.Check() {
				text, hint := err.Apart(hinted.English(), err.Next)
				if hint == "" {
					t.Fatalf("%v has no hint", err)
				}
				all = append(all, err.Path+": "+text)
			}
			if !strings.Contains("\n"+strings.Join(all, "\n")+"\n", "\n"+c.want+"\n") {
				t.Errorf("errors %q, want %q", all, c.want)
			}
		})
	}
	if errs := sampleSpec().Check(); len(errs) > 0 {
		t.Errorf("the sample has errors: %v", errs)
	}
}
