package mapping

import (
	"testing"

	"syncd/internal/plaintext"
)

func TestJSONType(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		field    Type
		oid      uint32
		want     Type
		converts bool
	}{
		{"text", TypeAuto, 25, TypeString, true},
		{"varchar", TypeAuto, 1043, TypeString, true},
		{"a type of which the catalogue was not asked", TypeAuto, 16999, TypeAuto, false},
		{"date", TypeAuto, oidDate, TypeString, true},
		{"timestamptz", TypeAuto, oidTimestampTZ, TypeString, true},
		{"numeric", TypeAuto, oidNumeric, TypeNumber, true},
		{"bigint", TypeAuto, oidInt8, TypeNumber, true},
		{"boolean", TypeAuto, oidBool, TypeBoolean, true},
		{"jsonb", TypeAuto, oidJSONB, TypeAuto, true},
		{"bytea", TypeAuto, oidBytea, TypeAuto, false},
		{"numeric as text", TypeString, oidNumeric, TypeString, true},
		{"text as a number", TypeNumber, 25, TypeNumber, true},
		{"smallint as a boolean", TypeBoolean, oidInt2, TypeBoolean, true},
		{"date as a number", TypeNumber, oidDate, TypeNumber, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			field, column := &Field{Path: "V", Column: "v", Type: test.field}, Column{Name: "v", Type: test.oid}
			if got := field.JSONType(column); got != test.want {
				t.Errorf("JSONType is %q, want %q", got, test.want)
			}
			if got := field.Converts(column); got != test.converts {
				t.Errorf("Converts is %v, want %v", got, test.converts)
			}
		})
	}
}

// TestExample: what an example says must be what the mapping makes of such a column.
func TestExample(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		oid   uint32
		field Type
		want  string
	}{
		{oidDate, TypeAuto, `"2026-11-30"`},
		{oidTimestamp, TypeAuto, `"2026-11-30T08:00:00"`},
		{oidTimestampTZ, TypeString, `"2026-11-30T08:00:00+01:00"`},
		{oidBool, TypeAuto, `true`},
		{oidBool, TypeString, `"true"`},
		{oidUUID, TypeAuto, `"00000000-0000-4000-8000-000000000000"`},
		{oidTime, TypeAuto, `"08:00:00"`},
		{oidDate, TypeNumber, ``},
		{25, TypeAuto, ``},
		{oidNumeric, TypeAuto, ``},
	} {
		field := &Field{Path: "V", Column: "v", Type: test.field}
		if got := string(field.Example(Column{Name: "v", Type: test.oid})); got != test.want {
			t.Errorf("the example of OID %d as %q is %s, want %s", test.oid, test.field, got, test.want)
		}
	}
}

func TestValueJSON(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		oid   uint32
		field Type
		text  string
		want  string
		ok    bool
	}{
		{25, TypeAuto, `a "code"`, `"a \"code\""`, true},
		{25, TypeNumber, "01", "1", true},
		{25, TypeNumber, "A", "", false},
		{oidNumeric, TypeString, "75.00", `"75"`, true},
		{oidBytea, TypeAuto, "x", "", false},
	} {
		field := &Field{Path: "V", Column: "v", Type: test.field}
		got, ok := field.ValueJSON(Column{Name: "v", Type: test.oid}, test.text)
		if ok != test.ok || ok && string(got) != test.want {
			t.Errorf("%q is %s, %v, want %s, %v", test.text, got, ok, test.want, test.ok)
		}
	}
}

func TestConstantJSON(t *testing.T) {
	t.Parallel()
	params := Params{"period": "2026-11"}
	for _, test := range []struct {
		field Field
		want  string
		fails bool
	}{
		{Field{Value: "@period"}, `"2026-11"`, false},
		{Field{Value: "@siret"}, ``, true},
		{Field{Value: int64(3)}, `3`, false},
		{Field{Value: int64(3), Type: TypeString}, `"3"`, false},
		{Field{Value: "x", Type: TypeNumber}, ``, true},
	} {
		got, err := test.field.ConstantJSON(params)
		if string(got) != test.want || (err != nil) != test.fails {
			t.Errorf("%v gives %s, %v, want %s", test.field.Value, got, err, test.want)
		}
	}
}

func TestColumnWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		column Column
		name   string
		bits   int
	}{
		{Column{Type: 1043, Length: 80}, "varchar(80)", 0},
		{Column{Type: oidBpchar, Length: 2}, "char(2)", 0},
		{Column{Type: 25}, "text", 0},
		{Column{Type: 16999}, "unknown", 0},
		{Column{Type: 16999, Info: TypeInfo{Name: "staging.status", Kind: kindEnum, Category: 'E'}}, "staging.status", 0},
		{Column{Type: oidInt4}, "integer", 32},
		{Column{Type: oidInt8}, "bigint", 64},
		{Column{Type: oidNumeric}, "numeric", 0},
		{Column{Type: oidBytea}, "bytea", 0},
	} {
		if got := test.column.TypeName(); got != test.name {
			t.Errorf("OID %d is called %q, want %q", test.column.Type, got, test.name)
		}
		if bits, whole := test.column.Whole(); bits != test.bits || whole != (test.bits > 0) {
			t.Errorf("OID %d has %d bits, want %d", test.column.Type, bits, test.bits)
		}
	}
}

func TestNearestName(t *testing.T) {
	t.Parallel()
	names := []string{"NomUsage", "Prenom"}
	if got := plaintext.Nearest("prenon", names); got != "Prenom" {
		t.Errorf("the nearest is %q", got)
	}
	if got := plaintext.Nearest("Iban", names); got != "" {
		t.Errorf("nothing is near, but %q was found", got)
	}
}
