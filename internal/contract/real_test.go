package contract_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"syncd/internal/contract/check"
	"syncd/internal/contract/contracttest"
	"syncd/internal/contract/diff"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sandbox"
)

// Real contracts that come with the module of kin-openapi (MIT licence): they are read where Go keeps modules, and are no
// part of this tree.
func TestReadRealDocuments(t *testing.T) {
	t.Parallel()
	listed, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/getkin/kin-openapi").Output()
	if err != nil {
		t.Fatalf("asking for the module's folder: %v", err)
	}
	for name, want := range map[string]struct{ operations, bodies int }{
		"openapi2/testdata/swagger.json":                 {20, 7},    // Swagger 2.0
		"openapi3/testdata/oai_v3_stoplight.json":        {334, 123}, // OpenAPI 3.0, 1.5 MB
		"openapi3/testdata/issue796.yml":                 {148, 13},  // YAML, 276 KB
		"openapi3/testdata/lxkns.yaml":                   {3, 0},
		"openapi3filter/testdata/fixtures/petstore.json": {25, 8},
	} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(listed)), filepath.FromSlash(name)))
			if err != nil {
				t.Fatal(err)
			}
			document := contracttest.Read(t, text)
			bodies := 0
			for _, operation := range document.Operations {
				if operation.Body != nil {
					bodies++
				}
				if changes := diff.Compare(operation, operation); changes != nil {
					t.Errorf("%s differs from itself: %s", operation.Path, contracttest.Changes(changes))
				}
				check.NewChecker(operation.Body).Check([]byte(contracttest.BenchmarkDocument))
			}
			if len(document.Operations) != want.operations || bodies != want.bodies {
				t.Errorf("%d operations, %d bodies, want %+v", len(document.Operations), bodies, want)
			}
		})
	}
}

func TestReadTheSandboxsContract(t *testing.T) {
	t.Parallel()
	stand, err := standin.New(standin.Config{ClientID: "client", ClientSecret: "secret",
		Dossiers: []sandbox.Dossier{{Name: "a", Key: "k", Siret: "1"}}})
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	stand.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+standin.SwaggerPath, nil))
	document := contracttest.Read(t, answer.Body.Bytes())
	operation, _ := document.Find("POST", "/V2/Salarie", "http://localhost"+standin.TestRoot)
	if operation == nil || len(document.Notes) > 0 {
		t.Fatalf("operation %v, notes %q", operation, document.Notes)
	}
	checker := check.NewChecker(operation.Body)
	if got := contracttest.Problems(checker.Check([]byte(sampleDocument))); got != "" {
		t.Errorf("the sample does not fit:\n%s", got)
	}
	wrong := strings.NewReplacer(`"2023-09-01"`, `"01/09/2023"`, `"HSUP25"`, `25`).Replace(sampleDocument)
	want := "wrong-format /Contrat/DateDebut want \"date\" got \"string\"\nwrong-type /Elements/0/Code want \"string\" got \"integer\""
	if got := contracttest.Problems(checker.Check([]byte(wrong))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// sampleDocument is of a synthetic person.
const sampleDocument = `{"Adresse":{"CodePays":"FR","CodePostal":"35000","Ville":"RENNES","Voie":"1 rue de l'Exemple"},"Civilite":"MME",` +
	`"Contrat":{"CodeCategorie":"EMPLOYE","CodeNature":"01","DateDebut":"2023-09-01","DateFin":null,"TauxActivite":75},` +
	`"DateNaissance":"1985-05-17","Elements":[{"Code":"HSUP25","Montant":null,"Quantite":3.5}],"Email":"camille@example.org",` +
	`"Iban":"FR7630006000011234567890189","Matricule":"00042","Nir":"285057899900116","NomNaissance":"EXEMPLE","Periode":"2026-11","Prenom":"Camille"}`
