package openapi_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"syncd/internal/contract/check"
	"syncd/internal/contract/contracttest"
	"syncd/internal/contract/diff"
	"syncd/internal/contract/openapi"
	"syncd/internal/mapping"
)

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	body := func(schema string) string { return string(contracttest.Swagger2(schema, "")) }
	tests := []struct{ name, text, problem string }{
		{"nothing", "", "the document is empty"},
		{"white space", " \r\n\t", "the document is empty"},
		{"a byte order mark", "\uFEFF", "the document is empty"},
		{"a login page", "<!DOCTYPE html>\n<html><body>Connexion</body></html>",
			"the document is an HTML page, such as a login page or Swagger's own page, not a contract"},
		{"XML", `<?xml version="1.0"?><Error/>`, "the document is XML or HTML, not a contract"},
		{"half a document", `{"swagger":"2.0","paths":{`, "the document is neither JSON nor YAML: line 1: it ends before it is complete"},
		{"more behind its end, and an escape that YAML has not", "{\"swagger\":\"2.0\",\"x\":\"\\ud83d\\ude00\"}]",
			"the document is neither JSON nor YAML: line 1: there is more behind the end of the JSON document"},
		{"a comma too many", "{\"swagger\":\"2.0\",\n\"info\":{},,\n\"paths\":{}}",
			"the document is neither JSON nor YAML: line 2: invalid character ',' looking for beginning of object key string"},
		{"a comma too few", "{\n\"swagger\":\"2.0\"\n\"paths\":{}}",
			"the document is neither JSON nor YAML: line 3: invalid character '\"' after object key:value pair"},
		{"a comma too few behind a comment", "// made\n// by hand\n{\n\"swagger\":\"2.0\"\n\"paths\":{}}",
			"the document is neither JSON nor YAML: line 5: invalid character '\"' after object key:value pair"},
		{"YAML of a wrong indent", "swagger: '2.0'\npaths:\n  /a: {}\n b: 2\n",
			"the document is neither JSON nor YAML: near line 3: did not find expected key"},
		{"an unknown alias", "swagger: '2.0'\nx: *a\n", "the document is neither JSON nor YAML: unknown anchor 'a' referenced"},
		{"damaged gzip", "\x1f\x8b\x08 what is this", "the document is gzip, and damaged"},
		{"plain text", "Not Found", "the document is neither a JSON object nor a YAML mapping"},
		{"an array", `[{"swagger":"2.0"}]`, "the document is neither a JSON object nor a YAML mapping"},
		{"null", `null`, "the document is neither a JSON object nor a YAML mapping"},
		{"20 MB", `{"swagger":"2.0","x":"` + strings.Repeat("a", 20<<20) + `"}`, "the document is larger than 10 MiB"},
		{"many values", `{"swagger":"2.0","x":[` + strings.Repeat("0,", 2_000_000) + `0]}`, "the document holds more than 1000000 values"},
		{"many lines of YAML", "swagger: '2.0'\nx:\n" + strings.Repeat("- a\n", 1_000_000), "the document holds more than 1000000 values"},
		{"deep JSON", strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300), "the document is nested more than 200 levels deep"},
		{"deeper JSON", strings.Repeat(`[`, 5_000_000), "the document is nested more than 200 levels deep"},
		{"deep YAML", "swagger: " + strings.Repeat("[", 300) + strings.Repeat("]", 300), "the document is nested more than 200 levels deep"},
		{"deeper YAML", "- " + strings.Repeat("- ", 100_000) + "a", "the document is nested more than 200 levels deep"},
		{"an answer of the API", `{"Message":"Not Found"}`,
			"the document is neither Swagger 2.0 nor OpenAPI 3: it has no member swagger or openapi"},
		{"Swagger 1.2", `{"swagger":"1.2","apis":[]}`, `the document is Swagger "1.2"; syncd reads Swagger 2.0 and OpenAPI 3`},
		{"OpenAPI 4", `{"openapi":"4.0.0"}`, `the document is OpenAPI "4.0.0"; syncd reads Swagger 2.0 and OpenAPI 3`},
		{"no operation", `{"swagger":"2.0","paths":{"/V2/Salarie":{"parameters":[]}}}`, "the contract has no operation at all"},
		{"no paths", `{"openapi":"3.0.0"}`, "the contract has no operation at all"},
		{"a missing $ref", body(`{"$ref":"#/definitions/Salarie"}`), `the contract refers to "#/definitions/Salarie", which it does not have`},
		{"a missing $ref of an array", body(`{"items":{"$ref":"#/paths/~1V2~1Salarie/post/parameters/7"}}`),
			`the contract refers to "#/paths/~1V2~1Salarie/post/parameters/7", which it does not have`},
		{"another file", body(`{"$ref":"../../../etc/passwd#/a"}`),
			`the contract refers to another file or host, which syncd does not read: "../../../etc/passwd"`},
		{"another host, and no secret", body(`{"$ref":"https://user:secret@127.0.0.1/x.json?key=secret#/a"}`),
			`the contract refers to another file or host, which syncd does not read: "https://127.0.0.1/x.json"`},
		{"a parameter that refers to itself", `{"swagger":"2.0","paths":{"/a":{"get":{"parameters":[{"$ref":"#/parameters/p"}]}}},"parameters":{"p":{"$ref":"#/parameters/p"}}}`,
			"the contract has a $ref that leads back to itself"},
		{"a bomb", bomb(9, 10), "the document holds more than 1000000 values"},
		{"a bomb of merges", mergeBomb(9, 10), "the document holds more than 1000000 values"},
		{"a bomb of long texts", "swagger: '2.0'\na: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.Repeat("*a,", 1000) + "]\n",
			"the document holds more than 1000000 values"},
		{"a bomb of long names", "swagger: '2.0'\na: &a {" + strings.Repeat("x", 1000) + ": 1}\nb: &b [" + strings.Repeat("*a,", 1000) +
			"]\nc: [" + strings.Repeat("*b,", 1000) + "]\n", "the document holds more than 1000000 values"},
		{"deep by aliases", bomb(300, 1), "the document is nested more than 200 levels deep"},
		{"an anchor that holds itself", "swagger: '2.0'\na: &a [*a]\n", "the YAML document has an anchor that holds itself"},
		{"an anchor that merges itself", "swagger: '2.0'\na: &a {<<: *a}\n", "the YAML document has an anchor that holds itself"},
		{"a merge of no mapping", "swagger: '2.0'\na: &a [1]\nb: {<<: *a}\n", "the YAML document merges (<<) what is no mapping"},
		{"odd names", "swagger: '2.0'\n? [a, b]\n: c\n", "the YAML document has a member whose name is no text"},
		{"no text", "\x00\x01\x02", "the document is no text"},
		{"a workbook", "PK\x03\x04\x14\x00\x06\x00" + strings.Repeat("\x00", 100), "the document is no text"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := openapi.Read([]byte(test.text))
			var refused *openapi.ReadError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, want a ReadError", err)
			}
			if problem, hint := refused.Told(); problem != test.problem || hint == "" {
				t.Errorf("got %q (hint %q), want %q", problem, hint, test.problem)
			}
			if !strings.Contains(err.Error(), "\nhint: ") {
				t.Errorf("no hint in %q", err)
			}
		})
	}
}

