package privacy

import "testing"

func TestByNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		member, column string
		want           Named
	}{
		{"Iban", "i", Named{KindIBAN, true, false}},
		{"coordonneesBancaires", "code_iban", Named{KindIBAN, true, false}},
		{"IBANSalarie", "x", Named{KindIBAN, true, false}},
		{"iban2", "", Named{KindIBAN, true, false}},
		{"N_I_R", "", Named{KindNIR, true, false}},
		{"numero", "nss", Named{KindNIR, true, false}},
		{"CleNir", "n", Named{KindNIR, true, true}},
		{"clé_iban", "", Named{KindIBAN, true, true}},
		{"coordonneesBancaires", "c", Named{KindIBAN, false, false}},
		{"Rib", "", Named{KindIBAN, false, false}},
		{"modeBancaire", "", Named{KindIBAN, false, true}},
		{"plafondSécuritéSociale", "", Named{KindNIR, false, false}},
		{"CodePostal", "cp", Named{KindPostal, true, false}},
		{"Contribution", "unir", Named{}},
		{"", "", Named{}},
	} {
		if got := ByNames(test.member, test.column); got != test.want {
			t.Errorf("%q from %q: %+v, want %+v", test.member, test.column, got, test.want)
		}
	}
}

func TestSuspect(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"numsecu": true, "ibansalarie": true, "RIB": true, "Contribution": false, "salaire": false} {
		if Suspect(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}
