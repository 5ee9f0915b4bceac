package canonjson

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"syncd/internal/canonjson/jsontest"
)

func TestAppendDecimal(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("0", maxExponent)
	for text, want := range map[string]string{
		"75.00": "75", "007.50": "7.5", "-0.0": "0", "1e3": "1000", "0": "0", "-0": "0", "+5": "5", ".5": "0.5", "5.": "5", "-12.340": "-12.34",
		"1.5e-3": "0.0015", "150E+1": "1500", "-1.25e1": "-12.5", "0e5": "0", "12.50e0": "12.5",
		"1e400": "1" + zeros, "1e-400": "0." + zeros[1:] + "1",
		"99999999999999999999999999999999.10": "99999999999999999999999999999999.1",
	} {
		if got, ok := AppendDecimal([]byte("x"), []byte(text)); !ok || string(got) != "x"+want {
			t.Errorf("%q gives %q, %v, want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "-", "+", ".", "-.", "e3", "1e", "1e+", "1e401", "1e-401", "1e99999999999999999999", "0e401", "NaN", "Infinity", "1,5", "1 ", " 1",
		"1_0", "0x1",
		"1.2.3", "--1", "1e3.5", "١",
	} {
		if got, ok := AppendDecimal([]byte("x"), []byte(text)); ok || string(got) != "x" {
			t.Errorf("%q gives %q, %v", text, got, ok)
		}
	}
}

func TestAppendDecimalIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[+-]?([0-9]{1,40}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,2})?`).Draw(t, "decimal")
		checkDecimal(t, []byte(text), true)
	})
}

// checkDecimal compares the canonical form with arithmetic on fractions.
func checkDecimal(t interface {
	Helper()
	Fatalf(string, ...any)
}, text []byte, mustParse bool) {
	t.Helper()
	got, ok := AppendDecimal(nil, text)
	if !ok {
		if mustParse {
			t.Fatalf("%q is refused", text)
		}
		return
	}
	want, valid := new(big.Rat).SetString(string(text))
	have, isNumber := new(big.Rat).SetString(string(got))
	if !valid || !isNumber || want.Cmp(have) != 0 || !json.Valid(got) {
		t.Fatalf("%q gives %q", text, got)
	}
	if again, _ := AppendDecimal(nil, got); !bytes.Equal(again, got) {
		t.Fatalf("%q gives %q, then %q", text, got, again)
	}
}

func FuzzAppendDecimal(f *testing.F) {
	for _, seed := range []string{"0", "-0.0", "75.00", "1e3", "1.5e-400", "1e401", ".5", "5.", "NaN", "0x1p4", "1_000", "1/2"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) { checkDecimal(t, text, false) })
}

func FuzzAppendString(f *testing.F) {
	for _, seed := range []string{"", "abc", "é\"\\\x00\x1f", "a\xffb", "\xed\xa0\x80", "\u2028<&>", "\x7f"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ok := AppendString(nil, text)
		if ok != utf8.Valid(text) {
			t.Fatalf("%q: accepted %v", text, ok)
		}
		if !ok {
			return
		}
		var back string
		if err := json.Unmarshal(got, &back); err != nil || back != string(text) {
			t.Fatalf("%q gives %s, which reads as %q, %v", text, got, back, err)
		}
		if Unquote(got) != string(text) {
			t.Fatalf("%s is unquoted as %q", got, Unquote(got))
		}
	})
}

func TestCanonicalFormKeepsTheMeaning(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := jsontest.Any(3).Draw(t, "json")
		canonical, ok := Append(nil, []byte(text))
		if !ok {
			t.Fatalf("%s is refused", text)
		}
		again, _ := Append(nil, canonical)
		if !bytes.Equal(again, canonical) {
			t.Fatalf("%s, then %s", canonical, again)
		}
		if !sameJSON(decode(t, []byte(text)), decode(t, canonical)) {
			t.Fatalf("%s became %s", text, canonical)
		}
	})
}

func decode(t *rapid.T, text []byte) (value any) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func sameJSON(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		n, isNumber := b.(json.Number)
		x, _ := new(big.Rat).SetString(string(a))
		y, _ := new(big.Rat).SetString(string(n))
		return isNumber && x.Cmp(y) == 0
	case []any:
		list, _ := b.([]any)
		for i := range a {
			if len(list) != len(a) || !sameJSON(a[i], list[i]) {
				return false
			}
		}
		return len(list) == len(a)
	case map[string]any:
		object, _ := b.(map[string]any)
		for name := range a {
			if !sameJSON(a[name], object[name]) {
				return false
			}
		}
		return len(object) == len(a)
	}
	return a == b
}
