package mapping

// identifies tells whether a value must never be shown, whatever the mapping says of its field.
func identifies[T string | []byte](s T) bool { return validNIR(s) || validIBAN(s) }

const (
	nirLength   = 15
	minIBAN     = 15 // Norway
	maxIBAN     = 34
	maxInSpaces = 2 * maxIBAN // longer texts are neither, and not worth a look
)

// validNIR tells whether s is a French social security number with its key: 15 characters, spaces aside; its key is
// 97 − n mod 97, where 2A and 2B (Corsica) count as 19 and 18.
func validNIR[T string | []byte](s T) bool {
	if len(s) < nirLength || len(s) > maxInSpaces || s[0] < '1' || s[0] > '8' {
		return false
	}
	n, key, count := 0, 0, 0
	for i := range len(s) {
		c := s[i]
		if c == ' ' {
			continue
		}
		digit := int(c - '0')
		if count == 6 && (c == 'A' || c == 'a' || c == 'B' || c == 'b') {
			if n%10 != 2 {
				return false
			}
			n, digit = n-1, 9 // 2A is 19
			if c == 'B' || c == 'b' {
				digit = 8 // 2B is 18
			}
		} else if c < '0' || c > '9' {
			return false
		}
		if count < nirLength-2 {
			n = n*10 + digit
		} else {
			key = key*10 + digit
		}
		if count++; count > nirLength {
			return false
		}
	}
	return count == nirLength && key == 97-n%97
}

// validIBAN tells whether s is an account number of ISO 13616: two letters, two check digits, up to 30 letters and
// digits, mod 97 = 1, spaces aside.
func validIBAN[T string | []byte](s T) bool {
	if len(s) < minIBAN || len(s) > maxInSpaces || !isLetter(s[0]) || !isLetter(s[1]) || !isDigit(s[2]) || !isDigit(s[3]) {
		return false
	}
	// The check moves the first four characters to the end: their part of the remainder is added last.
	remainder, count := 0, 4
	for i := 4; i < len(s); i++ {
		if s[i] == ' ' {
			continue
		}
		if !isLetter(s[i]) && !isDigit(s[i]) {
			return false
		}
		remainder = ibanStep(remainder, s[i])
		count++
	}
	for i := range 4 {
		remainder = ibanStep(remainder, s[i])
	}
	return count >= minIBAN && count <= maxIBAN && remainder == 1
}

// ibanStep adds one character, letters counting as 10 (A) to 35 (Z).
func ibanStep(remainder int, c byte) int {
	if isDigit(c) {
		return (remainder*10 + int(c-'0')) % 97
	}
	return (remainder*100 + int(c|0x20-'a') + 10) % 97
}

func isDigit(c byte) bool { return c-'0' <= 9 }

func isLetter(c byte) bool { return (c|0x20)-'a' <= 'z'-'a' }
