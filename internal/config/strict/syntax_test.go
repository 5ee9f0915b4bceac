package strict

import (
	"errors"
	"strings"
	"testing"

	"syncd/internal/hinted"
	"syncd/internal/report/locale"
)

// Each mistake in TOML has a place and a kind, and is told in both languages; none is in the words of go-toml.
func TestMistakesInTOMLHaveKinds(t *testing.T) {
	t.Parallel()
	french := locale.Of(locale.French, "")
	for document, want := range map[string]string{
		"a = \"b": "config.toml-not-closed", "a = 'b\nc = 1": "config.toml-not-closed",
		`a = """b`: "config.toml-not-closed", `a = """b""""""`: "config.toml-quotes", `a = "\q"`: "config.toml-escape",
		`a = "\u12"`: "config.toml-escape", "a = \"\xff\"": "config.toml-utf-8", "# \xff": "config.toml-utf-8",
		"# \x01": "config.toml-control", "a = \"\x01\"": "config.toml-control", "# a\rb": "config.toml-carriage-return",
		"a 1": "config.toml-equals", "a: 1": "config.toml-equals", `a = [1 2]`: "config.toml-list",
		`a = [1`: "config.toml-list", "a = { b = 1 c = 2 }": "config.toml-inline", "a = { b = 1": "config.toml-inline",
		"[a": "config.toml-section", "[[a]": "config.toml-section", "[a b]": "config.toml-section", "[]": "config.toml-key",
		"= 1": "config.toml-key", "a = 1 b": "config.toml-rest", "[a] b": "config.toml-rest", "a = tru": "config.toml-word",
		"a = text": "config.toml-word", "a = ": "config.toml-value", "a = b": "config.toml-value",
		"a = 012": "config.toml-number", "a = 1__2": "config.toml-number", "a = 0x": "config.toml-number",
		"a = 1.": "config.toml-number", "a = 1e": "config.toml-number", "a = 1..2": "config.toml-number",
		"a = 99999999999999999999": "config.toml-number-large", "a = 1e999": "config.toml-number",
		"a = 2026-13-01": "config.toml-date", "a = 2026-11-31": "config.toml-date", "a = 2026-1-01": "config.toml-date",
		"a = 25:00:00": "config.toml-date", "a = 12:60:00": "config.toml-date",
		"a = 2026-11-30T08:00:00+25:00": "config.toml-date", "a = 1\na = 2": "config.toml-twice",
		"a.b = 1\na = 2": "config.toml-twice", "a = 1\na.b = 2": "config.toml-twice",
		"[a]\n[a]": "config.toml-section-twice", "a = 1\n[a]": "config.toml-other",
		"a = " + strings.Repeat("[", 1<<17): "config.toml-deep", "[a]\n[[a]]": "config.toml-other",
	} {
		_, err := Parse("config.toml", []byte(document), nil)
		wrong, ok := errors.AsType[*Error](err)
		if !ok {
			t.Errorf("%q is read: %v", document, err)
			continue
		}
		p := wrong.Problems[0]
		reason, ok := p.Args["reason"].(hinted.Fact)
		if !ok || reason.Code != want || p.Line == 0 || p.Column == 0 {
			t.Errorf("%q: %s, want %s", document, p, want)
		}
		if text := p.In(french); text == p.In(hinted.English()) {
			t.Errorf("%q in French: %s", document, text)
		}
	}
	unknown := kindOf("the moon is full")
	if unknown.Code != "config.toml-library" || !strings.HasPrefix(unknown.In(french), "en anglais") {
		t.Error(unknown.In(french))
	}
}
