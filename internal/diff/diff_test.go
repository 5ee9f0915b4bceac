package diff

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"syncd/internal/canonjson"
	"syncd/internal/canonjson/jsontest"
	"syncd/internal/mapping"
)

func documents(t testing.TB, older, newer string, samePeriod bool) []Change {
	t.Helper()
	raw := func(text string) []byte {
		if text == "" {
			return nil
		}
		return []byte(text)
	}
	changes, err := Documents(sampleSpec(), raw(older), raw(newer), samePeriod)
	if err != nil {
		t.Fatalf("comparing: %v", err)
	}
	return changes
}

func TestDiff(t *testing.T) {
	t.Parallel()
	const nir, otherNIR = `"285057899900116"`, `"285057899900213"`
	cases := []struct {
		name, older, newer string
		samePeriod         bool
		want               []Change
	}{
		{"nothing", "", "", true, nil},
		{"same", sampleDocument, sampleDocument, true, nil},
		{"members", `{"Adresse":{"Ville":"RENNES","Voie":null},"Email":"a@b.fr","NomUsage":"A"}`,
			`{"Adresse":{"Ville":"BREST","Voie":"1"},"NomUsage":null,"Prenom":"Zoé"}`, true, []Change{
				{Path: "Adresse.Ville", Op: "*", Old: `"RENNES"`, New: `"BREST"`}, {Path: "Adresse.Voie", Op: "*", Old: `null`, New: `"1"`},
				{Path: "Email", Op: "-", Old: `"a@b.fr"`}, {Path: "NomUsage", Op: "*", Old: `"A"`, New: `null`}, {Path: "Prenom", Op: "+", New: `"Zoé"`},
			}},
		{"exact numbers", `{"Contrat":{"TauxActivite":9007199254740993}}`, `{"Contrat":{"TauxActivite":9007199254740992}}`, true, []Change{
			{Path: "Contrat.TauxActivite", Op: "*", Old: "9007199254740993", New: "9007199254740992"},
		}},
		{"equal numbers in other forms", `{"Contrat": {"TauxActivite": 75.00}}`, `{"Contrat":{"TauxActivite":75}}`, true, nil},
		{"sensitive", `{"Nir":null}`, `{"Nir":"x"}`, true, []Change{{Path: "Nir", Op: "*", Masked: true}}},
		{"NIR elsewhere", `{"Email":` + nir + `}`, `{"Email":` + otherNIR + `}`, true, []Change{{Path: "Email", Op: "*", Masked: true}}},
		{"IBAN and NIR as a number", `{"Email":"FR76 3000 6000 0112 3456 7890 189"}`, `{"Prenom":285057899900116}`, true, []Change{
			{Path: "Email", Op: "-", Masked: true}, {Path: "Prenom", Op: "+", Masked: true},
		}},
		{"created", "", `{"Adresse":{"Ville":"RENNES","Voie":""},"Contrat":{},"Elements":[],"Nir":"x","Nom":null,"Periode":"2026-11"}`, true,
			[]Change{
				{Path: "Adresse.Ville", Op: "+", New: `"RENNES"`}, {Path: "Nir", Op: "+", Masked: true}, {Path: "Periode", Op: "+", New: `"2026-11"`},
			}},
		{"gone", `{"Elements":[{"Code":"A","Quantite":1}],"Prenom":"Zoé"}`, "", true, []Change{
			{Path: "Elements[A]", Op: "-", Old: `{"Code":"A","Quantite":1}`, Child: true}, {Path: "Prenom", Op: "-", Old: `"Zoé"`},
		}},
		{"children", `{"Elements":[{"Code":"A","Quantite":1},{"Code":"A","Quantite":2},{"Code":"B"}]}`,
			`{"Elements":[{"Code":"A","Quantite":1.5},{"Code":"C","Quantite":null}]}`, true, []Change{
				{Path: "Elements[A#2]", Op: "-", Old: `{"Code":"A","Quantite":2}`, Child: true},
				{Path: "Elements[A].Quantite", Op: "*", Old: "1", New: "1.5", Child: true},
				{Path: "Elements[B]", Op: "-", Old: `{"Code":"B"}`, Child: true}, {Path: "Elements[C]", Op: "+", New: `{"Code":"C","Quantite":null}`,
					Child: true},
			}},
		{"child with a NIR", `{"Elements":[]}`, `{"Elements":[{"Code":"A","Libelle":` + nir + `}]}`, true,
			[]Change{{Path: "Elements[A]", Op: "+", Masked: true, Child: true}}},
		{"child whose key is a NIR", `{"Elements":[]}`, `{"Elements":[{"Code":` + nir + `},{"Code":` + nir + `}]}`, true, []Change{
			{Path: "Elements[•••#2]", Op: "+", Masked: true, Child: true}, {Path: "Elements[•••]", Op: "+", Masked: true, Child: true},
		}},
		{"keys that look like paths", `{"Elements":[{"Code":"A","Quantite":1},{"Code":"A","Quantite":2}]}`,
			`{"Elements":[{"Code":"A","Quantite":1},{"Code":"A#2","Quantite":2}]}`, true, []Change{
				{Path: `Elements["A#2"]`, Op: "+", New: `{"Code":"A#2","Quantite":2}`, Child: true},
				{Path: "Elements[A#2]", Op: "-", Old: `{"Code":"A","Quantite":2}`, Child: true},
			}},
		{"children of the last period", `{"Elements":[{"Code":"A","Quantite":1}],"Periode":"2026-10","Prenom":"Zoé"}`,
			`{"Elements":[{"Code":"A","Quantite":1}],"Periode":"2026-11","Prenom":"Zoé"}`, false, []Change{
				{Path: "Elements[A]", Op: "+", New: `{"Code":"A","Quantite":1}`, Child: true},
			}},
		{"no children any more in the new period", `{"Elements":[{"Code":"A"}]}`, `{"Elements":[]}`, false, nil},
		{"period corrected within the period", `{"Periode":"2026-10"}`, `{"Periode":"2026-11"}`, true,
			[]Change{{Path: "Periode", Op: "*", Old: `"2026-10"`, New: `"2026-11"`}}},
		{"older mapping", `{"Elements":"none","Salaire":{"Base":1234,"Vide":null}}`, `{"Elements":[1,{"Code":"A"}]}`, true, []Change{
			{Path: "Elements", Op: "-", Masked: true, Child: true}, {Path: "Elements[A]", Op: "+", New: `{"Code":"A"}`, Child: true},
			{Path: "Elements[]", Op: "+", Masked: true, Child: true},
			{Path: "Salaire.Base", Op: "-", Masked: true}, {Path: "Salaire.Vide", Op: "-", Old: "null"},
		}},
		{"object emptied", `{"Adresse":{"Ville":"A"}}`, `{"Adresse":{}}`, true, []Change{{Path: "Adresse.Ville", Op: "-", Old: `"A"`}}},
		{"empty object gone", `{"Adresse":{}}`, `{}`, true, []Change{{Path: "Adresse", Op: "-", Old: `{}`}}},
		{"empty array new", `{}`, `{"Elements":[]}`, true, []Change{{Path: "Elements", Op: "+", New: `[]`, Child: true}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := documents(t, c.older, c.newer, c.samePeriod); !reflect.DeepEqual(got, c.want) {
				t.Errorf("changes\n%+v\nwant\n%+v", got, c.want)
			}
		})
	}
}

