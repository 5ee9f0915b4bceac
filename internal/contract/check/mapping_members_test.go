package check_test

import (
	"slices"
	"testing"

	"syncd/internal/contract/check"
	"syncd/internal/contract/contracttest"
	"syncd/internal/contract/openapi"
	"syncd/internal/mapping"
)

// shaped is a Salarie with an object, a list, a list of texts, an object of any members, and a circle.
const shaped = `"Salarie":{"type":"object","required":["Matricule","Contrat"],"properties":{
		"Matricule":{"type":"string"},"Nom":{"type":"string"},"Cree":{"type":"string","readOnly":true},
		"Adresse":{"$ref":"#/definitions/Adresse"},"Contrat":{"$ref":"#/definitions/Contrat"},
		"Elements":{"type":"array","items":{"$ref":"#/definitions/Element"}},"Libelles":{"type":"array","items":{"type":"string"}},
		"Divers":{"type":"object"},"Tuteur":{"$ref":"#/definitions/Salarie"}}},
	"Adresse":{"type":"object","required":["Ville"],"properties":{"Ville":{"type":"string"},"CodePostal":{"type":"string"}}},
	"Contrat":{"type":"object","required":["CodeNature"],"properties":{"CodeNature":{"type":"string"},"DateFin":{"type":"string"}}},
	"Element":{"type":"object","required":["Code"],"additionalProperties":false,"properties":{"Code":{"type":"string"},"Montant":{"type":"number"}}}`

func TestMappingAgainstObject(t *testing.T) {
	t.Parallel()
	base := []string{"Matricule", "Contrat.CodeNature"}
	for _, test := range []struct {
		name     string
		fields   []string
		children []mapping.Children
		want     []string
	}{
		{"what is needed", nil, nil, nil},
		{"a member that does not exist", []string{"Sexe"}, nil,
			[]string{`error Sexe: is not in the contract: the API would drop it silently | remove it…contract show "POST /V2/Salarie"`}},
		{"a mistyped member", []string{"Nim"}, nil, []string{`error Nim: is not in the contract… | did you mean "Nom"?`}},
		{"another case", []string{"NOM"}, nil, []string{`error NOM: is not… | did you mean "Nom"?`}},
		{"a member that is elsewhere", []string{"Code_Postal"}, nil, []string{`error Code_Postal: is not… | did you mean "Adresse.CodePostal"?`}},
		{"an object that does not exist", []string{"Banque.Iban", "Banque.Bic"}, nil,
			[]string{`error Banque.Bic: lies within Banque, which is not in the contract`, `error Banque.Iban: lies within Banque`}},
		{"members of a value", []string{"Nom.Usage"}, nil,
			[]string{`error Nom.Usage: lies within Nom, which is string in the contract, not an object | send the value itself: map Nom`}},
		{"members of a list", []string{"Elements.Code"}, nil,
			[]string{`error Elements.Code: lies within Elements, which is array… | map its elements with [[job.children]] and path = "Elements"`}},
		{"what an object requires", []string{"Adresse.CodePostal"}, nil,
			[]string{`error Adresse.Ville: is required by the contract (string), and nothing maps it | add it to [job.fields]: "Adresse.Ville" = "…"`}},
		{"a circle", []string{"Tuteur.Matricule"}, nil, []string{`error Tuteur.Contrat: is required…map its members, such as "Tuteur.Contrat.CodeNature"`}},
		{"any members", []string{"Divers.Note", "Divers.A.B"}, nil, nil},
		{"read-only", []string{"Cree"}, nil, []string{`error Cree: is read-only in the contract: the API ignores what is sent… | remove it from the mapping`}},
		{"children", nil, []mapping.Children{{Path: "Elements", Key: "Code", Fields: contracttest.Fields("Code", "Montant")}},
			[]string{`error Elements[].Montant: is number in the contract, but the column "Montant" (text) is sent as a string`}},
		{"a closed object", nil, []mapping.Children{{Path: "Elements", Key: "Code", Fields: contracttest.Fields("Code", "Note")}},
			[]string{`error Elements[].Note: is not in the contract, which allows no other members: the API would refuse each document`}},
		{"what children require", nil, []mapping.Children{{Path: "Elements", Key: "Libelle", Fields: contracttest.Fields("Libelle")}},
			[]string{`error Elements[].Code: is required… | add it to [job.children.fields]: "Code" = "…"`,
				`error Elements[].Libelle: is not in the contract`}},
		{"children of a value", nil, []mapping.Children{{Path: "Nom", Key: "A", Fields: contracttest.Fields("A")}},
			[]string{`error Nom: takes a list of children, but is string in the contract | the contract's lists of objects: Elements`}},
		{"children of an object", nil, []mapping.Children{{Path: "Adresse", Key: "Ville", Fields: contracttest.Fields("Ville")}},
			[]string{`error Adresse: takes a list of children, but is object`}},
		{"children of a list of texts", nil, []mapping.Children{{Path: "Libelles", Key: "A", Fields: contracttest.Fields("A")}},
			[]string{`error Libelles: is a list of string in the contract, but children are objects`}},
		{"children of nothing", nil, []mapping.Children{{Path: "Element", Key: "A", Fields: contracttest.Fields("A")}},
			[]string{`error Element: is not in the contract… | did you mean "Elements"?`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			spec := mapping.Spec{Fields: contracttest.Fields(append(slices.Clone(base), test.fields...)...), Children: test.children}
			contracttest.Expect(t, check.CheckMapping(contracttest.Taking(t, shaped), spec, shapeOf(spec), nil, contracttest.Params()), test.want)
		})
	}
}

