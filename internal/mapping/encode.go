package mapping

import "fmt"

// encoder appends the JSON form of a value that Postgres gave in text format; false = the value does not fit.
type encoder func(dst, text []byte) ([]byte, bool)

// family groups the types of Postgres that are written alike.
type family int

const (
	familyNone family = iota // no form in a document
	familyText
	familyBoolean
	familyNumber
	familyDate
	familyTimestamp
	familyJSON
)

// Object identifiers of Postgres's built-in types (src/include/catalog/pg_type.dat). Of all others, types that users
// create among them, the catalogue tells the family.
const (
	oidBool        = 16
	oidBytea       = 17
	oidChar        = 18 // "char", of one byte
	oidName        = 19
	oidInt8        = 20
	oidInt2        = 21
	oidInt4        = 23
	oidText        = 25
	oidOID         = 26
	oidJSON        = 114
	oidFloat4      = 700
	oidFloat8      = 701
	oidMoney       = 790
	oidBpchar      = 1042
	oidVarchar     = 1043
	oidDate        = 1082
	oidTime        = 1083
	oidTimestamp   = 1114
	oidTimestampTZ = 1184
	oidInterval    = 1186
	oidTimeTZ      = 1266
	oidNumeric     = 1700
	oidRecord      = 2249
	oidUUID        = 2950
	oidJSONB       = 3802
)

var families = map[uint32]family{
	oidText: familyText, oidVarchar: familyText, oidBpchar: familyText, oidName: familyText, oidChar: familyText,
	oidUUID: familyText, oidTime: familyText, oidTimeTZ: familyText, oidInterval: familyText,
	oidBool: familyBoolean,
	oidInt2: familyNumber, oidInt4: familyNumber, oidInt8: familyNumber, oidOID: familyNumber,
	oidFloat4: familyNumber, oidFloat8: familyNumber, oidNumeric: familyNumber,
	oidDate:      familyDate,
	oidTimestamp: familyTimestamp, oidTimestampTZ: familyTimestamp,
	oidJSON: familyJSON, oidJSONB: familyJSON,
}

// IsBuiltIn tells of types whose form is known without the catalogue.
func IsBuiltIn(oid uint32) bool { return families[oid] != familyNone }

// TypeInfo is what the catalogue (pg_type) says of a type.
type TypeInfo struct {
	Name     string // "staging.status", "integer[]"
	Kind     byte   // typtype
	Category byte   // typcategory
}

// Values of typtype and typcategory.
const (
	kindBase       = 'b'
	kindComposite  = 'c'
	kindEnum       = 'e'
	kindRange      = 'r'
	kindMultirange = 'm'
	categoryArray  = 'A'
	categoryString = 'S'
)

// family is known of built-in types. Of the others only enumerations and what Postgres itself counts as strings (citext)
// are sent, as text: an array, a row or a range has no form in a document but what the query gives it, and the text of
// others, such as money, depends on settings.
func (c Column) family() family {
	if known := families[c.Type]; known != familyNone {
		return known
	}
	if c.Info.Kind == kindEnum || c.Info.Kind == kindBase && c.Info.Category == categoryString {
		return familyText
	}
	return familyNone
}

// conversion tells how a query makes something of the column that can be sent.
func (c Column) conversion() string {
	switch {
	case c.Type == oidMoney:
		return c.Name + "::numeric"
	case c.Type == oidBytea:
		return "encode(" + c.Name + ", 'base64')"
	case c.Type == oidRecord || c.Info.Kind == kindComposite:
		return "name its members one by one, such as (" + c.Name + ").street"
	case c.Info.Category == categoryArray:
		return "array_to_string(" + c.Name + ", ', ') for a text, to_jsonb(" + c.Name + ") for a list"
	case c.Info.Kind == kindRange || c.Info.Kind == kindMultirange:
		return "lower(" + c.Name + ") and upper(" + c.Name + ")"
	}
	return c.Name + "::text, or to numeric or jsonb"
}

type encoding struct {
	from family
	to   Type
}

// encoders lists the conversions that exist.
var encoders = map[encoding]encoder{
	{familyText, TypeAuto}:        AppendString,
	{familyText, TypeString}:      AppendString,
	{familyText, TypeNumber}:      AppendDecimal,
	{familyText, TypeBoolean}:     appendBool,
	{familyBoolean, TypeAuto}:     appendBool,
	{familyBoolean, TypeBoolean}:  appendBool,
	{familyBoolean, TypeString}:   quoted(appendBool),
	{familyNumber, TypeAuto}:      AppendDecimal,
	{familyNumber, TypeNumber}:    AppendDecimal,
	{familyNumber, TypeString}:    quoted(AppendDecimal),
	{familyNumber, TypeBoolean}:   appendBool,
	{familyDate, TypeAuto}:        appendDate,
	{familyDate, TypeString}:      appendDate,
	{familyTimestamp, TypeAuto}:   appendTimestamp,
	{familyTimestamp, TypeString}: appendTimestamp,
	{familyJSON, TypeAuto}:        appendCanonical,
}

// columnEncoder finds the conversion from a column's type to the wanted JSON type.
func columnEncoder(f *Field, path string, column Column) (encoder, error) {
	if column.family() == familyNone {
		return nil, &TypeError{
			Path: path, Column: f.Column, Type: column.Type,
			Problem: fmt.Sprintf("is of type %s (OID %d), which a document has no form for", column.TypeName(), column.Type),
			Hint:    "convert it in the query: " + column.conversion(),
		}
	}
	encode := encoders[encoding{column.family(), f.Type}]
	if encode == nil {
		return nil, &TypeError{
			Path: path, Column: f.Column, Type: column.Type,
			Problem: fmt.Sprintf("(OID of its type: %d) cannot be sent as a %s", column.Type, f.Type),
			Hint:    "convert it in the query, for instance to text, or drop type from the field",
		}
	}
	return encode, nil
}

func quoted(encode encoder) encoder {
	return func(dst, text []byte) ([]byte, bool) {
		dst, ok := encode(append(dst, '"'), text)
		return append(dst, '"'), ok
	}
}

// appendBool reads Postgres's own t and f, and what text and integer columns hold in their place.
func appendBool(dst, text []byte) ([]byte, bool) {
	switch string(text) {
	case "t", "true", "1":
		return append(dst, "true"...), true
	case "f", "false", "0":
		return append(dst, "false"...), true
	}
	return dst, false
}
