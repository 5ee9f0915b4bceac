package mapping

import "strings"

var (
	escapeToken   = strings.NewReplacer("~", "~0", "/", "~1")
	unescapeToken = strings.NewReplacer("~1", "/", "~0", "~")
)

// PointerToken is a member's name as it stands in a JSON pointer (RFC 6901): "a~1b" for "a/b".
func PointerToken(name string) string { return escapeToken.Replace(name) }

// PointerName is the name that a token of a JSON pointer stands for: "a/b" for "a~1b".
func PointerName(token string) string { return unescapeToken.Replace(token) }
