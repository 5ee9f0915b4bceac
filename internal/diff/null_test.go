package diff

import (
	"reflect"
	"testing"

	"syncd/internal/mapping"
)

// What a NULL becomes in the document, and what a diff tells when a value becomes NULL: in master data, in a nested
// object, in a child.
func TestNullPolicy(t *testing.T) {
	t.Parallel()
	const full = `{"A":{"V":"1","W":"2"},"E":[{"K":"x","V":"3"},{"K":"y","V":"4"}],"V":"5","Z":"6"}`
	places := map[string]struct {
		employee  [][]byte
		second    [][]byte // of the children
		clear     string
		omit      string
		diffPath  string
		old       string
		problemAt string
	}{
		"master data": {
			values("1", "2", nil, "6"), values("y", "4"),
			`{"A":{"V":"1","W":"2"},"E":[{"K":"x","V":"3"},{"K":"y","V":"4"}],"V":null,"Z":"6"}`,
			`{"A":{"V":"1","W":"2"},"E":[{"K":"x","V":"3"},{"K":"y","V":"4"}],"Z":"6"}`,
			"V", `"5"`, "V",
		},
		"nested object": {
			values(nil, "2", "5", "6"), values("y", "4"),
			`{"A":{"V":null,"W":"2"},"E":[{"K":"x","V":"3"},{"K":"y","V":"4"}],"V":"5","Z":"6"}`,
			`{"A":{"W":"2"},"E":[{"K":"x","V":"3"},{"K":"y","V":"4"}],"V":"5","Z":"6"}`,
			"A.V", `"1"`, "A.V",
		},
		"child": {
			values("1", "2", "5", "6"), values("y", nil),
			`{"A":{"V":"1","W":"2"},"E":[{"K":"x","V":"3"},{"K":"y","V":null}],"V":"5","Z":"6"}`,
			`{"A":{"V":"1","W":"2"},"E":[{"K":"x","V":"3"},{"K":"y"}],"V":"5","Z":"6"}`,
			"E[y].V", `"4"`, "E[1].V",
		},
	}
	for name, p := range places {
		for _, policy := range []mapping.Null{"", mapping.NullClear, mapping.NullOmit, mapping.NullRefuse} {
			t.Run(name+" "+string(policy), func(t *testing.T) {
				t.Parallel()
				spec := nullSpec(policy)
				b := mustCompile(t, spec, nullShape()).NewBuilder()
				if document, problems := build(b, values("1", "2", "5", "6"), values("x", "3"), values("y", "4")); string(document) != full ||
					len(problems) > 0 {
					t.Fatalf("without NULL: %s, %+v", document, problems)
				}
				document, problems := build(b, p.employee, values("x", "3"), p.second)
				if policy == mapping.NullRefuse {
					if want := []mapping.Problem{{Code: mapping.ProblemMissingValue, Path: p.problemAt, Column: "v" + p.problemAt[:1]}}; document != nil ||
						!reflect.DeepEqual(problems, want) {
						t.Fatalf("%s, %+v, want %+v", document, problems, want)
					}
					return
				}
				want, change := p.clear, Change{Path: p.diffPath, Op: "*", Old: p.old, New: "null", Child: name == "child"}
				if policy == mapping.NullOmit {
					want, change.Op, change.New = p.omit, "-", ""
				}
				if string(document) != want || len(problems) > 0 {
					t.Fatalf("%s, %+v, want %s", document, problems, want)
				}
				changes, err := Documents(spec, []byte(full), document, true)
				if err != nil || !reflect.DeepEqual(changes, []Change{change}) {
					t.Errorf("changes %+v, %v, want %+v", changes, err, change)
				}
			})
		}
	}
}

// nullSpec has one field of the policy in each place.
func nullSpec(policy mapping.Null) mapping.Spec {
	return mapping.Spec{
		Fields: []mapping.Field{
			{Path: "A.V", Column: "vA", Null: policy}, {Path: "A.W", Column: "w"}, {Path: "V", Column: "vV", Null: policy}, {Path: "Z", Column: "z"},
		},
		Children: []mapping.Children{{Path: "E", Key: "K",
			Fields: []mapping.Field{{Path: "K", Column: "k"}, {Path: "V", Column: "vE", Null: policy}}}},
	}
}

