package check_test

import (
	"slices"
	"strings"
	"testing"

	"syncd/internal/contract/check"
	"syncd/internal/contract/contracttest"
	"syncd/internal/mapping"
)

type (
	field  = mapping.Field
	column = mapping.Column
)

// one is a mapping of the member V, and what the column v is.
func one(f field, kind string, length int) (mapping.Spec, *mapping.Shape) {
	f.Path = "V"
	if f.Value == nil {
		f.Column = "v"
	}
	shape := &mapping.Shape{}
	if kind != "" {
		shape.Employee = []column{{Name: "v", Type: contracttest.OIDs[kind], Length: length}}
	}
	return mapping.Spec{Fields: []field{f}}, shape
}

// TestValueAgainstMember: one column, one member.
func TestValueAgainstMember(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		schema string // of V
		field  field
		column string
		length int
		want   []string
	}{
		{"text is a string", `"type":"string"`, field{}, "text", 0, nil},
		{"a type that is not told", ``, field{}, "numeric", 0, nil},
		{"text for a number", `"type":"number"`, field{}, "text", 0,
			[]string{`error V: is number in the contract, but the column "v" (text) is sent as a string | write { column = "v", type = "number" }`}},
		{"text as a number", `"type":"number"`, field{Type: mapping.TypeNumber}, "text", 0, nil},
		{"a number for a string", `"type":"string"`, field{}, "numeric", 0,
			[]string{`error V: is string in the contract, but the column "v" (numeric) is sent as a number | write { column = "v", type = "string" }`}},
		{"a type that spoils it", `"type":"number"`, field{Type: mapping.TypeString}, "numeric", 0,
			[]string{`error V: is number…sent as a string | leave type out`}},
		{"text for a boolean", `"type":"boolean"`, field{}, "text", 0, []string{`error V: is boolean…type = "boolean" }`}},
		{"a whole number for a boolean", `"type":"boolean"`, field{}, "int4", 0,
			[]string{`error V: is boolean…sent as a number…type = "boolean" }`}},
		{"a boolean for a number", `"type":"number"`, field{}, "bool", 0,
			[]string{`error V: is number…sent as a boolean | convert it in the query`}},
		{"a date for a number", `"type":"number"`, field{}, "date", 0,
			[]string{`error V: is number…(date) is sent as a string | convert it in the query`}},
		{"a fraction for an integer", `"type":"integer"`, field{}, "numeric", 0,
			[]string{`warning V: is an integer…can hold fractions…v::bigint`}},
		{"text for an integer", `"type":"integer"`, field{Type: mapping.TypeNumber}, "text", 0,
			[]string{`warning V: is an integer…can hold fractions`}},
		{"an integer", `"type":"integer","format":"int32"`, field{}, "int4", 0, nil},
		{"an integer of 64 bits", `"type":"integer","format":"int32"`, field{}, "int8", 0, []string{`warning V: has at most 32 bits`}},
		{"a column without a form is told elsewhere", `"type":"string"`, field{}, "bytea", 0, nil},
		{"a column that does not exist is told elsewhere", `"type":"string"`, field{Column: "w"}, "", 0, nil},
		{"json for an object", `"type":"object","properties":{"A":{"type":"string"}}`, field{}, "jsonb", 0, nil},
		{"a value for an object", `"type":"object","properties":{"A":{"type":"string"}}`, field{}, "text", 0,
			[]string{`error V: is object in the contract, but is mapped to a single value | map its members, such as "V.A"`}},
		{"a value for an object of any members", `"type":"object","additionalProperties":{"type":"string"}`, field{}, "text", 0,
			[]string{`error V: is object…single value | map its members, or a column of type json`}},
		{"a value for a list", `"type":"array","items":{"type":"string"}`, field{}, "text", 0,
			[]string{`error V: is array…single value | map its elements with [[job.children]]`}},
		{"read-only", `"type":"string","readOnly":true`, field{}, "text", 0, []string{`error V: is read-only`}},

		{"a date", `"type":"string","format":"date"`, field{}, "date", 0, nil},
		{"a date with a time to come", `"type":"string","format":"date-time"`, field{}, "date", 0, nil},
		{"a time for a date", `"type":"string","format":"date"`, field{}, "timestamp", 0,
			[]string{`error V: does not take what the column "v" (timestamp) holds, such as "2026-11-30T08:00:00": it must have the format date | convert it in the query: v::date`}},
		{"a moment for a date", `"type":"string","format":"date"`, field{}, "timestamptz", 0,
			[]string{`error V: does not take what the column "v" (timestamptz) holds…must have the format date | convert it in the query: (v AT TIME ZONE 'Europe/Paris')::date, in`}},
		{"a local time", `"type":"string","format":"date-time"`, field{}, "timestamp", 0, nil},
		{"a time with an offset", `"type":"string","format":"date-time"`, field{}, "timestamptz", 0, nil},
		{"a date in another order", `"type":"string","pattern":"^[0-9]{2}/[0-9]{2}/[0-9]{4}$"`, field{}, "date", 0,
			[]string{`error V: does not take…it must match…to_char`}},
		{"a date that is too long", `"type":"string","maxLength":8`, field{}, "date", 0,
			[]string{`error V: does not take…10 characters, and 8 are allowed`}},
		{"a number with a date's format", `"type":"string","format":"date"`, field{Type: mapping.TypeString}, "int4", 0,
			[]string{`error V: has the format date…never has`}},
		{"a uuid", `"type":"string","format":"uuid"`, field{}, "uuid", 0, nil},

		{"varchar that fits", `"type":"string","maxLength":80`, field{}, "varchar", 80, nil},
		{"varchar that is longer", `"type":"string","maxLength":80`, field{}, "varchar", 100,
			[]string{`warning V: takes 80 characters in the contract, and the column "v" (varchar(100)) can hold more`}},
		{"varchar that is too short", `"type":"string","minLength":15`, field{}, "varchar", 13, []string{`error V: needs 15 characters`}},

		{"a constant", `"type":"string","maxLength":2`, field{Value: "FR"}, "", 0, nil},
		{"a constant that is too long", `"type":"string","maxLength":2`, field{Value: "FRA"}, "", 0,
			[]string{`error V: has a constant that the contract refuses: it has 3 characters, and 2 are allowed`}},
		{"a constant of another type", `"type":"string"`, field{Value: int64(1)}, "", 0,
			[]string{`error V: has a constant…of the type string, not`}},
		{"a constant that is not listed", `"type":"string","enum":["A","B"]`, field{Value: "C"}, "", 0,
			[]string{`error V: has a constant…one of`}},
		{"a constant out of range", `"type":"number","maximum":5`, field{Value: int64(6)}, "", 0,
			[]string{`error V: has a constant…it must be <= 5`}},
		{"the period", `"type":"string","pattern":"^[0-9]{4}-[0-9]{2}$"`, field{Value: "@period"}, "", 0, nil},
		{"the period in another form", `"type":"string","pattern":"^[0-9]{6}$"`, field{Value: "@period"}, "", 0,
			[]string{`error V: has a constant…must match`}},
		{"a parameter that the run has not", `"type":"string"`, field{Value: "@nothing"}, "", 0, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			spec, shape := one(test.field, test.column, test.length)
			contracttest.Expect(t, check.CheckMapping(contracttest.Taking(t, contracttest.Members(`"V":{`+test.schema+`}`)), spec, shape, nil,
				contracttest.Params()), test.want)
		})
	}
}

