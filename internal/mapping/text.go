package mapping

import "unicode/utf8"

// plain marks the ASCII bytes that a JSON string holds as they are, and that nobody need look at.
var plain = func() (table [256]bool) {
	for c := 0x20; c < del; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

const del = 0x7F

// traits are what was met in a text.
type traits uint8

const (
	notUTF8     traits = 1 << iota // the text was given up there
	controls                       // control characters of ASCII, but for tabs and ends of lines
	beyondASCII                    // characters that may be damaged
)

// AppendString appends text as a JSON string, escaping only what JSON demands (RFC 8259, section 7). It reports false
// when text is not valid UTF-8.
func AppendString(dst, text []byte) ([]byte, bool) {
	dst, met := appendText(dst, text)
	return dst, met&notUTF8 == 0
}

// appendText is AppendString, and tells what it met.
func appendText(dst, text []byte) (_ []byte, met traits) {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if plain[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(text[i:])
			if r == utf8.RuneError && size == 1 {
				return dst, met | notUTF8
			}
			met |= beyondASCII
			i += size
			continue
		}
		if isControl(c) {
			met |= controls
		}
		if c == del {
			i++
			continue
		}
		dst = append(dst, text[start:i]...)
		dst = appendEscape(dst, c)
		i++
		start = i
	}
	dst = append(dst, text[start:]...)
	return append(dst, '"'), met
}

// isControl tells the control characters that no text of a document needs. An address may have several lines.
func isControl(c byte) bool { return c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == del }

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
}
