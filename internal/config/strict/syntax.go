package strict

import (
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"syncd/internal/hinted"
)

// mistakes are the kinds of mistakes in TOML, by what go-toml says of them: it has no codes. The first that fits counts.
var mistakes = []struct{ code, says string }{
	{"toml-deep", "nested more than"},
	{"toml-number-large", "too large to fit"},
	{"toml-number", "integer|float|digit|underscores|exponent|decimal point|radix|number"},
	{"toml-not-closed", "strings cannot have new lines|unterminated|not terminated by"},
	{"toml-quotes", "too many quotes|strings must be quoted"},
	{"toml-escape", "escape"},
	{"toml-utf-8", "invalid UTF-8"},
	{"toml-carriage-return", "carriage return"},
	{"toml-control", "control characters"},
	{"toml-equals", "expected '='"},
	{"toml-list", "after array value|array is incomplete"},
	{"toml-inline", "inline table"},
	{"toml-section", "to close (array )?table name"},
	{"toml-key", "start of key|expected key but"},
	{"toml-rest", "expected newline"},
	{"toml-word", "expected keyword"},
	{"toml-value", "start of value|expected value"},
	{"toml-date", "date|time|hour|minutes|seconds"},
}

// defined are mistakes that name a key.
var defined = []struct{ code, says string }{
	{"toml-twice", "^key (.*) (is already defined|already exists as a value)$"},
	{"toml-section-twice", "^table (.*) already exists"},
	{"toml-other", "^key (.*) (should be a table|already exists as a .*, but should be)"},
}

// notTOML is what is wrong with the syntax of a document.
func notTOML(err *toml.DecodeError) hinted.Fact {
	// What follows a second colon can be the value itself ("unable to parse float: …").
	reason, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "toml: "), ": ")
	return Say("not-toml-here", "reason", kindOf(reason))
}

// kindOf is the kind of mistake that go-toml says; its own words, where it is none of those.
func kindOf(reason string) hinted.Fact {
	for _, m := range defined {
		if found := regexp.MustCompile(m.says).FindStringSubmatch(reason); found != nil {
			return Say(m.code, "key", found[1])
		}
	}
	for _, m := range mistakes {
		if regexp.MustCompile(m.says).MatchString(reason) {
			return Say(m.code)
		}
	}
	return Say("toml-library", "text", reason)
}