func nullShape() mapping.Shape {
	return mapping.Shape{Employee: columns(oidText, "vA", "w", "vV", "z"), Children: [][]mapping.Column{columns(oidText, "k", "vE")}}
}

func TestOmittedMembersLeaveSoundObjects(t *testing.T) {
	t.Parallel()
	spec := mapping.Spec{Fields: []mapping.Field{
		{Path: "A.B", Column: "b", Null: mapping.NullOmit}, {Path: "A.C", Column: "c", Null: mapping.NullOmit},
		{Path: "D", Column: "d", Null: mapping.NullOmit},
		{Path: "E.F.G", Column: "g", Null: mapping.NullOmit}, {Path: "E.K", Value: int64(7)}, {Path: "Z", Column: "z"},
	}}
	b := mustCompile(t, spec, mapping.Shape{Employee: columns(oidText, "b", "c", "d", "g", "z")}).NewBuilder()
	cases := []struct {
		row  [][]byte
		want string
	}{
		{values("1", "2", "3", "4", "5"), `{"A":{"B":"1","C":"2"},"D":"3","E":{"F":{"G":"4"},"K":7},"Z":"5"}`},
		{values(nil, "2", nil, "4", "5"), `{"A":{"C":"2"},"E":{"F":{"G":"4"},"K":7},"Z":"5"}`},
		{values("1", nil, "3", nil, nil), `{"A":{"B":"1"},"D":"3","E":{"F":{},"K":7},"Z":null}`},
		{values(nil, nil, nil, nil, nil), `{"A":{},"E":{"F":{},"K":7},"Z":null}`},
	}
	for _, c := range cases {
		if document, problems := build(b, c.row); string(document) != c.want || len(problems) > 0 {
			t.Errorf("document %s, problems %v, want %s", document, problems, c.want)
		}
	}
}

// A child of which all members are left out is still a child: {}.
func TestChildrenWithoutMembers(t *testing.T) {
	t.Parallel()
	spec := mapping.Spec{Children: []mapping.Children{{Path: "E", Key: "K", Fields: []mapping.Field{
		{Path: "K", Column: "k", Null: mapping.NullOmit}, {Path: "N.V", Column: "v", Null: mapping.NullOmit},
		{Path: "Z", Column: "z", Null: mapping.NullOmit}}}}}
	b := mustCompile(t, spec, mapping.Shape{Children: [][]mapping.Column{columns(oidText, "k", "v", "z")}}).NewBuilder()
	document, problems := build(b, nil, values("x", nil, "1"), values(nil, nil, nil), values(nil, "2", nil), values("y", "3", nil))
	want := `{"E":[{"N":{"V":"2"}},{"N":{}},{"K":"x","N":{},"Z":"1"},{"K":"y","N":{"V":"3"}}]}`
	if string(document) != want || len(problems) > 0 {
		t.Errorf("document %s, problems %v, want %s", document, problems, want)
	}
}

// Without its last element an employee has an empty array: an absent one could be taken for "as before".
func TestRemovingTheLastElement(t *testing.T) {
	t.Parallel()
	spec := nullSpec(mapping.NullOmit)
	b := mustCompile(t, spec, nullShape()).NewBuilder()
	document, _ := build(b, values(nil, "2", nil, "6"), values("x", "3"))
	before := append([]byte{}, document...)
	after, problems := build(b, values(nil, "2", nil, "6"))
	if want := `{"A":{"W":"2"},"E":[],"Z":"6"}`; string(after) != want || len(problems) > 0 {
		t.Fatalf("document %s, problems %v, want %s", after, problems, want)
	}
	changes, err := Documents(spec, before, after, true)
	if want := []Change{{Path: "E[x]", Op: "-", Old: `{"K":"x","V":"3"}`, Child: true}}; err != nil || !reflect.DeepEqual(changes, want) {
		t.Errorf("changes %+v, %v, want %+v", changes, err, want)
	}
	changes, err = Documents(spec, after, before, true)
	if want := []Change{{Path: "E[x]", Op: "+", New: `{"K":"x","V":"3"}`, Child: true}}; err != nil || !reflect.DeepEqual(changes, want) {
		t.Errorf("back again: changes %+v, %v, want %+v", changes, err, want)
	}
	if edits, err := Edits(spec, after, before, nil); err != nil || len(edits) != 1 || edits[0].Op != "+" {
		t.Errorf("an API that kept the element holds what was sent: %+v, %v", edits, err)
	}
}
