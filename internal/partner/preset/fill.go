package preset

import (
	"encoding/base64"
	"strings"

	"syncd/internal/lazyregexp"
)

// A template is a text with {names} in it. As a whole it may stand within base64(…).

var placeholder = lazyregexp.New(`\{([a-z_]+)\}`)

const (
	encodedBegins = "base64("
	encodedEnds   = ")"
)

// names are those in a template; false = it has braces around something else.
func names(template string) (found []string, ok bool) {
	for _, match := range placeholder().FindAllStringSubmatch(template, -1) {
		found = append(found, match[1])
	}
	return found, !strings.ContainsAny(placeholder().ReplaceAllString(template, ""), "{}")
}

// inner is a template without base64(…) around it.
func inner(template string) (text string, encoded bool) {
	if rest, found := strings.CutPrefix(template, encodedBegins); found && strings.HasSuffix(rest, encodedEnds) {
		return strings.TrimSuffix(rest, encodedEnds), true
	}
	return template, false
}

// fill puts values in the places of their names. What looks like a name in a value stays.
func fill(template string, value func(name string) string) string {
	text, encoded := inner(template)
	text = placeholder().ReplaceAllStringFunc(text, func(match string) string { return value(match[1 : len(match)-1]) })
	if encoded {
		return base64.StdEncoding.EncodeToString([]byte(text))
	}
	return text
}

// beforeColon are the names that a colon follows in what is encoded: what they stand for may not contain one, for whoever decodes
// it cuts at the first.
func beforeColon(template string) (found []string) {
	text, encoded := inner(template)
	if !encoded {
		return nil
	}
	before, _, cut := strings.Cut(text, ":")
	if !cut {
		return nil
	}
	found, _ = names(before)
	return found
}
