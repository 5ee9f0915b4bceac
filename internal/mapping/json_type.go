package mapping

import (
	"cmp"
	"strconv"
)

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
	default:
		return TypeAuto
	}
}

// Converts tells whether a column's values can be sent as the JSON type that the field asks for.
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
// there is none; it holds no value.
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

// Whole tells whether the column holds whole numbers only. bits is the size of its type, 0 when it is no such column.
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
	oidJSON: "json", oidJSONB: "jsonb", oidUUID: "uuid", oidTime: "time", oidTimeTZ: "timetz", oidInterval: "interval", oidText: "text", oidVarchar: "varchar",
	oidBpchar: "char", oidName: "name", oidChar: `"char"`, oidBytea: "bytea", oidMoney: "money", oidRecord: "record",
}

// TypeName is the column's type in SQL's words: "numeric", "varchar(80)", "staging.status".
func (c Column) TypeName() string {
	name := cmp.Or(typeNames[c.Type], c.Info.Name, "unknown")
	if c.Length > 0 {
		return name + "(" + strconv.Itoa(c.Length) + ")"
	}
	return name
}
