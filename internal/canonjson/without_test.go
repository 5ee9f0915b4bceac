package canonjson

import (
	"strings"
	"testing"
)

func TestWithout(t *testing.T) {
	t.Parallel()
	const document = ` { "a/b": 1.50, "nom":"x", "l":[{"nom":"y","n":1},{"n":[2]}, 3], "o":{"p":{"q":"\u00e9"}}, "*":{"n":1}} `
	for pointers, want := range map[[2]string]string{
		{"/nom"}:                `{"a/b":1.50,"l":[{"nom":"y","n":1},{"n":[2]}, 3],"o":{"p":{"q":"\u00e9"}},"*":{"n":1}}`,
		{"/a~1b", "/l/*/nom"}:   `{"nom":"x","l":[{"n":1},{"n":[2]},3],"o":{"p":{"q":"\u00e9"}},"*":{"n":1}}`,
		{"/l/*", "/o/p/q"}:      `{"a/b":1.50,"nom":"x","l":[],"o":{"p":{}},"*":{"n":1}}`,
		{"/l/0/nom", "/none/x"}: `{"a/b":1.50,"nom":"x","l":[{"nom":"y","n":1},{"n":[2]},3],"o":{"p":{"q":"\u00e9"}},"*":{"n":1}}`,
		{"/NOM", "/L/*/Nom"}:    `{"a/b":1.50,"l":[{"n":1},{"n":[2]},3],"o":{"p":{"q":"\u00e9"}},"*":{"n":1}}`,
		{"/o", "/o/p"}:          `{"a/b":1.50,"nom":"x","l":[{"nom":"y","n":1},{"n":[2]}, 3],"*":{"n":1}}`,
	} {
		list := pointers[:]
		if list[1] == "" {
			list = list[:1]
		}
		if got := string(Omitting(list).Without([]byte(document))); got != want {
			t.Errorf("without %q:\n%s, want\n%s", list, got, want)
		}
	}
	if got := string(Omitting(nil).Without([]byte(document))); got != document {
		t.Errorf("%s", got)
	}
}

// TestNamesFoldAsEqualFold: what is omitted is, in whatever case.
func TestNamesFoldAsEqualFold(t *testing.T) {
	t.Parallel()
	names := []string{"nom", "NOM", "Nom", "ſecret", "secret", "SECRET", "K", "k", "\u212a", "é", "É", "ß", "ẞ", "ss", "", "n\u0307om"}
	for _, a := range names {
		for _, b := range names {
			if same := string(fold(nil, a)) == string(fold(nil, []byte(b))); same != strings.EqualFold(a, b) {
				t.Errorf("%q and %q: %v", a, b, same)
			}
		}
	}
}
