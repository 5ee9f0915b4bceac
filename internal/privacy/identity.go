// Package privacy knows what tells people apart, an IBAN or a NIR, by its name and by its value, however either is written, and
// hides it, and what else is somebody's own, in texts that are shown. It is pure.
package privacy

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"syncd/internal/lazyregexp"
	"syncd/internal/plaintext"
)

// Kind is what the values of a field are, where its names or the values themselves tell.
type Kind string

const (
	KindNone   Kind = ""
	KindIBAN   Kind = "iban"   // an account number of ISO 13616
	KindNIR    Kind = "nir"    // a French social security number
	KindPostal Kind = "postal" // a postal code
)

// Identifies reports whether values of the kind tell people apart, and must never be shown.
func (k Kind) Identifies() bool { return k == KindIBAN || k == KindNIR }

const (
	nirShort      = 13 // without its key
	nirLength     = 15
	nirDepartment = 5  // offset of the department, which is 2A or 2B in Corsica
	minIBAN       = 15 // Norway
	maxIBAN       = 34
	maxSpelled    = 4 * maxIBAN // bytes; longer texts are neither, and not worth a look
)

// Identifies reports whether a value must never be shown, whatever the mapping says of its field.
func Identifies[T string | []byte](s T) bool { return Identify(s) != KindNone }

// Identify reports whether a text is an IBAN or a NIR with its key, by its check digits and however it is spelled: with
// spaces of any kind, dashes, dots, in small letters. A NIR without its key has nothing that would tell it.
func Identify[T string | []byte](s T) Kind {
	var spelled [maxIBAN]byte
	compact, kind := compactIdentifier(spelled[:0], s)
	switch {
	case kind == KindNIR && len(compact) == nirLength && nirKeyFits(compact),
		kind == KindIBAN && len(compact) >= minIBAN && ibanRemainder(compact) == 1:
		return kind
	}
	return KindNone
}

// Sound reports whether the value of a field that is known to contain such things can be one: an IBAN with right check digits
// and the length of its country; a NIR with the right key, or without one. What waits for a number of its own (7 or 8 in
// front) has no key that could be wrong. A text that shows nothing is sound.
func Sound[T string | []byte](kind Kind, s T) bool {
	if !kind.Identifies() || plaintext.Blank(s) {
		return true
	}
	var spelled [maxIBAN]byte
	compact, looks := compactIdentifier(spelled[:0], s)
	switch {
	case looks != kind:
		return false
	case kind == KindNIR:
		temporary := len(compact) > 0 && compact[0] >= '7'
		return len(compact) == nirShort || len(compact) == nirLength && (temporary || nirKeyFits(compact))
	}
	length := ibanLengths[string(compact[:min(2, len(compact))])]
	return len(compact) >= minIBAN && (length == 0 || length == len(compact)) && ibanRemainder(compact) == 1
}

// compactIdentifier appends the letters and digits of what may be an IBAN or a NIR, in capitals and without what people
// put between them. It gives up at the first character that fits neither: of a name that is the third one.
func compactIdentifier[T string | []byte](dst []byte, s T) ([]byte, Kind) {
	if len(s) < nirShort || len(s) > maxSpelled {
		return nil, KindNone
	}
	kind := KindNone
	start := len(dst)
	for i := withoutWord(s); i < len(s); {
		c, size := s[i], 1
		if c >= utf8.RuneSelf {
			c, size = narrow(s, i)
		}
		i += size
		if c == 0 || c <= ' ' || c == '-' || c == '.' || c == '/' || c == '_' {
			continue
		}
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		at := len(dst) - start
		if at == 0 {
			kind = firstOf(c)
		}
		if at == cap(dst)-start || !fitsAt(kind, at, c) {
			return nil, KindNone
		}
		dst = append(dst, c)
	}
	if kind == KindNIR && !departmentFits(dst[start:]) {
		return nil, KindNone
	}
	return dst, kind
}

// departmentFits reports whether the department of a NIR may be one: of those with a letter, 2A or 2B.
func departmentFits(nir []byte) bool {
	return len(nir) <= nirDepartment+1 || !isLetter(nir[nirDepartment+1]) || nir[nirDepartment] == '2'
}

// withoutWord is the offset behind the word IBAN, where a text begins with it: "IBAN: FR76 …".
func withoutWord[T string | []byte](s T) int {
	const word = "iban"
	for i := range len(word) {
		if s[i]|0x20 != word[i] {
			return 0
		}
	}
	if s[len(word)] == ':' {
		return len(word) + 1
	}
	return len(word)
}

// narrow is the ASCII character that one beyond ASCII stands for: a digit or letter of full width; 0 for what only
// separates, and a character that fits nowhere for all else.
func narrow[T string | []byte](s T, i int) (c byte, size int) {
	r, size := utf8.DecodeRuneInString(string(s[i:min(len(s), i+utf8.UTFMax)]))
	const fullWidth = 0xFEE0
	switch {
	case r >= '！' && r <= '～':
		return byte(r - fullWidth), size
	case plaintext.ShowsNothing(r), isDash(r):
		return 0, size
	}
	return '?', size
}

