package diff_test

import (
	"fmt"
	"strings"
	"testing"

	"syncd/internal/contract/contracttest"
	"syncd/internal/contract/diff"
	"syncd/internal/contract/openapi"
)

func TestCompareBodies(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, before, after, want string }{
		{"words only", `{"description":"a","properties":{"A":{"description":"b"}}}`, `{"description":"c","properties":{"A":{"description":"d"}}}`,
			""},
		{"removed", `{"properties":{"A":{"type":"string","format":"date"},"B":{}}}`, `{"properties":{"B":{}}}`,
			`! member-removed A: "string(date)" > ""`},
		{"read-only and removed", `{"properties":{"A":{"readOnly":true},"B":{}}}`, `{"properties":{"B":{}}}`, `  member-removed A: "any" > ""`},
		{"added", `{"properties":{"B":{}}}`, `{"properties":{"A":{"type":"string"},"B":{}}}`, `  member-added A: "" > "string"`},
		{"required and new", `{"properties":{"B":{}}}`, `{"required":["A"],"properties":{"A":{"type":"string"},"B":{}}}`,
			`! member-required A: "" > "string"`},
		{"newly required", `{"properties":{"A":{"type":"string"}}}`, `{"required":["A"],"properties":{"A":{"type":"string"}}}`,
			`! member-required A: "" > "string"`},
		{"no longer required", `{"required":["A"],"properties":{"A":{}}}`, `{"properties":{"A":{}}}`, `  member-optional A: "" > ""`},
		{"narrowed and widened", `{"properties":{"A":{"type":"number"},"B":{"type":"integer"}}}`,
			`{"properties":{"A":{"type":"integer"},"B":{"type":"number"}}}`,
			"! type-narrowed A: \"number\" > \"integer\"\n  widened B: \"integer\" > \"number\""},
		{"any type", `{"properties":{"A":{"nullable":false}}}`, `{"properties":{"A":{"type":"string","maxLength":3}}}`,
			"! limit-narrowed A: \"\" > \"<= 3\"\n! type-narrowed A: \"any\" > \"string\""},
		{"another type", `{"properties":{"A":{"type":"string","maxLength":3}}}`, `{"properties":{"A":{"type":"integer"}}}`,
			`! type-narrowed A: "string" > "integer"`},
		{"an array", `{"properties":{"A":{"type":"string"}}}`, `{"properties":{"A":{"type":"array","items":{"type":"string"}}}}`,
			`! type-narrowed A: "string" > "array"`},
		{"null no longer", `{"properties":{"A":{"type":"string","nullable":true}}}`, `{"properties":{"A":{"type":"string"}}}`,
			`! type-narrowed A: "string, null" > "string"`},
		{"null too", `{"properties":{"A":{"type":"string"}}}`, `{"properties":{"A":{"type":"string","nullable":true}}}`,
			`  widened A: "string" > "string, null"`},
		{"enum", `{"enum":["a","b"]}`, `{"enum":["b","c"]}`, "! enum-narrowed : \"a\" > \"\"\n  widened : \"\" > \"c\""},
		{"a new enum", `{"type":"string"}`, `{"type":"string","enum":["b"]}`, `! enum-narrowed : "" > "b"`},
		{"no enum any more", `{"type":"string","enum":["b"]}`, `{"type":"string"}`, `  widened : "b" > ""`},
		{"format", `{"type":"string"}`, `{"type":"string","format":"date"}`, `! format-narrowed : "" > "date"`},
		{"a wider format", `{"type":"string","format":"date"}`, `{"type":"string","format":"date-time"}`, `  widened : "date" > "date-time"`},
		{"formats that demand nothing", `{"type":"number"}`, `{"type":"number","format":"double"}`, ""},
		{"pattern", `{"type":"string","pattern":"a"}`, `{"type":"string","pattern":"b"}`, `! format-narrowed : "a" > "b"`},
		{"limits", `{"type":"number","minimum":0,"maximum":10,"multipleOf":0.02}`,
			`{"type":"number","minimum":0,"exclusiveMinimum":true,"maximum":11,"multipleOf":0.01}`,
			"! limit-narrowed : \">= 0\" > \"> 0\"\n  widened : \"<= 10\" > \"<= 11\"\n  widened : \"multiple of 0.02\" > \"multiple of 0.01\""},
		{"lengths", `{"type":"string","maxLength":10}`, `{"type":"string","maxLength":9,"minLength":1}`,
			"! limit-narrowed : \"\" > \">= 1\"\n! limit-narrowed : \"<= 10\" > \"<= 9\""},
		{"unique", `{"type":"array","items":{}}`, `{"type":"array","items":{},"uniqueItems":true}`, `! limit-narrowed : "" > "unique"`},
		{"closed", `{"type":"object"}`, `{"type":"object","additionalProperties":false}`, `! type-narrowed : "object" > "object (closed)"`},
		{"other members", `{"type":"object"}`, `{"type":"object","additionalProperties":{"type":"string"}}`,
			`! type-narrowed *: "any" > "string"`},
		{"read-only", `{"properties":{"A":{}}}`, `{"properties":{"A":{"readOnly":true}}}`, `! member-read-only A: "" > ""`},
		{"elements", `{"properties":{"E":{"type":"array","items":{"properties":{"C":{"type":"string"}}}}}}`,
			`{"properties":{"E":{"type":"array","items":{"properties":{"C":{"type":"string","maxLength":2}}}}}}`,
			`! limit-narrowed E[].C: "" > "<= 2"`},
		{"an alternative more", `{"anyOf":[{"type":"string"},{"type":"integer"}]}`,
			`{"anyOf":[{"type":"integer"},{"type":"boolean"},{"type":"string"}]}`, `  widened : "string | integer" > "integer | boolean | string"`},
		{"an alternative less", `{"anyOf":[{"type":"string"},{"type":"integer"},{"type":"boolean"}]}`,
			`{"anyOf":[{"type":"string"},{"type":"integer"}]}`, `! type-narrowed : "string | integer | boolean" > "string | integer"`},
		{"breaking first", `{"properties":{"A":{"type":"string"},"Z":{"type":"string"}}}`,
			`{"properties":{"A":{"type":"string","maxLength":1},"B":{},"Z":{"type":"integer"}}}`,
			"! limit-narrowed A: \"\" > \"<= 1\"\n! type-narrowed Z: \"string\" > \"integer\"\n  member-added B: \"\" > \"any\""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			before, after := contracttest.Read(t, contracttest.OpenAPI3(test.before, "")).Operations[0],
				contracttest.Read(t, contracttest.OpenAPI3(test.after, "")).Operations[0]
			got := contracttest.Changes(diff.Compare(before, after))
			if got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestCompareOfCircularSchemas(t *testing.T) {
	t.Parallel()
	circle := func(extra string) *openapi.Operation {
		return contracttest.Read(t, contracttest.OpenAPI3(`{"$ref":"#/components/schemas/A"}`,
			`"A":{"properties":{"N":{"$ref":"#/components/schemas/A"},"O":{"$ref":"#/components/schemas/B"},"V":{"type":"string"`+extra+`}}},
			 "B":{"anyOf":[{"$ref":"#/components/schemas/B"},{"$ref":"#/components/schemas/A"}]}`)).Operations[0]
	}
	got := contracttest.Changes(diff.Compare(circle(""), circle(`,"maxLength":5`)))
	if !strings.Contains(got, `! limit-narrowed V: "" > "<= 5"`) {
		t.Errorf("got\n%s", got)
	}
}

func TestCompareCalls(t *testing.T) {
	t.Parallel()
	parameter := func(name, in string, required bool) openapi.Parameter {
		return openapi.Parameter{Name: name, In: in, Required: required}
	}
	call := func(parameters ...openapi.Parameter) *openapi.Operation {
		return &openapi.Operation{Method: "POST", Path: "/Api2/V2/Salarie", Base: "/Api2", Parameters: parameters}
	}
	keyed := call()
	keyed.Keys = []openapi.KeyScheme{{Name: "cle", In: "query"}}
	other := call()
	other.Method = "PUT"
	tests := []struct {
		name          string
		before, after *openapi.Operation
		want          string
	}{
		{"absent", nil, nil, ""},
		{"new", nil, call(), `  operation-added : "" > ""`},
		{"gone", call(), nil, `! operation-removed : "" > ""`},
		{"another verb", call(), other, `! operation-removed : "POST /V2/Salarie" > "PUT /V2/Salarie"`},
		{"a required parameter", call(), call(parameter("p", "query", true)), `! parameter-added p: "" > "query p"`},
		{"newly required", call(parameter("p", "query", false)), call(parameter("p", "query", true)), `! parameter-added p: "" > "query p"`},
		{"an optional parameter", call(), call(parameter("p", "query", false)), `  member-added p: "" > "query p"`},
		{"no longer asked for", call(parameter("p", "query", true)), call(), `  member-optional p: "query p" > ""`},
		{"moved", call(parameter("X-Cle", "header", true)), call(parameter("xcle", "query", true)),
			`! parameter-moved xcle: "header X-Cle" > "query xcle"`},
		{"moved and renamed", call(parameter("X-Cle-Dossier", "header", true)), keyed,
			`! parameter-moved cle: "header X-Cle-Dossier" > "query cle"`},
		{"the same header", call(parameter("X-Cle", "header", true)), call(parameter("x-cle", "header", true)), ""},
		{"names in the path", call(parameter("dossier", "path", true)), call(parameter("cle", "path", true)), ""},
		{"a body", call(), &openapi.Operation{Method: "POST", Path: "/V2/Salarie", Body: &openapi.Schema{Type: openapi.TypeObject}},
			`  widened : "" > "object"`},
		{"a form instead of JSON", &openapi.Operation{Method: "POST", Path: "/V2/Salarie", Body: &openapi.Schema{Type: openapi.TypeObject}},
			&openapi.Operation{Method: "POST", Path: "/V2/Salarie", Media: []string{"multipart/form-data"}},
			`! type-narrowed : "object" > "multipart/form-data"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			changes := diff.Compare(test.before, test.after)
			if got := contracttest.Changes(changes); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			for _, change := range changes {
				if !strings.HasSuffix(change.Operation, " /V2/Salarie") {
					t.Errorf("operation %q", change.Operation)
				}
			}
		})
	}
}

// However much is new, what breaks is told.
func TestAdditionsHideNothing(t *testing.T) {
	t.Parallel()
	schema := func(y string, more int) string {
		properties := []string{`"Y":{"type":"` + y + `"}`, `"Z":{"type":"` + y + `"}`}
		for i := range more {
			properties = append(properties, fmt.Sprintf(`"A%04d":{"type":"string"}`, i))
		}
		return `{"type":"object","properties":{` + strings.Join(properties, ",") + `}}`
	}
	before := contracttest.Read(t, contracttest.Swagger2(schema("string", 0), "")).Operations[0]
	after := contracttest.Read(t, contracttest.Swagger2(schema("integer", 2_000), "")).Operations[0]
	changes := diff.Compare(before, after)
	if len(changes) < 3 || !changes[0].Breaking || !changes[1].Breaking || changes[0].Path != "Y" || changes[1].Path != "Z" ||
		changes[2].Breaking {
		t.Errorf("%d changes: %+v", len(changes), changes[:min(3, len(changes))])
	}
}
