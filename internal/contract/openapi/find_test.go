package openapi_test

import (
	"strings"
	"testing"

	"syncd/internal/contract/openapi"
)

func TestFind(t *testing.T) {
	t.Parallel()
	document := &openapi.Document{Operations: []*openapi.Operation{
		{ID: "list", Method: "GET", Path: "/Api2/V2/Salarie", Base: "/Api2"},
		{ID: "send", Method: "POST", Path: "/Api2/V2/Salarie", Base: "/Api2"},
		{ID: "replace", Method: "PUT", Path: "/Api2/V2/Salarie", Base: "/Api2"},
		{ID: "one", Method: "GET", Path: "/Api2/V2/Salarie/{matricule}", Base: "/Api2"},
		{ID: "import", Method: "POST", Path: "/Api2/V2/Salarie/Import", Base: "/Api2"},
		{ID: "keyed", Method: "POST", Path: "/Api2/V2/{cle}/Element", Base: "/Api2"},
		{ID: "proxied", Method: "POST", Path: "/internal/V3/Absence", Base: "/internal"},
		{ID: "bare", Method: "POST", Path: "/V4/Prime"},
	}}
	const base = "https://localhost/Api2"
	tests := []struct{ name, method, path, base, want, candidates string }{
		{"by verb", "POST", "/V2/Salarie", base, "send", "list send replace"},
		{"without regard to case", "put", "/v2/SALARIE/", "https://localhost/api2/", "replace", "list send replace"},
		{"a query does not count", "POST", "/V2/Salarie?cle={dossier}", base, "send", "list send replace"},
		{"several verbs", "", "/V2/Salarie", base, "", "list send replace"},
		{"no such verb", "DELETE", "/V2/Salarie", base, "", "list send replace"},
		{"a placeholder for a placeholder", "POST", "/V2/{dossier}/Element", base, "keyed", "keyed"},
		{"a placeholder for a name", "", "/V2/abc/Element", base, "keyed", "keyed"},
		{"a name for a placeholder", "GET", "/V2/Salarie/{key}", base, "one", "one"},
		{"word for word before a placeholder", "POST", "/V2/Salarie/Import", base, "import", "import"},
		{"a placeholder where the word has another verb", "GET", "/V2/Salarie/Import", base, "one", "import"},
		{"below another base", "POST", "/V3/Absence", base, "proxied", "proxied"},
		{"below no base", "POST", "/V4/Prime", base, "bare", "bare"},
		{"a path that holds the base", "POST", "/Api2/V2/Salarie", "https://localhost", "send", "list send replace"},
		{"nothing", "POST", "/V2/Rien", base, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			found, all := document.Find(test.method, test.path, test.base)
			var names []string
			for _, operation := range all {
				names = append(names, operation.ID)
			}
			got := ""
			if found != nil {
				got = found.ID
			}
			if got != test.want || strings.Join(names, " ") != test.candidates {
				t.Errorf("got %q of %q, want %q of %q", got, names, test.want, test.candidates)
			}
		})
	}
}