func TestDiffMasksAChildWithASensitiveMember(t *testing.T) {
	t.Parallel()
	spec := sampleSpec()
	spec.Children[0].Fields[3].Sensitive = true
	older, newer := `{"Elements":[{"Code":"A","Montant":1,"Quantite":1}]}`,
		`{"Elements":[{"Code":"A","Montant":2,"Quantite":3},{"Code":"B","Montant":7}]}`
	got, err := Documents(spec, []byte(older), []byte(newer), true)
	want := []Change{
		{Path: "Elements[A].Montant", Op: "*", Masked: true, Child: true},
		{Path: "Elements[A].Quantite", Op: "*", Old: "1", New: "3", Child: true},
		{Path: "Elements[B]", Op: "+", Masked: true, Child: true},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("changes %+v, %v, want %+v", got, err, want)
	}
}

func TestDiffComparesJSONColumnsAsAWhole(t *testing.T) {
	t.Parallel()
	spec := mapping.Spec{Fields: []mapping.Field{{Path: "Extra", Column: "extra"}}}
	got, err := Documents(spec, []byte(`{"Extra":{"a":[1,2]}}`), []byte(`{"Extra":{"a":[1,3]}}`), true)
	if want := []Change{{Path: "Extra", Op: "*", Old: `{"a":[1,2]}`, New: `{"a":[1,3]}`}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("changes %+v, %v", got, err)
	}
	got, err = Documents(spec, nil, []byte(`{"Extra":{"a":["285057899900116"]}}`), true)
	if want := []Change{{Path: "Extra", Op: "+", Masked: true}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("changes %+v, %v", got, err)
	}
}

