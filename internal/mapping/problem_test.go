package mapping

import (
	"reflect"
	"strings"
	"testing"
)

func TestUnknownAndWithdrawnCodes(t *testing.T) {
	t.Parallel()
	b := mustCompile(t, sampleSpec(), sampleShape(), sampleNomenclatures()).NewBuilder()
	row := sampleRow()
	row[11] = []byte("99")
	_, problems := build(b, row, values("HCOMP", nil, nil, nil), values("HSUP26", nil, nil, nil))
	want := []Problem{
		{Code: ProblemWithdrawnCode, Path: "Contrat.CodeNature", Column: "contrat", Value: "99", Nomenclature: "NatureContrat",
			Nearest: []Nearest{{"01", "CDI"}, {"02", "CDD"}, {"07", "CDI intermittent"}}},
		{Code: ProblemUnknownCode, Path: "Elements[1].Code", Column: "code", Value: "HSUP26", Nomenclature: "ElementVariable",
			Nearest: []Nearest{{"HSUP25", "label of HSUP25"}, {"HSUP50", "label of HSUP50"}}},
	}
	if !reflect.DeepEqual(problems, want) {
		t.Errorf("problems\n%+v\nwant\n%+v", problems, want)
	}
	if document, problems := build(b, sampleRow()); len(problems) > 0 || document == nil {
		t.Errorf("the next employee has problems %v", problems)
	}
}

func TestNearestCodes(t *testing.T) {
	t.Parallel()
	entries := map[string]Entry{
		"01": {"01", "CDI", true}, "02": {"02", "CDD", true}, "PRIME_EXC": {"PRIME_EXC", "Prime exceptionnelle", true},
		"ABS_MAL": {"ABS_MAL", "Maladie", true}, "ABS_CP": {"ABS_CP", "Congés payés", false},
	}
	for value, want := range map[string]string{
		"cdi": "01", "Maladie": "ABS_MAL", "prime": "PRIME_EXC", "abs-mal": "ABS_MAL", "congés": "", "zzzzzzzz": "", "": "01 02",
	} {
		var got []string
		for _, n := range nearestCodes(value, entries) {
			got = append(got, n.Code)
		}
		if !strings.HasPrefix(strings.Join(got, " "), want) || want == "" && got != nil {
			t.Errorf("nearest to %q: %v, want %q first", value, got, want)
		}
	}
}

func TestNomenclatureFieldOfCharType(t *testing.T) {
	t.Parallel()
	dicts := Nomenclatures{"D": codes("01")}
	if document, problems := one(t, Field{Nomenclature: "D"}, oidBpchar, "01  ", dicts); document != `{"V":"01"}` {
		t.Errorf("document %s, problems %v", document, problems)
	}
	for value, wanted := range map[any]ProblemCode{"": ProblemUnknownCode, "1": ProblemUnknownCode} {
		if _, problems := one(t, Field{Nomenclature: "D"}, oidText, value, dicts); len(problems) != 1 || problems[0].Code != wanted {
			t.Errorf("%q: problems %v", value, problems)
		}
	}
	if document, problems := one(t, Field{Nomenclature: "D"}, oidText, nil, dicts); document != `{"V":null}` || len(problems) > 0 {
		t.Errorf("NULL: document %s, problems %v", document, problems)
	}
}