// TestNullAgainstMember: what a NULL does, against what the contract takes.
func TestNullAgainstMember(t *testing.T) {
	t.Parallel()
	required := func(nullable string) string {
		return `"Salarie":{"type":"object","required":["V"],"properties":{"V":{"type":"string"` + nullable + `}}}`
	}
	const cleared, omit, refuse = mapping.NullClear, mapping.NullOmit, mapping.NullRefuse
	for _, test := range []struct {
		name        string
		definitions string
		null        mapping.Null
		want        []string
	}{
		{"required, cleared", required(""), "", []string{`warning V: is sent as null where the column "v" is NULL…null = "refuse"`}},
		{"required, cleared in so many words", required(""), cleared, []string{`warning V: is sent as null`}},
		{"required, left out", required(""), omit, []string{`warning V: is required by the contract, and is left out…write null = "refuse" to have them told as missing values`}},
		{"required, refused", required(""), refuse, nil},
		{"required but nullable, cleared", required(`,"x-nullable":true`), cleared, nil},
		{"required but nullable, left out", required(`,"x-nullable":true`), omit, []string{`warning V: is required…write null = "clear": the contract takes null`}},
		{"not required, cleared", contracttest.Members(`"V":{"type":"string"}`), cleared, nil},
		{"not required, not nullable, cleared", contracttest.Members(`"V":{"type":"string","x-nullable":false}`), cleared,
			[]string{`warning V: is sent as null…null = "omit"`}},
		{"not required, not nullable, left out", contracttest.Members(`"V":{"type":"string","x-nullable":false}`), omit, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			spec, shape := one(field{Null: test.null}, "text", 0)
			contracttest.Expect(t, check.CheckMapping(contracttest.Taking(t, test.definitions), spec, shape, nil, contracttest.Params()), test.want)
		})
	}
}

