package mapping

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"syncd/internal/canonjson"
	"syncd/internal/plaintext"
	"syncd/internal/privacy"
)

const (
	scalePlaces = 4       // decimal places that Scaled keeps
	maxScaled   = 1 << 62 // where Scaled saturates: 461 trillion
)

// Scaled reads a decimal in Postgres's text format in units of 1/10000: "120.00" is 1200000. It is exact to four places,
// further digits are rounded half away from zero, and it saturates at ±(1<<62). It reads what AppendDecimal reads, and
// the blanks behind a char(n); it reports false for NULL, NaN, Infinity and what is no number. It allocates nothing.
func Scaled(text []byte) (units int64, ok bool) {
	negative := len(text) > 0 && text[0] == '-'
	if negative || len(text) > 0 && text[0] == '+' {
		text = text[1:]
	}
	if units, ok = scaleShort(text); !ok {
		units, ok = scaleAny(trimBlanks(text))
	}
	if negative {
		units = -units
	}
	return units, ok
}

// scaleShort reads what nearly all amounts are, in one pass: few digits, at most four of them behind the point. It
// reports false for anything else.
func scaleShort(text []byte) (units int64, ok bool) {
	if len(text) == 0 || len(text) > 14 { // 14 digits and four places cannot overflow
		return 0, false
	}
	i := 0
	for ; i < len(text) && text[i]-'0' <= 9; i++ {
		units = units*10 + int64(text[i]-'0')
	}
	if i == len(text) {
		return units * powers[scalePlaces], true
	}
	places := len(text) - 1 - i
	if text[i] != '.' || i == 0 || places > scalePlaces {
		return 0, false
	}
	for _, c := range text[i+1:] {
		if c -= '0'; c > 9 {
			return 0, false
		}
		units = units*10 + int64(c)
	}
	return units * powers[scalePlaces-places], true
}

var powers = [...]int64{1, 10, 100, 1000, 10000}

func scaleAny(text []byte) (units int64, ok bool) {
	whole, rest := canonjson.SplitDigits(text)
	var fraction []byte
	if len(rest) > 0 && rest[0] == '.' {
		fraction, rest = canonjson.SplitDigits(rest[1:])
	}
	if len(whole)+len(fraction) == 0 {
		return 0, false
	}
	exponent := 0
	if len(rest) > 0 {
		if exponent, ok = canonjson.ParseExponent(rest); !ok {
			return 0, false
		}
	}
	return roundDigits(whole, fraction, len(whole)+exponent+scalePlaces), true
}

// roundDigits reads so many of the digits, zeros behind the last, and rounds by the one that follows.
func roundDigits(whole, fraction []byte, count int) (units int64) {
	if count < 0 {
		return 0
	}
	for i := range count {
		if units > maxScaled/10 {
			return maxScaled
		}
		units = units*10 + digitAt(whole, fraction, i)
	}
	if digitAt(whole, fraction, count) >= 5 {
		units++
	}
	return min(units, maxScaled)
}

// digitAt is the digit at i of whole and fraction taken together.
func digitAt(whole, fraction []byte, i int) int64 {
	if i < len(whole) {
		return int64(whole[i] - '0')
	}
	if i -= len(whole); i < len(fraction) {
		return int64(fraction[i] - '0')
	}
	return 0
}

const maxAmountText = 40 // bytes of a text that can be an amount

// ScaledText reads a text that people would take for a number as Scaled does: "1 250,00", "1.250,00 €", "12,5-", "7 EUR".
// Where there are points and commas, the last one that occurs once stands before the decimals. It reports false for what is no number.
func ScaledText(text []byte) (units int64, ok bool) {
	if units, ok = Scaled(text); ok || len(text) > maxAmountText {
		return units, ok
	}
	var plain [maxAmountText + 1]byte
	number, negative, ok := plainNumber(plain[:0], withoutUnit(text))
	if !ok {
		return 0, false
	}
	if units, ok = Scaled(number); negative {
		units = -units
	}
	return units, ok
}

// withoutUnit leaves out the word for euros in front of an amount or behind it.
func withoutUnit(text []byte) []byte {
	for _, unit := range []string{"euros", "euro", "eur"} {
		n := len(unit)
		switch {
		case len(text) < n:
		case equalFold(text[len(text)-n:], unit):
			return text[:len(text)-n]
		case equalFold(text[:n], unit):
			return text[n:]
		}
	}
	return text
}

func equalFold(text []byte, lower string) bool {
	for i := range text {
		if text[i]|0x20 != lower[i] {
			return false
		}
	}
	return true
}

// plainNumber appends the digits of a number and its decimal point.
func plainNumber(dst, text []byte) (_ []byte, negative, ok bool) {
	point := decimalPoint(text)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case '0' <= r && r <= '9':
			dst = append(dst, byte(r))
		case i == point:
			dst = append(dst, '.')
		case r == '-', r == '−':
			if negative || len(dst) > 0 && !plaintext.Blank(text[i+size:]) { // in front, or at the end
				return nil, false, false
			}
			negative = true
		case r == '+' && len(dst) == 0, r == '.', r == ',', r == '\'', r == '’', r == '€', plaintext.ShowsNothing(r):
		default:
			return nil, false, false
		}
		i += size
	}
	return dst, negative, len(dst) > 0
}

