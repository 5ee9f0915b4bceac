package mapping

import "time"

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
		digits, rest := splitDigits(fraction[1:])
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

// wallClock writes a date without a time as midnight.
const wallClock = "2006-01-02T15:04:05.999999999"

// moment reads a date or a time as documents and .NET write them: with or without a time, with or without an offset.
func moment(text string) (t time.Time, zoned, ok bool) {
	if len(text) < dateLength || !matches([]byte(text[:dateLength]), "0000-00-00") {
		return t, false, false
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04:05", time.RFC3339} { // fractions of seconds are read by all
		if t, err := time.Parse(layout, text); err == nil {
			return t, layout == time.RFC3339, true
		}
	}
	return t, false, false
}

// sameMoment tells whether two texts state one moment. Where one of them has no offset the clocks are compared: a server
// adds its own to what it got without.
func sameMoment(a, b string) bool {
	first, firstZoned, ok := moment(a)
	if !ok {
		return false
	}
	second, secondZoned, ok := moment(b)
	if !ok {
		return false
	}
	if firstZoned && secondZoned {
		return first.Equal(second)
	}
	return first.Format(wallClock) == second.Format(wallClock)
}
