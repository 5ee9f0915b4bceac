package contract_test

import (
	"slices"
	"strings"
	"testing"

	"syncd/internal/contract/check"
	"syncd/internal/contract/contracttest"
)

// What a call demands and nobody checks is named with its place, of that call alone.
func TestUncheckedDemands(t *testing.T) {
	t.Parallel()
	const other = `,"Autre":{"not":{"type":"string"}}`
	for name, test := range map[string]struct {
		definitions string
		want        []string
	}{
		"nothing":      {`"Salarie":{"properties":{"a":{"type":"string"}}}`, nil},
		"says nothing": {`"Salarie":{"minProperties":0,"properties":{"a":{"type":"string"}},"unevaluatedProperties":true}`, nil},
		"not":          {`"Salarie":{"properties":{"a":{"not":{"type":"string"}}}}`, []string{`Salarie.a: "not" is not checked`}},
		"if":           {`"Salarie":{"if":{},"then":{"required":["a"]},"properties":{"a":{}}}`, []string{`Salarie: "if" is not checked`}},
		"several": {`"Salarie":{"dependentRequired":{"a":["b"]},"propertyNames":{"maxLength":3},"minProperties":2,"properties":{"a":{}}}`,
			[]string{`Salarie: "dependentRequired" is not checked`, `Salarie: "minProperties" is not checked`,
				`Salarie: "propertyNames" is not checked`}},
		"a pattern": {`"Salarie":{"properties":{"a":{"pattern":"^(?!x)"}}}`,
			[]string{`Salarie.a: Go cannot read the pattern "^(?!x)": it is not checked`}},
		"a name's pattern": {`"Salarie":{"patternProperties":{"^(?!x)":{"type":"string"}}}`,
			[]string{`Salarie: Go cannot read the pattern "^(?!x)": it is not checked`}},
		"beside a $ref": {`"Salarie":{"properties":{"a":{"$ref":"#/definitions/Nom","maxLength":3,"pattern":"x"}}},"Nom":{"type":"string"}`,
			[]string{"Salarie.a: what stands beside its $ref is not checked: maxLength, pattern"}},
		"in a part": {`"Salarie":{"allOf":[{"$ref":"#/definitions/Base"}]},"Base":{"properties":{"a":{}},"not":{"required":["a"]}}`,
			[]string{`Base: "not" is not checked`}},
		"in a list, an alternative and others": {`"Salarie":{"properties":{"a":{"items":{"not":{}}},"b":{"oneOf":[{"type":"string"},{"contains":{}}]}},"additionalProperties":{"if":{}}}`,
			[]string{`Salarie.*: "if" is not checked`, `Salarie.a[]: "not" is not checked`, `Salarie.b: "contains" is not checked`}},
		"of what is only read": {`"Salarie":{"properties":{"a":{"readOnly":true,"not":{}}}}`, nil},
		"within itself": {`"Salarie":{"properties":{"a":{"$ref":"#/definitions/Salarie"}},"not":{}}`,
			[]string{`Salarie: "not" is not checked`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := contracttest.Taking(t, test.definitions+other)
			if got := contracttest.Said(op.Unchecked()); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// The check names them, some of them where there are many.
func TestDeriveNamesWhatIsNotChecked(t *testing.T) {
	t.Parallel()
	var properties []string
	for _, name := range strings.Split("abcdefghijkl", "") {
		properties = append(properties, `"`+name+`":{"not":{}}`)
	}
	d := contracttest.Read(t, []byte(contracttest.Swagger(`"Salarie":{"properties":{`+strings.Join(properties, ",")+`}}`)))
	_, advice := check.Derive(d, contracttest.Settings())
	var told []string
	for _, a := range advice {
		if a.Level == check.LevelInfo {
			text, _ := contracttest.Words(a)
			told = append(told, text)
		}
	}
	if len(told) != 11 || told[0] != `of what POST /V2/Salarie takes, Salarie.a: "not" is not checked` ||
		told[10] != "of what POST /V2/Salarie takes, 2 more demands are not checked" {
		t.Errorf("told %q", told)
	}
}

// Before OpenAPI 3.1 what stands beside a $ref does not count; since then it does.
func TestWhatStandsBesideAReference(t *testing.T) {
	t.Parallel()
	text := string(contracttest.OpenAPI3(`{"properties":{"a":{"$ref":"#/components/schemas/Nom","maxLength":3}}}`, `"Nom":{"type":"string"}`))
	for version, want := range map[string]string{`"3.0.1"`: "", `"3.1.0"`: `too-long /a want "3" got "4"`} {
		checker := check.NewChecker(contracttest.Body(t, []byte(strings.Replace(text, `"3.0.1"`, version, 1))))
		if got := contracttest.Problems(checker.Check([]byte(`{"a":"long"}`))); got != want {
			t.Errorf("%s: got %q, want %q", version, got, want)
		}
	}
}

// A mapping may send what the contract leaves open, or knows by a pattern.
func TestMappedMembersThatAreLeftOpen(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]string{
		`{"properties":{"A":{}},"additionalProperties":true}`:                                    "",
		`{"properties":{"A":{}},"additionalProperties":{}}`:                                      "",
		`{"properties":{"A":{}},"additionalProperties":{"type":"string"}}`:                       "",
		`{"properties":{"A":{}},"patternProperties":{"^(Nom|Matricule)$":{}}}`:                   "",
		`{"properties":{"A":{}},"patternProperties":{"^(?!x)":{}},"additionalProperties":false}`: "",
		`{"properties":{"A":{}},"patternProperties":{"^Pre":{}}}`:                                "Nom",
		`{"properties":{"A":{}}}`:                                                                 "Nom",
		`{"properties":{"A":{}},"additionalProperties":false}`:                                    "Nom",
		`{"allOf":[{"properties":{"A":{}},"additionalProperties":true},{"properties":{"B":{}}}]}`: "",
	} {
		if got := strings.Join(check.Unknown(contracttest.Taking(t, `"Salarie":`+schema), sending().Mapping), ","); strings.TrimPrefix(got,
			"Matricule,") != want && got != want {
			t.Errorf("%s: unknown %q, want %q", schema, got, want)
		}
	}
}