// decimalPoint is the offset of the point or comma before the decimals; -1 = there is none.
func decimalPoint(text []byte) int {
	last := bytes.LastIndexAny(text, ".,")
	if last < 0 || bytes.Count(text, text[last:last+1]) > 1 {
		return -1
	}
	return last
}

// LooksLikeCode reports whether a text that Scaled could read is rather a code or a date than an amount: a number with a 0 in
// front, one too long for any sum of pay, a day as 20261130 or 30112026.
func LooksLikeCode(text []byte) bool {
	const day, most = 8, 12
	text = bytes.TrimSpace(text)
	for _, c := range text {
		if !digit(c) {
			return false
		}
	}
	if len(text) > most || len(text) > 1 && text[0] == '0' {
		return true
	}
	return len(text) == day && (isDay(text[:4], text[4:6], text[6:]) || isDay(text[4:], text[2:4], text[:2]))
}

func isDay(year, month, day []byte) bool {
	y, m, d := number(year), number(month), number(day)
	return y >= 1900 && y < 2100 && 1 <= m && m <= 12 && 1 <= d && d <= 31
}

// scaledJSON sums what a JSON value contains of numbers, however deep they lie.
func scaledJSON(text []byte) (units int64, ok bool) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return 0, false
	}
	canonjson.EachScalar(text, func(scalar string) {
		if n, isNumber := ScaledText([]byte(scalar)); isNumber && !LooksLikeCode([]byte(scalar)) {
			units, ok = min(max(units+n, -maxScaled), maxScaled), true
		}
	})
	return units, ok
}

// Column tells where the member of the master data at path comes from: the index in Shape.Employee. It reports false for
// constants and for paths that the mapping does not have.
func (m *Mapping) Column(path string) (index int, ok bool) { return columnAt(m.employee, path) }

// ChildColumn tells where the member at path of a child comes from: the index in Shape.Children[group]. The group is an
// index of Spec.Children, the path that of a field: "Montant". It reports false as Column does.
func (m *Mapping) ChildColumn(group int, path string) (index int, ok bool) {
	return columnAt(m.children[group], path)
}

func columnAt(ops []op, path string) (index int, ok bool) {
	i := slices.IndexFunc(ops, func(o op) bool { return o.kind == opColumn && o.path == path })
	if i < 0 {
		return 0, false
	}
	return ops[i].column, true
}

// Quantity is a member of children whose values can be summed.
type Quantity struct {
	Path   string // of the member: "Montant"
	Column int    // index in Shape.Children
	Text   bool   // the column contains texts, of which some may be numbers
	Scaled func(value []byte) (units int64, ok bool)
}

// Quantities lists, in the order of the document, the members of children whose values can be summed: numbers, texts that
// are read as numbers where they are some, and JSON, of which all numbers count. Neither the children's key, nor codes of a
// nomenclature, dates, or what is sent as a boolean are among them.
func (m *Mapping) Quantities(group int) []Quantity {
	var list []Quantity
	for i := range m.children[group] {
		if o := &m.children[group][i]; o.amounts != nil {
			list = append(list, Quantity{Path: o.path, Column: o.column, Text: o.text, Scaled: o.amounts})
		}
	}
	return list
}

// PostalNumbers lists the members that are postal codes and come from a column of numbers, which has no 0 in front.
func (m *Mapping) PostalNumbers() []string {
	var paths []string
	for i := range m.employee {
		if o := &m.employee[i]; o.kind == opColumn && o.postal && !o.text && !o.json {
			paths = append(paths, o.path)
		}
	}
	return paths
}

// Unnamed lists the members of master data whose values may be an IBAN or a NIR although no name tells: texts and numbers
// of anything, but no codes.
func (m *Mapping) Unnamed() []string {
	var paths []string
	for i := range m.employee {
		o := &m.employee[i]
		if o.kind == opColumn && o.codes == nil && !o.date && !o.json && o.field.Kind == privacy.KindNone && o.field.Type != TypeBoolean {
			paths = append(paths, o.path)
		}
	}
	return paths
}

// scaler reads a value in units of Scaled.
type scaler func(value []byte) (units int64, ok bool)

// scaler is how the values of a column are read to be summed; nil = they cannot be.
func (f *Field) scaler(column Column) scaler {
	if f.Nomenclature != "" || f.Type == TypeBoolean {
		return nil
	}
	switch column.family() {
	case familyNumber:
		return Scaled
	case familyJSON:
		return scaledJSON
	case familyText:
		if f.Type == TypeNumber {
			return Scaled
		}
		return ScaledText
	case familyNone, familyBoolean, familyDate, familyTimestamp:
	}
	return nil
}
