package report

import (
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// A pull is held for a share of all codes, or for nomenclatures that lose all of theirs.
func TestReasonOfAHeldPull(t *testing.T) {
	t.Parallel()
	for detail, want := range map[string][2]string{
		"18/60": {"Isidoor withdraws 18 of 60 codes at once, so the known nomenclatures were kept",
			"Isidoor retire 18 codes sur 60 à la fois : les nomenclatures connues ont été conservées"},
		"Civilite 2/2, N/A 1/1": {"Isidoor withdraws all codes of a nomenclature (Civilite 2/2, N/A 1/1), so the known nomenclatures were kept",
			"Isidoor retire tous les codes d'une nomenclature (Civilite 2/2, N/A 1/1) : les nomenclatures connues ont été conservées"},
		"": {"Isidoor withdraws too many codes at once, so the known nomenclatures were kept",
			"Isidoor retire trop de codes à la fois : les nomenclatures connues ont été conservées"},
	} {
		for i, language := range []Language{English, French} {
			if got := New(language, Options{}).Reason(jobs.Reason{Code: jobs.ReasonPullShrinks, Detail: detail}); got != want[i] {
				t.Errorf("%q: %s", detail, got)
			}
		}
	}
}

// The quotes show the spaces around a matricule, which its column in the report cannot.
func TestProblemOfABadKey(t *testing.T) {
	t.Parallel()
	for key, want := range map[string][2]string{
		"42 ": {`the matricule "42 " cannot be used: it is too long, has spaces around it, or has characters that cannot be seen`,
			"le matricule « 42  » est inutilisable : il est trop long, entouré d'espaces, ou contient des caractères invisibles"},
		"285057899900116 ": {"the matricule (not shown) cannot be used: it is too long, has spaces around it, or has characters that cannot be seen",
			"le matricule (masqué) est inutilisable : il est trop long, entouré d'espaces, ou contient des caractères invisibles"},
	} {
		for i, language := range []Language{English, French} {
			if got := New(language, Options{}).Problem(mapping.KeyProblem([]byte(key), 1)); got != want[i] {
				t.Errorf("%q: %s", key, got)
			}
		}
	}
}
