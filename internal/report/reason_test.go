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

// A line that counts several employees agrees with them.
func TestReasonOfSeveral(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]jobs.Reason{
		"modifiés depuis le dernier envoi de cette période":            {Code: jobs.ReasonChanged},
		"jamais transmis jusqu'ici":                                    {Code: jobs.ReasonNew},
		"non envoyés : Isidoor était occupé ou injoignable":            {Code: jobs.ReasonTemporary},
		"non envoyés : Isidoor était occupé ou injoignable (HTTP 503)": {Code: jobs.ReasonTemporary, Detail: "503"},
		"abandonnés : une personne a annulé l'exécution":               {Code: jobs.ReasonCancelled},
	} {
		if got := New(French, Options{}).reasonOf(r, 2); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got, want := New(French, Options{}).reasonOf(jobs.Reason{Code: jobs.ReasonChanged}, 1), "modifié depuis le dernier envoi de cette période"; got != want {
		t.Errorf("of one: %s", got)
	}
}
