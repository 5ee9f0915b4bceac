package mapping

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"syncd/internal/canonjson"
)

// OddityKind names something in a value that goes as it is, and that a person should look at.
type OddityKind string

const (
	OddText   OddityKind = "damaged-text" // characters that an import lost or mixed up, or that turn the order of others
	OddDate   OddityKind = "odd-date"     // a date so far away that it stands for none: 9999-12-31, 0001-01-01
	OddPostal OddityKind = "short-postal" // a postal code of four digits: France's have five, and the first may be 0
)

// Oddity is one of them, of one value. It does not contain the value.
type Oddity struct {
	Kind   OddityKind
	Path   string // "Adresse.Ville", "Elements[].Libelle"
	Column string
	Mark   string // of a damaged text: "U+FFFD", or Mojibake
}

// Mojibake is the mark of a text that was written as UTF-8 and read as something else: "Ã©" for "é".
const Mojibake = "mojibake"

// damage tells the first thing wrong with a text, "" = nothing. ASCII is never wrong.
func damage(text []byte) string {
	for i := bytes.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }); i >= 0 && i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r < utf8.RuneSelf, harmless(r):
		case damaged(r):
			return fmt.Sprintf("U+%04X", r)
		case misread(r, text[:i], text[i+size:]):
			return Mojibake
		}
		i += size
	}
	return ""
}

// harmless tells the letters that nearly all French texts have beyond ASCII, and that begin no misread one.
func harmless(r rune) bool {
	return r >= 0xC0 && r <= 0xFF && r != 'Ã' && r != 'Â' && r != 'Å' && r != 'â' && r != 'ï'
}

// damaged tells the characters that no name or word has: what stands for a lost one, the control characters of Latin 1,
// marks of direction, a mark of byte order, those that are none or mean something to one program alone, and what web pages
// and word processors leave behind: places where a line may break, and where an object was.
func damaged(r rune) bool {
	const byteOrderMark, zeroWidthSpace, wordJoiner, softHyphen, object = '\uFEFF', '\u200B', '\u2060', '\u00AD', '\uFFFC'
	switch r {
	case byteOrderMark, zeroWidthSpace, wordJoiner, softHyphen, object, utf8.RuneError:
		return true
	}
	switch {
	case r < 0xA0, r >= 0xFDD0 && r <= 0xFDEF, r&0xFFFE == 0xFFFE:
		return true
	}
	return r >= 0x061C && (unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Co, r))
}

// continuations are the characters as which the second and later bytes of UTF-8 are read with Windows-1252 or Latin 1.
var continuations = func() map[rune]byte {
	all := map[rune]byte{
		'€': 0x80, '‚': 0x82, 'ƒ': 0x83, '„': 0x84, '…': 0x85, '†': 0x86, '‡': 0x87, 'ˆ': 0x88, '‰': 0x89, 'Š': 0x8A, '‹': 0x8B, 'Œ': 0x8C,
		'Ž': 0x8E, '‘': 0x91, '’': 0x92, '“': 0x93, '”': 0x94, '•': 0x95, '–': 0x96, '—': 0x97, '˜': 0x98, '™': 0x99, 'š': 0x9A, '›': 0x9B,
		'œ': 0x9C, 'ž': 0x9E, 'Ÿ': 0x9F,
	}
	for c := rune(0x80); c <= 0xBF; c++ {
		all[c] = byte(c)
	}
	return all
}()

// misread reports whether a character and those behind it are one that was written in another encoding: a letter with an
// accent, a typographic sign, a mark of byte order. Only what French texts contain is looked for: "ANDRÉ" and a hard space
// behind it are UTF-8 of something, too.
func misread(first rune, before, rest []byte) bool {
	if first > 'ï' && first < 'ƒ' {
		return false
	}
	second, size := continuation(rest)
	spaced := len(rest) > 0 && rest[0] == ' ' // a hard space that became a soft one
	switch first {
	case 'Ã', 'Â': // UTF-8 of Latin 1
		inWord := len(before) > 0 && 'a' <= before[len(before)-1] && before[len(before)-1] <= 'z'
		return second != 0 || spaced && (first == 'Â' || inWord)
	case 'Å': // of Œ, œ, š, Ÿ, Ž, ž; not Å and a hard space
		return second != 0 && strings.IndexByte("\x92\x93\xA1\xB8\xBD\xBE", second) >= 0
	case 'â', 'ï': // of quotes, dashes, €, ™, and of a mark of byte order
		third, _ := continuation(rest[size:])
		if first == 'ï' {
			return second == 0xBB && third == 0xBF
		}
		return third != 0 && second != 0 && strings.IndexByte("\x80\x82\x84", second) >= 0
	case '√': // of an accent, by Mac OS Roman
		return len(rest) > 0 && rest[0] >= utf8.RuneSelf
	case '‚', '‡', 'ƒ': // é, ç, â of DOS, by Windows-1252
		return true
	}
	const boxDrawing, endOfBoxes = '\u2500', '\u257F' // by DOS
	return boxDrawing <= first && first <= endOfBoxes
}

// continuation is the byte that the first character of a text was; 0 = it was none.
func continuation(text []byte) (was byte, size int) {
	r, size := utf8.DecodeRune(text)
	return continuations[r], size
}

// controlIn names the first control character of a text as problems tell it.
func controlIn(text []byte) string {
	i := bytes.IndexFunc(text, func(r rune) bool { return r < utf8.RuneSelf && canonjson.IsControl(byte(r)) })
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("U+%04X", text[i])
}

// controlEscape finds a control character in JSON in canonical form, in which it is escaped, but for the last one.
func controlEscape(json []byte) string {
	for i := 0; i < len(json); i++ {
		switch json[i] {
		case asciiDelete:
			return fmt.Sprintf("U+%04X", asciiDelete)
		case '\\':
			i++
			switch json[i] {
			case 'b':
				return "U+0008"
			case 'f':
				return "U+000C"
			case 'u':
				return "U+" + strings.ToUpper(string(json[i+1:i+5]))
			}
		}
	}
	return ""
}

// The years between which the dates of employees lie.
const (
	firstYear = 1901
	lastYear  = 2098
)

// farDate reports whether a text is a date, as Postgres or as a Frenchman writes it, of a year in which nobody here lives.
func farDate(text []byte) bool {
	if len(text) < dateLength || !digit(text[0]) || usual(text[:4]) {
		return false
	}
	var year, month, day int
	switch day10 := text[:dateLength]; {
	case matches(day10, "0000-00-00"):
		year, month, day = number(day10[:4]), number(day10[5:7]), number(day10[8:])
	case matches(day10, "00/00/0000"):
		year, month, day = number(day10[6:]), number(day10[3:5]), number(day10[:2])
	default:
		return false
	}
	const months, days = 12, 31
	return (year < firstYear || year > lastYear) && 1 <= month && month <= months && 1 <= day && day <= days
}

// usual tells at a glance most years that are near enough, at the beginning of a date.
func usual(year []byte) bool {
	return year[0] == '1' && year[1] == '9' && digit(year[2]) && year[2] != '0' || year[0] == '2' && year[1] == '0' && year[2] < '9' &&
		digit(year[2])
}

// number reads a few digits.
func number(digits []byte) (n int) {
	for _, c := range digits {
		n = n*10 + int(c-'0')
	}
	return n
}

// shortPostal reports whether a postal code has four digits: a column of numbers, or a program of tables, drops the 0 in
// front of 01000.
func shortPostal(text []byte) bool {
	const digits = "0000"
	return matches(text, digits)
}

const asciiDelete = 0x7F

func digit(c byte) bool { return c-'0' <= 9 }
