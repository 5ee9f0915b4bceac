package canonjson

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	t.Parallel()
	const document = ` {"A":"é\n\"x\"","B":{"C":12.50,"D":{"E":true}},"F":null,"G":[],"H":"","a.b":1}`
	for path, want := range map[string]string{"A": "é\n\"x\"", "B.C": "12.50", "B.D.E": "true", "H": ""} {
		if text, ok := Text([]byte(document), path); !ok || text != want {
			t.Errorf("%s is %q, %v, want %q", path, text, ok, want)
		}
	}
	for _, path := range []string{"", "B", "B.", "B.C.D", "B.D", "F", "F.A", "G", "G.0", "Z", "a.b", ".A"} {
		if text, ok := Text([]byte(document), path); ok || text != "" {
			t.Errorf("%s is %q", path, text)
		}
	}
	for _, other := range []string{"", " ", "1", `"A"`, `["A"]`, "null", `{"A":"b"`, `{"A":"b"} 1`} {
		if text, ok := Text([]byte(other), "A"); ok || text != "" {
			t.Errorf("%q has %q", other, text)
		}
	}
}

func TestFollowAll(t *testing.T) {
	t.Parallel()
	pointers := []string{"/a", "/a/b", "/a/c/0", "/a/c/1/d", "/a/c/9", "/x~1y/~0", "/é", "/z", "/z/z", "/n/0", "/", "/a/", "/last"}
	for _, document := range []string{
		` { "z":null, "a":{"b":1.50,"c":[2,{"d":"x"}],"":{}}, "x\/y":{"~":true}, "\u00e9":"e", "a":{"b":2}, "n":{"0":3}, "":[], "last":{}}`,
		`{"a":1,"x/y":[],"z":{"z":{"z":0}}}`, `{}`, `[{"a":1}]`, `"a"`, `3`,
	} {
		text := []byte(strings.TrimSpace(document))
		for i, value := range FollowAll(text, pointers...) {
			if want, _ := Follow(text, pointers[i]); string(value) != string(want) || (value == nil) != (want == nil) {
				t.Errorf("%s of %s is %q, want %q", pointers[i], document, value, want)
			}
		}
	}
	if all := FollowAll([]byte(`{"":1}`), "", "/"); all[0] != nil || string(all[1]) != "1" {
		t.Errorf("%q", all)
	}
}
