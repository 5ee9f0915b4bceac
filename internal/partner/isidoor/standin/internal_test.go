package standin

import "testing"

func TestChecksOfNirAndIban(t *testing.T) {
	t.Parallel()
	for nir, want := range map[string]bool{
		"285057899900116": true,
		"272091999927497": true, // the number is divisible by 97
		"285057899900117": false,
		"28505789990011":  false,
		"28505789990011X": false,
		"":                false,
		// Corsica: 97 − 1510219999001 mod 97 = 76, 97 − 1510218999001 mod 97 = 06.
		"151022A99900176": true,
		"151022B99900106": true,
		"151022A99900106": false,
	} {
		if validNir(nir) != want {
			t.Errorf("validNir(%q) = %v", nir, !want)
		}
	}
	for iban, want := range map[string]bool{
		"FR7630006000011234567890189":       true,
		"FR7630006000011234567890188":       false,
		"fr7630006000011234567890189":       false,
		"FR76 3000 6000 0112 3456 7890 189": false,
		"FR76":                              false,
	} {
		if validIban(iban) != want {
			t.Errorf("validIban(%q) = %v", iban, !want)
		}
	}
}
