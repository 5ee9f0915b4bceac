package canonjson

import "testing"

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
