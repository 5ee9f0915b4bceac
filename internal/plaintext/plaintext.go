// Package plaintext reads texts of people and of other programs: in whatever encoding they come, what of them can be seen, and
// which name a mistyped one may have meant. It is pure.
package plaintext

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/agext/levenshtein"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Errors of Decode.
var (
	ErrTooLarge = errors.New("the text is larger than it may be")
	ErrGzip     = errors.New("the text is gzip, and damaged")
)

// Decode is a text as UTF-8, without a byte order mark, at most so many bytes of it: what is gzip is unpacked, UTF-16 is
// decoded with a mark or without, and bytes that are no UTF-8 are read as those of Windows.
func Decode(text []byte, most int) ([]byte, error) {
	const packings = 2 // a file that was packed, and again on its way
	for range packings {
		if !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
			break
		}
		unpacked, err := unpack(text, most)
		if err != nil {
			return nil, err
		}
		text = unpacked
	}
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if order := UTF16Order(text); order != nil {
		text = FromUTF16(text, order)
	} else {
		text = []byte(Legible(string(text)))
	}
	if len(text) > most {
		return nil, ErrTooLarge
	}
	return text, nil
}

func unpack(packed []byte, most int) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, ErrGzip
	}
	text, err := io.ReadAll(io.LimitReader(reader, int64(most)+1))
	switch {
	case len(text) > most:
		return nil, ErrTooLarge
	case err != nil:
		return nil, ErrGzip
	}
	return text, nil
}

// UTF16Order is the order of the bytes of UTF-16; nil = it is not. Without a mark it is known by its first two characters,
// which are of ASCII in all that is read here.
func UTF16Order(text []byte) binary.ByteOrder {
	const two = 4 // bytes of two characters
	switch {
	case len(text) < two:
		return nil
	case text[0] == 0xfe && text[1] == 0xff, text[0] == 0 && text[1] != 0 && text[2] == 0 && text[3] != 0:
		return binary.BigEndian
	case text[0] == 0xff && text[1] == 0xfe, text[0] != 0 && text[1] == 0 && text[2] != 0 && text[3] == 0:
		return binary.LittleEndian
	}
	return nil
}

// FromUTF16 is a text of UTF-16 in UTF-8, without its mark; half a character at its end is left out.
func FromUTF16(text []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, 0, len(text)/2)
	for i := 0; i+1 < len(text); i += 2 {
		units = append(units, order.Uint16(text[i:]))
	}
	if units[0] == 0xfeff {
		units = units[1:]
	}
	return []byte(string(utf16.Decode(units)))
}

// Legible is a text whose bytes that are no UTF-8 are read as what Windows writes in the west of Europe.
func Legible(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			r = charmap.Windows1252.DecodeByte(text[i])
		}
		b.WriteRune(r)
		i += size
	}
	return b.String()
}

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

// Wrap breaks a text between words into lines of at most width characters. A word that is longer has a line of its own; one of a
// single character, such as an arrow, begins no line.
func Wrap(text string, width int) []string {
	var wrapped []string
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' }) // no-break spaces stay
	for len(words) > 0 {
		line := 1
		for room := width - utf8.RuneCountInString(words[0]); line < len(words); line++ {
			if room -= 1 + utf8.RuneCountInString(words[line]); room < 0 {
				break
			}
		}
		for line > 1 && line < len(words) && utf8.RuneCountInString(words[line]) == 1 {
			line--
		}
		wrapped = append(wrapped, strings.Join(words[:line], " "))
		words = words[line:]
	}
	if wrapped == nil {
		return []string{""}
	}
	return wrapped
}
