package config

import "testing"

func TestIsSiret(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"12345678200010": true, "12345678200011": false, "1234567820001": false, "123456782 00010": false, "": false,
		"35600000000048": true, // La Poste's seat
		"35600000009075": true, // an establishment of it, which no check digit fits
		"35600000009076": false,
	} {
		if got := IsSiret(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
