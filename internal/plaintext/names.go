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

// Nearest is the candidate that a mistyped name may have meant; "" when none is near. Case does not count.
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", NearEnough(name)+1
	for _, candidate := range slices.Sorted(slices.Values(candidates)) {
		if d := levenshtein.Distance(strings.ToLower(name), strings.ToLower(candidate), nil); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// NearEnough is the number of edits up to which two names resemble each other.
func NearEnough(name string) int { return max(2, utf8.RuneCountInString(name)/3) }
