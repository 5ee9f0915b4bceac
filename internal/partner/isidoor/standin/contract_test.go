package standin_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"

	"syncd/internal/partner/isidoor/standin"
)

func TestEachContractIsValid(t *testing.T) {
	t.Parallel()
	for _, profile := range standin.Profiles() {
		for _, in := range []standin.KeyIn{standin.KeyInHeader, standin.KeyInQuery, standin.KeyInPath} {
			b := start(t, func(c *standin.Config) { c.Profile, c.KeyIn = profile, in })
			var document openapi2.T
			decode(t, b.must(http.MethodGet, standin.SwaggerPath, "", nil).body, &document)
			converted, err := openapi2conv.ToV3(&document)
			if err != nil {
				t.Fatalf("%s, key in the %s: %v", profile, in, err)
			}
			if err := converted.Validate(t.Context()); err != nil {
				t.Errorf("%s, key in the %s: %v", profile, in, err)
			}
		}
	}
}

func TestPlatTellsItsKeyAsASecurityScheme(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *standin.Config) { c.Profile = standin.ProfilePlat })
	var document openapi2.T
	decode(t, b.must(http.MethodGet, standin.SwaggerPath, "", nil).body, &document)
	if scheme := document.SecurityDefinitions["cleDossier"]; scheme == nil || scheme.Type != "apiKey" || scheme.In != "query" ||
		scheme.Name != "cle" {
		t.Errorf("security schemes %+v", document.SecurityDefinitions)
	}
	send := document.Paths["/V2/Salaries"].Put
	if send == nil || send.OperationID != "Salaries_Put" || len(send.Parameters) != 1 || send.Parameters[0].In != "body" {
		t.Errorf("the call that takes a document: %+v", send)
	}
	if read := document.Paths["/V2/Salaries/{identifiant}"]; read == nil || read.Get == nil {
		t.Error("nothing reads back")
	}
}

func TestAnotherContractIsServedAndReadAgain(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "contract.json")
	b := start(t, func(c *standin.Config) { c.ContractFile = file })
	wantStatus(t, b.must(http.MethodGet, standin.SwaggerPath, "", nil), http.StatusNotFound)
	for _, text := range []string{`{"swagger":"2.0"}`, "not JSON at all", `{"openapi":"3.0.3"}`} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got := b.must(http.MethodGet, standin.SwaggerPath, "", nil)
		if wantStatus(t, got, http.StatusOK); got.body != text {
			t.Errorf("served %q, want %q", got.body, text)
		}
	}
	own := b.must(http.MethodGet, "/sandbox/contract", "", controlling())
	if wantStatus(t, own, http.StatusOK); !json.Valid([]byte(own.body)) || !strings.Contains(own.body, `"Salarie_Post"`) {
		t.Errorf("its own: %.200s", own.body)
	}
	wantStatus(t, b.mustSend(document), http.StatusOK) // checked by its own
}

func TestSwaggerUI(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	for _, root := range []string{standin.TestRoot, standin.ProductionRoot} {
		got := b.must(http.MethodGet, root+"/swagger/ui/index", "", nil)
		wantStatus(t, got, http.StatusOK)
		if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") || !strings.Contains(got.body, "POST /V2/Salarie") ||
			strings.Contains(got.body, "//") {
			t.Errorf("%v %s", got.header, got.body)
		}
	}
	wantStatus(t, b.must(http.MethodPost, "/Api2/swagger/ui/index", "", nil), http.StatusMethodNotAllowed)
}

func TestUnknownProfile(t *testing.T) {
	t.Parallel()
	_, err := standin.New(standin.Config{ClientID: "a", ClientSecret: "b", Profile: "rond"})
	if err == nil || err.Error() != "the sandbox has no profile \"rond\"\nhint: one of isidoor, plat" {
		t.Errorf("error %v", err)
	}
}
