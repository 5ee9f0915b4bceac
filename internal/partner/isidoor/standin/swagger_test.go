package standin_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"syncd/internal/partner/isidoor/standin"
)

type swaggerSchema struct {
	Type, Format string
	Ref          string `json:"$ref"`
	Required     []string
	Properties   map[string]swaggerSchema
	Items        *swaggerSchema
}

func TestSwaggerDescribesTheCalls(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	got := b.must(http.MethodGet, standin.SwaggerPath, "", nil)
	wantStatus(t, got, http.StatusOK)
	var document struct {
		Swagger, BasePath string
		Paths             map[string]map[string]any
		Definitions       map[string]swaggerSchema
	}
	decode(t, got.body, &document)
	if document.Swagger != "2.0" || document.BasePath != "/Api2" || len(document.Paths) != 4 {
		t.Errorf("document %+v", document)
	}
	for path, method := range map[string]string{"/V2/Dossier": "get", "/V2/Dictionnaire": "get", "/V2/Salarie": "post",
		"/V2/Salarie/{matricule}": "get"} {
		if operations := document.Paths[path]; len(operations) != 1 || operations[method] == nil {
			t.Errorf("%s has %v", path, operations)
		}
	}
	salarie := document.Definitions["Salarie"]
	if !slices.Equal(salarie.Required, []string{"Matricule", "NomNaissance", "Prenom", "DateNaissance", "Nir", "Contrat", "Periode"}) {
		t.Errorf("required: %v", salarie.Required)
	}
	if p := salarie.Properties; p["DateNaissance"].Format != "date" || p["Adresse"].Ref != "#/definitions/Adresse" ||
		p["Elements"].Items.Ref != "#/definitions/Element" {
		t.Errorf("properties: %+v", p)
	}
	if p := document.Definitions["Contrat"].Properties; p["TauxActivite"].Type != "number" {
		t.Errorf("properties of Contrat: %+v", p)
	}
	for ref := range strings.SplitSeq(got.body, `"$ref":"#/definitions/`) {
		if name, _, found := strings.Cut(ref, `"`); found && !strings.HasPrefix(ref, "{") && document.Definitions[name].Properties == nil {
			t.Errorf("definition %s is missing", name)
		}
	}
	wantStatus(t, b.must(http.MethodPost, standin.SwaggerPath, "", nil), http.StatusMethodNotAllowed)
}

func TestSwaggerTellsWhereTheKeyGoes(t *testing.T) {
	t.Parallel()
	for in, want := range map[standin.KeyIn][]string{
		standin.KeyInHeader: {`"in":"header","name":"X-Cle-Dossier"`, `"/V2/Salarie"`},
		standin.KeyInQuery:  {`"in":"query","name":"X-Cle-Dossier"`, `"/V2/Salarie"`},
		standin.KeyInPath:   {`"in":"path","name":"dossier"`, `"/V2/{dossier}/Salarie"`},
	} {
		b := start(t, func(c *standin.Config) { c.KeyIn = in })
		body := b.must(http.MethodGet, standin.SwaggerPath, "", nil).body
		for _, part := range want {
			if !strings.Contains(body, part) {
				t.Errorf("%s: no %s in %s", in, part, body)
			}
		}
	}
}
