package privacy

import (
	"fmt"
	"strings"
	"testing"
)

func TestValidNIR(t *testing.T) {
	t.Parallel()
	corsica := func(department string, asNumber int) string {
		n := 1850500000000 + asNumber*1000000 + 78001
		return fmt.Sprintf("18505%s%06d%02d", department, n%1000000, 97-n%97)
	}
	for text, want := range map[string]bool{
		"285057899900116": true, "2 85 05 78 999 001 16": true, corsica("2A", 19): true, corsica("2b", 18): true, corsica("2A", 18): false,
		"285057899900117": false, "285057899900161": false, "28505789990011": false, "2850578999001166": false, "": false,
		"98505789990011 ": false,
		"28505789990011X": false, "2\u00a085\u202f05\t78-999.001 16": true, "２８５０５７８９９９００１１６": true, "2850A7899900116": false,
		strings.Repeat(" ", 130) + "285057899900116": false,
	} {
		if (Identify(text) == KindNIR) != want {
			t.Errorf("%q is a NIR: %v", text, !want)
		}
	}
}

func TestValidIBAN(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"FR7630006000011234567890189": true, "FR76 3000 6000 0112 3456 7890 189": true, "fr7630006000011234567890189": true,
		"GB82 WEST 1234 5698 7654 32": true, "NO9386011117947": true, "FR76\u00a03000-6000.0112\u202f3456\u200b7890 189": true,
		"IBAN : FR7630006000011234567890189": false, "IBAN: FR7630006000011234567890189": true, "MT84MALT011000012345MTLCAST001S": true,
		"FR7630006000011234567890188": false, "FR76": false, "": false, "7630006000011234567890189FR": false, "FR76-3000-6000-0112-3456": false,
		"FR763000600001123456789018900000000000": false,
	} {
		if (Identify(text) == KindIBAN) != want {
			t.Errorf("%q is an IBAN: %v", text, !want)
		}
	}
}

// What a field that is known to contain an IBAN or a NIR can contain: the keys are asked, and what has none goes as it is.
func TestSound(t *testing.T) {
	t.Parallel()
	const ofFR, ofCH = "FR7630006000011234567890189", "CH9300762011623852957"
	for kind, texts := range map[Kind]map[string]bool{
		KindIBAN: {
			ofFR: true, "fr76 3000 6000 0112 3456 7890 189": true, "FR76\u00a03000-6000 0112 3456 7890 189": true, ofCH: true,
			"GB82WEST12345698765432": true, "MT84MALT011000012345MTLCAST001S": true, "": true, " \u00a0": true,
			"FR7630006000011234567890188": false, "FR763000600001123456789018": false, "30006000011234567890189": false, "à fournir": false,
			"0":    false,
			"FR76": false, "XX50": false, "285057899900116": false, "LI9300762011623852957": false,
			withCheckDigits("FR", "3000600001123456789018"): false, withCheckDigits("QQ", "3000600001123456789018"): true,
		},
		KindNIR: {
			"285057899900116": true, "2 85 05 78 999 001 16": true, "2850578999001": true, "2 85 05 78 999 001": true, "185052A078001" + "70": false,
			"185052a07800192": true,
			"185052a078001":   true, "785057899900199": true, "8850578999001": true, "": true, "\t": true,
			"285057899900117": false, "385057899900117": false, "28505789990011": false, "2": false, "98505789990011": false,
			"FR7630006000011234567890189": false,
			"0000000000000":               false, "2850578999001161": false, "inconnu": false,
		},
		KindNone: {"anything": true}, KindPostal: {"1000": true},
	} {
		for text, want := range texts {
			if Sound(kind, text) != want {
				t.Errorf("%s: %q is sound: %v", kind, text, !want)
			}
		}
	}
}

// withCheckDigits is an IBAN whose check digits are right.
func withCheckDigits(country, rest string) string {
	for digits := 2; digits < 99; digits++ {
		if iban := fmt.Sprintf("%s%02d%s", country, digits, rest); Identify(iban) == KindIBAN {
			return iban
		}
	}
	return ""
}

func TestNormal(t *testing.T) {
	t.Parallel()
	for _, same := range []struct {
		kind  Kind
		texts []string
	}{
		{KindNIR, []string{"285057899900116", "2 85 05 78 999 001", "2\u00a085-05.78\u202f999\u2007001 16", "2850578999001", "２850578999001"}},
		{KindNIR, []string{"185052A078001", "1 85 05 2a 078 001 70"}},
		{KindNone, []string{"285057899900116", "2 85 05 78 999 001", "2850578999001"}},
		{KindIBAN, []string{"FR7630006000011234567890189", "IBAN FR76 3000 6000 0112 3456 7890 189",
			"iban:fr76-3000.6000\u00a00112 3456 7890 189", "\ufeffFR7630006000011234567890189"}},
		{KindNone, []string{"FR7630006000011234567890189", "fr76.3000.6000.0112.3456.7890.189"}},
		{KindNone, []string{"Jean-Pierre Étienne", "JEAN PIERRE ÉTIENNE", "jean\u00a0pierre\u2010e\u0301tienne"}},
		{KindNone, []string{"", " ", "\u00a0\u200b", "-"}},
	} {
		want := string(AppendNormal(nil, same.kind, []byte(same.texts[0])))
		for _, text := range same.texts[1:] {
			if got := string(AppendNormal(nil, same.kind, []byte(text))); got != want {
				t.Errorf("%s: %q is %q, not %q", same.kind, text, got, want)
			}
		}
	}
	if a, b := AppendNormal(nil, KindNone, []byte("a.b@example.org")),
		AppendNormal(nil, KindNone, []byte("ab@example.org")); string(a) == string(b) {
		t.Error("points of an address count")
	}
}
