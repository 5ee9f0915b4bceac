package diff

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"syncd/internal/canonjson"
	"syncd/internal/plaintext"
)

// Unseen says how two texts differ that look alike.
type Unseen string

const (
	UnseenForm       Unseen = "unicode-form"      // accents as one character, or as two (NFC, NFD)
	UnseenCharacters Unseen = "unseen-characters" // characters that show nothing, or spaces of another kind
	UnseenAlphabet   Unseen = "alphabet"          // letters of another alphabet that look like these
)

// unseenBetween compares two JSON values that differ; "" = that can be seen.
func unseenBetween(older, newer []byte) Unseen {
	if older[0] != '"' || newer[0] != '"' || plaintext.IsASCII(older) && plaintext.IsASCII(newer) {
		return ""
	}
	return LooksLike(canonjson.Unquote(older), canonjson.Unquote(newer))
}

// LooksLike tells how two texts differ that look alike; "" = they are the same, or differ so that it can be seen.
func LooksLike(a, b string) Unseen {
	switch {
	case a == b:
		return ""
	case norm.NFC.String(a) == norm.NFC.String(b):
		return UnseenForm
	case visible(a) == visible(b):
		return UnseenCharacters
	case likeLatin.Replace(visible(a)) == likeLatin.Replace(visible(b)):
		return UnseenAlphabet
	}
	return ""
}

// visible is a text as it looks: composed, without what shows nothing, and with one kind of space.
func visible(text string) string {
	return norm.NFKC.String(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.Is(unicode.Zs, r):
			return ' '
		case plaintext.ShowsNothing(r):
			return -1
		}
		return r
	}, text))
}

// likeLatin gives the Latin letters that some of the Cyrillic and Greek alphabets look like.
var likeLatin = strings.NewReplacer(
	"а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "у", "y", "х", "x", "і", "i", "ј", "j", "ѕ", "s",
	"А", "A", "В", "B", "Е", "E", "К", "K", "М", "M", "Н", "H", "О", "O", "Р", "P", "С", "C", "Т", "T", "У", "Y", "Х", "X", "І", "I", "Ј", "J",
	"Ѕ", "S",
	"Α", "A", "Β", "B", "Ε", "E", "Ζ", "Z", "Η", "H", "Ι", "I", "Κ", "K", "Μ", "M", "Ν", "N", "Ο", "O", "Ρ", "P", "Τ", "T", "Υ", "Y", "Χ", "X",
	"ο", "o", "ν", "v",
)
