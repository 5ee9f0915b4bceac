// Package jsontest draws JSON for the tests of what reads it.
package jsontest

import (
	"encoding/json"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// Any draws a JSON value as text in a form that is not canonical.
func Any(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		kinds := 4
		if depth > 0 {
			kinds = 6
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return rapid.SampledFrom([]string{"null", "true", "false"}).Draw(t, "literal")
		case 1:
			return rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,6})?([eE][+-]?[0-9])?`).Draw(t, "number")
		case 2, 3:
			return Quote(strings.ReplaceAll(rapid.String().Draw(t, "string"), "\x00", "")) // which no value may contain
		case 4:
			return "[ " + strings.Join(rapid.SliceOfN(Any(depth-1), 0, 3).Draw(t, "array"), " , ") + "]"
		}
		var parts []string
		for _, name := range rapid.SliceOfNDistinct(rapid.StringMatching(`[A-Ca-c.\[#"é]{1,2}`), 0, 4, rapid.ID[string]).Draw(t, "names") {
			parts = append(parts, Quote(name)+" : "+Any(depth-1).Draw(t, "value"))
		}
		return "{" + strings.Join(parts, ",\n") + " }"
	})
}

// Quote writes a text as a JSON string.
func Quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return strconv.Quote(text)
	}
	return string(quoted)
}