// bomb is YAML whose lists contain lists that contain lists, each some times.
func bomb(levels, times int) string {
	text := "swagger: '2.0'\na0: &a0 [x]\n"
	for i := 1; i < levels; i++ {
		text += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), times))
	}
	return text
}

// mergeBomb is the same with mappings that are merged.
func mergeBomb(levels, times int) string {
	text := "swagger: '2.0'\na0: &a0 {x: 1}\n"
	for i := 1; i < levels; i++ {
		text += fmt.Sprintf("a%d: &a%d {<<: [%s], y%d: [%s]}\n", i, i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), times), i,
			strings.Repeat(fmt.Sprintf("*a%d,", i-1), times))
	}
	return text
}

func TestReadFetchesNothing(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s was asked for", r.URL.Path)
	}))
	defer server.Close()
	for _, text := range [][]byte{
		contracttest.Swagger2(`{"$ref":"`+server.URL+`/s.json#/Salarie"}`, ""),
		contracttest.OpenAPI3(`{"allOf":[{"$ref":"`+server.URL+`/s.json"}]}`, ""),
		[]byte(`{"openapi":"3.0.0","paths":{"/a":{"$ref":"` + server.URL + `/p.json"}}}`),
		[]byte(`{"swagger":"2.0","paths":{"/a":{"get":{"parameters":[{"$ref":"//` + strings.TrimPrefix(server.URL, "http://") + `/p.json"}]}}}}`),
	} {
		if _, err := openapi.Read(text); err == nil || !strings.Contains(err.Error(), "another file or host") {
			t.Errorf("got %v, want a refusal", err)
		}
	}
}

