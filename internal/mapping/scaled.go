package mapping

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
	whole, rest := splitDigits(text)
	var fraction []byte
	if len(rest) > 0 && rest[0] == '.' {
		fraction, rest = splitDigits(rest[1:])
	}
	if len(whole)+len(fraction) == 0 {
		return 0, false
	}
	exponent := 0
	if len(rest) > 0 {
		if exponent, ok = parseExponent(rest); !ok {
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