func TestDiffRefusesWhatIsNoDocument(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", "[]", "1", `{"Nir":"285057899900116"`} {
		_, err := Documents(sampleSpec(), []byte(text), nil, true)
		if err == nil || strings.Contains(err.Error(), "2850") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestDiffProperties(t *testing.T) {
	t.Parallel()
	spec := mapping.Spec{
		Fields:   []mapping.Field{{Path: "A", Column: "a"}, {Path: "B.a", Column: "b"}, {Path: "B.c", Column: "c"}},
		Children: []mapping.Children{{Path: "C", Key: "a", Fields: []mapping.Field{{Path: "a", Column: "a"}, {Path: "b", Column: "b"}}}},
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) []byte {
			var parts []string
			for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A", "B", "C", "A.B", "B.a", "c["}), 0, 5,
				rapid.ID[string]).Draw(t, label) {
				parts = append(parts, jsontest.Quote(name)+":"+jsontest.Any(3).Draw(t, label))
			}
			document, ok := canonjson.Append(nil, []byte("{"+strings.Join(parts, ",")+"}"))
			if !ok {
				t.Fatalf("%q is refused", parts)
			}
			return document
		}
		a, b := draw("a"), draw("b")
		if changes, err := Documents(spec, a, a, true); err != nil || len(changes) > 0 {
			t.Fatalf("%s differs from itself: %+v, %v", a, changes, err)
		}
		changes, err := Documents(spec, a, b, true)
		if err != nil || (len(changes) > 0) == bytes.Equal(a, b) {
			t.Fatalf("%s\n%s\n%+v %v", a, b, changes, err)
		}
	})
}

func TestDifferencesThatCannotBeSeen(t *testing.T) {
	t.Parallel()
	spec := mapping.Spec{Fields: []mapping.Field{{Path: "Nom", Column: "nom"}}}
	for _, test := range []struct {
		older, newer string
		want         Unseen
	}{
		{"Jose\u0301", "José", UnseenForm},
		{"LE\u00a0GALL", "LE GALL", UnseenCharacters},
		{"LE GALL", "LE\u200b GALL", UnseenCharacters},
		{"DUPОNT", "DUPONT", UnseenAlphabet}, // the first has a Cyrillic O
		{"José", "Jose", ""},
		{"LE GALL", "LEGALL", ""},
		{"é", "è", ""},
		{"", "é", ""},
	} {
		changes, err := Documents(spec, []byte(`{"Nom":"`+test.older+`"}`), []byte(`{"Nom":"`+test.newer+`"}`), true)
		if err != nil || len(changes) != 1 || changes[0].Unseen != test.want {
			t.Errorf("%q, %q: %+v, %v", test.older, test.newer, changes, err)
		}
	}
}
