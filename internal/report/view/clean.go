package view

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is the number of characters of one piece of data that a line of text shows; JSON has all of it.
const maxText = 500

// Clean makes visible what would drive a terminal or deceive its reader: control characters, characters that change
// the direction of the text or have no width, and bytes that are not UTF-8. It changes nothing when applied again.
func Clean(text string) string {
	if isClean(text) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case harmless(r):
			b.WriteRune(r)
		default:
			b.WriteString(escape(r))
		}
		i += size
	}
	return b.String()
}

func isClean(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !harmless(r) }) < 0
}

// harmless tells of what can be shown as it is: letters, marks, digits, punctuation, symbols, and the spaces that
// French typography uses within a line.
func harmless(r rune) bool { return unicode.IsPrint(r) || r == '\u00a0' || r == '\u202f' }

func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// Cut keeps the beginning of a text that would fill the screen.
func Cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	count := 0
	for i := range text {
		if count == maxText {
			return text[:i] + "…"
		}
		count++
	}
	return text
}

// lines splits a text of several lines, so that each is shown indented; none is empty.
func lines(text string) []string {
	var found []string
	for line := range strings.Lines(strings.ReplaceAll(text, "\r\n", "\n")) {
		if line = strings.TrimSpace(line); line != "" {
			found = append(found, line)
		}
	}
	return found
}
