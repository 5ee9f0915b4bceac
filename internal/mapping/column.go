package mapping

import (
	"cmp"
	"strconv"

	"syncd/internal/canonjson"
)

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
	{familyText, TypeAuto}:        canonjson.AppendString,
	{familyText, TypeString}:      canonjson.AppendString,
	{familyText, TypeNumber}:      canonjson.AppendDecimal,
	{familyText, TypeBoolean}:     appendBool,
	{familyBoolean, TypeAuto}:     appendBool,
	{familyBoolean, TypeBoolean}:  appendBool,
	{familyBoolean, TypeString}:   quoted(appendBool),
	{familyNumber, TypeAuto}:      canonjson.AppendDecimal,
	{familyNumber, TypeNumber}:    canonjson.AppendDecimal,
	{familyNumber, TypeString}:    quoted(canonjson.AppendDecimal),
	{familyNumber, TypeBoolean}:   appendBool,
	{familyDate, TypeAuto}:        appendDate,
	{familyDate, TypeString}:      appendDate,
	{familyTimestamp, TypeAuto}:   appendTimestamp,
	{familyTimestamp, TypeString}: appendTimestamp,
	{familyJSON, TypeAuto}:        canonjson.Append,
}

// columnEncoder finds the conversion from a column's type to the wanted JSON type.
func columnEncoder(f *Field, path string, column Column) (encoder, error) {
	if column.family() == familyNone {
		return nil, &TypeError{Path: path, Column: f.Column, Type: column.Type, Name: column.TypeName(), Conversion: column.conversion()}
	}
	encode := encoders[encoding{column.family(), f.Type}]
	if encode == nil {
		return nil, &TypeError{Path: path, Column: f.Column, Type: column.Type, Wanted: f.Type}
	}
	return encode, nil
}

func quoted(encode encoder) encoder {
	return func(dst, text []byte) ([]byte, bool) {
		dst, ok := encode(append(dst, '"'), text)
		return append(dst, '"'), ok
	}
}

// appendBool reads Postgres's own t and f, and what text and integer columns contain in their place.
func appendBool(dst, text []byte) ([]byte, bool) {
	switch string(text) {
	case "t", "true", "1":
		return append(dst, "true"...), true
	case "f", "false", "0":
		return append(dst, "false"...), true
	}
	return dst, false
}

// JSONType tells which JSON type the values of a column take in the field's member. TypeAuto = it depends on the value,
// as with a json column, or the column's type cannot be sent at all.
func (f *Field) JSONType(column Column) Type {
	if f.Type != TypeAuto {
		return f.Type
	}
	switch column.family() {
	case familyText, familyDate, familyTimestamp:
		return TypeString
	case familyNumber:
		return TypeNumber
	case familyBoolean:
		return TypeBoolean
	case familyNone, familyJSON:
	}
	return TypeAuto
}

// Converts reports whether a column's values can be sent as the JSON type that the field asks for.
func (f *Field) Converts(column Column) bool {
	_, err := columnEncoder(f, f.Path, column)
	return err == nil
}

// ValueJSON gives the JSON text that one value of a column becomes, as Postgres writes that value; ok = false: it does
// not fit.
func (f *Field) ValueJSON(column Column, text string) (value []byte, ok bool) {
	encode, err := columnEncoder(f, f.Path, column)
	if err != nil {
		return nil, false
	}
	return encode(nil, []byte(text))
}

// ConstantJSON gives the JSON text of a field that is a constant or a run's parameter. An error says in plain words why
// there is none; it contains no value.
func (f *Field) ConstantJSON(params Params) ([]byte, error) { return f.encodeConstant(params) }

// examples are values of the types whose values all look alike, as Postgres writes them. The years have four digits:
// dates beyond them are bad values.
var examples = map[uint32]string{
	oidBool: "t", oidDate: "2026-11-30", oidTimestamp: "2026-11-30 08:00:00", oidTimestampTZ: "2026-11-30 08:00:00+01",
	oidUUID: "00000000-0000-4000-8000-000000000000", oidTime: "08:00:00", oidTimeTZ: "08:00:00+01",
}