// TestCodesAgainstMember: nomenclatures, against what the contract lists and describes.
func TestCodesAgainstMember(t *testing.T) {
	t.Parallel()
	nomenclatures := mapping.Nomenclatures{
		"Strate":       {"I": {Code: "I", Active: true}, "II": {Code: "II", Active: true}, "IX": {Code: "IX"}},
		"StrateAgents": {"1": {Code: "1", Active: true}},
		"Nature": {"01": {Code: "01", Active: true}, "02": {Code: "02", Active: true}, "03": {Code: "03", Active: true},
			"04": {Code: "04", Active: true}},
	}
	for _, test := range []struct {
		name         string
		schema       string
		nomenclature string
		kind         mapping.Type
		want         []string
	}{
		{"all listed", `"type":"string","enum":["I","II","III"]`, "Strate", "", nil},
		{"one not listed", `"type":"string","enum":["I","III"]`, "Strate", "",
			[]string{`warning V: does not take 1 of the codes of the nomenclature Strate: II |`}},
		{"many not listed", `"type":"string","enum":["X","Y"]`, "Nature", "",
			[]string{`warning V: does not take 4 of the codes of the nomenclature Nature: 01, 02, 03, … |`}},
		{"too long", `"type":"string","maxLength":1`, "Strate", "", []string{`warning V: does not take 1 of the codes…: II |`}},
		{"sent as numbers", `"type":"number","enum":[1,2,3,4]`, "Nature", mapping.TypeNumber, nil},
		{"described", `"type":"string","description":"Code de la nomenclature Strate."`, "", "",
			[]string{`info V: seems to be a code of the nomenclature Strate: its codes are not looked up | write { column = "v", dictionary = "Strate" }`}},
		{"described, and looked up", `"type":"string","description":"Code de la nomenclature Strate."`, "Strate", "", nil},
		{"the one that is announced counts", `"type":"string","description":"StrateAgents : voir la nomenclature strate"`, "", "",
			[]string{`info V: seems to be a code of the nomenclature Strate`}},
		{"part of a word is no name", `"type":"string","description":"Stratège"`, "", "", nil},
		{"listed like a nomenclature", `"type":"string","enum":["II","I",null]`, "", "",
			[]string{`info V: seems to be a code of the nomenclature Strate`}},
		{"one code is no list", `"type":"string","enum":["1"]`, "", "", nil},
		{"a nomenclature that was never pulled", `"type":"string","enum":["A"]`, "Absente", "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			spec, shape := one(field{Nomenclature: test.nomenclature, Type: test.kind}, "text", 0)
			contracttest.Expect(t, check.CheckMapping(contracttest.Taking(t, contracttest.Members(`"V":{`+test.schema+`}`)), spec, shape,
				nomenclatures, contracttest.Params()), test.want)
		})
	}
}