// shapeOf is staging with a text column for each field.
func shapeOf(spec mapping.Spec) *mapping.Shape {
	shape := &mapping.Shape{}
	columns := func(fields []field) (all []column) {
		for _, f := range fields {
			all = append(all, column{Name: f.Column, Type: 25})
		}
		return all
	}
	shape.Employee = columns(spec.Fields)
	for i := range spec.Children {
		shape.Children = append(shape.Children, columns(spec.Children[i].Fields))
	}
	return shape
}

func TestMissingObject(t *testing.T) {
	t.Parallel()
	spec := mapping.Spec{Fields: contracttest.Fields("Nom")}
	shape := &mapping.Shape{Employee: []column{{Name: "Nom", Type: 25}, {Name: "MATRICULE", Type: 25}}}
	contracttest.Expect(t, check.CheckMapping(contracttest.Taking(t, shaped), spec, shape, nil, nil), []string{
		`error Contrat: is required by the contract (object), and nothing maps it | map its members, such as "Contrat.CodeNature"`,
		`error Matricule: is required by the contract (string), and nothing maps it | add it to [job.fields]: "Matricule" = "MATRICULE"`,
	})
}

func TestColumnsThatNothingCarries(t *testing.T) {
	t.Parallel()
	spec := mapping.Spec{
		Fields:   contracttest.Fields("Matricule", "Contrat.CodeNature"),
		Children: []mapping.Children{{Path: "Elements", Key: "Code", Fields: contracttest.Fields("Code")}},
	}
	shape := shapeOf(spec)
	for _, name := range []string{"dossier", "nom", "contrat_date_fin", "couleur", "cree", "photo"} {
		shape.Employee = append(shape.Employee, column{Name: name, Type: 25})
	}
	for _, name := range []string{"Matricule", "period", "montant", "note", "id", "no_ligne"} {
		shape.Children[0] = append(shape.Children[0], column{Name: name, Type: contracttest.OIDs["numeric"]})
	}
	shape.Children[0] = append(shape.Children[0], column{Name: "heures", Type: contracttest.OIDs["int4"]}, column{Name: "libre", Type: 25})
	contracttest.Expect(t, check.CheckMapping(contracttest.Taking(t, shaped), spec, shape, nil, nil), []string{
		`info : nothing carries the columns couleur, cree, photo`,
		`info Contrat.DateFin: is in the contract, and nothing maps it, but there is a column "contrat_date_fin" | add it to [job.fields]: "Contrat.DateFin" = "contrat_date_fin"`,
		`warning Elements: nothing carries the columns note, heures: their numbers are never sent | map them in [job.children.fields], or leave them out of rows`,
		`info Elements: nothing carries the columns id, no_ligne, libre`,
		`warning Elements[].Montant: is in the contract… "montant" | add it to [job.children.fields]: "Montant" = "montant"`,
		`info Nom: is in the contract, and nothing maps it, but there is a column "nom"`,
	})
}

func TestWithoutStaging(t *testing.T) {
	t.Parallel()
	spec := mapping.Spec{Fields: append(contracttest.Fields("Matricule", "Contrat.CodeNature"),
		field{Path: "Nom", Column: "n", Type: mapping.TypeNumber})}
	contracttest.Expect(t, check.CheckMapping(contracttest.Taking(t, shaped), spec, nil, nil, nil),
		[]string{`error Nom: is string in the contract, but the field is sent as a number | correct the type of the field`})
}

func TestMappingWithoutBody(t *testing.T) {
	t.Parallel()
	if advice := check.CheckMapping(nil, mapping.Spec{}, nil, nil, nil); advice != nil {
		t.Errorf("told: %v", contracttest.Lines(advice))
	}
	mapped := mapping.Spec{Fields: contracttest.Fields("Matricule")}
	// told of the call itself
	contracttest.Expect(t, check.CheckMapping(&openapi.Operation{Method: "POST", Path: "/V2/Salarie"}, mapped, nil, nil, nil), nil)
	list := contracttest.Taking(t, `"Salarie":{"type":"array","items":{"$ref":"#/definitions/Personne"}},"Personne":{"type":"object","properties":{"A":{"type":"string"}}}`)
	contracttest.Expect(t, check.CheckMapping(list, mapped, nil, nil, nil), nil)
}

