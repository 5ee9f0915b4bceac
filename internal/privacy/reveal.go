package privacy

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
	"syncd/internal/lazyregexp"
	"syncd/internal/plaintext"
)

// mostDecodings bounds how deeply nested encodings are undone: each takes a few characters away, so a text has few.
const mostDecodings = 16

// Reveal undoes what hides words in a text of another program: percent encoding, HTML entities, JSON escapes, nested as
// they may be, and characters that do not show. So what is sought in it is found, and what is shown of it is readable.
func Reveal(text string) string {
	text = plaintext.Legible(text)
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

// encoded finds what may be base64 or hexadecimal of more than a few characters.
var encoded = lazyregexp.New(`[A-Za-z0-9+/_-]{12,}`)

// readings are what base64 and hexadecimal digits may stand for: texts, in UTF-8, UTF-16 or Windows's characters.
func readings(digits string) (texts []string) {
	plain := strings.NewReplacer("-", "+", "_", "/").Replace(digits)
	for _, decode := range []func(string) ([]byte, error){base64.RawStdEncoding.DecodeString, hex.DecodeString} {
		bytes, err := decode(plain)
		if err != nil {
			continue
		}
		for _, text := range []string{plaintext.Legible(string(bytes)), wide(bytes, binary.LittleEndian), wide(bytes, binary.BigEndian)} {
			if text != "" && !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }) {
				texts = append(texts, Reveal(text))
			}
		}
	}
	return texts
}

// wide is what UTF-16 in one order of its bytes stands for; "" = it is none, as most of its characters are of no European language.
func wide(bytes []byte, order binary.ByteOrder) string {
	european := 0
	for i := 0; i+1 < len(bytes); i += 2 {
		if order.Uint16(bytes[i:]) < 0x250 {
			european++
		}
	}
	if european <= len(bytes)/4 {
		return ""
	}
	return string(plaintext.FromUTF16(bytes, order))
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
	percents = lazyregexp.New(`(?:%[0-9A-Fa-f]{2})+`)
	escapes  = lazyregexp.New(`(?:[\\%]u[0-9A-Fa-f]{4})+|(?:\\u\{[0-9A-Fa-f]{1,6}\})+|(?:\\x[0-9A-Fa-f]{2})+|(?:\\[0-3][0-7]{2}){2,}|\\["/\\]`)
	units    = lazyregexp.New(`[0-9A-Fa-f]+`)
)

// unpercent decodes what URLs encode; bytes that are no UTF-8 are those of Windows.
func unpercent(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	return percents().ReplaceAllStringFunc(text, func(found string) string {
		return fromHex(strings.ReplaceAll(found, "%", ""))
	})
}

func fromHex(digits string) string {
	bytes, _ := hex.DecodeString(digits) // a pattern found them
	return plaintext.Legible(string(bytes))
}

// unescape decodes what JSON, and languages like it, escape within a string, and what JavaScript's escape() does.
func unescape(text string) string {
	if !strings.ContainsAny(text, `\%`) {
		return text
	}
	return escapes().ReplaceAllStringFunc(text, func(found string) string {
		switch {
		case found[1] == 'x':
			return fromHex(strings.ReplaceAll(found, `\x`, ""))
		case found[1] == 'u':
			var all []uint16
			for _, unit := range units().FindAllString(found, -1) {
				n, err := strconv.ParseUint(unit, 16, 32)
				if err != nil { // the pattern wants few digits
					return found
				}
				if n > 0xffff {
					all = utf16.AppendRune(all, rune(n))
				} else { // perhaps a half of one
					all = append(all, uint16(n))
				}
			}
			return string(utf16.Decode(all))
		case found[1] >= '0' && found[1] <= '3':
			var bytes []byte
			for octal := range strings.SplitSeq(found[1:], `\`) {
				n, _ := strconv.ParseUint(octal, 8, 8) // the pattern wants three digits
				bytes = append(bytes, byte(n))
			}
			return plaintext.Legible(string(bytes))
		}
		return found[1:]
	})
}