// What syncd does not use may be wrong: answers, and definitions that nothing refers to.
func TestReadIgnoresWhatIsNotUsed(t *testing.T) {
	t.Parallel()
	text := strings.Replace(string(contracttest.Swagger2(`{"type":"object"}`, `"Unused":{"$ref":"http://127.0.0.1:1/x"}`)),
		`"description":"OK"`, `"schema":{"$ref":"#/definitions/Missing"}`, 1)
	contracttest.Read(t, []byte(text))
}

func TestReadManySchemas(t *testing.T) {
	t.Parallel()
	var definitions, properties []string
	for i := range 60_000 {
		definitions = append(definitions, fmt.Sprintf(`"S%d":{"type":"string"}`, i))
		properties = append(properties, fmt.Sprintf(`"p%d":{"$ref":"#/definitions/S%d"}`, i, i))
	}
	contracttest.Read(t, contracttest.Swagger2(`{"$ref":"#/definitions/S1"}`, strings.Join(definitions, ",")))
	_, err := openapi.Read(contracttest.Swagger2(`{"properties":{`+strings.Join(properties, ",")+`}}`, strings.Join(definitions, ",")))
	if err == nil || !strings.HasPrefix(err.Error(), "the calls of the contract need more than 50000 schemas") {
		t.Errorf("got %v, want a refusal", err)
	}
}

// Each of many schemas takes over the members of one that has many: allOf would copy millions.
func TestReadOfCopiesIsBounded(t *testing.T) {
	t.Parallel()
	var properties, parts []string
	for i := range 2_000 {
		properties = append(properties, fmt.Sprintf(`"p%d":{}`, i))
		parts = append(parts, fmt.Sprintf(`"q%d":{"allOf":[{"$ref":"#/definitions/Large"}],"properties":{"own":{}}}`, i))
	}
	_, err := openapi.Read(contracttest.Swagger2(`{"properties":{`+strings.Join(parts, ",")+`}}`,
		`"Large":{"properties":{`+strings.Join(properties, ",")+`}}`))
	if err == nil || !strings.HasPrefix(err.Error(), "the schemas of the contract have more than 1000000 members") {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestReadOfAllOf(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, schema, definitions, document, want, note string }{
		{"recursive", `{"$ref":"#/definitions/A"}`, `"A":{"allOf":[{"$ref":"#/definitions/B"}],"required":["a"],"properties":{"a":{"type":"string"}}},
			"B":{"allOf":[{"$ref":"#/definitions/A"}],"properties":{"b":{"type":"integer"}}}`,
			`{"b":"x"}`, "required /a want \"string\" got \"\"\nwrong-type /b want \"integer\" got \"string\"", "leads back to itself"},
		{"a $ref to itself", `{"$ref":"#/definitions/A"}`,
			`"A":{"$ref":"#/definitions/B","description":"x"},"B":{"$ref":"#/definitions/A","description":"y"}`, `{"b":"x"}`, "",
			"leads back to itself"},
		{"conflicting types", `{"allOf":[{"type":"string"},{"type":"object","properties":{"a":{}}}]}`, ``, `1`, "",
			"contradict one another (string, object)"},
		{"conflicting values", `{"allOf":[{"enum":["a"]},{"enum":["b"]}]}`, ``, `"c"`, "", "list different values"},
		{"common values", `{"allOf":[{"enum":["a","b"]},{"enum":["b","c"]}]}`, ``, `"a"`, `not-listed  want "b" got "string"`, ""},
		{"integer and number", `{"allOf":[{"type":"number"},{"type":"integer"}]}`, ``, `1.5`, `wrong-type  want "integer" got "number"`, ""},
		{"the narrower limits", `{"allOf":[{"type":"number","minimum":1,"maximum":9},{"minimum":2,"maximum":10}]}`, ``, `1`,
			`out-of-range  want ">= 2" got "number"`, ""},
		{"one member of two parts", `{"allOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"a":{"maxLength":1}}}]}`, ``, `{"a":"ab"}`,
			`too-long /a want "1" got "2"`, ""},
		{"circles of two parts", `{"allOf":[{"$ref":"#/definitions/A"},{"$ref":"#/definitions/B"}]}`,
			`"A":{"properties":{"n":{"$ref":"#/definitions/A"},"v":{"type":"string"}}},"B":{"properties":{"n":{"$ref":"#/definitions/B"},"v":{"maxLength":1}}}`,
			`{"n":{"n":{"v":"ab"}}}`, `too-long /n/n/v want "1" got "2"`, ""},
		{"derived and closed", `{"$ref":"#/definitions/D"}`,
			`"D":{"allOf":[{"$ref":"#/definitions/B"}],"properties":{"d":{}},"additionalProperties":false},
			"B":{"properties":{"b":{}},"additionalProperties":false}`, `{"b":1,"d":1,"x":1}`, `unknown-member /x want "b" got ""`, ""},
		{"beside a $ref", `{"properties":{"a":{"$ref":"#/definitions/A","readOnly":true}},"required":["a"]}`, `"A":{"type":"object"}`, `{}`, "",
			""},
		{"a pattern that Go cannot compile", `{"properties":{"Nir":{"pattern":"^(?!0)"}}}`, ``, `{}`, "",
			`Nir: Go cannot read the pattern "^(?!0)"`},
		{"a pattern of a large program", `{"pattern":"(x{900}){900}"}`, ``, `"y"`, "", "Go cannot read the pattern"},
		{"not", `{"not":{"type":"string"}}`, ``, `"y"`, "", `"not" is not checked`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			document := contracttest.Read(t, contracttest.Swagger2(test.schema, test.definitions))
			got := contracttest.Problems(check.NewChecker(document.Operations[0].Body).Check([]byte(test.document)))
			if got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			if notes := strings.Join(contracttest.Said(document.Notes), "\n"); !strings.Contains(notes, test.note) ||
				test.note == "" && notes != "" {
				t.Errorf("notes %q, want %q", notes, test.note)
			}
		})
	}
}