func TestAlternatives(t *testing.T) {
	t.Parallel()
	read := func(schemas string) *openapi.Operation {
		d, err := openapi.Read([]byte(`{"openapi":"3.0.3","info":{"title":"T","version":"1"},"paths":{"/S":{"post":{"operationId":"S","requestBody":{"content":{"application/json":
			{"schema":{"$ref":"#/components/schemas/S"}}}},"responses":{"200":{"description":"OK"}}}}},"components":{"schemas":{` + schemas + `}}}`))
		if err != nil {
			t.Fatal(err)
		}
		return d.Operations[0]
	}
	op := read(`"S":{"type":"object","required":["K"],"properties":{"K":{"oneOf":[{"type":"string"},{"type":"integer"}]}},
		"anyOf":[{"type":"object","required":["A"],"properties":{"A":{"type":"string","nullable":true}}},{"type":"object","properties":{"B":{"type":"number","nullable":true}}}]}`)
	spec := mapping.Spec{Fields: []field{{Path: "A", Column: "a"}, {Path: "B", Column: "a"}, {Path: "C", Column: "a"},
		{Path: "K", Column: "k", Null: mapping.NullRefuse}}}
	shape := &mapping.Shape{Employee: []column{{Name: "a", Type: 25}, {Name: "k", Type: contracttest.OIDs["bool"]}}}
	contracttest.Expect(t, check.CheckMapping(op, spec, shape, nil, nil), []string{
		`error B: is number in the contract`, `error C: is not in the contract`,
		`error K: is string | integer in the contract, but the column "k" (boolean) is sent as a boolean | write { column = "k", type = "string" }`,
	})
	if unknown := check.Unknown(op, spec); !slices.Equal(unknown, []string{"C"}) {
		t.Errorf("unknown: %v", unknown)
	}
}

// What the contract has for answers alone is dropped as silently as what it does not have at all.
func TestUnknownReadOnly(t *testing.T) {
	t.Parallel()
	op := contracttest.Taking(t, contracttest.Members(`"A":{"type":"string","readOnly":true},"B":{"type":"string"},"O":{"type":"object","readOnly":true,"properties":{"P":{"type":"string"}}},
		"R":{"description":"r","readOnly":true,"$ref":"#/definitions/R"},"E":{"type":"array","items":{"$ref":"#/definitions/R"}},"L":{"type":"array","readOnly":true,"items":{"$ref":"#/definitions/R"}}`)+
		`,"R":{"type":"object","properties":{"Q":{"type":"string","readOnly":true},"S":{"type":"string"}}}`)
	spec := mapping.Spec{
		Fields: contracttest.Fields("A", "B", "O.P", "R.Q", "R.S"),
		Children: []mapping.Children{{Path: "E", Key: "S", Fields: contracttest.Fields("S", "Q")},
			{Path: "L", Key: "S", Fields: contracttest.Fields("S", "Q")}},
	}
	want := []string{"A", "E[].Q", "L", "O.P", "R.Q", "R.S"}
	if unknown := check.Unknown(op, spec); !slices.Equal(unknown, want) {
		t.Errorf("unknown: %v, want %v", unknown, want)
	}
	var told []string
	for _, a := range contracttest.Errors(check.CheckMapping(op, spec, nil, nil, nil)) {
		told = append(told, a.Path)
	}
	for _, path := range want {
		if !slices.Contains(told, path) {
			t.Errorf("%s is not told: %v", path, told)
		}
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	op := contracttest.Taking(t, shaped)
	spec := mapping.Spec{
		Fields: contracttest.Fields("Matricule", "Sexe", "Adresse.Pays", "Adresse.Ville", "Banque.Iban", "Divers.X", "Nom.Usage",
			"Tuteur.Tuteur.Age"),
		Children: []mapping.Children{
			{Path: "Elements", Key: "Code", Fields: contracttest.Fields("Code", "Note", "Detail.A")},
			{Path: "Primes", Key: "A", Fields: contracttest.Fields("A", "B")},
			{Path: "Libelles", Key: "A", Fields: contracttest.Fields("A")},
		},
	}
	want := []string{"Adresse.Pays", "Banque.Iban", "Elements[].Detail.A", "Elements[].Note", "Primes", "Sexe", "Tuteur.Tuteur.Age"}
	if unknown := check.Unknown(op, spec); !slices.Equal(unknown, want) {
		t.Errorf("unknown: %v, want %v", unknown, want)
	}
	if check.Unknown(nil, spec) != nil || check.Unknown(&openapi.Operation{}, spec) != nil {
		t.Error("nothing is known, yet members are unknown")
	}
	if unknown := check.Unknown(contracttest.Taking(t, contracttest.Members(``)), spec); unknown != nil {
		t.Errorf("an object of any members lacks %v", unknown)
	}
}