// TestHintsNameWhatTheContractTakes: an API may take more than its contract says, names in another case, names for the
// numbers of an enum, numbers in strings; syncd does not send them, and tells how the mapping sends what the contract says.
func TestHintsNameWhatTheContractTakes(t *testing.T) {
	t.Parallel()
	codes := mapping.Nomenclatures{"Nature": {"CDI": {Code: "CDI", Active: true}, "CDD": {Code: "CDD", Active: true}}}
	for _, test := range []struct {
		name, schema string
		field        field
		kind         string
		want         []string
	}{
		{"a text for a number", `"type":"number"`, field{}, "text",
			[]string{`error V: is number in the contract, but the column "v" (text) is sent as a string | write { column = "v", type = "number" }`}},
		{"a number for a text", `"type":"string"`, field{}, "numeric", []string{`error V: is string… | write { column = "v", type = "string" }`}},
		{"a name for a number of an enum", `"type":"integer","enum":[0,1]`, field{}, "text",
			[]string{`error V: is integer in the contract, but the column "v" (text) is sent as a string | write { column = "v", type = "number" }; it takes one of 0, 1: convert other values in the query`}},
		{"a number for a text of an enum", `"type":"string","enum":["A","B"]`, field{}, "int4",
			[]string{`error V: is string… | write { column = "v", type = "string" }; it takes one of A, B: convert`}},
		{"codes in another case", `"type":"string","enum":["Cdi","Cdd"]`, field{Nomenclature: "Nature"}, "text",
			[]string{`warning V: does not take 2 of the codes of the nomenclature Nature: CDD, CDI | the contract spells CDD as Cdd: convert it in the query, without dictionary`}},
		{"a constant in another case", `"type":"string","enum":["Cdi"]`, field{Value: "CDI"}, "",
			[]string{`error V: has a constant that the contract refuses: it must be one of Cdi | write { value = "Cdi" }`}},
		{"a constant number in a text", `"type":"number"`, field{Value: "12.5"}, "",
			[]string{`error V: has a constant that the contract refuses: it must be of the type number, not string | write { value = "12.5", type = "number" }`}},
		{"a constant text in a number", `"type":"string"`, field{Value: 12}, "",
			[]string{`error V: has a constant… | write { value = 12, type = "string" }`}},
		{"a constant name for a number of an enum", `"type":"integer","enum":[0,1]`, field{Value: "CDI"}, "",
			[]string{`error V: has a constant…type integer, not string | correct the value, or the type`,
				`error V: has a constant…one of 0, 1 | correct the value`}},
		{"a parameter", `"type":"integer"`, field{Value: "@period"}, "",
			[]string{`error V: has a constant…type integer, not string | correct the value, or the type`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.field.Null = mapping.NullRefuse
			spec, shape := one(test.field, test.kind, 0)
			contracttest.Expect(t, check.CheckMapping(contracttest.Taking(t, contracttest.Members(`"V":{`+test.schema+`}`)), spec, shape, codes,
				contracttest.Params()), test.want)
		})
	}
}

// TestMembersInAnotherCase: one thing is wrong, and it is told once, with the spelling of the contract.
func TestMembersInAnotherCase(t *testing.T) {
	t.Parallel()
	op := contracttest.Taking(t, `"Salarie":{"type":"object","required":["nom","adresse","elements"],"properties":{"nom":{"type":"string"},
		"adresse":{"type":"object","required":["ville"],"properties":{"ville":{"type":"string"}}},
		"elements":{"type":"array","items":{"type":"object","required":["code"],"properties":{"code":{"type":"string"}}}}}}`)
	spec := mapping.Spec{Fields: contracttest.Fields("Nom", "adresse.Ville"),
		Children: []mapping.Children{{Path: "Elements", Key: "Code", Fields: contracttest.Fields("Code")}}}
	contracttest.Expect(t, check.CheckMapping(op, spec, shapeOf(spec), nil, nil), []string{
		`error Elements: is not in the contract… | did you mean "elements"?`, `error Nom: is not… | did you mean "nom"?`,
		`error adresse.Ville: is not… | did you mean "ville"?`,
	})
	spec.Fields[1].Path, spec.Children[0].Path = "Adresse.ville", "elements"
	contracttest.Expect(t, check.CheckMapping(op, spec, shapeOf(spec), nil, nil), []string{
		`error Adresse.ville: lies within Adresse, which is not… | did you mean "adresse"?`, `error Nom: is not…`,
		`error elements[].Code: is not… | did you mean "code"?`,
	})
}

func TestAdviceIsSorted(t *testing.T) {
	t.Parallel()
	spec := mapping.Spec{Fields: []field{{Path: "C", Column: "c"}, {Path: "B", Column: "b"}, {Path: "A", Column: "a"}}}
	advice := check.CheckMapping(contracttest.Taking(t, contracttest.Members(`"X":{"type":"string"}`)), spec, nil, nil, nil)
	if len(advice) != 3 || !slices.IsSortedFunc(advice, func(a, b check.Advice) int { return strings.Compare(a.Path, b.Path) }) {
		t.Errorf("told: %v", contracttest.Lines(advice))
	}
}
