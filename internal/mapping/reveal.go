package mapping

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// mostDecodings bounds how deeply nested encodings are undone: each takes a few characters away, so a text has few.
const mostDecodings = 16

// Reveal undoes what hides words in a text of another program: percent encoding, HTML entities, JSON escapes, nested as
// they may be, and characters that do not show. So what is sought in it is found, and what is shown of it is readable.
func Reveal(text string) string {
	text = Legible(text)
	for range mostDecodings {
		plain := html.UnescapeString(unpercent(unescape(text)))
		if plain == text {
			break
		}
		text = plain
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r): // soft hyphens, spaces of no width, directions
			return -1
		}
		return r
	}, text)
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

// encoded finds what may be base64 or hexadecimal of more than a few characters.
var encoded = regexp.MustCompile(`[A-Za-z0-9+/_-]{12,}`)

// readings are what base64 and hexadecimal digits may stand for: texts.
func readings(digits string) (texts []string) {
	plain := strings.NewReplacer("-", "+", "_", "/").Replace(digits)
	for _, decode := range []func(string) ([]byte, error){base64.RawStdEncoding.DecodeString, hex.DecodeString} {
		bytes, err := decode(plain)
		if err == nil && utf8.Valid(bytes) {
			if text := string(bytes); !strings.ContainsFunc(text, unicode.IsControl) {
				texts = append(texts, Reveal(text))
			}
		}
	}
	return texts
}

// mojibake is a text as a program shows it that takes UTF-8 for what Windows writes.
func mojibake(text string) string {
	var b strings.Builder
	for i := range len(text) {
		b.WriteRune(charmap.Windows1252.DecodeByte(text[i]))
	}
	return Reveal(b.String())
}

var (
	percents = regexp.MustCompile(`(?:%[0-9A-Fa-f]{2})+`)
	escapes  = regexp.MustCompile(`(?:\\u[0-9A-Fa-f]{4})+|(?:\\x[0-9A-Fa-f]{2})+|\\["/\\]`)
)

// unpercent decodes what URLs encode; bytes that are no UTF-8 are those of Windows.
func unpercent(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	return percents.ReplaceAllStringFunc(text, func(found string) string {
		return fromHex(strings.ReplaceAll(found, "%", ""))
	})
}

func fromHex(digits string) string {
	bytes, _ := hex.DecodeString(digits) // a pattern found them
	return Legible(string(bytes))
}

// unescape decodes what JSON, and languages like it, escape within a string.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	return escapes.ReplaceAllStringFunc(text, func(found string) string {
		switch found[1] {
		case 'x':
			return fromHex(strings.ReplaceAll(found, `\x`, ""))
		case 'u':
		default:
			return found[1:]
		}
		var units []uint16
		for unit := range strings.SplitSeq(found[2:], `\u`) {
			n, err := strconv.ParseUint(unit, 16, 16)
			if err != nil { // the pattern wants four digits
				return found
			}
			units = append(units, uint16(n))
		}
		return string(utf16.Decode(units))
	})
}