func isDash(r rune) bool { return unicode.Is(unicode.Pd, r) || r == '−' }

// firstOf tells by the first character what it can be.
func firstOf(c byte) Kind {
	switch {
	case isLetter(c):
		return KindIBAN
	case '1' <= c && c <= '8':
		return KindNIR
	}
	return KindNone
}

// fitsAt reports whether a character can stand at a place: two letters, two digits, then both in an IBAN; digits in a NIR,
// but for the A or B of Corsica.
func fitsAt(kind Kind, at int, c byte) bool {
	switch {
	case kind == KindNone:
		return false
	case kind == KindNIR:
		return at < nirLength && (isDigit(c) || at == nirDepartment+1 && (c == 'A' || c == 'B'))
	case at < 2:
		return isLetter(c)
	case at < 4:
		return isDigit(c)
	}
	return isDigit(c) || isLetter(c)
}

// nirKeyFits reports whether the key is 97 − n mod 97, where 2A and 2B (Corsica) count as 19 and 18.
func nirKeyFits(compact []byte) bool {
	n := 0
	for i, c := range compact[:nirShort] {
		switch digit := int(c - '0'); {
		case c == 'A':
			n = (n-1)*10 + 9
		case c == 'B':
			n = (n-1)*10 + 8
		case i < nirShort:
			n = n*10 + digit
		}
	}
	key := int(compact[nirShort]-'0')*10 + int(compact[nirShort+1]-'0')
	return key == 97-n%97
}

// ibanRemainder is the whole mod 97, 1 when the check digits are right. The check moves the first four characters to the
// end: their part of the remainder is added last.
func ibanRemainder(compact []byte) int {
	remainder := 0
	for _, c := range compact[4:] {
		remainder = ibanStep(remainder, c)
	}
	for _, c := range compact[:4] {
		remainder = ibanStep(remainder, c)
	}
	return remainder
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

// ibanLengths are those of the countries in the registry of ISO 13616 (SWIFT, release 99); of others only the check digits
// are asked.
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28,
	"CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
	"FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
	"IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20,
	"LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18,
	"NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31,
	"SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29,
	"VA": 22, "VG": 24, "XK": 20, "YE": 30,
}

// AppendNormal appends a value in the one form that all its spellings share: in capitals, without white space and dashes.
// An IBAN and a NIR, known by their field or by their check digits, are rid of dots and the like as well, and a NIR of its
// key, which not everybody writes. Nothing is appended of a text that shows nothing.
func AppendNormal(dst []byte, kind Kind, text []byte) []byte {
	if !kind.Identifies() {
		kind = Identify(text)
	}
	start := len(dst)
	dst = AppendCompact(dst, kind, text)
	if kind == KindNIR && len(dst)-start == nirLength {
		dst = dst[:start+nirShort]
	}
	return dst
}

// AppendCompact is AppendNormal of a value of that kind, and leaves a NIR its key.
func AppendCompact(dst []byte, kind Kind, text []byte) []byte {
	if !plaintext.IsASCII(text) {
		text = norm.NFKC.Append(nil, text...)
	}
	if kind == KindIBAN && len(text) > minIBAN {
		text = text[withoutWord(text):]
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c <= ' ', c == '-', c == 0x7F, kind != KindNone && (c == '.' || c == '/' || c == '_'):
		case 'a' <= c && c <= 'z':
			dst = append(dst, c-'a'+'A')
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRune(text[i:])
			if !plaintext.ShowsNothing(r) && !isDash(r) {
				dst = utf8.AppendRune(dst, unicode.ToUpper(r))
			}
			i += size - 1
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// SameSpelled reports whether two values of a field are one IBAN or NIR, spelled as they may be. Of other values it says no.
func SameSpelled(kind Kind, a, b string) bool {
	if !kind.Identifies() {
		if kind = Identify(a); kind == KindNone || Identify(b) != kind {
			return false
		}
	}
	return string(AppendNormal(nil, kind, []byte(a))) == string(AppendNormal(nil, kind, []byte(b)))
}

// KeyForm is what two spellings of one matricule have in common: "00042", " 42", "４２" in full width, "42.0" of a spreadsheet
// and "0-042" are "42". Case, spaces, punctuation and leading zeros do not count.
func KeyForm(key []byte) string {
	text := spreadsheetPattern().ReplaceAllString(strings.TrimSpace(norm.NFKC.String(string(key))), "$1")
	text = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
	return zerosPattern().ReplaceAllString(text, "$1$2")
}

var (
	spreadsheetPattern = lazyregexp.New(`^([0-9]+)[.,]0+$`)
	zerosPattern       = lazyregexp.New(`(^|[^0-9])0+([0-9])`)
)
