package check_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
	"syncd/internal/contract/check"
	"syncd/internal/contract/contracttest"
)

type object = map[string]any

// drawSchema draws a schema of what kin-openapi and the checker understand alike: kin-openapi's numbers are floats, so
// they are quarters here, and it asks for null in an enum.
func drawSchema(t *rapid.T, depth int) object {
	kinds := []string{"string", "integer", "number", "boolean"}
	if depth > 0 {
		kinds = append(kinds, "object", "object", "array", "anyOf", "allOf")
	}
	kind := rapid.SampledFrom(kinds).Draw(t, "kind")
	s := object{"type": kind}
	if rapid.IntRange(0, 3).Draw(t, "nullable") == 0 {
		s["nullable"] = true
	}
	some := func(name string, value any) {
		if rapid.IntRange(0, 2).Draw(t, "has "+name) == 0 {
			s[name] = value
		}
	}
	switch kind {
	case "string":
		some("minLength", rapid.IntRange(0, 3).Draw(t, "minLength"))
		some("maxLength", rapid.IntRange(0, 4).Draw(t, "maxLength"))
		some("pattern", rapid.SampledFrom([]string{"^a", "b$", "^[a-c]+$", "é"}).Draw(t, "pattern"))
		if s["nullable"] == nil {
			some("enum", []any{"a", "ab", "é\"\n"})
		}
	case "integer", "number":
		some("minimum", quarter(t))
		some("maximum", quarter(t))
		some("exclusiveMinimum", true)
		some("exclusiveMaximum", true)
	case "array":
		s["items"] = drawSchema(t, depth-1)
		some("minItems", rapid.IntRange(0, 2).Draw(t, "minItems"))
		some("maxItems", rapid.IntRange(0, 2).Draw(t, "maxItems"))
		some("uniqueItems", true)
	case "anyOf":
		return object{"anyOf": []any{drawSchema(t, depth-1), drawSchema(t, depth-1)}}
	case "allOf":
		return object{"type": "object", "allOf": []any{ // parts that contradict one another are not checked
			drawObject(t, object{"type": "object"}, memberNames[:2], depth), drawObject(t, object{"type": "object"}, memberNames[2:], depth),
		}}
	case "object":
		some("additionalProperties", false)
		return drawObject(t, s, memberNames, depth)
	}
	return s
}

func drawObject(t *rapid.T, s object, names []string, depth int) object {
	properties := object{}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, min(3, len(names)), rapid.ID).Draw(t, "members") {
		properties[name] = drawSchema(t, depth-1)
	}
	s["properties"] = properties
	if s["additionalProperties"] != nil { // a member that is required and refused: the checker lets it pass
		names = slices.Sorted(maps.Keys(properties))
	}
	if len(names) == 0 {
		return s
	}
	if required := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, min(2, len(names)), rapid.ID).Draw(t, "required"); len(required) > 0 {
		s["required"] = required
	}
	return s
}

var memberNames = []string{"A", "B", "a\"b", "é", "Z"}

func quarter(t *rapid.T) float64 { return float64(rapid.IntRange(-12, 12).Draw(t, "quarters")) / 4 }

// drawValue draws a value that often fits a schema.
func drawValue(t *rapid.T, s object, depth int) any {
	kind, _ := s["type"].(string)
	if rapid.IntRange(0, 9).Draw(t, "stray") == 0 {
		kind = rapid.SampledFrom([]string{"string", "number", "boolean", "null", "object", "array"}).Draw(t, "kind of value")
	}
	if list, ok := s["anyOf"].([]any); ok && depth > 0 {
		return drawValue(t, list[rapid.IntRange(0, 1).Draw(t, "alternative")].(object), depth-1)
	}
	switch kind {
	case "string":
		return rapid.SampledFrom([]string{"", "a", "ab", "abc", "é\"\n", "b\\", "abcde", "😀😀"}).Draw(t, "text")
	case "integer":
		return float64(rapid.IntRange(-3, 3).Draw(t, "whole"))
	case "number":
		return quarter(t)
	case "boolean":
		return rapid.Bool().Draw(t, "boolean")
	case "array":
		items, _ := s["items"].(object)
		values := make([]any, rapid.IntRange(0, 3).Draw(t, "count"))
		for i := range values {
			values[i] = drawValue(t, items, depth-1)
		}
		return values
	case "object":
		return drawMembers(t, s, depth)
	}
	return nil
}

func drawMembers(t *rapid.T, s object, depth int) any {
	described := object{}
	sources := []any{s}
	if parts, ok := s["allOf"].([]any); ok {
		sources = parts
	}
	for _, source := range sources {
		properties, _ := source.(object)["properties"].(object)
		for name, schema := range properties {
			described[name] = schema
		}
	}
	value := object{}
	for _, name := range memberNames {
		if rapid.IntRange(0, 2).Draw(t, "has "+name) > 0 {
			inner, _ := described[name].(object)
			value[name] = drawValue(t, inner, depth-1)
		}
	}
	return value
}

func TestCheckAgreesWithKinOpenAPI(t *testing.T) {
	t.Parallel()
	fitting, others := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		drawn := drawSchema(rt, 3)
		schema, err := json.Marshal(drawn)
		if err != nil {
			rt.Fatal(err)
		}
		value := drawValue(rt, drawn, 4)
		leaveOutBlanks(value, requiredIn(drawn))
		var theirs openapi3.Schema
		if err := json.Unmarshal(schema, &theirs); err != nil {
			rt.Fatal(err)
		}
		document := canonicalForm(rt, value)
		refused := theirs.VisitJSON(value)
		problems := check.NewChecker(contracttest.Body(t, openapi3Text(schema))).Check(document)
		if (refused == nil) != (problems == nil) {
			rt.Fatalf("schema %s\ndocument %s\nkin-openapi: %v\nchecker: %s", schema, document, refused, contracttest.Problems(problems))
		}
		if refused == nil {
			fitting++
		} else {
			others++
		}
	})
	if fitting == 0 || others == 0 {
		t.Errorf("%d documents that fit, %d others: the test says nothing", fitting, others)
	}
}

// requiredIn are the names that a schema, or any within it, requires.
func requiredIn(schema any) (names []string) {
	switch v := schema.(type) {
	case object:
		required, _ := v["required"].([]string)
		names = append(names, required...)
		for _, within := range v {
			names = append(names, requiredIn(within)...)
		}
	case []any:
		for _, within := range v {
			names = append(names, requiredIn(within)...)
		}
	}
	return names
}

// leaveOutBlanks leaves out members that are required and empty texts: there the checker is stricter on purpose, as [Required]
// of ASP.NET is.
func leaveOutBlanks(value any, required []string) {
	switch v := value.(type) {
	case object:
		for name, within := range v {
			if within == "" && slices.Contains(required, name) {
				delete(v, name)
			}
			leaveOutBlanks(within, required)
		}
	case []any:
		for _, within := range v {
			leaveOutBlanks(within, required)
		}
	}
}

func openapi3Text(schema []byte) []byte { return contracttest.OpenAPI3(string(schema), "") }

// canonicalForm writes a value as documents are; encoding/json sorts members as they do.
func canonicalForm(t *rapid.T, value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(fmt.Errorf("encoding a document: %w", err))
	}
	return text
}
