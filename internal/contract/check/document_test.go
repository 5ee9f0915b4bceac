package check_test

import (
	"strings"
	"testing"

	"syncd/internal/contract/check"
	"syncd/internal/contract/contracttest"
)

func TestCheckRules(t *testing.T) {
	t.Parallel()
	const uuid = `"0f8fad5b-d9cb-469f-a165-70867728950e"`
	tests := []struct {
		name, schema, document, want string
	}{
		{"a string", `{"type":"string"}`, `"a"`, ""},
		{"a number for a string", `{"type":"string"}`, `1`, `wrong-type  want "string" got "integer"`},
		{"a string for a number", `{"type":"number"}`, `"1"`, `wrong-type  want "number" got "string"`},
		{"a fraction for an integer", `{"type":"integer"}`, `1.5`, `wrong-type  want "integer" got "number"`},
		{"a large integer", `{"type":"integer"}`, `123456789012345678901234567890`, ""},
		{"a boolean", `{"type":"boolean"}`, `false`, ""},
		{"a boolean for a string", `{"type":"string"}`, `true`, `wrong-type  want "string" got "boolean"`},
		{"an array for an object", `{"type":"object"}`, `[{"a":[1]}]`, `wrong-type  want "object" got "array"`},
		{"an object for an array", `{"type":"array","items":{}}`, `{"a":1}`, `wrong-type  want "array" got "object"`},
		{"null", `{"type":"string"}`, `null`, `wrong-type  want "string" got "null"`},
		{"null where it fits", `{"type":"string","nullable":true}`, `null`, ""},
		{"no type takes anything", `{}`, `{"a":[null,1,"x",{}]}`, ""},
		{"a schema that is a mistake", `{"type":"money"}`, `{"a":1}`, ""},

		{"int32", `{"type":"integer","format":"int32"}`, `2147483647`, ""},
		{"beyond int32", `{"type":"integer","format":"int32"}`, `2147483648`, `wrong-format  want "int32" got "integer"`},
		{"below int32", `{"type":"integer","format":"int32"}`, `-2147483649`, `wrong-format  want "int32" got "integer"`},
		{"int64", `{"type":"integer","format":"int64"}`, `-9223372036854775808`, ""},
		{"beyond int64", `{"type":"integer","format":"int64"}`, `9223372036854775808`, `wrong-format  want "int64" got "integer"`},
		{"int32 of a number", `{"type":"number","format":"int32"}`, `1.5`, `wrong-format  want "int32" got "number"`},
		{"double", `{"type":"number","format":"double"}`, `0.1000000000000000055`, ""},
		{"decimal in a string", `{"type":"string","format":"decimal"}`, `"-12.50"`, ""},
		{"no decimal in a string", `{"type":"string","format":"decimal"}`, `"1,5"`, `wrong-format  want "decimal" got "string"`},
		{"date", `{"type":"string","format":"date"}`, `"2024-02-29"`, ""},
		{"no such day", `{"type":"string","format":"date"}`, `"2026-02-29"`, `wrong-format  want "date" got "string"`},
		{"a date with a time", `{"type":"string","format":"date"}`, `"2026-02-01T00:00:00"`, `wrong-format  want "date" got "string"`},
		{"uuid", `{"type":"string","format":"uuid"}`, uuid, ""},
		{"no uuid", `{"type":"string","format":"uuid"}`, `"0f8fad5b"`, `wrong-format  want "uuid" got "string"`},
		{"an unknown format", `{"type":"string","format":"iban"}`, `"?"`, ""},

		{"characters, not bytes", `{"type":"string","maxLength":3}`, `"éèà"`, ""},
		{"escapes are one character", `{"type":"string","maxLength":3}`, `"\"\\\n"`, ""},
		{"too long", `{"type":"string","maxLength":3}`, `"abcd"`, `too-long  want "3" got "4"`},
		{"too short", `{"type":"string","minLength":3}`, `"éè"`, `too-short  want "3" got "2"`},
		{"a length of none", `{"type":"string","maxLength":0}`, `"a"`, `too-long  want "0" got "1"`},
		{"pattern", `{"type":"string","pattern":"^[0-9]{4}-[0-9]{2}$"}`, `"2026-11"`, ""},
		{"no match", `{"type":"string","pattern":"^[A-Z]+$"}`, `"a"`, `no-match  want "^[A-Z]+$" got "string"`},
		{"a pattern of escapes", `{"type":"string","pattern":"^\\u00e9\"$"}`, `"é\""`, ""},
		{"a pattern that Go cannot compile", `{"type":"string","pattern":"^(?=a)b$"}`, `"c"`, ""},

		{"enum", `{"type":"string","enum":["b","a"]}`, `"a"`, ""},
		{"not listed", `{"type":"string","enum":["b","a"]}`, `"c"`, `not-listed  want "b, a" got "string"`},
		{"an enum of escapes", `{"type":"string","enum":["é\"\u0001\u0041"]}`, `"é\"\u0001A"`, ""},
		{"1 is 1.0", `{"type":"number","enum":[1.0,2.50]}`, `2.5`, ""},
		{"1 is not \"1\"", `{"enum":["1"]}`, `1`, `not-listed  want "1" got "integer"`},
		{"enum with null", `{"type":"string","enum":["a",null]}`, `null`, ""},
		{"null is not listed", `{"enum":["a"]}`, `null`, `not-listed  want "a" got "null"`},
		{"an enum of objects", `{"enum":[{"b":1,"a":[true]}]}`, `{"a":[true],"b":1}`, ""},
		{"a long enum", `{"enum":[1,2,3,4,5,6,7,8,9,10,11,12]}`, `13`, `not-listed  want "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …" got "integer"`},

		{"minimum", `{"type":"number","minimum":0.5}`, `0.5`, ""},
		{"below the minimum", `{"type":"number","minimum":0.5}`, `0.4999999999999999999`, `out-of-range  want ">= 0.5" got "number"`},
		{"at an exclusive minimum", `{"type":"number","minimum":0,"exclusiveMinimum":true}`, `0`, `out-of-range  want "> 0" got "number"`},
		{"an exclusive limit as 3.1 writes it", `{"type":"number","exclusiveMaximum":10}`, `10`, `out-of-range  want "< 10" got "number"`},
		{"beyond 2^53", `{"type":"integer","maximum":9007199254740993}`, `9007199254740993`, ""},
		{"one more than that", `{"type":"integer","maximum":9007199254740993}`, `9007199254740994`,
			`out-of-range  want "<= 9007199254740993" got "number"`},
		{"negative", `{"type":"number","minimum":-10}`, `-9.99`, ""},
		{"more negative", `{"type":"number","minimum":-10}`, `-10.01`, `out-of-range  want ">= -10" got "number"`},
		{"Swashbuckle's range of a double", `{"type":"number","minimum":-1.7976931348623157e308,"maximum":1.7976931348623157e+308}`, `12.5`, ""},
		{"steps of 0.1", `{"type":"number","multipleOf":0.1}`, `0.3`, ""},
		{"between steps of 0.1", `{"type":"number","multipleOf":0.1}`, `0.35`, `out-of-range  want "multiple of 0.1" got "number"`},
		{"steps of 0.25", `{"type":"number","multipleOf":0.25}`, `-1234567890123456789012.75`, ""},
		{"between steps of 0.25", `{"type":"number","multipleOf":0.25}`, `1234567890123456789012.8`,
			`out-of-range  want "multiple of 0.25" got "number"`},
		{"steps of 30", `{"type":"number","multipleOf":30}`, `9007199254740990`, ""},
		{"a long step", `{"type":"number","multipleOf":123456789012345678901}`, `246913578024691357802`, ""},
		{"between long steps", `{"type":"number","multipleOf":123456789012345678901}`, `246913578024691357803`,
			`out-of-range  want "multiple of 123456789012345678901" got "number"`},

		{"required", `{"required":["B","A"],"properties":{"A":{"type":"string"},"B":{"type":"integer"}}}`, `{}`,
			"required /A want \"string\" got \"\"\nrequired /B want \"integer\" got \"\""},
		{"required and not described", `{"type":"object","required":["A"]}`, `{"B":1}`, `required /A want "" got ""`},
		{"required of answers alone", `{"required":["A"],"properties":{"A":{"type":"string","readOnly":true}}}`, `{}`, ""},
		{"an exact path", `{"properties":{"E":{"type":"array","items":{"properties":{"C":{"type":"string"}}}}}}`, `{"E":[{"C":"a"},{},{"C":1}]}`,
			`wrong-type /E/2/C want "string" got "integer"`},
		{"a path of odd names", `{"properties":{"a/b~\"":{"type":"string"}}}`, `{"a/b~\"":1}`, `wrong-type /a~1b~0" want "string" got "integer"`},
		{"an unknown member fits", `{"properties":{"A":{"type":"string"}}}`, `{"0":{"x":[1,"}"]},"A":"a","Z":null}`, ""},
		{"closed", `{"properties":{"Nom":{"type":"string"}},"additionalProperties":false}`, `{"Nmo":"a"}`,
			`unknown-member /Nmo want "Nom" got ""`},
		{"additional", `{"additionalProperties":{"type":"integer"}}`, `{"a":1,"b":"x"}`, `wrong-type /b want "integer" got "string"`},
		{"items at most", `{"type":"array","items":{},"maxItems":1}`, `[1,[2,3]]`, `item-count  want "<= 1" got "2"`},
		{"items at least", `{"type":"array","items":{},"minItems":1}`, `[]`, `item-count  want ">= 1" got "0"`},
		{"unique", `{"type":"array","items":{},"uniqueItems":true}`, `[{"a":1},{"a":2}]`, ""},
		{"not unique", `{"type":"array","items":{},"uniqueItems":true}`, `["a",1,"a"]`, `item-count  want "unique" got "3"`},

		{"anyOf", `{"anyOf":[{"type":"string"},{"type":"integer"}]}`, `1`, ""},
		{"no alternative", `{"anyOf":[{"type":"string"},{"type":"integer"}]}`, `1.5`, `wrong-type  want "integer" got "number"`},
		{"no alternative of that type", `{"anyOf":[{"type":"string"},{"type":"integer"}]}`, `[]`, `no-alternative  want "" got "array"`},
		{"alternatives of one type", `{"oneOf":[{"required":["a"],"properties":{"a":{}}},{"required":["b"],"properties":{"b":{}}}]}`, `{"c":1}`,
			`required /a want "" got "" of #1`},
		{"alternatives of no such type", `{"oneOf":[{"type":"integer"},{"type":"boolean"}]}`, `{"c":1}`, `no-alternative  want "" got "object"`},
		{"texts of two kinds", `{"oneOf":[{"type":"string","format":"date"},{"type":"string","format":"uuid"}]}`, `"x"`,
			`no-alternative  want "" got "string"`},
		{"names by patterns", `{"properties":{"a":{"type":"string"}},"patternProperties":{"^x-":{"type":"integer"},"y$":{"type":"string"}},"additionalProperties":false}`,
			`{"a":"a","x-1":"a","x-y":1,"xy":"a","z":1}`,
			"wrong-type /x-1 want \"integer\" got \"string\"\nwrong-type /x-y want \"string\" got \"integer\"\n" +
				"unknown-member /z want \"a\" got \"\""},
		{"names by patterns, and their own", `{"properties":{"x-1":{"type":"integer"}},"patternProperties":{"^x-":{"maximum":5}}}`, `{"x-1":7}`,
			`out-of-range /x-1 want "<= 5" got "number"`},
		{"patterns and others", `{"patternProperties":{"^x-":{"type":"integer"}},"additionalProperties":{"type":"string"}}`, `{"a":1,"x-1":1}`,
			`wrong-type /a want "string" got "integer"`},
		{"a pattern that nobody reads", `{"patternProperties":{"^(?=x)":{"type":"integer"}},"additionalProperties":false}`, `{"x-1":"a"}`, ""},
		{"any others", `{"properties":{"a":{}},"additionalProperties":true}`, `{"b":1}`, ""},
		{"null among alternatives", `{"oneOf":[{"type":"null"},{"type":"string"}]}`, `null`, ""},
		{"allOf", `{"allOf":[{"required":["a"],"properties":{"a":{"type":"string"}}},{"required":["b"],"properties":{"b":{"type":"integer"}}}]}`,
			`{"a":1}`, "wrong-type /a want \"string\" got \"integer\"\nrequired /b want \"integer\" got \"\""},
		{"two patterns", `{"allOf":[{"type":"string","pattern":"a"},{"pattern":"b"}]}`, `"a"`, `no-match  want "b" got "string"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			checker := check.NewChecker(contracttest.Body(t, contracttest.OpenAPI3(test.schema, "")))
			if got := contracttest.Problems(checker.Check([]byte(test.document))); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestCheckDateTimes(t *testing.T) {
	t.Parallel()
	checker := check.NewChecker(contracttest.Body(t, contracttest.Swagger2(`{"type":"string","format":"date-time"}`, "")))
	for text, fits := range map[string]bool{
		"2026-11-30T10:00:00Z": true, "2026-11-30T10:00:00+01:00": true, "2026-11-30T10:00:00": true,
		"2026-11-30T10:00:00.1234567": true, "2026-11-30T10:00:00.5-05:30": true, "2026-11-30": true,
		"2026-11-30T24:00:00": false, "2026-11-30T10:60:00": false, "2026-11-30 10:00:00": false, "2026-11-31T10:00:00": false,
		"2026-11-30T10:00": false, "2026-11-30T10:00:00.": false, "2026-11-30T10:00:00+1:00": false, "2026-11-30T10:00:00ZZ": false,
		"30/11/2026": false, "": false, "2026-11-30T10:00:00+24:00": false, "0000-01-01": false, "２026-11-30": false,
	} {
		if got := checker.Check([]byte(`"` + text + `"`)); (got == nil) != fits {
			t.Errorf("%q fits: %t, want %t", text, got == nil, fits)
		}
	}
}

// Swashbuckle 5 never writes x-nullable, and ASP.NET takes null for what may be left out.
func TestCheckNullInSwagger2(t *testing.T) {
	t.Parallel()
	checker := check.NewChecker(contracttest.Body(t, contracttest.Swagger2(`{"required":["A"],"properties":{"A":{"type":"string"},"B":{"type":"string"},
		"C":{"type":"string","x-nullable":false},"D":{"$ref":"#/definitions/D"}}}`, `"D":{"type":"object"}`)))
	want := "wrong-type /A want \"string\" got \"null\"\nwrong-type /C want \"string\" got \"null\""
	if got := contracttest.Problems(checker.Check([]byte(`{"A":null,"B":null,"C":null,"D":null}`))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCheckOfACircularSchema(t *testing.T) {
	t.Parallel()
	checker := check.NewChecker(contracttest.Body(t, contracttest.Swagger2(`{"$ref":"#/definitions/Noeud"}`,
		`"Noeud":{"required":["N"],"properties":{"Fils":{"type":"array","items":{"$ref":"#/definitions/Noeud"}},"N":{"type":"integer"}}}`)))
	got := contracttest.Problems(checker.Check([]byte(`{"Fils":[{"Fils":[{"N":"x"}],"N":1},{"N":2}],"N":0}`)))
	if want := `wrong-type /Fils/0/Fils/0/N want "integer" got "string"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCheckTellsAtMostAHundredProblems(t *testing.T) {
	t.Parallel()
	checker := check.NewChecker(contracttest.Body(t, contracttest.Swagger2(`{"type":"array","items":{"type":"string"}}`, "")))
	if got := len(checker.Check([]byte("[" + strings.Repeat("1,", 500) + "1]"))); got != 100 {
		t.Errorf("%d problems, want 100", got)
	}
}

// Alternatives that contain themselves, twice, would take a time that doubles with each level.
func TestCheckOfHostileAlternativesEnds(t *testing.T) {
	t.Parallel()
	checker := check.NewChecker(contracttest.Body(t, contracttest.OpenAPI3(`{"$ref":"#/components/schemas/A"}`,
		`"A":{"type":"object","anyOf":[{"$ref":"#/components/schemas/B"},{"$ref":"#/components/schemas/C"}]},
		 "B":{"type":"object","required":["z"],"properties":{"a":{"$ref":"#/components/schemas/A"}},"anyOf":[{"$ref":"#/components/schemas/A"},{"$ref":"#/components/schemas/C"}]},
		 "C":{"type":"object","required":["y"],"properties":{"a":{"$ref":"#/components/schemas/A"}},"oneOf":[{"$ref":"#/components/schemas/A"},{"$ref":"#/components/schemas/B"}]}`)))
	checker.Check([]byte(strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)))
}

func TestCheckOfNoSchema(t *testing.T) {
	t.Parallel()
	if got := check.NewChecker(nil).Check([]byte(`{"a":1}`)); got != nil {
		t.Errorf("got %v, want nothing", got)
	}
}

func FuzzCheck(f *testing.F) {
	checker := check.NewChecker(contracttest.Body(f, contracttest.BenchmarkContract(f)))
	f.Add([]byte(contracttest.BenchmarkDocument))
	for _, seed := range []string{`{"`, `{"Elements":[{`, `[1,`, `"\`, `{"a":}`, `{"Elements":[,]}`, `{"A":nul`, ``, `}`, `-`,
		`{"Nir":"\u00`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, document []byte) { checker.Check(document) })
}

// A required member must show something: a text of spaces passes the contract's letter, and an API that takes it, or
// [Required] in ASP.NET, drops it.
func TestRequiredTextsMustShowSomething(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		`{"A":{"B":""},"N":"x"}`:                           `required /A/B want "string" got ""`,
		`{"A":{"B":" \t\u00a0"},"N":"x"}`:                  `required /A/B want "string" got ""`,
		"{\"A\":{\"B\":\"\u00a0\u200b\"},\"N\":\"x\"}":     `required /A/B want "string" got ""`,
		`{"A":{"B":"x","C":" "},"N":" "}`:                  `required /N want "string" got ""`,
		`{"A":{"B":"\\","C":""},"N":"é"}`:                  "",
		`{"A":{"B":"x"},"E":"","N":" x"}`:                  "",
		`{"A":{"B":"x"},"N":"x","Z":[{"K":""},{"K":"1"}]}`: `required /Z/0/K want "string" got ""`,
	} {
		schema := `{"type":"object","required":["A","N","E"],"properties":{"A":{"type":"object","required":["B"],"properties":{"B":{"type":"string"},"C":{"type":"string"}}},
			"N":{"type":"string"},"E":{"type":"string","enum":["","x"]},"Z":{"type":"array","items":{"type":"object","required":["K"],"properties":{"K":{"type":"string"}}}}}}`
		if !strings.Contains(document, `"E"`) {
			schema = strings.Replace(schema, `,"E"]`, "]", 1)
		}
		for _, text := range [][]byte{contracttest.Swagger2(schema, ""), contracttest.OpenAPI3(schema, "")} {
			if got := contracttest.Problems(check.NewChecker(contracttest.Body(t, text)).Check([]byte(document))); got != want {
				t.Errorf("%s: %s, want %s", document, got, want)
			}
		}
	}
}

// Where no form fits, the one that was meant is named, and what is wrong with it.
func TestCheckTellsWhichAlternativeWasMeant(t *testing.T) {
	t.Parallel()
	const schemas = `"CDI":{"type":"object","required":["Nature","Debut"],"properties":{"Nature":{"enum":["CDI","CDIC"]},"Debut":{"type":"string","format":"date"},"Taux":{"type":"number"}}},
		"CDD":{"type":"object","required":["Nature","Debut","Fin","Motif"],"properties":{"Nature":{"const":"CDD"},"Debut":{"type":"string","format":"date"},"Fin":{"type":"string","format":"date"},"Motif":{"type":"string"}}},
		"Personne":{"type":"object","required":["nom"],"properties":{"kind":{"type":"string"},"nom":{"type":"string"}}},
		"Societe":{"type":"object","required":["siret","raison"],"properties":{"kind":{"type":"string"},"siret":{"type":"string","maxLength":14},"raison":{"type":"string"}}}`
	const contrat = `{"properties":{"Contrat":{"oneOf":[{"$ref":"#/components/schemas/CDI"},{"$ref":"#/components/schemas/CDD"}]}}}`
	const tiers = `{"oneOf":[{"$ref":"#/components/schemas/Personne"},{"$ref":"#/components/schemas/Societe"}]`
	for name, test := range map[string]struct{ schema, document, want string }{
		"by a constant, though the other has less against it": {contrat, `{"Contrat":{"Debut":"2026-01-01","Nature":"CDD"}}`,
			"required /Contrat/Fin want \"string\" got \"\" of CDD\nrequired /Contrat/Motif want \"string\" got \"\" of CDD"},
		"by a list of values": {contrat, `{"Contrat":{"Debut":"demain","Nature":"CDIC"}}`,
			`wrong-format /Contrat/Debut want "date" got "string" of CDI`},
		"a value that is none": {contrat, `{"Contrat":{"Debut":"2026-01-01","Nature":"STAGE"}}`,
			`not-listed /Contrat/Nature want "CDD, CDI, CDIC" got "string"`},
		"no value": {contrat, `{"Contrat":{"Debut":"2026-01-01"}}`,
			`required /Contrat/Nature want "" got "" of CDI`},
		"by a discriminator": {tiers + `,"discriminator":{"propertyName":"kind"}}`, `{"kind":"Societe","siret":"123"}`,
			`required /raison want "string" got "" of Societe`},
		"by a discriminator with a mapping": {tiers +
			`,"discriminator":{"propertyName":"kind","mapping":{"s":"#/components/schemas/Societe","p":"Personne"}}}`, `{"kind":"p"}`,
			`required /nom want "string" got "" of Personne`},
		"a value that the discriminator has not": {tiers + `,"discriminator":{"propertyName":"kind"}}`, `{"kind":"Autre"}`,
			`not-listed /kind want "Personne, Societe" got "string"`},
		"the nearest": {tiers + `}`, `{"raison":"a","siret":"123456789012345"}`,
			`too-long /siret want "14" got "15" of Societe`},
		"in a list": {`{"items":` + tiers + `}}`, `[{"nom":"a"},{"siret":"1"}]`,
			`required /1/raison want "string" got "" of Societe`},
		"a name that is escaped": {`{"oneOf":[{"properties":{"a\"b":{"const":1},"c":{"type":"string"}}},{"properties":{"a\"b":{"const":2},"c":{"type":"integer"}}}]}`, `{"a\"b":2,"c":true}`, `wrong-type /c want "integer" got "boolean" of #2`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checker := check.NewChecker(contracttest.Body(t,
				[]byte(strings.Replace(string(contracttest.OpenAPI3(test.schema, schemas)), `"3.0.`, `"3.1.`, 1))))
			if got := contracttest.Problems(checker.Check([]byte(test.document))); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}
