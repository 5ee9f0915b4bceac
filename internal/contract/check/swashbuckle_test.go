package check_test

import (
	"os"
	"strings"
	"testing"

	"syncd/internal/contract/check"
	"syncd/internal/contract/contracttest"
	"syncd/internal/contract/openapi"
	"syncd/internal/mapping"
)

// testdata/swashbuckle.json is written by hand in the manner of Swashbuckle 5, of which Isidoor's contract is one: dates
// are date-times, whatever is not required may be null and nothing says so, and a class can contain itself.
func swashbuckle(t *testing.T) *openapi.Operation {
	t.Helper()
	text, err := os.ReadFile("testdata/swashbuckle.json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := openapi.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	derived, advice := check.Derive(d, contracttest.Settings())
	if derived.Operation == nil || len(contracttest.Errors(advice)) > 0 {
		t.Fatalf("%+v, %v", derived, contracttest.Lines(advice))
	}
	return derived.Operation
}

// What ASP.NET would take is not blocked.
func TestSwashbuckleTakesWhatASPNETDoes(t *testing.T) {
	t.Parallel()
	checker := check.NewChecker(swashbuckle(t).Body)
	for _, document := range []string{
		`{"Matricule":"1","NomNaissance":"EXEMPLE"}`,
		`{"DateNaissance":"1985-05-17","Matricule":"1","NomNaissance":"E"}`,
		`{"DateNaissance":"1985-05-17T00:00:00","Matricule":"1","NomNaissance":"E"}`,
		`{"DateNaissance":"1985-05-17T00:00:00.1234567+02:00","Matricule":"1","NomNaissance":"E"}`,
		`{"Contrat":null,"DateSortie":null,"Elements":null,"Matricule":"1","NomNaissance":"E","NombreEnfants":null,"Salaire":null,"Strate":null}`,
		`{"Categorie":null,"Matricule":"1","NomNaissance":"E"}`,
		`{"Elements":[{"Code":"HSUP25","Montant":null,"Quantite":3.5}],"Matricule":"1","NomNaissance":"E"}`,
		`{"Extension":{"a":[1,{"b":null}]},"Libre":{"a":"b"},"Matricule":"1","NomNaissance":"E"}`,
		`{"Matricule":"1","NomNaissance":"E","Responsable":{"Matricule":"2","NomNaissance":"F","Responsable":null}}`,
		`{"Matricule":"1","NomNaissance":"E","Salaire":12345678901234567890.12,"Strate":2}`,
		`{"Identifiant":"0F8FAD5B-D9CB-469F-A165-70867728950E","Matricule":"1","NomNaissance":"E"}`,
		`{"Inconnu":1,"Matricule":"1","NomNaissance":"E"}`, // dropped silently: the mapping is told, not the document
	} {
		if problems := checker.Check([]byte(document)); problems != nil {
			t.Errorf("%s: %+v", document, problems)
		}
	}
}

// Swashbuckle writes the object of C#, which takes any value, as an object that has no members.
func TestAnObjectOfNoMembersTakesAnything(t *testing.T) {
	t.Parallel()
	for _, schema := range []string{`{"type":"object"}`, `{"type":"object","properties":{}}`, `{"$ref":"#/definitions/Object"}`,
		`{"type":"array","items":{"type":"object"}}`} {
		checker := check.NewChecker(contracttest.Body(t, contracttest.Swagger2(`{"type":"object","properties":{"X":`+schema+`}}`,
			`"Object":{"description":"Tout.","type":"object","properties":{}}`)))
		for _, value := range []string{`"abc"`, `12.5`, `true`, `null`, `{"a":1}`, `[1]`} {
			if strings.Contains(schema, "array") {
				value = "[" + value + "]"
			}
			if problems := checker.Check([]byte(`{"X":` + value + `}`)); problems != nil {
				t.Errorf("%s: %s: %s", schema, value, contracttest.Problems(problems))
			}
		}
	}
	for _, schema := range []string{
		`{"type":"object","properties":{"A":{}}}`, `{"type":"object","additionalProperties":{"type":"string"}}`,
		`{"type":"object","additionalProperties":false}`,
		`{"type":"object","required":["A"]}`, `{"type":"object","allOf":[{"properties":{"A":{}}}]}`, `{"type":"object","minProperties":1}`,
	} {
		if problems := check.NewChecker(contracttest.Body(t, contracttest.Swagger2(schema, ""))).Check([]byte(`"a"`)); len(problems) == 0 {
			t.Errorf("%s takes a text", schema)
		}
	}
	if problems := check.NewChecker(contracttest.Body(t,
		contracttest.OpenAPI3(`{"type":"object"}`, ""))).Check([]byte(`"a"`)); len(problems) == 0 {
		t.Error("an object of OpenAPI 3 takes a text")
	}
}

// Dictionaries of ASP.NET take null, as members do.
func TestAdditionalMembersTakeNull(t *testing.T) {
	t.Parallel()
	const document = `{"a":null,"b":"x"}`
	for schema, want := range map[string]string{
		`{"additionalProperties":{"type":"string"}}`:                                       "",
		`{"allOf":[{"additionalProperties":{"type":"string"}},{"type":"object"}]}`:         "",
		`{"additionalProperties":{"type":"string","x-nullable":false}}`:                    `wrong-type /a want "string" got "null"`,
		`{"properties":{"a":{"type":"string"}},"additionalProperties":{"type":"integer"}}`: `wrong-type /b want "integer" got "string"`,
	} {
		if got := contracttest.Problems(check.NewChecker(contracttest.Body(t,
			contracttest.Swagger2(schema, ""))).Check([]byte(document))); got != want {
			t.Errorf("%s: %s, want %s", schema, got, want)
		}
	}
	got := contracttest.Problems(check.NewChecker(contracttest.Body(t, contracttest.OpenAPI3(`{"additionalProperties":{"type":"string"}}`,
		""))).Check([]byte(document)))
	if want := `wrong-type /a want "string" got "null"`; got != want {
		t.Errorf("OpenAPI 3: %q, want %s", got, want)
	}
	spec, shape := one(field{Null: mapping.NullClear}, "text", 0)
	contracttest.Expect(t, check.CheckMapping(contracttest.Taking(t, `"Salarie":{"type":"object","additionalProperties":{"type":"string"}}`),
		spec, shape, nil, nil), nil)
}

func TestSwashbuckleRefusals(t *testing.T) {
	t.Parallel()
	checker := check.NewChecker(swashbuckle(t).Body)
	for document, want := range map[string]string{
		`{"Matricule":"1"}`:                                                            "/NomNaissance required",
		`{"Matricule":null,"NomNaissance":"E"}`:                                        "/Matricule wrong-type",
		`{"DateNaissance":"17/05/1985","Matricule":"1","NomNaissance":"E"}`:            "/DateNaissance wrong-format",
		`{"DateNaissance":"1985-02-30","Matricule":"1","NomNaissance":"E"}`:            "/DateNaissance wrong-format",
		`{"Matricule":"1","NomNaissance":"E","NombreEnfants":2.5}`:                     "/NombreEnfants wrong-type",
		`{"Matricule":"1","NomNaissance":"E","NombreEnfants":2147483648}`:              "/NombreEnfants wrong-format",
		`{"Matricule":"1","NomNaissance":"E","Salaire":"1200"}`:                        "/Salaire wrong-type",
		`{"Matricule":"1","NomNaissance":"E","Strate":5}`:                              "/Strate not-listed",
		`{"Elements":[{"Code":"A"},{"Montant":1}],"Matricule":"1","NomNaissance":"E"}`: "/Elements/1/Code required",
		`{"Libre":{"a":1},"Matricule":"1","NomNaissance":"E"}`:                         "/Libre/a wrong-type",
	} {
		var got []string
		for _, p := range checker.Check([]byte(document)) {
			got = append(got, p.Path+" "+string(p.Code))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %q, want %s", document, got, want)
		}
	}
}
