package contract_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"syncd/internal/contract/check"
	"syncd/internal/contract/contracttest"
	"syncd/internal/contract/openapi"
	"syncd/internal/mapping"
)

// evil drives a terminal, or deceives its reader, in all ways: an escape, its one-character form, a change of the
// direction of writing, a new line, and a bell.
const evil = "a\x1b[2J\u009b31m\u202e\n\x07\x7fb"

// drives reports whether a text holds what a terminal obeys.
func drives(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) })
}

// evilContract has evil in each text that it can have.
func evilContract() []byte {
	schema := func(more map[string]any) map[string]any {
		s := map[string]any{"type": "string", "description": evil, "title": evil}
		for name, value := range more {
			s[name] = value
		}
		return s
	}
	member := map[string]any{
		"type": "object", "description": evil, "required": []string{"needed" + evil, "list" + evil},
		"properties": map[string]any{
			"needed" + evil: schema(nil), "format" + evil: schema(map[string]any{"format": evil}),
			"enum" + evil: schema(map[string]any{"enum": []string{evil, "b"}}), "pattern" + evil: schema(map[string]any{"pattern": "(?<" + evil}),
			"costly" + evil: schema(map[string]any{"pattern": `\pL{999}` + evil}), "type" + evil: schema(map[string]any{"type": evil}),
			"not" + evil:  schema(map[string]any{"not": map[string]any{}}),
			"list" + evil: map[string]any{"type": "array", "items": map[string]any{"$ref": "#/definitions/D" + evil}},
			"self" + evil: map[string]any{"$ref": "#/definitions/D" + evil}, "read" + evil: schema(map[string]any{"readOnly": true}),
			"V": map[string]any{"type": "object", "properties": map[string]any{"x" + evil: schema(nil)}},
			"W": schema(map[string]any{"enum": []string{evil}}), "X": schema(map[string]any{"format": "date"}),
		},
	}
	text, err := json.Marshal(map[string]any{
		"swagger": "2.0", "info": map[string]any{"title": evil, "version": evil}, "basePath": "/Api" + evil,
		"paths": map[string]any{"/V2/Salarie": map[string]any{"post": map[string]any{
			"operationId": "id" + evil, "summary": evil, "parameters": []any{
				map[string]any{"name": "body", "in": "body", "schema": map[string]any{"$ref": "#/definitions/D" + evil}},
				map[string]any{"name": "cle" + evil, "in": "query", "description": evil, "type": "string", "required": true},
				map[string]any{"name": "other", "in": "query" + evil, "description": evil, "type": "string", "format": evil},
			}}},
			"/V2/" + evil: map[string]any{"get": map[string]any{}}},
		"definitions":         map[string]any{"D" + evil: member},
		"securityDefinitions": map[string]any{"k": map[string]any{"type": "apiKey", "in": "header" + evil, "name": "k" + evil}},
	})
	if err != nil {
		panic(err)
	}
	return text
}

// texts are all strings within a value, apart from those of the schemas, whose names are compared.
func texts(v reflect.Value, found *[]string) {
	if v.Type() == reflect.TypeFor[*openapi.Schema]() {
		return
	}
	switch v.Kind() {
	case reflect.String:
		*found = append(*found, v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			texts(v.Elem(), found)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			texts(v.Field(i), found)
		}
	case reflect.Slice:
		for i := range v.Len() {
			texts(v.Index(i), found)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			texts(v.MapIndex(key), found)
		}
	}
}

func TestNothingOfAContractDrivesATerminal(t *testing.T) {
	t.Parallel()
	d := contracttest.Read(t, evilContract())
	op, near := d.Operation("POST /V2/Salarie")
	if op == nil {
		t.Fatalf("the call is not found: %q", near)
	}
	s := contracttest.Settings()
	s.Base = ""
	derived, told := check.Derive(d, check.Settings{Method: "POST", KeyIn: "header", KeyName: "X", Path: op.Path})
	_, others := check.Derive(d, s)
	spec := mapping.Spec{
		Fields: []mapping.Field{
			{Path: "V", Column: "v"}, {Path: "W", Value: "c"}, {Path: "X", Column: "n"}, {Path: "neededa", Column: "v"},
			{Path: "a.b", Column: "v"}, {Path: "W.x", Column: "v"},
		},
		Children: []mapping.Children{{Path: "X", Key: "a", Fields: contracttest.Fields("a")}},
	}
	shape := &mapping.Shape{
		Employee: []mapping.Column{{Name: "v", Type: 25}, {Name: "n", Type: contracttest.OIDs["int4"]}, {Name: "needed" + "a2J31mb", Type: 25}},
		Children: [][]mapping.Column{{{Name: "a", Type: 25}}},
	}
	_, near = d.Operation("V2")
	var all []string
	outline, _ := op.Outline()
	for _, value := range []any{
		d, derived, told, others, near, d.Overview(), outline, op.Unchecked(), check.Unknown(op, spec),
		check.CheckMapping(op, spec, shape, nil, nil),
		op.Body.Name, op.Body.Description, op.Body.Properties[0].Schema.Description,
	} {
		texts(reflect.ValueOf(value), &all)
	}
	_, err := openapi.Read(contracttest.Swagger2(`{"$ref":"#/definitions/`+strings.ReplaceAll(fmt.Sprintf("%q", evil), `"`, "")+`"}`, ""))
	if err == nil {
		t.Fatal("a $ref that leads nowhere is read")
	}
	all = append(all, strings.ReplaceAll(err.Error(), "\nhint: ", ""))
	for _, text := range all {
		if drives(text) {
			t.Errorf("drives a terminal: %q", text)
		}
	}
	if len(all) < 100 {
		t.Errorf("only %d texts were looked at", len(all))
	}
}

// The values that a contract lists stay the same JSON where they are shown.
func TestOutlineKeepsValues(t *testing.T) {
	t.Parallel()
	op := contracttest.Taking(t, contracttest.Members(`"V":{"type":"string","enum":["é\u009b\u202e\u001b 😀"]}`))
	var value string
	lines, _ := op.Outline()
	if err := json.Unmarshal([]byte(lines[0].Enum[0]), &value); err != nil || value != "é\u009b\u202e\x1b 😀" {
		t.Errorf("%q, %v", value, err)
	}
}
