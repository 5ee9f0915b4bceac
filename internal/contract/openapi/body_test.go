package openapi_test

import (
	"slices"
	"strings"
	"testing"

	"syncd/internal/contract/check"
	"syncd/internal/contract/contracttest"
)

// What a call takes besides JSON is known, so that nobody takes a form for a call without a word about its body.
func TestReadWhatACallTakes(t *testing.T) {
	t.Parallel()
	old := func(root, call string) string {
		return `{"swagger":"2.0",` + root + `"paths":{"/V2/Salarie":{"post":{` + call + `"responses":{}}}}}`
	}
	const body = `"parameters":[{"in":"body","name":"s","schema":` + contracttest.Schema + `}],`
	content := func(content string) string {
		return `{"openapi":"3.0.1","paths":{"/V2/Salarie":{"post":{"requestBody":{"content":{` + content + `}}}}}}`
	}
	of := func(media ...string) string {
		for i, name := range media {
			media[i] = `"` + name + `":{"schema":` + contracttest.Schema + `}`
		}
		return content(strings.Join(media, ","))
	}
	for name, test := range map[string]struct{ text, want string }{
		"a body":                     {old("", body), "JSON"},
		"a body that is JSON":        {old("", `"consumes":["application/json; charset=utf-8"],`+body), "JSON"},
		"what Web API 2 consumes":    {old(`"consumes":["application/xml","text/json","application/x-www-form-urlencoded"],`, body), "JSON"},
		"XML":                        {old("", `"consumes":["text/xml","application/xml"],`+body), "application/xml, text/xml"},
		"XML for all":                {old(`"consumes":["application/xml"],`, body), "application/xml"},
		"XML for all, JSON here":     {old(`"consumes":["application/xml"],`, `"consumes":["application/json"],`+body), "JSON"},
		"XML for all, anything here": {old(`"consumes":["application/xml"],`, `"consumes":[],`+body), "JSON"},
		"any":                        {old("", `"consumes":["*/*"],`+body), "JSON"},
		"JSON of its own": {old("", `"consumes":["application/vnd.isidoor.v2+json"],`+body),
			"JSON as application/vnd.isidoor.v2+json"},
		"a form": {old("", `"parameters":[{"in":"formData","name":"Matricule","type":"string"}],`),
			"application/x-www-form-urlencoded"},
		"a file": {old("", `"parameters":[{"in":"formData","name":"f","type":"file"}],`), "multipart/form-data"},
		"a form that consumes JSON": {old(`"consumes":["application/json"],`, `"parameters":[{"in":"formData","name":"M","type":"string"}],`),
			"application/x-www-form-urlencoded"},
		"a form with its type": {old("", `"consumes":["multipart/form-data"],"parameters":[{"in":"formData","name":"M","type":"string"}],`),
			"multipart/form-data"},
		"a form behind a $ref": {old(`"parameters":{"f":{"in":"formData","name":"M","type":"string"}},`,
			`"parameters":[{"$ref":"#/parameters/f"}],`), "application/x-www-form-urlencoded"},
		"no body":                  {old("", ""), ""},
		"no body in OpenAPI 3":     {`{"openapi":"3.0.1","paths":{"/V2/Salarie":{"post":{}}}}`, ""},
		"JSON in OpenAPI 3":        {of("application/json"), "JSON"},
		"several, JSON among them": {of("multipart/form-data", "application/*+json", "text/json"), "JSON"},
		"a form in OpenAPI 3": {of("multipart/form-data", "application/x-www-form-urlencoded"),
			"application/x-www-form-urlencoded, multipart/form-data"},
		"XML in OpenAPI 3":              {of("Application/XML; charset=utf-8"), "application/xml"},
		"bytes":                         {of("application/octet-stream"), "application/octet-stream"},
		"a body without a media type":   {content(""), "JSON"},
		"a media type without a schema": {content(`"application/json":{}`), "JSON"},
		"JSON of its own in OpenAPI 3":  {of("application/merge-patch+json", "application/xml"), "JSON as application/merge-patch+json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := contracttest.Read(t, []byte(test.text)).Operations[0]
			got := strings.Join(op.Media, ", ")
			if op.Body != nil {
				got += "JSON"
			}
			if op.JSONType != "" {
				got += " as " + op.JSONType
			}
			if got != test.want {
				t.Errorf("it takes %q, want %q", got, test.want)
			}
		})
	}
}

