package plaintext

import (
	"slices"
	"testing"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Adresse.CodePostal": "adressecodepostal", "adresse_code_postal": "adressecodepostal", "PRÉNOM": "prenom", "Pre\u0301nom": "prenom",
		"cœur": "coeur", "--": "",
	} {
		if got := Fold(name); got != want {
			t.Errorf("%q folds to %q, want %q", name, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"CodeMotifCDD": {"code", "motif", "cdd"}, "code_postal": {"code", "postal"}, "CDDMotif": {"cdd", "motif"}, "NIR": {"nir"},
		"iban2": {"iban2"},
		"Élève": {"eleve"}, "": nil,
	} {
		if got := Words(name); !slices.Equal(got, want) {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
