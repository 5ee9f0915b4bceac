package check_test

import (
	"fmt"
	"testing"

	"syncd/internal/contract/check"
	"syncd/internal/contract/contracttest"
	"syncd/internal/partner/isidoor/standin"
)

func TestDeriveOperation(t *testing.T) {
	t.Parallel()
	const get = `"get":{"responses":{"200":{"description":"OK"}}}`
	for _, test := range []struct {
		name     string
		paths    string
		settings func(*check.Settings)
		found    string // "" = none
		method   string
		want     []string
	}{
		{"the usual one", `"/V2/Salarie":{` + get + `,` + contracttest.Call("post", "") + `}`, nil, "POST", "POST", nil},
		{"another verb", `"/V2/Salarie":{` + get + `,` + contracttest.Call("put", "") + `}`, nil, "PUT", "PUT",
			[]string{`error : method is not written, and thus POST, but the contract has only PUT /V2/Salarie | write in [isidoor.salarie]: method = "PUT"; if the contract is wrong: method = "POST"`}},
		{"another verb than the user wrote", `"/V2/Salarie":{` + contracttest.Call("put", "") + `}`,
			func(s *check.Settings) { s.MethodSet = true }, "", "POST",
			[]string{`error : method is POST, but the contract has only PUT /V2/Salarie | write in [isidoor.salarie]: method = "PUT"`}},
		{"the verb that the user wrote", `"/V2/Salarie":{` + contracttest.Call("put", "") + `,` + contracttest.Call("patch", "") + `}`,
			func(s *check.Settings) { s.Method, s.MethodSet = "PATCH", true }, "PATCH", "PATCH", nil},
		{"two candidates, one of them usual", `"/V2/Salarie":{` + contracttest.Call("put", "") + `,` + contracttest.Call("post", "") + `}`, nil,
			"POST", "POST", []string{`warning : the contract takes documents by several calls (POST /V2/Salarie, PUT /V2/Salarie); syncd uses POST | say which one it is: method in [isidoor.salarie]`}},
		{"two others", `"/V2/Salarie":{` + contracttest.Call("put", "") + `,` + contracttest.Call("patch", "") + `}`, nil, "", "POST",
			[]string{`error : method is not written, and thus POST, but the contract has only PATCH /V2/Salarie, PUT /V2/Salarie | say which one`}},
		{"two of the usual verb", `"/V2/Salarie":{` + contracttest.Call("post", "") + `},"/v2/salarie":{` + contracttest.Call("post", "") + `}`, nil, "",
			"POST", []string{`error : the contract takes documents by several calls: POST /V2/Salarie, POST /v2/salarie | say which one it is: method and path in [isidoor.salarie]`}},
		{"another path", `"/V2/Salaries":{` + contracttest.Call("post", "") + `},"/V2/Autre":{` + contracttest.Call("post", "") + `}`, nil, "",
			"POST", []string{`error : the contract has no call that takes documents at /V2/Salarie | did you mean POST /V2/Salaries? Correct path`}},
		{"nothing alike", `"/V2/Autre":{` + contracttest.Call("post", "") + `}`, nil, "", "POST",
			[]string{`error : the contract has no call… | correct path in [isidoor.salarie]; 'syncd contract show'`}},
		{"it can only be read", `"/V2/Salarie":{` + get + `}`, nil, "", "POST",
			[]string{`error : the contract has no call that takes documents`}},
		{"the key in the path", `"/V2/{dossier}/Salarie/{matricule}":{` +
			contracttest.Call("put", contracttest.Parameter("path", "dossier", true)+contracttest.Parameter("path", "matricule", true)) + `}`,
			func(s *check.Settings) {
				s.Path, s.KeyIn, s.KeyName, s.KeySet = "/V2/{dossier}/Salarie/{key}", "path", "", true
			}, "PUT", "PUT", []string{`error : method is not written, and thus POST, but the contract has only PUT /V2/{dossier}/Salarie/{matricule} | write in [isidoor.salarie]: method = "PUT"; if the contract is wrong: method = "POST"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := contracttest.Settings()
			if test.settings != nil {
				test.settings(&s)
			}
			got, advice := check.Derive(contracttest.Document(t, test.paths, ""), s)
			found := ""
			if got.Operation != nil {
				found = got.Operation.Method
			}
			if found != test.found || got.Method != test.method || got.KeyIn != s.KeyIn || got.KeyName != s.KeyName {
				t.Errorf("derived %q, %+v", found, got)
			}
			contracttest.Expect(t, advice, test.want)
		})
	}
}

func TestDeriveKey(t *testing.T) {
	t.Parallel()
	set := func(in, name string) func(*check.Settings) {
		return func(s *check.Settings) { s.KeyIn, s.KeyName, s.KeySet = in, name, true }
	}
	const schemes = `,"securityDefinitions":{"a":{"type":"apiKey","in":"header","name":"X-Key"},"b":{"type":"apiKey","in":"header","name":"Authorization"}}`
	const manySchemes = `,"securityDefinitions":{"a":{"type":"apiKey","in":"header","name":"X-Key"},"b":{"type":"apiKey","in":"query","name":"cle"}}`
	for _, test := range []struct {
		name       string
		parameters string
		more       string
		settings   func(*check.Settings)
		in, key    string
		want       []string
	}{
		{"nothing is said", "", "", nil, "header", "X-Cle-Dossier", nil},
		{"the usual one", contracttest.Parameter("header", "x-cle-dossier", true), "", nil, "header", "X-Cle-Dossier", nil},
		{"in the query", contracttest.Parameter("query", "cle", true), "", nil, "query", "cle",
			[]string{`error : dossier_key is not written, and the key thus goes into header "X-Cle-Dossier", but in the contract it goes into query "cle" | write in [isidoor]: dossier_key = { in = "query", name = "cle" }; if the contract is wrong: dossier_key = { in = "header", name = "X-Cle-Dossier" }`}},
		{"with an accent", contracttest.Parameter("query", "Clé", true), "", nil, "query", "Clé", []string{`error : dossier_key is not written`}},
		{"one that is not required", contracttest.Parameter("query", "dossier", false) + contracttest.Parameter("header", "ApiKey", true), "",
			nil, "header", "ApiKey", []string{`error : dossier_key is not written, and the key thus goes into header "X-Cle-Dossier", but in the contract it goes into header "ApiKey" | write in [isidoor]: dossier_key = { in = "header", name = "ApiKey" }; if the contract is wrong: dossier_key = { in = "header", name = "X-Cle-Dossier" }`}},
		{"several alike", contracttest.Parameter("query", "cle", true) + contracttest.Parameter("header", "key", true), "", nil, "header",
			"X-Cle-Dossier", []string{`warning : the contract has several places that the dossier's key may go into: query "cle", header "key"; syncd uses header "X-Cle-Dossier" | say which one it is: dossier_key in [isidoor]`, `error : the contract requires the parameter query "cle"`, `error : the contract requires…header "key"`}},
		{"one that may be it", contracttest.Parameter("query", "cle", false), "", nil, "header", "X-Cle-Dossier",
			[]string{`warning : the parameter query "cle" of POST /V2/Salarie resembles the dossier's key, which goes into header "X-Cle-Dossier" unless dossier_key says otherwise | if it is the key, say so with dossier_key in [isidoor]`}},
		{"other parameters", contracttest.Parameter("header", "Authorization", true) + contracttest.Parameter("query", "matricule", false) +
			contracttest.Parameter("query", "api-version", false) + contracttest.Parameter("query", "article", false), "", nil, "header",
			"X-Cle-Dossier", nil},
		{"one that nothing sends", contracttest.Parameter("query", "annee", true), "", nil, "header", "X-Cle-Dossier",
			[]string{`error : the contract requires the parameter query "annee" of POST /V2/Salarie, which syncd does not send | if it is the dossier's key`}},
		{"what the user wrote", contracttest.Parameter("query", "cle", false), "", set("query", "CLE"), "query", "CLE", nil},
		{"what the user wrote has another name", contracttest.Parameter("query", "societe", true), "", set("query", "societe"), "query",
			"societe", nil},
		{"against what the user wrote", contracttest.Parameter("query", "cle", true), "", set("header", "X-Cle"), "header", "X-Cle",
			[]string{`error : dossier_key says header "X-Cle", but in the contract the key goes into query "cle" | write in [isidoor]: dossier_key = { in = "query", name = "cle" }`}},
		{"against the place for keys", "", schemes, set("query", "cle"), "query", "cle",
			[]string{`error : dossier_key says query "cle", but in the contract the key goes into header "X-Key" | write in [isidoor]: dossier_key = { in = "header", name = "X-Key" }`}},
		{"against several places for keys", "", manySchemes, set("header", "X-Cle"), "header", "X-Cle",
			[]string{`error : dossier_key says header "X-Cle", but in the contract the key goes into header "X-Key", query "cle" | correct dossier_key in [isidoor]`}},
		{"against the place for keys, beside a parameter", contracttest.Parameter("query", "cle", false), schemes, set("header", "X-Cle"),
			"header", "X-Cle", []string{`error : dossier_key says header "X-Cle", but in the contract the key goes into header "X-Key"`}},
		{"perhaps against it", contracttest.Parameter("query", "cle", false), "", set("header", "X-Cle"), "header", "X-Cle",
			[]string{`warning : dossier_key says header "X-Cle", but in the contract it seems to go into query "cle" | correct dossier_key in [isidoor]`}},
		{"the one place for keys", "", schemes, nil, "header", "X-Key",
			[]string{`error : dossier_key is not written, and the key thus goes into header "X-Cle-Dossier", but in the contract it goes into header "X-Key" | write in [isidoor]: dossier_key = { in = "header", name = "X-Key" }; if the contract is wrong: dossier_key = { in = "header", name = "X-Cle-Dossier" }`}},
		{"a parameter and a place for keys", contracttest.Parameter("query", "cle", true), schemes, nil, "header", "X-Cle-Dossier",
			[]string{`warning : the contract has several places…query "cle", header "X-Key"`,
				`error : the contract requires the parameter query "cle"`}},
		{"both are one", contracttest.Parameter("header", "X-Key", true), schemes, nil, "header", "X-Key",
			[]string{`error : dossier_key is not written, and the key thus goes into header "X-Cle-Dossier", but in the contract it goes into header "X-Key" | write in [isidoor]: dossier_key = { in = "header", name = "X-Key" }; if the contract is wrong: dossier_key = { in = "header", name = "X-Cle-Dossier" }`}},
		{"several places for keys", "", manySchemes, nil, "header", "X-Cle-Dossier",
			[]string{`warning : the contract has several places that the dossier's key may go into: header "X-Key", query "cle"; syncd uses header "X-Cle-Dossier" | say which one it is: dossier_key in [isidoor]`}},
		{"the usual one of several", "", manySchemes, func(s *check.Settings) { s.KeyName = "x-key" }, "header", "x-key", nil},
		{"the usual one beside another", contracttest.Parameter("header", "x-cle-dossier", false) + contracttest.Parameter("query", "cle", true),
			"", nil, "header", "X-Cle-Dossier", []string{`error : the contract requires the parameter query "cle"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := contracttest.Settings()
			if test.settings != nil {
				test.settings(&s)
			}
			got, advice := check.Derive(contracttest.Document(t, `"/V2/Salarie":{`+contracttest.Call("post", test.parameters)+`}`, test.more), s)
			if got.Operation == nil || got.KeyIn != test.in || got.KeyName != test.key {
				t.Errorf("derived %+v, want %s %s", got, test.in, test.key)
			}
			contracttest.Expect(t, advice, test.want)
		})
	}
}

// TestDeriveKeyOfOtherVerbs: a verb that the contract does not have leaves the key's place as it is for the verbs that it
// has. Otherwise the API would not find the key, and the key would be blamed.
func TestDeriveKeyOfOtherVerbs(t *testing.T) {
	t.Parallel()
	const wrong = `error : method is POST, but the contract has only`
	cle, key := contracttest.Parameter("query", "cle", true), contracttest.Parameter("header", "X-Key", true)
	for _, test := range []struct {
		name, calls string
		settings    func(*check.Settings)
		in, key     string
		want        []string
	}{
		{"one other", contracttest.Call("put", cle), nil, "query", "cle",
			[]string{wrong, `error : dossier_key is not written, and the key thus goes into header "X-Cle-Dossier", but in the contract it goes into query "cle" | write in [isidoor]: dossier_key = { in = "query", name = "cle" }; if the contract is wrong: dossier_key = { in = "header", name = "X-Cle-Dossier" }`}},
		{"two that agree", contracttest.Call("put", cle) + `,` + contracttest.Call("patch", cle), nil, "query", "cle",
			[]string{wrong, `error : dossier_key is not written, and the key thus goes into header "X-Cle-Dossier", but in the contract it goes into query "cle" | write in [isidoor]: dossier_key = { in = "query", name = "cle" }; if the contract is wrong: dossier_key = { in = "header", name = "X-Cle-Dossier" }`}},
		{"two that do not", contracttest.Call("put", cle) + `,` + contracttest.Call("patch", key), nil, "header", "X-Cle-Dossier",
			[]string{wrong}},
		{"several, and none chosen", contracttest.Call("put", cle) + `,` + contracttest.Call("patch", cle),
			func(s *check.Settings) { s.MethodSet = false }, "query", "cle",
			[]string{`error : method is not written`, `error : dossier_key is not written, and the key thus goes into header "X-Cle-Dossier", but in the contract it goes into query "cle" | write in [isidoor]: dossier_key = { in = "query", name = "cle" }; if the contract is wrong: dossier_key = { in = "header", name = "X-Cle-Dossier" }`}},
		{"against what the user wrote", contracttest.Call("put", cle), func(s *check.Settings) { s.KeySet = true }, "header", "X-Cle-Dossier",
			[]string{wrong, `error : dossier_key says header "X-Cle-Dossier", but in the contract the key goes into query "cle"`}},
		{"it can only be read", `"get":{"parameters":[` + cle[:len(cle)-1] + `],"responses":{"200":{"description":"OK"}}}`, nil, "header",
			"X-Cle-Dossier", []string{`error : the contract has no call that takes documents`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := contracttest.Settings()
			s.MethodSet = true
			if test.settings != nil {
				test.settings(&s)
			}
			got, advice := check.Derive(contracttest.Document(t, `"/V2/Salarie":{`+test.calls+`}`, ""), s)
			if got.Operation != nil || got.Method != "POST" || got.KeyIn != test.in || got.KeyName != test.key {
				t.Errorf("derived %+v", got)
			}
			contracttest.Expect(t, advice, test.want)
		})
	}
}

// A parameter whose name merely resembles a key's never gets the dossier's key, which is a secret: what is in the address of
// a request is in the logs of all who pass it on.
func TestDeriveNoKeyFromLikeness(t *testing.T) {
	t.Parallel()
	typed := func(in, name, kind string, required bool) string {
		return fmt.Sprintf(`{"name":%q,"in":%q,"type":%q,"required":%t},`, name, in, kind, required)
	}
	for _, test := range []struct{ name, parameter, want string }{
		{"an identifier", typed("query", "idDossier", "integer", false),
			`warning : the parameter query "idDossier" of POST /V2/Salarie resembles…dossier_key says otherwise`},
		{"a required identifier", typed("query", "idDossier", "string", true), `error : the contract requires the parameter query "idDossier"`},
		{"a dossier", typed("query", "dossier", "string", false), `warning : the parameter query "dossier"`},
		{"a required dossier", typed("query", "dossier", "string", true), `error : the contract requires the parameter query "dossier"`},
		{"a key that is not required", typed("query", "cle", "string", false), `warning : the parameter query "cle"`},
		{"a number", typed("query", "cle", "integer", true), `error : the contract requires the parameter query "cle"`},
		{"a list", typed("query", "cle", "array", true), `error : the contract requires the parameter query "cle"`},
		{"another key", typed("query", "cleSalarie", "string", false), `warning : the parameter query "cleSalarie"`},
		{"another required key", typed("header", "X-Cle-Salarie", "string", true),
			`error : the contract requires the parameter header "X-Cle-Salarie"`},
		{"against sending twice", typed("header", "Idempotency-Key", "string", false), ""},
		{"against sending twice, required", typed("header", "Idempotency-Key", "string", true),
			`error : the contract requires the parameter header "Idempotency-Key"`},
		{"of a request", typed("header", "X-Request-Key", "string", false), ""},
		{"something else", typed("query", "page", "integer", false), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, advice := check.Derive(contracttest.Document(t, `"/V2/Salarie":{`+contracttest.Call("post", test.parameter)+`}`, ""),
				contracttest.Settings())
			if got.Operation == nil || got.KeyIn != "header" || got.KeyName != "X-Cle-Dossier" {
				t.Errorf("derived %s %s", got.KeyIn, got.KeyName)
			}
			var want []string
			if test.want != "" {
				want = []string{test.want}
			}
			contracttest.Expect(t, advice, want)
		})
	}
	for _, name := range []string{"cle", "Clé", "clef", "key", "X-Key", "apiKey", "X-API-Key", "cleApi", "clefApi", "CleDossier",
		"X-Clef-Dossier", "dossier_cle", "dossierClef", "dossierKey", "keyDossier"} {
		got, _ := check.Derive(contracttest.Document(t, `"/V2/Salarie":{`+contracttest.Call("post", typed("query", name, "string", true))+`}`,
			""), contracttest.Settings())
		if got.KeyIn != "query" || got.KeyName != name {
			t.Errorf("%s: derived %s %s", name, got.KeyIn, got.KeyName)
		}
	}
}

func TestDeriveWithoutContract(t *testing.T) {
	t.Parallel()
	got, advice := check.Derive(nil, contracttest.Settings())
	if (got != check.Derived{Method: "POST", KeyIn: "header", KeyName: "X-Cle-Dossier"}) || advice != nil {
		t.Errorf("derived %+v, %v", got, advice)
	}
}

// TestDeriveFromTheSandbox: what is told to be written is found in both contracts, and leaves nothing to tell.
func TestDeriveFromTheSandbox(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		profile, path, method, in, name string
		open                            bool
	}{
		{standin.ProfileIsidoor, "/V2/Salarie", "POST", "header", "X-Cle-Dossier", false},
		{standin.ProfilePlat, "/V2/Salaries", "PUT", "query", "cle", true},
	} {
		s := contracttest.Settings()
		s.Path = test.path
		got, _ := check.Derive(contracttest.Sandbox(t, test.profile), s)
		if got.Operation == nil || got.Method != test.method || got.KeyIn != test.in || got.KeyName != test.name ||
			(got.Verb != nil) != test.open || (got.Key != nil) != test.open {
			t.Errorf("%s: derived %+v", test.profile, got)
		}
		s.Method, s.MethodSet, s.KeyIn, s.KeyName, s.KeySet = got.Method, true, got.KeyIn, got.KeyName, true
		written, advice := check.Derive(contracttest.Sandbox(t, test.profile), s)
		if wrong := contracttest.Errors(advice); len(wrong) > 0 || written.Verb != nil || written.Key != nil {
			t.Errorf("%s: told %v", test.profile, contracttest.Lines(wrong))
		}
	}
}

// What the call takes is told with it: a form, XML, nothing, or something that nobody describes.
func TestDeriveTellsWhatTheCallTakes(t *testing.T) {
	t.Parallel()
	const choose = " | choose another call: path and method in [isidoor.salarie]"
	for name, test := range map[string]struct{ call, want string }{
		"a form": {`"parameters":[{"in":"formData","name":"M","type":"string"}]`,
			"error : the contract says that POST /V2/Salarie takes application/x-www-form-urlencoded, and syncd sends JSON" + choose},
		"XML": {`"consumes":["text/xml"],"parameters":[{"in":"body","name":"s","schema":{"type":"object"}}]`,
			"error : the contract says that POST /V2/Salarie takes text/xml, and syncd sends JSON" + choose},
		"nothing": {`"parameters":[]`, "error : the contract says that POST /V2/Salarie takes no body, and syncd sends JSON" + choose},
		"a list": {`"parameters":[{"in":"body","name":"s","schema":{"type":"array","items":{"type":"string"}}}]`,
			"error : the contract says that POST /V2/Salarie takes array, not the document of one employee" + choose},
		"anything": {`"parameters":[{"in":"body","name":"s","schema":{}}]`,
			"warning : the contract does not say what POST /V2/Salarie takes: documents cannot be checked against it"},
		"other JSON": {`"consumes":["application/x+json"],"parameters":[{"in":"body","name":"s","schema":` + contracttest.Schema + `}]`,
			"warning : by the contract POST /V2/Salarie takes the JSON of application/x+json alone, and syncd sends it as application/json"},
		"a map":       {`"parameters":[{"in":"body","name":"s","schema":{"type":"object","additionalProperties":{"type":"string"}}}]`, ""},
		"as expected": {`"parameters":[{"in":"body","name":"s","schema":` + contracttest.Schema + `}]`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, advice := check.Derive(contracttest.Document(t, `"/V2/Salarie":{"post":{`+test.call+`,"responses":{}}}`, ""),
				contracttest.Settings())
			var want []string
			if test.want != "" {
				want = []string{test.want}
			}
			if contracttest.Expect(t, advice, want); got.Operation == nil {
				t.Error("the call is not found")
			}
		})
	}
}