// A call may stand behind a reference, as a whole or in parts.
func TestReadCallsBehindReferences(t *testing.T) {
	t.Parallel()
	const post = `{"parameters":[{"in":"body","name":"s","schema":` + contracttest.Schema + `}],"responses":{}}`
	for name, text := range map[string]string{
		"a path": `{"swagger":"2.0","x-paths":{"salarie":{"post":` + post + `}},"paths":{"/V2/Salarie":{"$ref":"#/x-paths/salarie"}}}`,
		"a verb": `{"swagger":"2.0","x-calls":{"salarie":` + post + `},"paths":{"/V2/Salarie":{"post":{"$ref":"#/x-calls/salarie"}}}}`,
		"a path, beside": `{"swagger":"2.0","x-paths":{"salarie":{"post":{}}},"paths":{"/V2/Salarie":{"$ref":"#/x-paths/salarie","post":` +
			post + `}}}`,
		"another path": `{"swagger":"2.0","paths":{"/V2/Salarie":{"$ref":"#/paths/~1V1~1Salarie"},"/V1/Salarie":{"post":` + post + `}}}`,
		"its body, in 3": `{"openapi":"3.0.1","components":{"requestBodies":{"s":{"content":{"application/json":{"schema":` +
			contracttest.Schema + `}}}}},"paths":{"/V2/Salarie":{"post":{"requestBody":{"$ref":"#/components/requestBodies/s"}}}}}`,
		"a path of 3.1": `{"openapi":"3.1.0","components":{"pathItems":{"s":{"post":{"requestBody":{"content":{"application/json":{"schema":` +
			contracttest.Schema + `}}}}}}},"paths":{"/V2/Salarie":{"$ref":"#/components/pathItems/s"}}}`,
		"twice referred":  `{"swagger":"2.0","x":{"a":{"$ref":"#/x/b"},"b":{"post":` + post + `}},"paths":{"/V2/Salarie":{"$ref":"#/x/a"}}}`,
		"escaped pointer": `{"swagger":"2.0","x":{"a b/c":{"post":` + post + `}},"paths":{"/V2/Salarie":{"$ref":"#/x/a%20b~1c"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op, _ := contracttest.Read(t, []byte(text)).Find("POST", "/V2/Salarie", "")
			if op == nil || op.Body == nil || op.Body.Property("Matricule") == nil {
				t.Errorf("found %+v", op)
			}
		})
	}
}

// A reference that leads nowhere breaks the calls that reach it, however far, and no others.
func TestBrokenReferencesBreakWhatReachesThem(t *testing.T) {
	t.Parallel()
	const whole = `"/V2/Salarie":{"post":{"parameters":[{"in":"body","name":"s","schema":{"$ref":"#/definitions/Salarie"}}],"responses":{}}}`
	const definitions = `"definitions":{"Salarie":` + contracttest.Schema + `,"A":{"properties":{"b":{"$ref":"#/definitions/B"}}},
		"B":{"allOf":[{"$ref":"#/definitions/C"}]},"C":{"additionalProperties":{"oneOf":[{"type":"string"},{"items":{"$ref":"#/definitions/Gone"}}]}}}`
	const gone = `the contract refers to "#/definitions/Gone", which it does not have`
	body := func(schema string) string {
		return `"/V2/Autre":{"put":{"parameters":[{"in":"body","name":"s","schema":` + schema + `}],"responses":{}}}`
	}
	for name, test := range map[string]struct{ other, call, problem string }{
		"its body":  {body(`{"$ref":"#/definitions/Gone"}`), "PUT /V2/Autre", gone},
		"far below": {body(`{"$ref":"#/definitions/A"}`), "PUT /V2/Autre", gone},
		"another file": {body(`{"$ref":"salarie.yaml#/Salarie"}`), "PUT /V2/Autre",
			`the contract refers to another file or host, which syncd does not read: "salarie.yaml"`},
		"a parameter": {`"/V2/Autre":{"get":{"parameters":[{"$ref":"#/parameters/p"}]}}`, "GET /V2/Autre",
			`the contract refers to "#/parameters/p", which it does not have`},
		"a parameter for all": {`"/V2/Autre":{"parameters":[{"$ref":"#/parameters/p"}],"get":{}}`, "GET /V2/Autre",
			`the contract refers to "#/parameters/p", which it does not have`},
		"a verb": {`"/V2/Autre":{"put":{"$ref":"./put.json"}}`, "PUT /V2/Autre",
			`the contract refers to another file or host, which syncd does not read: "./put.json"`},
		"a whole path": {`"/V2/Autre":{"$ref":"./autre.json"}`, "/V2/Autre",
			`the contract refers to another file or host, which syncd does not read: "./autre.json"`},
		"a circle": {`"/V2/Autre":{"$ref":"#/paths/~1V2~1Autre"}`, "/V2/Autre", "the contract has a $ref that leads back to itself"},
		"half of a path": {`"/V2/Autre":{"$ref":"./autre.json","get":{}}`, "GET /V2/Autre",
			`the contract refers to another file or host, which syncd does not read: "./autre.json"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := contracttest.Read(t, []byte(`{"swagger":"2.0",`+definitions+`,"paths":{`+whole+`,`+test.other+`}}`))
			if want := test.call + ": " + test.problem; !slices.Equal(contracttest.Said(d.Notes), []string{want}) {
				t.Errorf("noted %q\nwant %q", d.Notes, want)
			}
			s := contracttest.Settings()
			got, advice := check.Derive(d, s)
			if got.Operation == nil || got.Broken != nil || len(advice) > 0 && advice[0].Level == check.LevelError {
				t.Errorf("the configured call: %+v, %+v", got, advice)
			}
			s.Path, s.Method = "/V2/Autre", "PUT"
			got, advice = check.Derive(d, s)
			if strings.HasPrefix(test.call, "GET") {
				return // no documents go by it
			}
			if got.Operation != nil || got.Broken == nil || len(advice) == 0 || advice[0].Level != check.LevelError ||
				!strings.HasPrefix(contracttest.Lines(advice)[0], "error : "+test.call+": "+test.problem+" | ") {
				t.Errorf("a broken call that is configured: %+v, %+v", got, advice)
			}
		})
	}
}
