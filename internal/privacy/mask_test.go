package privacy

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestMaskLeavesNoValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value, before, after := rapid.String().Draw(t, "value"), rapid.String().Draw(t, "before"), rapid.String().Draw(t, "after")
		got := Mask(before+value+after, "", []string{value})
		if utf8.RuneCountInString(fold(value)) > shortValue && value != Masked && strings.Contains(got, value) &&
			!strings.Contains(before+Masked+after, value) {
			t.Fatalf("%q shows %q", got, value)
		}
	})
}

func TestRedact(t *testing.T) {
	t.Parallel()
	const secret = "aB+/9c==-Kz"
	for _, form := range []string{secret, "ab%2b%2f9C%3d%3d-kz", "aB%2B%2F9c%3D%3D-Kz", "aB&#43;&#x2F;9c&equals;=-Kz", `aB\u002b\/9c==-Kz`,
		"aB%252b%252f9c%253D%253d-Kz", "aB&amp;#43;/9c==-Kz", "AB+/9C==-KZ", "aB9c Kz", "aB %2b / 9c == - Kz", `aB\x2b/9c==-Kz`,
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte("key:" + secret)),
		hex.EncodeToString([]byte(secret))} {
		if got := Redact("clé "+form+" inconnue", secret); got != "clé "+Masked+" inconnue" {
			t.Errorf("%q is shown as %q", form, got)
		}
	}
	if got := Redact("clé a%20b", "a b", "", "x%20y"); got != "clé "+Masked {
		t.Errorf("%q", got)
	}
	if got := Redact("clé x%20y", "x%20y"); got != "clé "+Masked {
		t.Errorf("%q", got)
	}
}
