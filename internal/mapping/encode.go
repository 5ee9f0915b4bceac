package mapping

import "fmt"

// encoder appends the JSON form of a value that Postgres gave in text format; false = the value does not fit.
type encoder func(dst, text []byte) ([]byte, bool)

// family groups the types of Postgres that are written alike.
type family int

const (
	familyText family = iota // everything not named here: text, varchar, uuid, time, enumerations, …
	familyBoolean
	familyNumber
	familyDate
	familyTimestamp
	familyJSON
	familyNone // no form in a document
)

// Object identifiers of Postgres's built-in types (src/include/catalog/pg_type.dat). Types that users create have
// others from 16384 on and arrive as text: the reader of staging reports their composites as record and their arrays as
// anyarray.
const (
	oidBool        = 16
	oidBytea       = 17
	oidInt8        = 20
	oidInt2        = 21
	oidInt4        = 23
	oidOID         = 26
	oidJSON        = 114
	oidFloat4      = 700
	oidFloat8      = 701
	oidMoney       = 790
	oidBpchar      = 1042
	oidDate        = 1082
	oidTimestamp   = 1114
	oidTimestampTZ = 1184
	oidNumeric     = 1700
	oidRecord      = 2249
	oidAnyArray    = 2277
	oidJSONB       = 3802
)

var families = map[uint32]family{
	oidBool: familyBoolean,
	oidInt2: familyNumber, oidInt4: familyNumber, oidInt8: familyNumber, oidOID: familyNumber,
	oidFloat4: familyNumber, oidFloat8: familyNumber, oidNumeric: familyNumber,
	oidDate:      familyDate,
	oidTimestamp: familyTimestamp, oidTimestampTZ: familyTimestamp,
	oidJSON: familyJSON, oidJSONB: familyJSON,
}

// unsupported names the types without a form in a document. Money is among them because its text depends on the locale.
var unsupported = func() map[uint32]string {
	names := map[uint32]string{oidBytea: "bytea", oidMoney: "money", oidRecord: "record", oidAnyArray: "array"}
	for _, oid := range []uint32{
		22, 30, 143, 199, 210, 270, 271, 272, 273, 629, 651, 719, 775, 791, 1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009,
		1010, 1011, 1012, 1013, 1014, 1015, 1016, 1017, 1018, 1019, 1020, 1021, 1022, 1027, 1028, 1034, 1040, 1041, 1115,
		1182, 1183, 1185, 1187, 1231, 1263, 1270, 1561, 1563, 2201, 2207, 2208, 2209, 2210, 2211, 2287, 2949, 2951, 3221,
		3643, 3644, 3645, 3735, 3770, 3807, 3905, 3907, 3909, 3911, 3913, 3927, 4073, 4090, 4097, 4192, 5039, 6150, 6151,
		6152, 6153, 6155, 6157,
	} {
		names[oid] = "array"
	}
	for _, oid := range []uint32{3904, 3906, 3908, 3910, 3912, 3926, 4451, 4532, 4533, 4534, 4535, 4536} {
		names[oid] = "range"
	}
	return names
}()

func familyOf(oid uint32) family {
	if unsupported[oid] != "" {
		return familyNone
	}
	return families[oid]
}

type encoding struct {
	from family
	to   Type
}

// encoders lists the conversions that exist. Text that is an enumeration or a uuid is text here.
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
	if name := unsupported[column.Type]; name != "" {
		return nil, &TypeError{
			Path: path, Column: f.Column, Type: column.Type,
			Problem: fmt.Sprintf("is of type %s (OID %d), which a document has no form for", name, column.Type),
			Hint:    "convert it in the query, for instance to text, numeric or jsonb",
		}
	}
	encode := encoders[encoding{familyOf(column.Type), f.Type}]
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
