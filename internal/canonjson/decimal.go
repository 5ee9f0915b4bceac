package canonjson

import "bytes"

// maxExponent bounds what an exponent may expand to: float8 ends at e308, and a payroll far before.
const maxExponent = 400

// AppendDecimal appends the canonical form of a decimal of any length: no exponent, no sign on zero, no leading zero
// but the one before the point, no trailing zero after it ("75.00" is 75, "007.50" is 7.5, "1e3" is 1000). It never
// goes through a float. It reports false, and appends nothing, when text is no decimal or its exponent is beyond ±400.
func AppendDecimal(dst, text []byte) ([]byte, bool) {
	negative := false
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		text = text[1:]
	}
	whole, rest := SplitDigits(text)
	var fraction []byte
	if len(rest) > 0 && rest[0] == '.' {
		fraction, rest = SplitDigits(rest[1:])
	}
	if len(whole)+len(fraction) == 0 {
		return dst, false
	}
	if len(rest) > 0 {
		exponent, ok := ParseExponent(rest)
		if !ok {
			return dst, false
		}
		whole, fraction = movePoint(whole, fraction, exponent)
	}
	return appendParts(dst, negative, whole, fraction), true
}

// SplitDigits cuts text after its leading ASCII digits.
func SplitDigits(text []byte) (digits, rest []byte) {
	i := 0
	for i < len(text) && text[i]-'0' <= 9 {
		i++
	}
	return text[:i], text[i:]
}

// ParseExponent reads "e3", "E+03", "e-7".
func ParseExponent(text []byte) (int, bool) {
	if text[0] != 'e' && text[0] != 'E' {
		return 0, false
	}
	text = text[1:]
	sign := 1
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		if text[0] == '-' {
			sign = -1
		}
		text = text[1:]
	}
	digits, rest := SplitDigits(text)
	if len(digits) == 0 || len(rest) > 0 {
		return 0, false
	}
	exponent := 0
	for _, c := range digits {
		exponent = exponent*10 + int(c-'0')
		if exponent > maxExponent {
			return 0, false
		}
	}
	return sign * exponent, true
}

// movePoint shifts the decimal point by exponent places, padding with zeros.
func movePoint(whole, fraction []byte, exponent int) (newWhole, newFraction []byte) {
	digits := append(bytes.Clone(whole), fraction...)
	point := len(whole) + exponent
	if point < 0 {
		digits = append(bytes.Repeat([]byte{'0'}, -point), digits...)
		point = 0
	}
	if point > len(digits) {
		digits = append(digits, bytes.Repeat([]byte{'0'}, point-len(digits))...)
	}
	return digits[:point], digits[point:]
}

func appendParts(dst []byte, negative bool, whole, fraction []byte) []byte {
	for len(whole) > 0 && whole[0] == '0' {
		whole = whole[1:]
	}
	for len(fraction) > 0 && fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	if len(whole) == 0 && len(fraction) == 0 {
		return append(dst, '0')
	}
	if negative {
		dst = append(dst, '-')
	}
	if len(whole) == 0 {
		dst = append(dst, '0')
	}
	dst = append(dst, whole...)
	if len(fraction) > 0 {
		dst = append(dst, '.')
		dst = append(dst, fraction...)
	}
	return dst
}
