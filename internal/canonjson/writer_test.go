package canonjson

import (
	"crypto/sha256"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"syncd/internal/canonjson/jsontest"
)

// decoded is the canonical form by way of decoding.
func decoded(text []byte) (string, bool) {
	if !utf8.Valid(text) {
		return "", false
	}
	value, ok := Decode(text)
	if !ok || !soundEscapes(text) {
		return "", false
	}
	canonical, ok := AppendValue(nil, value)
	if !ok {
		return "", false
	}
	return string(canonical), true
}

// checkWritten compares what is written as it is read with what is decoded first.
func checkWritten(t interface {
	Helper()
	Fatalf(string, ...any)
}, text []byte) {
	t.Helper()
	want, wantOK := decoded(text)
	got, ok := Append([]byte("x"), text)
	if ok != wantOK || string(got) != "x"+want {
		t.Fatalf("%q gives %q, %v, want %q, %v", text, got, ok, want, wantOK)
	}
	if _, valid := Decode(text); !valid {
		return
	}
	sum, sound, once := Sum(text)
	if sound != wantOK || sound && sum != sha256.Sum256([]byte(want)) {
		t.Fatalf("the sum of %q is not that of %q", text, want)
	}
	if _, values := Measure(text); sound {
		if _, kept := Measure([]byte(want)); once != (kept == values) {
			t.Fatalf("%q: each name occurs once: %v, but %d values became %d", text, once, values, kept)
		}
	}
}

var hostile = []string{
	"", " ", "null", " true ", "1", "-0.0", `"x"`, `{}`, `[]`, "{}{}", "{} x", `{"a":1,}`, `[1,]`, "\ufeff{}", "nul", "01", "1.", "+1", ".5",
	`{"b":1.50,"a":[1e2,{"d":null,"c":"\u00e9\n\/"}]}`,
	`{ "b" : 1 , "a" : [ 1 , 2 ] , "" : { } }`,
	`{"a":1,"a":2}`, `{"a":{"x":1},"a":{"y":2}}`, `{"a":1,"\u0061":2,"b":3}`, `{"b":1,"a":1,"b":2,"a":2}`,
	`{"a":1e999,"a":1}`, `{"a":1,"a":1e999}`, `{"a":[1e999,{"b":1e999}],"b":1,"a":"x"}`, `[1e999]`, `[[1e999],1]`, `{"a":1e999,"b":2}`,
	`"\u0000"`, `"\ud800"`, `"\ud83d\ude00"`, `"\ud83d\u0041"`, `{"\ud800":1}`, `{"a":"\u0000","a":1}`, "\"\xff\"", "{\"\xff\":1}",
	`{"\"\\":1,"\u007f":"\u001f"}`, `"a\\"`, `"\\u0000"`, `["\\\u0041"]`, `{"é":1,"z":2,"\u00e8":3}`,
	`{"a":[],"b":{},"a":[[]]}`, `[{"b":1,"a":[{"d":1,"c":2,"d":3}]},{"a":1}]`,
	strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999), strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
}

func TestWhatIsWrittenAsItIsRead(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		checkWritten(t, []byte(text))
	}
	rapid.Check(t, func(t *rapid.T) { checkWritten(t, []byte(jsontest.Any(4).Draw(t, "json"))) })
}

func FuzzAppend(f *testing.F) {
	for _, text := range hostile {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { checkWritten(t, text) })
}
