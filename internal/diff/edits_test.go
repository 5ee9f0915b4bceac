package diff

import (
	"reflect"
	"strings"
	"testing"

	"syncd/internal/mapping"
)

func compare(t testing.TB, sent, held string, only ...string) []Change {
	t.Helper()
	changes, err := Edits(sampleSpec(), []byte(sent), []byte(held), only)
	if err != nil {
		t.Fatalf("comparing: %v", err)
	}
	return changes
}

// What the other side may do to a document without editing it.
func TestCompareFindsNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sent, held string }{
		"same":            {sampleDocument, sampleDocument},
		"white space":     {`{"Nom":"A","Prenom":"B"}`, " {\n\"Prenom\" : \"B\", \"Nom\":\t\"A\"} "},
		"escapes":         {`{"Prenom":"Zoé"}`, `{"Prenom":"Zo\u00e9"}`},
		"numbers":         {`{"Contrat":{"TauxActivite":75}}`, `{"Contrat":{"TauxActivite":7.500e1}}`},
		"far exponent":    {`{"Autre":1e999}`, `{"Autre":1e999}`},
		"dates":           {`{"DateNaissance":"1985-05-17"}`, `{"DateNaissance":"1985-05-17T00:00:00"}`},
		"dates, fraction": {`{"DateNaissance":"1985-05-17T00:00:00"}`, `{"DateNaissance":"1985-05-17T00:00:00.000"}`},
		"dates, offset":   {`{"DateNaissance":"1985-05-17"}`, `{"DateNaissance":"1985-05-17T00:00:00+02:00"}`},
		"same instant":    {`{"DateNaissance":"1985-05-17T08:00:00+02:00"}`, `{"DateNaissance":"1985-05-17T06:00:00Z"}`},
		"members of theirs": {`{"Adresse":{"Ville":"A"}}`,
			`{"Id":7,"Adresse":{"Ville":"A","Insee":"35238"},"Elements":[{"Code":"A"}],"Nir":"x"}`},
		"null absent": {`{"Adresse":{"Ville":null},"Contrat":null,"Nir":null}`, `{}`},
		"null is empty": {`{"Adresse":{"Ville":null,"Voie":""},"Nir":"","Elements":[]}`,
			`{"Adresse":{"Ville":"","Voie":null},"Elements":null}`},
		"empty object":    {`{"Adresse":{},"Vide":{}}`, `{"Adresse":{"Pays":"FR"},"Vide":null}`},
		"repeated member": {`{"Prenom":"B"}`, `{"Prenom":"A","Prenom":"B"}`},
		"children": {`{"Elements":[{"Code":"A","Montant":null,"Quantite":1},{"Code":"B"}]}`,
			`{"Elements":[{"Code":"B","Id":2},{"Id":1,"Code":"A","Quantite":1.00}]}`},
		"repeated children": {`{"Elements":[{"Code":"A","Quantite":1},{"Code":"A","Quantite":2}]}`,
			`{"Elements":[{"Code":"A","Quantite":2},{"Code":"A","Quantite":1}]}`},
		"children that say less": {
			`{"Elements":[{"Code":"A"},{"Code":"A","Libelle":"x"}]}`, `{"Elements":[{"Code":"A","Libelle":"x"},{"Code":"A","Libelle":"default"}]}`},
		"children of an older mapping": {`{"Elements":[1,null,"x"],"Anciens":[1,{"a":2}]}`,
			`{"Elements":["x",1.0,null],"Anciens":[1,{"a":2,"b":3}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := compare(t, c.sent, c.held); got != nil {
				t.Errorf("changes %+v", got)
			}
		})
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	child := func(c Change) Change { c.Child = true; return c }
	for name, c := range map[string]struct {
		sent, held string
		want       []Change
	}{
		"members": {`{"Adresse":{"Ville":"RENNES","Voie":null},"Email":"a@b.fr","NomUsage":"A","Prenom":"Zoé"}`,
			`{"Adresse":{"Ville":"BREST","Voie":"1"},"NomUsage":null,"Prenom":""}`, []Change{
				{Path: "Adresse.Ville", Op: "*", Old: `"RENNES"`, New: `"BREST"`}, {Path: "Adresse.Voie", Op: "*", Old: `null`, New: `"1"`},
				{Path: "Email", Op: "-", Old: `"a@b.fr"`}, {Path: "NomUsage", Op: "-", Old: `"A"`}, {Path: "Prenom", Op: "*", Old: `"Zoé"`, New: `""`},
			}},
		"exact numbers": {`{"Contrat":{"TauxActivite":9007199254740993}}`, `{"Contrat":{"TauxActivite":9007199254740992}}`, []Change{
			{Path: "Contrat.TauxActivite", Op: "*", Old: "9007199254740993", New: "9007199254740992"},
		}},
		"types": {`{"Matricule":"00042","Contrat":{"TauxActivite":75},"Prenom":"1"}`,
			`{"Matricule":42,"Contrat":{"TauxActivite":"75"},"Prenom":true}`, []Change{
				{Path: "Contrat.TauxActivite", Op: "*", Old: "75", New: `"75"`}, {Path: "Matricule", Op: "*", Old: `"00042"`, New: "42"},
				{Path: "Prenom", Op: "*", Old: `"1"`, New: "true"},
			}},
		"null is not zero": {`{"Contrat":{"TauxActivite":null}}`, `{"Contrat":{"TauxActivite":0}}`,
			[]Change{{Path: "Contrat.TauxActivite", Op: "*", Old: "null", New: "0"}}},
		"days": {`{"DateNaissance":"1985-05-17","Contrat":{"DateDebut":"2023-09-01"}}`,
			`{"DateNaissance":"1985-05-17T08:00:00","Contrat":{"DateDebut":"2023-08-31T22:00:00Z"}}`, []Change{
				{Path: "Contrat.DateDebut", Op: "*", Old: `"2023-09-01"`, New: `"2023-08-31T22:00:00Z"`},
				{Path: "DateNaissance", Op: "*", Old: `"1985-05-17"`, New: `"1985-05-17T08:00:00"`},
			}},
		"object gone":      {`{"Adresse":{"Ville":"A","Voie":null}}`, `{"Adresse":"A"}`, []Change{{Path: "Adresse.Ville", Op: "-", Old: `"A"`}}},
		"object for value": {`{"Prenom":"A"}`, `{"Prenom":{"fr":"A"}}`, []Change{{Path: "Prenom", Op: "*", Masked: true}}},
		"far exponent": {`{"Contrat":{"TauxActivite":75}}`, `{"Contrat":{"TauxActivite":1e999}}`,
			[]Change{{Path: "Contrat.TauxActivite", Op: "*", Masked: true}}},
		"sensitive": {`{"Iban":"a","Nir":null}`, `{"Iban":"b","Nir":"x"}`,
			[]Change{{Path: "Iban", Op: "*", Masked: true}, {Path: "Nir", Op: "*", Masked: true}}},
		"NIR held":         {`{"Email":"a"}`, `{"Email":"285057899900116"}`, []Change{{Path: "Email", Op: "*", Masked: true}}},
		"NIR sent":         {`{"Email":"285057899900116"}`, `{"Email":"a"}`, []Change{{Path: "Email", Op: "*", Masked: true}}},
		"not in mapping":   {`{"Salaire":{"Base":1}}`, `{"Salaire":{"Base":2}}`, []Change{{Path: "Salaire.Base", Op: "*", Masked: true}}},
		"a last name wins": {`{"Prenom":"A"}`, `{"Prenom":"A","Prenom":"B"}`, []Change{{Path: "Prenom", Op: "*", Old: `"A"`, New: `"B"`}}},
		"holds nothing": {`{"Elements":[{"Code":"A"}],"Prenom":"A"}`, "",
			[]Change{child(Change{Path: "Elements[A]", Op: "-", Old: `{"Code":"A"}`}), {Path: "Prenom", Op: "-", Old: `"A"`}}},
		"children as value": {`{"Elements":[{"Code":"A"}]}`, `{"Elements":{"Code":"A"}}`,
			[]Change{child(Change{Path: "Elements", Op: "*", Masked: true})}},
		"children": {`{"Elements":[{"Code":"A","Quantite":1},{"Code":"A","Quantite":2},{"Code":"B","Montant":3}]}`,
			`{"Elements":[{"Code":"A","Id":"x","Quantite":2.0},{"Code":"A","Quantite":1.5},{"Id":"secret","Code":"C","Montant":500.00,"Origine":{"Code":1}},{"Code":"A"}]}`, []Change{
				child(Change{Path: "Elements[A#3]", Op: "+", New: `{"Code":"A"}`}),
				child(Change{Path: "Elements[A].Quantite", Op: "*", Old: "1", New: "1.5"}),
				child(Change{Path: "Elements[B]", Op: "-", Old: `{"Code":"B","Montant":3}`}),
				child(Change{Path: "Elements[C]", Op: "+", New: `{"Code":"C","Montant":500}`}),
			}},
		"first child": {`{"Elements":[]}`, `{"Elements":[{"Code":"A","Montant":1}]}`,
			[]Change{child(Change{Path: "Elements[A]", Op: "+", New: `{"Code":"A","Montant":1}`})}},
		"child's key has another type": {`{"Elements":[{"Code":"1"}]}`, `{"Elements":[{"Code":1.0}]}`, []Change{
			child(Change{Path: "Elements[1].Code", Op: "*", Old: `"1"`, New: "1"})}},
		"child's key is a NIR": {`{"Elements":[]}`, `{"Elements":[{"Code":"285057899900116"},{"Code":"285057899900116"}]}`, []Change{
			child(Change{Path: "Elements[•••#2]", Op: "+", Masked: true}), child(Change{Path: "Elements[•••]", Op: "+", Masked: true})}},
		"child's key is hostile": {`{"Elements":[]}`, `{"Elements":[{"Code":"\u0000\u001b[2J"},{"Code":{"285057899900116":1}},7,null]}`, []Change{
			child(Change{Path: `Elements["\x00\x1b[2J"]`, Op: "+", New: `{"Code":"\u0000\u001b[2J"}`}),
			child(Change{Path: "Elements[#2]", Op: "+", New: "null"}), child(Change{Path: "Elements[]", Op: "+", Masked: true}),
			child(Change{Path: "Elements[•••]", Op: "+", New: "{}"}),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			held := []byte(c.held)
			if c.held == "" {
				held = nil
			}
			got, err := Edits(sampleSpec(), []byte(c.sent), held, nil)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("changes\n%+v, %v\nwant\n%+v", got, err, c.want)
			}
		})
	}
}

func TestCompareOnly(t *testing.T) {
	t.Parallel()
	const sent = `{"Adresse":{"Ville":"A","Voie":"B"},"Elements":[{"Code":"A","Montant":1,"Quantite":1},{"Code":"A","Montant":2,"Quantite":2}],"Iban":"x","IbanTitulaire":"y"}`
	const held = `{"Adresse":{"Ville":"C","Voie":"C"},"Elements":[{"Code":"A","Montant":2,"Quantite":1},{"Code":"A","Montant":7,"Quantite":2}],"Iban":"y","IbanTitulaire":"z"}`
	for _, c := range []struct{ only, want []string }{
		{nil, []string{"Adresse.Ville", "Adresse.Voie", "Elements[A#2].Montant", "Elements[A].Montant", "Iban", "IbanTitulaire"}},
		{[]string{}, []string{"Adresse.Ville", "Adresse.Voie", "Elements[A#2].Montant", "Elements[A].Montant", "Iban", "IbanTitulaire"}},
		{[]string{"Iban"}, []string{"Iban"}},
		{[]string{"Adresse"}, []string{"Adresse.Ville", "Adresse.Voie"}},
		{[]string{"Adresse.Voie", "Elements"}, []string{"Adresse.Voie", "Elements[A#2].Montant", "Elements[A].Montant"}},
		{[]string{"Elements.Montant"}, []string{"Elements[A].Montant"}}, // those of 2 are the same one
		{[]string{"Elements.Quantite"}, nil},
		{[]string{"Adr", "Absent"}, nil},
	} {
		var got []string
		for _, change := range compare(t, sent, held, c.only...) {
			got = append(got, change.Path)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("only %v: %v, want %v", c.only, got, c.want)
		}
	}
}

func TestCompareOfColumnsOfJSON(t *testing.T) {
	t.Parallel()
	spec := mapping.Spec{Fields: []mapping.Field{{Path: "X", Column: "x"}}}
	for held, want := range map[string]bool{
		`{"a":[1,{"b":"2026-11-01"}],"c":null}`:                             true,
		`{"Id":1,"a":[1.0,{"b":"2026-11-01T00:00:00","Id":2}],"d":{"e":1}}`: true,
		`{"a":[{"b":"2026-11-01"},1]}`:                                      false,
		`{"a":[1]}`:                                                         false,
		`{"a":{"0":1}}`:                                                     false,
		`"x"`:                                                               false,
	} {
		got, err := Edits(spec, []byte(`{"X":{"a":[1,{"b":"2026-11-01"}],"c":null}}`), []byte(`{"X":`+held+`}`), nil)
		if err != nil || (len(got) == 0) != want {
			t.Errorf("%s: %+v, %v", held, got, err)
		}
	}
}

// Absences are often told apart by their day, which .NET writes with a time.
func TestCompareOfChildrenWhoseKeyIsADate(t *testing.T) {
	t.Parallel()
	spec := mapping.Spec{Children: []mapping.Children{{Path: "P.Absences", Key: "J.Jour",
		Fields: []mapping.Field{{Path: "J.Jour", Column: "d"}, {Path: "J.Paye", Column: "p"}}}}}
	sent := `{"P":{"Absences":[{"J":{"Jour":"2026-11-01","Paye":true}},{"J":{"Jour":"2026-11-02","Paye":true}}]}}`
	held := `{"P":{"Absences":[{"J":{"Jour":"2026-11-02T00:00:00","Paye":false}},{"J":{"Jour":"2026-11-01T00:00:00","Paye":true}},
		{"J":{"Id":1,"Jour":"2026-11-03T00:00:00","Paye":true},"K":{"Id":2}}]}}`
	got, err := Edits(spec, []byte(sent), []byte(held), nil)
	want := []Change{
		{Path: "P.Absences[2026-11-02].J.Paye", Op: "*", Old: "true", New: "false", Child: true},
		{Path: "P.Absences[2026-11-03T00:00:00]", Op: "+", New: `{"J":{"Jour":"2026-11-03T00:00:00","Paye":true}}`, Child: true},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("changes\n%+v, %v\nwant\n%+v", got, err, want)
	}
}

func TestCompareRefusesWhatIsNoDocument(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", "[]", "1", "null", `"285057899900116"`, `{"Nir":"285057899900116"`,
		`{"Nir":"285057899900116"} 2850`, `{"2850":tru}`} {
		for _, documents := range [][2]string{{"{}", text}, {text, "{}"}} {
			_, err := Edits(sampleSpec(), []byte(documents[0]), []byte(documents[1]), nil)
			if err == nil || strings.Contains(err.Error(), "2850") || !strings.HasSuffix(err.Error(), "the document is not a JSON object") {
				t.Errorf("%q: %v", documents, err)
			}
		}
	}
}

// Beyond maxPairs children of one key are compared in their order, so that no answer takes long.
func TestCompareOfVeryManyChildren(t *testing.T) {
	t.Parallel()
	const many = 20_000
	rows := strings.Repeat(`{"Code":"A","Montant":1},`, many-1)
	sent := `{"Elements":[` + rows + `{"Code":"A","Montant":1}]}`
	want := []Change{{Path: "Elements[A#20000].Montant", Op: "*", Old: "1", New: "2", Child: true}}
	if got := compare(t, sent, `{"Elements":[`+rows+`{"Code":"A","Montant":2}]}`); !reflect.DeepEqual(got, want) {
		t.Errorf("%d changes", len(got))
	}
}
