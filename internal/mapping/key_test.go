package mapping

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestKeyFits(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{
		"00042": true, "é": true, "A B-7/42": true, "a\u00a0b": true, strings.Repeat("x", MaxKey): true,
		"": false, "  ": false, " 42": false, "42 ": false, "42\u00a0": false, "\n42": false, "42\r": false, "4\t2": false, "4\x002": false,
		"4\x7f2": false, "\ufeff42": false, "4\u200b2": false, "4\u202e2": false, "4\u20282": false, "4\xff2": false,
		strings.Repeat("x", MaxKey+1): false, strings.Repeat("é", MaxKey/2+1): false,
	} {
		if KeyFits([]byte(key)) != want {
			t.Errorf("KeyFits(%q) is %v", key, !want)
		}
	}
}

func TestHarmlessKey(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 6000)
	for key, want := range map[string]string{
		"  ": "  ", " 42": " 42", "4\t2\x00\x1b[2J": "4\uFFFD2\uFFFD\uFFFD[2J", "4\xff2": "4\uFFFD2", long: long[:196] + "…",
		strings.Repeat("x", 201): strings.Repeat("x", 197) + "…", strings.Repeat("x", MaxKey): strings.Repeat("x", MaxKey),
	} {
		if got := HarmlessKey([]byte(key)); got != want {
			t.Errorf("HarmlessKey(%.40q) is %q, want %q", key, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 0, 3*MaxKey).Draw(t, "key")
		if got := HarmlessKey(key); len(got) > MaxKey || !utf8.ValidString(got) || strings.IndexFunc(got, invisible) >= 0 {
			t.Fatalf("%q became %q", key, got)
		}
		if KeyFits(key) && HarmlessKey(key) != string(key) {
			t.Fatalf("%q, which fits, became %q", key, HarmlessKey(key))
		}
	})
}

func TestKeyProblemShowsNoIdentifier(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{" 42": " 42", "285057899900116 ": "", strings.Repeat("x", 300): strings.Repeat("x", maxShown)} {
		if p := KeyProblem([]byte(key), 3); p.Code != ProblemBadKey || p.Value != want || p.Count != 3 {
			t.Errorf("the problem of %q is %+v", key, p)
		}
	}
}