func TestReadKeepsTheLastOfMembersThatRepeatAName(t *testing.T) {
	t.Parallel()
	document := contracttest.Read(t, contracttest.Swagger2(`{"type":"string","type":"integer"}`, ""))
	if got := document.Operations[0].Body.Type; got != openapi.TypeInteger {
		t.Errorf("type %q, want integer", got)
	}
}

func TestReadOperation(t *testing.T) {
	t.Parallel()
	document := contracttest.Read(t, []byte(`{"swagger":"2.0","info":{"title":"Paie"},"basePath":"/Api2/","security":[{"cle":[]}],
		"securityDefinitions":{"cle":{"type":"apiKey","name":"X-Cle","in":"header"},"oauth":{"type":"oauth2"},"z":{"type":"apiKey","name":"z","in":"query"}},
		"parameters":{"p":{"name":"periode","in":"query","type":"string","pattern":"x","required":true}},
		"paths":{"/V2/Salarie":{"parameters":[{"$ref":"#/parameters/p"},{"name":"a","in":"header","type":"integer"}],
			"post":{"operationId":"Salarie_Post","summary":" Envoie ","parameters":[{"name":"a","in":"header","type":"string"},{"name":"f","in":"formData","type":"file"},
				{"name":"b","in":"body","schema":{"$ref":"#/definitions/Salarie"}}]},
			"get":{"security":[]}}},"definitions":{"Salarie":{"type":"object","description":"d"}}}`))
	if document.Version != "2.0" || document.Title != "Paie" || len(document.Digest) != 64 || len(document.Keys) != 2 {
		t.Errorf("document: %+v", document)
	}
	if len(document.Operations) != 2 || document.Operations[0].Method != "GET" || document.Operations[0].Keys != nil {
		t.Fatalf("operations: %+v", document.Operations)
	}
	post := document.Operations[1]
	if post.ID != "Salarie_Post" || post.Path != "/Api2/V2/Salarie" || post.Base != "/Api2" || post.Summary != "Envoie" || post.BodyRequired {
		t.Errorf("operation: %+v", post)
	}
	if !slices.Equal(post.Keys, []openapi.KeyScheme{{Name: "X-Cle", In: "header"}}) {
		t.Errorf("keys: %+v", post.Keys)
	}
	if len(post.Parameters) != 2 || !post.Parameters[0].Required || post.Parameters[0].Schema.PatternText != "x" ||
		post.Parameters[1].Schema.Type != openapi.TypeString {
		t.Errorf("parameters: %+v", post.Parameters)
	}
	if post.Body.Name != "Salarie" || post.Body.Description != "d" {
		t.Errorf("body: %+v", post.Body)
	}
}

