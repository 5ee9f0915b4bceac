package check

import (
	"bytes"

	"syncd/internal/contract/openapi"
)

// format is a format that is checked.
type format uint8

const (
	formatNone format = iota
	formatDate
	formatDateTime
	formatUUID
	formatDecimal
	formatInt32
	formatInt64
)

// formatOf tells which check a format asks for. Formats of texts say nothing of numbers, and the reverse; double and float
// take any number.
func formatOf(name string) format {
	switch name {
	case "date":
		return formatDate
	case "date-time":
		return formatDateTime
	case "uuid":
		return formatUUID
	case "decimal":
		return formatDecimal
	case "int32":
		return formatInt32
	case "int64":
		return formatInt64
	}
	return formatNone
}

// takesText checks a string, without its quotes.
func (f format) takesText(text []byte) bool {
	switch f {
	case formatDate:
		return isDate(text)
	case formatDateTime:
		return isDateTime(text)
	case formatUUID:
		return isUUID(text)
	case formatDecimal:
		return isDecimal(text)
	case formatNone, formatInt32, formatInt64:
	}
	return true
}

// takesNumber checks a canonical decimal.
func (f format) takesNumber(decimal []byte) bool {
	switch f {
	case formatInt32:
		return isInteger(decimal) && within(decimal, "-2147483648", "2147483647")
	case formatInt64:
		return isInteger(decimal) && within(decimal, "-9223372036854775808", "9223372036854775807")
	case formatNone, formatDate, formatDateTime, formatUUID, formatDecimal:
	}
	return true
}

func isInteger(decimal []byte) bool { return bytes.IndexByte(decimal, '.') < 0 }

func within(decimal []byte, least, most string) bool {
	if len(decimal) < 10 { // nine digits and a sign: every integer type contains it
		return true
	}
	return openapi.CompareDecimals(decimal, least) >= 0 && openapi.CompareDecimals(decimal, most) <= 0
}

// isDate takes YYYY-MM-DD where it is a day of the calendar.
func isDate(text []byte) bool {
	if len(text) != len("2026-11-30") || text[4] != '-' || text[7] != '-' {
		return false
	}
	century, year := twoDigits(text, 0), twoDigits(text, 2)
	month, day := twoDigits(text, 5), twoDigits(text, 8)
	if century < 0 || year < 0 || century+year == 0 || month < 1 || month > 12 || day < 1 {
		return false
	}
	year += 100 * century
	days := daysOf[month]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		days++
	}
	return day <= days
}

var daysOf = [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// isDateTime takes what ASP.NET's readers take where a contract says date-time: RFC 3339, the same without an offset, and
// a date alone (Newtonsoft's Json.NET, System.Text.Json: ISO 8601-1:2019, extended profile).
func isDateTime(text []byte) bool {
	const date, clock = len("2026-11-30"), len("T10:00:00")
	if len(text) <= date {
		return isDate(text)
	}
	if len(text) < date+clock || !isDate(text[:date]) || text[10] != 'T' || text[13] != ':' || text[16] != ':' {
		return false
	}
	if !upTo(text, 11, 23) || !upTo(text, 14, 59) || !upTo(text, 17, 59) {
		return false
	}
	rest := text[date+clock:]
	if len(rest) > 0 && rest[0] == '.' {
		digits := 1
		for digits < len(rest) && isDigit(rest[digits]) {
			digits++
		}
		if digits == 1 {
			return false
		}
		rest = rest[digits:]
	}
	return isOffset(rest)
}

// isOffset takes nothing, Z and ±hh:mm.
func isOffset(text []byte) bool {
	if len(text) == 0 {
		return true
	}
	if text[0] == 'Z' {
		return len(text) == 1
	}
	return len(text) == len("+01:00") && (text[0] == '+' || text[0] == '-') && text[3] == ':' &&
		upTo(text, 1, 23) && upTo(text, 4, 59)
}

func upTo(text []byte, i, most int) bool {
	value := twoDigits(text, i)
	return value >= 0 && value <= most
}

// twoDigits is -1 where text has none at i.
func twoDigits(text []byte, i int) int {
	if !isDigit(text[i]) || !isDigit(text[i+1]) {
		return -1
	}
	return int(text[i]-'0')*10 + int(text[i+1]-'0')
}

func isDigit(c byte) bool { return c-'0' <= 9 }

func isUUID(text []byte) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range text {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

// isDecimal takes a number in a string: digits, with a point and a sign at most.
func isDecimal(text []byte) bool {
	if len(text) > 0 && text[0] == '-' {
		text = text[1:]
	}
	whole, fraction, point := bytes.Cut(text, []byte{'.'})
	return allDigits(whole) && (!point || allDigits(fraction))
}

func allDigits(text []byte) bool {
	for _, c := range text {
		if !isDigit(c) {
			return false
		}
	}
	return len(text) > 0
}