// Example gives the JSON text of one value of the column, where all its values look alike (dates, times, booleans,
// uuids): what does not take the example takes none of them. nil where an example says nothing.
func (f *Field) Example(column Column) []byte {
	text := examples[column.Type]
	if text == "" {
		return nil
	}
	value, ok := f.ValueJSON(column, text)
	if !ok {
		return nil
	}
	return value
}

// Whole reports whether the column contains whole numbers only. bits is the size of its type, 0 when it is no such column.
func (c Column) Whole() (bits int, ok bool) {
	switch c.Type {
	case oidInt2:
		return 16, true
	case oidInt4:
		return 32, true
	case oidInt8:
		return 64, true
	case oidOID:
		return 33, true // unsigned
	}
	return 0, false
}

// typeNames are those that people know the types by.
var typeNames = map[uint32]string{
	oidBool: "boolean", oidInt2: "smallint", oidInt4: "integer", oidInt8: "bigint", oidOID: "oid", oidFloat4: "real",
	oidFloat8: "double precision", oidNumeric: "numeric", oidDate: "date", oidTimestamp: "timestamp", oidTimestampTZ: "timestamptz",
	oidJSON: "json", oidJSONB: "jsonb", oidUUID: "uuid", oidTime: "time", oidTimeTZ: "timetz", oidInterval: "interval", oidText: "text",
	oidVarchar: "varchar",
	oidBpchar:  "char", oidName: "name", oidChar: `"char"`, oidBytea: "bytea", oidMoney: "money", oidRecord: "record",
}

// TypeName is the column's type in SQL's words: "numeric", "varchar(80)", "staging.status".
func (c Column) TypeName() string {
	name := cmp.Or(typeNames[c.Type], c.Info.Name, "unknown")
	if c.Length > 0 {
		return name + "(" + strconv.Itoa(c.Length) + ")"
	}
	return name
}

// The texts of dates and times are those of Postgres with DateStyle ISO, which the reader of staging sets; it also sets
// TimeZone, on which the offsets depend: the same instant read with another one is another document. What has no form
// in ISO 8601 with a year of four digits ("infinity", "0044-03-15 BC", "10000-01-01") is a bad value.

const dateLength = len("2026-11-01")

// appendDate turns a date into "2026-11-01".
func appendDate(dst, text []byte) ([]byte, bool) {
	if len(text) != dateLength || !matches(text, "0000-00-00") {
		return dst, false
	}
	return appendQuoted(dst, text), true
}

// appendTimestamp turns "2026-11-01 08:00:00.5+01" into "2026-11-01T08:00:00.5+01:00": RFC 3339, and without an offset
// for a timestamp without time zone. An offset with seconds (local mean times before 1911) has no such form.
func appendTimestamp(dst, text []byte) ([]byte, bool) {
	const layout = "0000-00-00 00:00:00"
	if len(text) < len(layout) || !matches(text[:len(layout)], layout) {
		return dst, false
	}
	fraction, offset := text[len(layout):], []byte(nil)
	if len(fraction) > 0 && fraction[0] == '.' {
		digits, rest := canonjson.SplitDigits(fraction[1:])
		fraction, offset = fraction[:1+len(digits)], rest
	} else {
		fraction, offset = nil, fraction
	}
	if !validOffset(offset) {
		return dst, false
	}
	dst = append(dst, '"')
	dst = append(dst, text[:dateLength]...)
	dst = append(dst, 'T')
	dst = append(dst, text[dateLength+1:len(layout)]...)
	dst = append(dst, fraction...)
	dst = append(dst, offset...)
	if len(offset) == len("+01") {
		dst = append(dst, ":00"...)
	}
	return append(dst, '"'), true
}

func validOffset(offset []byte) bool {
	if len(offset) == 0 {
		return true
	}
	if offset[0] != '+' && offset[0] != '-' {
		return false
	}
	return matches(offset[1:], "00") || matches(offset[1:], "00:00")
}

// matches compares text with a layout in which 0 stands for any digit.
func matches(text []byte, layout string) bool {
	if len(text) != len(layout) {
		return false
	}
	for i := range text {
		if layout[i] == '0' {
			if text[i]-'0' > 9 {
				return false
			}
		} else if text[i] != layout[i] {
			return false
		}
	}
	return true
}

func appendQuoted(dst, text []byte) []byte {
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}
