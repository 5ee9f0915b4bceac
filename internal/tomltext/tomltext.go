// Package tomltext writes values as TOML has them. Pure.
package tomltext

import (
	"fmt"
	"strings"
	"unicode"
)

// Key writes a path as the key of a line.
func Key(path string) string {
	bare := path != "" && strings.Trim(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
	if bare {
		return path
	}
	return String(path)
}

// String writes a basic string of TOML.
func String(text string) string {
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

// List is an array of texts as TOML writes it.
func List(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = String(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