func TestProblemsShowNoPersonalValue(t *testing.T) {
	t.Parallel()
	dicts := Nomenclatures{"D": codes("285057899900117", "01")}
	long := strings.Repeat("é", 200)
	cases := []struct {
		name, value, want string
		field             Field
	}{
		{"sensitive", "secret", "", Field{Nomenclature: "D", Sensitive: true}},
		{"NIR", "2 85 05 78 999 001 16", "", Field{Nomenclature: "D"}},
		{"IBAN", "FR76 3000 6000 0112 3456 7890 189", "", Field{Nomenclature: "D"}},
		{"within a text", "nir 285057899900116.", "nir •••.", Field{Nomenclature: "D"}},
		{"long", long, long[:2*maxShown], Field{Nomenclature: "D"}},
		{"not UTF-8", "a\xffb", "a\uFFFDb", Field{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, problems := one(t, c.field, oidText, c.value, dicts)
			if len(problems) != 1 || problems[0].Value != c.want {
				t.Fatalf("problems %+v, want the value %q", problems, c.want)
			}
			if c.field.Sensitive && problems[0].Nearest != nil {
				t.Errorf("codes near a sensitive value are shown: %v", problems[0].Nearest)
			}
		})
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	b := mustCompile(t, sampleSpec(), sampleShape(), sampleNomenclatures()).NewBuilder()
	row := sampleRow()
	row[2] = make([]byte, 10<<20)
	document, problems := build(b, row, sampleChildren()...)
	if want := []Problem{{Code: ProblemTooLarge, Path: "NomNaissance", Column: "nom"}}; document != nil || !reflect.DeepEqual(problems, want) {
		t.Errorf("one value: problems %+v, want %+v", problems, want)
	}
	label := strings.Repeat("x", MaxDocument/10)
	b.Reset(sampleRow())
	for range 1000 {
		b.AddChild(0, values("HSUP25", label, nil, nil))
	}
	document, problems = b.Document()
	if want := []Problem{{Code: ProblemTooLarge}}; document != nil || !reflect.DeepEqual(problems, want) {
		t.Errorf("children: problems %+v, want %+v", problems, want)
	}
	row = sampleRow()
	row[2] = []byte(strings.Repeat("\n", MaxDocument*3/4)) // two bytes each when escaped
	if _, problems = build(b, row); len(problems) != 1 || problems[0].Code != ProblemTooLarge {
		t.Errorf("escapes: problems %+v", problems)
	}
	if document, problems = build(b, sampleRow(), sampleChildren()...); string(document) != sampleDocument {
		t.Errorf("the next employee: problems %v, document %s", problems, document)
	}
	if kept := cap(b.employee) + cap(b.rows) + cap(b.document); kept > 3*keepBytes {
		t.Errorf("%d bytes of buffers are kept", kept)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	t.Parallel()
	b := mustCompile(t, sampleSpec(), sampleShape(), sampleNomenclatures()).NewBuilder()
	b.Reset(sampleRow())
	for range 1000 {
		b.AddChild(0, values("NOPE", nil, nil, nil))
	}
	_, problems := b.Document()
	if len(problems) != maxProblems {
		t.Errorf("%d problems", len(problems))
	}
	b.Reset(sampleRow())
	if problems[0].Path != "Elements[0].Code" {
		t.Error("a reset changes the problems of the employee before")
	}
}

// What names a member of an element is read again as it was written, whatever the element is called; other paths are none of these.
func TestElementPaths(t *testing.T) {
	t.Parallel()
	for path, of := range map[string]struct {
		name   string
		nth    int
		member string
	}{
		"Elements[PRIME_EXC].Montant": {"PRIME_EXC", 1, "Montant"}, "Elements[PRIME#2].A.B": {"PRIME", 2, "A.B"},
		"Elements[a].b].Code": {"a].b", 1, "Code"}, "Elements[2].Code": {"2", 0, "Code"},
	} {
		if got := ElementPath("Elements", of.name, of.nth, of.member); got != path {
			t.Errorf("%s is written as %s", path, got)
		}
		list, name, member, ok := ElementOf(path)
		if !ok || list != "Elements" || ElementPath(list, name, 1, member) != path || member != of.member {
			t.Errorf("%s is read as %q %q %q %v", path, list, name, member, ok)
		}
	}
	for _, path := range []string{"", "Iban", "Elements[]", "Elements[].Code", "Elements[A]", "[A].B", "Elements[A].", "/Elements/2/Code"} {
		if list, name, member, ok := ElementOf(path); ok {
			t.Errorf("%s is read as %q %q %q", path, list, name, member)
		}
	}
}
