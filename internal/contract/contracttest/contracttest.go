// Package contracttest makes contracts for tests.
package contracttest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"syncd/internal/contract/check"
	"syncd/internal/contract/openapi"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/partner"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/report/locale"
)

// Sandbox reads the contract that a profile of the sandbox serves.
func Sandbox(t *testing.T, profile string) *openapi.Document {
	t.Helper()
	s, err := standin.New(standin.Config{ClientID: "editeur", ClientSecret: "s3cret", Profile: profile})
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+standin.SwaggerPath, http.NoBody))
	d, err := openapi.Read(answer.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Params are those of a run in November 2026.
func Params() mapping.Params {
	return mapping.Params{"dossier": "saint-martin", "siret": "12345678200010", "period": "2026-11",
		"period_start": "2026-11-01", "period_end": "2026-11-30"}
}

// Swagger2 is a Swagger 2.0 document with one call whose body is the schema that is given.
func Swagger2(schema, definitions string) []byte {
	return []byte(`{"swagger":"2.0","info":{"title":"t","version":"1"},"basePath":"/Api2","paths":{"/V2/Salarie":{"post":{"operationId":"Salarie_Post",
		"parameters":[{"name":"salarie","in":"body","required":true,"schema":` + schema + `}],"responses":{"200":{"description":"OK"}}}}},
		"definitions":{` + definitions + `}}`)
}

// OpenAPI3 is the same in OpenAPI 3.0.
func OpenAPI3(schema, schemas string) []byte {
	return []byte(`{"openapi":"3.0.1","info":{"title":"t","version":"1"},"servers":[{"url":"https://localhost/Api2"}],"paths":{"/V2/Salarie":{"post":{
		"requestBody":{"required":true,"content":{"application/json":{"schema":` + schema + `}}},"responses":{"200":{"description":"OK"}}}}},
		"components":{"schemas":{` + schemas + `}}}`)
}

// Read reads a contract, or ends the test.
func Read(t testing.TB, text []byte) *openapi.Document {
	t.Helper()
	document, err := openapi.Read(text)
	if err != nil {
		t.Fatalf("reading a contract: %v", err)
	}
	return document
}

// Body reads a schema as the body of a call.
func Body(t testing.TB, text []byte) *openapi.Schema {
	t.Helper()
	return Read(t, text).Operations[0].Body
}

// Problems writes what is wrong with a document, a line each.
func Problems(problems []mapping.Problem) string {
	var lines []string
	for _, p := range problems {
		line := fmt.Sprintf("%s %s want %q got %q", p.Code, p.Path, p.Wanted(), p.Seen())
		if p.BranchNumber > 0 {
			line += fmt.Sprintf(" of #%d", p.BranchNumber)
		} else if p.Branch != "" {
			line += " of " + p.Branch
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// Changes writes changes of contracts, a line each; those that break begin with !.
func Changes(changes []jobs.ContractChange) string {
	var lines []string
	for _, c := range changes {
		sign := "  "
		if c.Breaking {
			sign = "! "
		}
		lines = append(lines, fmt.Sprintf("%s%s %s: %q > %q", sign, c.Kind, c.Path, c.Old, c.New))
	}
	return strings.Join(lines, "\n")
}

// Errors are the errors among the advice.
func Errors(advice []check.Advice) []check.Advice {
	return slices.DeleteFunc(slices.Clone(advice), func(a check.Advice) bool { return a.Level != check.LevelError })
}

// Swagger wraps definitions into a document with one call, which takes a Salarie.
func Swagger(definitions string) string {
	return `{"swagger":"2.0","info":{"title":"T","version":"V2"},"basePath":"/Api2","paths":{"/V2/Salarie":{"post":{"operationId":"Salarie_Post",
		"parameters":[{"name":"salarie","in":"body","required":true,"schema":{"$ref":"#/definitions/Salarie"}}],
		"responses":{"200":{"description":"OK"}}}}},"definitions":{` + definitions + `}}`
}

// Taking is a call that takes a Salarie of these definitions.
func Taking(t *testing.T, definitions string) *openapi.Operation {
	t.Helper()
	return CallOf(t, Swagger(definitions))
}

// CallOf is the call of a document such as swagger makes.
func CallOf(t *testing.T, text string) *openapi.Operation {
	t.Helper()
	op, _ := Read(t, []byte(text)).Operation("Salarie_Post")
	if op == nil {
		t.Fatal("the call is not found")
	}
	return op
}

// Members is a Salarie with these properties, none of them required.
func Members(properties string) string {
	return `"Salarie":{"type":"object","properties":{` + properties + `}}`
}

// OIDs are the types of columns that the tables below name.
var OIDs = map[string]uint32{
	"text": 25, "varchar": 1043, "numeric": 1700, "int4": 23, "int8": 20, "bool": 16, "date": 1082, "timestamp": 1114, "timestamptz": 1184,
	"jsonb": 3802, "uuid": 2950, "bytea": 17,
}

// Words are advice in English, and its next step.
func Words(a check.Advice) (text, hint string) {
	return a.Fact.Apart(locale.Of(locale.English, partner.OfSample().Name), a.Next)
}

// Said are facts in English.
func Said(facts []hinted.Fact) (texts []string) {
	for _, fact := range facts {
		texts = append(texts, fact.In(locale.Of(locale.English, partner.OfSample().Name)))
	}
	return texts
}

// Lines writes advice as the tables below do: "error V: text | hint".
func Lines(advice []check.Advice) []string {
	var written []string
	for _, a := range advice {
		text, hint := Words(a)
		line := fmt.Sprintf("%s %s: %s", a.Level, a.Path, text)
		if hint != "" {
			line += " | " + hint
		}
		written = append(written, line)
	}
	return written
}

// Expect compares advice with what is wanted: each line begins and, after "…", goes on as it says.
func Expect(t *testing.T, advice []check.Advice, want []string) {
	t.Helper()
	got := Lines(advice)
	fits := len(got) == len(want)
	for i := 0; fits && i < len(want); i++ {
		rest := got[i]
		for n, part := range strings.Split(want[i], "…") {
			at := strings.Index(rest, part)
			if at < 0 || n == 0 && at > 0 {
				fits = false
				break
			}
			rest = rest[at+len(part):]
		}
	}
	if !fits {
		t.Errorf("told:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// BenchmarkContract describes forty members: 19 of the employee, and three elements of seven.
func BenchmarkContract(tb testing.TB) []byte {
	tb.Helper()
	return Swagger2(`{"$ref":"#/definitions/Salarie"}`, `
	"Salarie":{"type":"object","required":["Matricule","NomNaissance","Nir","Periode","Elements"],"additionalProperties":false,"properties":{
		"Actif":{"type":"boolean"},
		"Adresse":{"$ref":"#/definitions/Adresse"},
		"Civilite":{"type":"string","enum":["M","MME"]},
		"CodeCategorie":{"type":"string","enum":["`+strings.Join(codes(200), `","`)+`"]},
		"DateDebut":{"type":"string","format":"date-time"},
		"DateNaissance":{"type":"string","format":"date"},
		"Elements":{"type":"array","maxItems":500,"items":{"$ref":"#/definitions/Element"}},
		"Email":{"type":"string","maxLength":255},
		"Iban":{"type":"string","pattern":"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"},
		"Identifiant":{"type":"string","format":"uuid"},
		"Matricule":{"type":"string","minLength":1,"maxLength":20},
		"Nir":{"type":"string","pattern":"^[0-9]{6}[0-9AB][0-9]{8}$"},
		"NomNaissance":{"type":"string","maxLength":80},
		"Periode":{"type":"string","pattern":"^[0-9]{4}-(0[1-9]|1[0-2])$"},
		"Prenom":{"type":"string","maxLength":80},
		"Taux":{"type":"number","minimum":0,"maximum":100,"multipleOf":0.01}}},
	"Adresse":{"type":"object","properties":{"CodePays":{"type":"string","minLength":2,"maxLength":2},"CodePostal":{"type":"string","maxLength":10},
		"Ville":{"type":"string","maxLength":80},"Voie":{"type":"string","maxLength":200}}},
	"Element":{"type":"object","required":["Code"],"properties":{"Code":{"type":"string","enum":["HSUP25","HSUP50","PRIME_EXC"]},
		"Date":{"type":"string","format":"date"},"Libelle":{"type":"string","maxLength":50},"Montant":{"type":"number","format":"decimal"},
		"Ordre":{"type":"integer","format":"int32"},"Quantite":{"type":"number","minimum":0,"multipleOf":0.01},"Soumis":{"type":"boolean"}}}`)
}

func codes(count int) []string {
	list := make([]string, count)
	for i := range list {
		list[i] = fmt.Sprintf("CAT_%03d", i)
	}
	return list
}

const benchmarkElement = `{"Code":"HSUP25","Date":"2026-11-30","Libelle":"Heures supplémentaires","Montant":null,"Ordre":12,"Quantite":3.5,"Soumis":true}`

// BenchmarkDocument fits BenchmarkContract.
const BenchmarkDocument = `{"Actif":true,"Adresse":{"CodePays":"FR","CodePostal":"35000","Ville":"RENNES","Voie":"1 rue de l'Exemple"},` +
	`"Civilite":"MME","CodeCategorie":"CAT_117","DateDebut":"2023-09-01T00:00:00","DateNaissance":"1985-05-17",` +
	`"Elements":[` + benchmarkElement + "," + benchmarkElement + "," + benchmarkElement + `],"Email":"camille@example.org",` +
	`"Iban":"FR7630006000011234567890189","Identifiant":"0f8fad5b-d9cb-469f-a165-70867728950e","Matricule":"00042",` +
	`"Nir":"285057899900116","NomNaissance":"EXEMPLE","Periode":"2026-11","Prenom":"Camille","Taux":75.25}`

// Fields maps paths to columns of the same name, without NULLs.
func Fields(paths ...string) []mapping.Field {
	var all []mapping.Field
	for _, path := range paths {
		all = append(all, mapping.Field{Path: path, Column: path, Null: mapping.NullRefuse})
	}
	return all
}

// Document is a contract with these calls, each "VERB /path", and what is said of them.
func Document(t *testing.T, paths, more string) *openapi.Document {
	t.Helper()
	d, err := openapi.Read([]byte(`{"swagger":"2.0","info":{"title":"T","version":"V2"},"basePath":"/Api2","paths":{` + paths + `}` + more +
		`}`))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Call is one operation with parameters besides its body.
func Call(verb, parameters string) string {
	return `"` + verb + `":{"parameters":[` + parameters +
		`{"name":"s","in":"body","schema":{"type":"object","properties":{"Matricule":{"type":"string"}}}}],"responses":{"200":{"description":"OK"}}}`
}

// Parameter is one parameter of a call, for Call.
func Parameter(in, name string, required bool) string {
	text := `{"name":"` + name + `","in":"` + in + `","type":"string"`
	if required {
		text += `,"required":true`
	}
	return text + `},`
}

// Settings is what the configuration says when the user wrote nothing.
func Settings() check.Settings {
	return check.Settings{Method: "POST", KeyIn: "header", KeyName: "X-Cle-Dossier", Path: "/V2/Salarie", Base: "https://api.example.org/Api2",
		Section: partner.OfSample().Name, Documents: partner.OfSample().Name + ".salarie"}
}

// Schema is that of a document with a matricule.
const Schema = `{"type":"object","properties":{"Matricule":{"type":"string"}}}`
