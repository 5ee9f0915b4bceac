package plaintext

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agext/levenshtein"
	"golang.org/x/text/unicode/norm"
)

var ligatures = strings.NewReplacer("œ", "oe", "æ", "ae", "ß", "ss", "ø", "o", "ł", "l", "đ", "d", "’", "'")

// FoldRune gives a character in lower case and without accents, as many a program writes names.
func FoldRune(r rune) string {
	lower := string(unicode.ToLower(unicode.ToUpper(r)))
	if r < utf8.RuneSelf {
		return lower
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsMark(r) {
			return -1
		}
		return r
	}, strings.ToLower(norm.NFKD.String(ligatures.Replace(lower))))
}

// Fold is a text without case, accents and signs: Adresse.CodePostal, adresse_code_postal and "Adresse code postal" are one.
func Fold(text string) string {
	var b strings.Builder
	for _, r := range text {
		if IsWordRune(r) {
			b.WriteString(FoldRune(r))
		}
	}
	return b.String()
}

// IsWordRune reports whether a character is a letter, a digit or an accent.
func IsWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// Words takes a name apart where its case or its signs do, each word folded: CodeMotifCDD is code, motif, cdd.
func Words(name string) []string {
	var all []string
	var word []rune
	flush := func() {
		if folded := Fold(string(word)); folded != "" {
			all = append(all, folded)
		}
		word = word[:0]
	}
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case !IsWordRune(r):
			flush()
			continue
		case unicode.IsUpper(r) && i > 0 && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			flush()
		}
		word = append(word, r)
	}
	flush()
	return all
}

// Nearest is the candidate that a mistyped name may have meant; "" when none is near: the first, in the order of the alphabet,
// that it begins, else one that differs in two characters of five, or has the same ones in another order. Case does not count.
func Nearest(name string, candidates []string) string {
	lower := strings.ToLower(name)
	const telling = 3 // characters of a beginning that tell something
	best, most := "", max(1, utf8.RuneCountInString(name)*2/5)
	for _, candidate := range slices.Sorted(slices.Values(candidates)) {
		known := strings.ToLower(candidate)
		if len(name) >= telling && strings.HasPrefix(known, lower) {
			return candidate
		}
		edits := levenshtein.Distance(lower, known, nil)
		if len(known) == len(lower) && sorted(known) == sorted(lower) {
			edits = min(edits, 1)
		}
		if edits < most || best == "" && edits == most {
			best, most = candidate, edits
		}
	}
	return best
}

func sorted(text string) string {
	runes := []rune(text)
	slices.Sort(runes)
	return string(runes)
}
