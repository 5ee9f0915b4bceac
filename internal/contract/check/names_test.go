package check

import (
	"testing"

	"syncd/internal/contract/openapi"
)

func TestResemblance(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		column, path, nomenclature string
		want                       Likeness
	}{
		{"adresse_code_postal", "Adresse.CodePostal", "", LikePath},
		{"code_postal", "Adresse.CodePostal", "", likeName},
		{"strate", "Contrat.CodeStrate", "", LikeWords},
		{"quantity", "Quantite", "", LikeWords},
		{"nature_contrat", "Contrat.Nature", "NatureContrat", LikeWords},
		{"categorie_temps", "Contrat.CodeCategorieTempsTravail", "", LikeSome},
		{"contrat", "Contrat.CodeNature", "NatureContrat", LikeSome},
		{"contrat", "Contrat.DateDebut", "", likeNothing},
		{"nom", "NomUsage", "", likeNothing},
		{"voie", "Ville", "", likeNothing},
		{"_", "Nom", "", likeNothing},
	} {
		if got := Resemblance(test.column, test.path, test.nomenclature); got != test.want {
			t.Errorf("%s and %s: %d, want %d", test.column, test.path, got, test.want)
		}
	}
}

func TestTidy(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a\n b\tc": "a b c", "\x1b[31mrouge\u202e": "[31mrouge", "\xff!": "!", "é": "é",
	} {
		if got := openapi.Tidy(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if got := openapi.Shorten("un deux trois quatre", 12); got != "un deux…" {
		t.Errorf("cut to %q", got)
	}
}
