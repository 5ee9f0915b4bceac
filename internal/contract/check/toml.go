package check

import (
	"fmt"
	"strings"
	"unicode"
)

// TOMLKey writes a path as the key of a line.
func TOMLKey(path string) string {
	bare := path != "" && strings.Trim(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
	if bare {
		return path
	}
	return TOMLString(path)
}

// TOMLString writes a basic string of TOML.
func TOMLString(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case !unicode.IsPrint(r): // TOML refuses some of them, and terminals obey others
			fmt.Fprintf(&b, `\U%08X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// TOMLList is an array of texts as TOML writes it.
func TOMLList(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = TOMLString(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
