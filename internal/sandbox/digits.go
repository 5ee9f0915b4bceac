package sandbox

// validNir tells whether the last two of the 15 characters are 97 − n mod 97. Corsica's 2A and 2B count as 19 and 18.
func validNir(nir string) bool {
	if len(nir) != 15 {
		return false
	}
	number := nir[:13]
	switch nir[5:7] {
	case "2A":
		number = nir[:5] + "19" + nir[7:13]
	case "2B":
		number = nir[:5] + "18" + nir[7:13]
	}
	n, isNumber := mod97(number)
	key := 97 - n // from 01 to 97
	return isNumber && nir[13] == byte('0'+key/10) && nir[14] == byte('0'+key%10)
}

// validIban moves the country and the check digits to the end, reads letters as 10 to 35, and wants 1 modulo 97.
func validIban(iban string) bool {
	if len(iban) < 15 || len(iban) > 34 {
		return false
	}
	n, ok := mod97(iban[4:] + iban[:4])
	return ok && n == 1
}

// mod97 reads digits and capital letters (A = 10) as one long number.
func mod97(text string) (int, bool) {
	n := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			n = (n*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			n = (n*100 + int(c-'A') + 10) % 97
		default:
			return 0, false
		}
	}
	return n, true
}
