package privacy

import "testing"

// What programs say stays readable, and nobody is named.
func TestMaskWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"GCU_MSG_01_000":  "GCU_MSG_01_000",
		"GDU_MSG_00.000 ": "GDU_MSG_00.000",
		"L'utilisateur technique n'est pas habilité sur la structure.": "L'utilisateur technique n'est pas habilité sur la structure.",
		"Bad Request":    "Bad Request",
		"invalid_grant:": "invalid_grant:",
		"Erreur pour Camille Dupont, compte FR7630006000011234567890189": "Erreur pour ••• compte •••",
		"Camille Dupont (DUPONT-MARTIN) est inconnue":                    "••• est inconnue",
		"d'Artagnan, né le 12/03/1985, camille.dupont@ogec.example":      "••• né le •••",
		"L’établissement 12345678200010 a 3 factures en 2026":            "L’établissement ••• a 3 factures en 2026",
		"L'Établissement":                  "•••",
		"code=20001 c4m1lle Éric":          "•••",
		"•••, compte “Dupont”":             "••• compte •••",
		"Dupont-Martin dit l'Autre <b>ok>": "••• dit •••",
		"":                                 "",
	} {
		if got := MaskWords(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
