package plaintext

import (
	"unicode"
	"unicode/utf8"
)

// Blank reports whether a text shows nothing: it is empty, or all white space and characters that cannot be seen (spaces of
// any width, joiners, marks of order or direction, control characters). It is no value.
func Blank[T string | []byte](s T) bool {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c > ' ' && c != 0x7F {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(string(s[i:min(len(s), i+utf8.UTFMax)]))
		if !ShowsNothing(r) {
			return false
		}
		i += size
	}
	return true
}

// unseen are the characters that Unicode calls white, control or format characters, or wants ignored where they cannot be
// displayed; the signs of format that are drawn (of Arabic numbers) are not among them.
var unseen = []*unicode.RangeTable{
	unicode.White_Space, unicode.Z, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector,
}

// ShowsNothing reports whether a character cannot be seen.
func ShowsNothing(r rune) bool {
	const braillePatternBlank = '\u2800'
	return r == braillePatternBlank || unicode.In(r, unseen...) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// IsASCII reports whether a text has no other characters.
func IsASCII(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