func TestReadOpenAPI3(t *testing.T) {
	t.Parallel()
	document := contracttest.Read(t, []byte(`{"openapi":"3.0.1","servers":[{"url":"https://{host}/{root}","variables":{"host":{"default":"localhost"},"root":{"default":"Api2"}}}],
		"components":{"requestBodies":{"R":{"required":true,"content":{"text/plain":{"schema":{"type":"string"}},"text/json":{"schema":{"type":"boolean"}},
			"application/json; charset=utf-8":{"schema":{"type":"object"}}}}},"securitySchemes":{"k":{"type":"apiKey","in":"query","name":"cle"}}},
		"paths":{"/a":{"servers":[{"url":"/other"}],"put":{"requestBody":{"$ref":"#/components/requestBodies/R"},"security":[{"k":[]}]}},
			"/b":{"get":{"parameters":[{"name":"q","in":"query","content":{"application/json":{"schema":{"type":"integer"}}}},{"name":"r","in":"query"}]}}}}`))
	put, get := document.Operations[0], document.Operations[1]
	if put.Path != "/other/a" || !put.BodyRequired || put.Body.Type != openapi.TypeObject || len(put.Keys) != 1 {
		t.Errorf("put: %+v", put)
	}
	if get.Path != "/Api2/b" || get.Body != nil || get.Parameters[0].Schema.Type != openapi.TypeInteger || get.Parameters[1].Schema == nil {
		t.Errorf("get: %+v", get)
	}
}

func TestReadYAMLLikeJSON(t *testing.T) {
	t.Parallel()
	yaml := contracttest.Read(t, []byte(`# a comment
swagger: "2.0"
info: {title: Paie, version: v1}
paths:
  /V2/Salarie:
    post:
      parameters:
        - name: s
          in: body
          required: true
          schema:
            type: object
            properties:
              Code: {type: string, enum: [01, "02"]}
              Taux: {type: number, maximum: 1e2, minimum: .5}
              Debut: {type: string, default: 2026-11-30}
      responses:
        200: {description: OK}
`))
	json := contracttest.Read(t, []byte(`{"paths":{"/V2/Salarie":{"post":{"parameters":[{"in":"body","name":"s","required":true,"schema":{"properties":{
		"Code":{"enum":["01","02"],"type":"string"},"Debut":{"default":"2026-11-30","type":"string"},"Taux":{"maximum":100.0,"minimum":0.5,"type":"number"}},"type":"object"}}],
		"responses":{"200":{"description":"OK"}}}}},"swagger":"2.0","info":{"version":"v1","title":"Paie"}}`))
	if yaml.Digest != json.Digest {
		t.Error("the same document has two digests")
	}
	if got := yaml.Operations[0].Body.Property("Code").Schema.Enum; !slices.Equal(got, []string{`"01"`, `"02"`}) {
		t.Errorf("enum %v", got)
	}
	unquoted := contracttest.Read(t, []byte("swagger: 2.0\npaths: {/a: {get: {}}}"))
	if unquoted.Version != "2.0" {
		t.Errorf("version %q", unquoted.Version)
	}
}

// Anchors, aliases and merges stand for what they stand for: the document is the one without them.
func TestReadAnchors(t *testing.T) {
	t.Parallel()
	yaml := contracttest.Read(t, []byte(`%YAML 1.2
%TAG ! tag:example.org,2000:
---
# written by hand
openapi: 3.0.3
x-common:
  text: &text {type: string, maxLength: 80}
  base: &base
    type: object
    required: &required [Matricule]
    properties: &properties
      Matricule: *text
  more: &more {description: more, type: object}
paths:
  /V2/Salarie:
    post:
      requestBody:
        content:
          application/json:
            schema:
              <<: [*base, *more]
              properties:
                <<: *properties
                Nom: {<<: *text, maxLength: 30}
                "<<": {type: string}
      responses: &responses {200: {description: OK}}
`))
	json := contracttest.Read(t, []byte(`{"openapi":"3.0.3","x-common":{"text":{"type":"string","maxLength":80},
		"base":{"type":"object","required":["Matricule"],"properties":{"Matricule":{"type":"string","maxLength":80}}},"more":{"description":"more","type":"object"}},
		"paths":{"/V2/Salarie":{"post":{"requestBody":{"content":{"application/json":{"schema":{"type":"object","description":"more","required":["Matricule"],
		"properties":{"Matricule":{"type":"string","maxLength":80},"Nom":{"type":"string","maxLength":30},"<<":{"type":"string"}}}}}},"responses":{"200":{"description":"OK"}}}}}}`))
	if yaml.Digest != json.Digest {
		t.Error("the document is another one than without anchors")
	}
}

