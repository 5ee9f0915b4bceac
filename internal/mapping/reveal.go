package mapping

import (
	"encoding/hex"
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// mostDecodings bounds how deeply nested encodings are undone: each takes a few characters away, so a text has few.
const mostDecodings = 16

// Reveal undoes what hides words in a text of another program: percent encoding, HTML entities, JSON escapes, nested as
// they may be, and characters that do not show. So what is sought in it is found, and what is shown of it is readable.
func Reveal(text string) string {
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
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

var (
	percents = regexp.MustCompile(`(?:%[0-9A-Fa-f]{2})+`)
	escapes  = regexp.MustCompile(`(?:\\u[0-9A-Fa-f]{4})+|\\["/\\]`)
)

// unpercent decodes what URLs encode; bytes that are no UTF-8 are Latin-1.
func unpercent(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	return percents.ReplaceAllStringFunc(text, func(found string) string {
		bytes, err := hex.DecodeString(strings.ReplaceAll(found, "%", ""))
		if err != nil || utf8.Valid(bytes) {
			return string(bytes)
		}
		runes := make([]rune, len(bytes))
		for i, b := range bytes {
			runes[i] = rune(b)
		}
		return string(runes)
	})
}

// unescape decodes what JSON escapes within a string.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	return escapes.ReplaceAllStringFunc(text, func(found string) string {
		if found[1] != 'u' {
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
