package mapping

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxKey is the length in bytes up to which a business key can be used: the ledger has unique indexes over it, whose
// entries Postgres limits to 2,704 bytes.
const MaxKey = 200

// KeyFits tells whether a business key can name an employee: not blank, at most MaxKey bytes, and nothing in it that
// would make two keys look alike, which is white space around it and characters that cannot be seen.
func KeyFits(key []byte) bool {
	return len(key) > 0 && len(key) <= MaxKey && utf8.Valid(key) &&
		len(bytes.TrimSpace(key)) == len(key) && bytes.IndexFunc(key, invisible) < 0
}

func invisible(r rune) bool {
	return !unicode.IsGraphic(r) || showsNothing(r) && !unicode.Is(unicode.Zs, r) // fillers are letters, by their category
}

// KeyProblem is the problem of so many rows whose key does not fit.
func KeyProblem(key []byte, rows int) Problem {
	return Problem{Code: ProblemBadKey, Value: shown(&Field{}, []byte(HarmlessKey(key))), Count: rows, Why: whyKey(key)}
}

// HarmlessKey makes a key that does not fit one that can be stored and shown: cut to MaxKey bytes, and without
// characters that cannot be seen. It may equal another key, so it names nobody.
func HarmlessKey(key []byte) string {
	text := strings.Map(func(r rune) rune {
		if invisible(r) {
			return utf8.RuneError
		}
		return r
	}, string(key))
	if len(text) <= MaxKey {
		return text
	}
	const ellipsis = "…"
	end := MaxKey - len(ellipsis)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + ellipsis
}

// KeyForm is what two spellings of one matricule have in common: "00042", " 42", "４２" in full width, "42.0" of a spreadsheet
// and "0-042" are "42". Case, spaces, punctuation and leading zeros do not count.
func KeyForm(key []byte) string {
	text := spreadsheetPattern.ReplaceAllString(strings.TrimSpace(norm.NFKC.String(string(key))), "$1")
	text = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
	return zerosPattern.ReplaceAllString(text, "$1$2")
}

var (
	spreadsheetPattern = regexp.MustCompile(`^([0-9]+)[.,]0+$`)
	zerosPattern       = regexp.MustCompile(`(^|[^0-9])0+([0-9])`)
)
