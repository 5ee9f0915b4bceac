package mapping

import (
	"bytes"
	"regexp"
	"unicode/utf8"
)

// Why says what exactly makes a value unusable, where the code of a problem leaves several reasons.
type Why string

const (
	WhyNone       Why = ""
	WhyEmpty      Why = "empty"             // a text without any character: nothing is masked
	WhyComma      Why = "decimal-comma"     // "12,50" where a number is wanted: numbers have a point
	WhyTooLong    Why = "too-long"          // a matricule of more than MaxKey bytes
	WhySpaces     Why = "spaces-around"     // a matricule with white space before or behind it
	WhyUnseen     Why = "unseen-characters" // a matricule with characters that cannot be seen
	WhyNotLegible Why = "not-utf8"          // a matricule whose bytes are no text
)

// commaPattern is a number as people write it in French, thousands apart or not, with its currency or not.
var commaPattern = regexp.MustCompile(`^\s*[+-]?(?:[0-9]+|[0-9]{1,3}(?:[ .'’\x{00A0}\x{202F}][0-9]{3})+),[0-9]+[\s\x{00A0}\x{202F}]*(?:€|EUR)?\s*$`)

// whyKey tells which of the reasons makes a key unusable: see KeyFits.
func whyKey(key []byte) Why {
	switch {
	case !utf8.Valid(key):
		return WhyNotLegible
	case len(bytes.TrimSpace(key)) != len(key):
		return WhySpaces
	case bytes.IndexFunc(key, invisible) >= 0:
		return WhyUnseen
	case len(key) > MaxKey:
		return WhyTooLong
	}
	return WhyNone
}

// whyValue is about a text of staging.
func whyValue(value []byte, number bool) Why {
	switch {
	case value != nil && len(value) == 0:
		return WhyEmpty
	case number && commaPattern.Match(value):
		return WhyComma
	}
	return WhyNone
}