// However a contract is written, packed or introduced, it is the same one.
func TestReadOddForms(t *testing.T) {
	t.Parallel()
	text := string(contracttest.Swagger2(`{"type":"object","properties":{"Prénom":{"type":"string"}}}`, ""))
	want := contracttest.Read(t, []byte(text)).Digest
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(text)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	wide := []byte("\xff\xfe")
	for _, unit := range utf16.Encode([]rune(text)) {
		wide = binary.LittleEndian.AppendUint16(wide, unit)
	}
	for name, given := range map[string]string{
		"gzip":                       packed.String(),
		"UTF-16":                     string(wide),
		"UTF-16 without a mark":      string(wide[2:]),
		"Latin-1":                    strings.ReplaceAll(text, "é", "\xe9"),
		"a comment of JavaScript":    "// generated on 2026-11-30\n/* by\n hand */\n" + text,
		"a comment of YAML":          "# generated\n\n  # twice\n" + text,
		"a mark behind the packing":  "\uFEFF\n" + text,
		"a directive":                "%YAML 1.2\n---\n" + text,
		"JSON with tabs":             "# generated\n" + strings.ReplaceAll(text, ",", ",\n\t"),
		"the end of a YAML document": "---\n" + text + "\n...\n",
	} {
		d, err := openapi.Read([]byte(given))
		if err != nil || d.Digest != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDigestIgnoresTheForm(t *testing.T) {
	t.Parallel()
	compact := contracttest.Swagger2(`{"maximum":1.50}`, "")
	spaced := bytes.ReplaceAll(bytes.ReplaceAll(compact, []byte(","), []byte(" ,\n ")), []byte("1.50"), []byte("15e-1"))
	if contracttest.Read(t, compact).Digest != contracttest.Read(t, spaced).Digest {
		t.Error("white space or the form of a number counts")
	}
	if contracttest.Read(t, compact).Digest == contracttest.Read(t, contracttest.Swagger2(`{"maximum":1.51}`, "")).Digest {
		t.Error("a change does not count")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(contracttest.Swagger2(`{"$ref":"#/definitions/A"}`,
		`"A":{"allOf":[{"$ref":"#/definitions/A"}],"anyOf":[{},{"type":"string"}],"pattern":"a","enum":[1,null]}`))
	f.Add(contracttest.OpenAPI3(`{"properties":{"a":{"$ref":"#/components/schemas/A"}}}`,
		`"A":{"type":"array","items":{"$ref":"#/components/schemas/A"}}`))
	f.Add([]byte("swagger: '2.0'\npaths:\n  /a:\n    get: {}\n"))
	f.Add([]byte("<html>"))
	f.Add(contracttest.BenchmarkContract(f))
	f.Fuzz(func(t *testing.T, text []byte) {
		document, err := openapi.Read(text)
		if err != nil {
			var refused *openapi.ReadError
			if !errors.As(err, &refused) {
				t.Fatalf("%T is no ReadError", err)
			}
			if refused.Code == "contract.unreadable" {
				t.Fatal("reading it panics")
			}
			return
		}
		for _, operation := range document.Operations {
			check.NewChecker(operation.Body).Check([]byte(contracttest.BenchmarkDocument))
			if changes := diff.Compare(operation, operation); changes != nil {
				t.Fatalf("an operation differs from itself: %+v", changes)
			}
		}
	})
}

// Drafts of Swagger 2.0 let a bare name mean a definition. What is no definition's name is still somewhere else.
func TestReadBareReferences(t *testing.T) {
	t.Parallel()
	d := contracttest.Read(t, contracttest.Swagger2(`{"$ref":"Salarie"}`,
		`"Salarie":{"properties":{"Adresse":{"$ref":"Adresse"}}},"Adresse":{"properties":{"Ville":{"type":"string"}}}`))
	body := d.Operations[0].Body
	if body.Name != "Salarie" || body.Property("Adresse") == nil || body.Property("Adresse").Schema.Property("Ville") == nil {
		t.Errorf("body %+v", body)
	}
	_, err := openapi.Read(contracttest.Swagger2(`{"$ref":"Salarie"}`, `"Autre":{}`))
	if err == nil || !strings.Contains(err.Error(), `another file or host, which syncd does not read: "Salarie"`) {
		t.Errorf("got %v, want a refusal", err)
	}
	const openapi3 = `{"openapi":"3.0.1","info":{"title":"T","version":"1"},"definitions":{"Salarie":{}},"paths":{"/A":{"post":{
		"requestBody":{"content":{"application/json":{"schema":{"$ref":"Salarie"}}}}}}}}`
	if _, err := openapi.Read([]byte(openapi3)); err == nil || !strings.Contains(err.Error(), "another file or host") {
		t.Errorf("OpenAPI 3: got %v, want a refusal", err)
	}
}

// Alternatives of alternatives multiply: nine times twenty of them are 5e11 ways to try one value.
func TestAlternativesAreBounded(t *testing.T) {
	t.Parallel()
	const wide, deep = 20, 9
	var definitions []string
	for level := range deep {
		next := fmt.Sprintf(`{"$ref":"#/components/schemas/U%d"}`, level+1)
		definitions = append(definitions, fmt.Sprintf(`"U%d":{"anyOf":[%s]}`, level, strings.TrimSuffix(strings.Repeat(next+",", wide), ",")))
	}
	definitions = append(definitions, fmt.Sprintf(`"U%d":{"type":"string"}`, deep))
	const call = `{"openapi":"3.0.1","info":{"title":"T","version":"1"},"paths":{"/A":{"post":{"operationId":"A",
		"requestBody":{"content":{"application/json":{"schema":%s}}},"responses":{"200":{"content":{"application/json":{"schema":%s}}}}}}},
		"components":{"schemas":{%s}}}`
	const hostile = `{"type":"object","properties":{"V":{"$ref":"#/components/schemas/U0"}}}`
	for name, text := range map[string]string{
		"body":   fmt.Sprintf(call, hostile, `{}`, strings.Join(definitions, ",")),
		"answer": fmt.Sprintf(call, `{"type":"object"}`, hostile, strings.Join(definitions, ",")),
	} {
		d := contracttest.Read(t, []byte(text))
		op, _ := d.Operation("A")
		check.NewChecker(op.Body).Check([]byte(`{"V":1}`))
		check.Unknown(op, mapping.Spec{Fields: []mapping.Field{{Path: "V.W", Column: "v"}}})
		check.CheckAnswer(op, &check.AnswerPlaces{Code: "/V/code"}, "")
		op.Outline()
		if name == "body" && (len(d.Notes) == 0 || !strings.Contains(contracttest.Said(d.Notes)[0],
			"too many alternatives within alternatives")) {
			t.Errorf("%s: notes %q", name, d.Notes)
		}
	}
}

// An alternative that leads back to where it stands changes nothing about which values fit.
func TestAlternativesInACircle(t *testing.T) {
	t.Parallel()
	d := contracttest.Read(t, []byte(`{"openapi":"3.0.1","info":{"title":"T","version":"1"},"paths":{"/A":{"post":{"operationId":"A",
		"requestBody":{"content":{"application/json":{"schema":{"properties":{"A":{"$ref":"#/components/schemas/A"},"B":{"$ref":"#/components/schemas/B"}}}}}}}}},
		"components":{"schemas":{"A":{"anyOf":[{"$ref":"#/components/schemas/B"},{"type":"string"}]},
			"B":{"anyOf":[{"$ref":"#/components/schemas/A"},{"type":"integer"}]}}}}`))
	op, _ := d.Operation("A")
	checker := check.NewChecker(op.Body)
	for text, fits := range map[string]bool{`{"A":"x","B":1}`: true, `{"A":1}`: true, `{"A":true}`: false, `{"B":true}`: false} {
		if problems := checker.Check([]byte(text)); (len(problems) == 0) != fits {
			t.Errorf("%s: %v", text, problems)
		}
	}
}
