package view

import (
	"strings"
	"testing"

	"syncd/internal/diff"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

// A pull is held for a share of all codes, or for nomenclatures that lose all of theirs.
func TestReasonOfAHeldPull(t *testing.T) {
	t.Parallel()
	for cause, want := range map[*jobs.Cause][2]string{
		jobs.Because(jobs.CauseWithdraws, "n", "18", "of", "60"): {
			"Isidoor withdraws 18 of 60 codes at once, so the known nomenclatures were kept",
			"Isidoor retire 18 codes sur 60 à la fois : les nomenclatures connues ont été conservées"},
		jobs.Because(jobs.CauseEmptied, "nomenclatures", "Civilite 2/2, N/A 1/1"): {
			"Isidoor withdraws all codes of a nomenclature (Civilite 2/2, N/A 1/1), so the known nomenclatures were kept",
			"Isidoor retire tous les codes d'une nomenclature (Civilite 2/2, N/A 1/1) : les nomenclatures connues ont été conservées"},
		nil: {"Isidoor withdraws too many codes at once, so the known nomenclatures were kept",
			"Isidoor retire trop de codes à la fois : les nomenclatures connues ont été conservées"},
	} {
		for i, language := range []locale.Language{locale.English, locale.French} {
			if got := New(language, Options{Partner: payer}).Reason(jobs.Reason{Code: jobs.ReasonPullShrinks, Cause: cause}); got != want[i] {
				t.Errorf("%+v: %s", cause, got)
			}
		}
	}
}

// The quotes show the spaces around a matricule, which its column in the report cannot. Which reason it is, is told.
func TestProblemOfABadKey(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("4", 201)
	for key, want := range map[string][2]string{
		"42 ": {`the matricule "42 " cannot be used: it has spaces around it`,
			"le matricule « 42  » est inutilisable : il est entouré d'espaces"},
		"285057899900116 ": {"the matricule (not shown) cannot be used: it has spaces around it",
			"le matricule (masqué) est inutilisable : il est entouré d'espaces"},
		"4\u200b2": {"the matricule \"4\uFFFD2\" cannot be used: it has characters that cannot be seen",
			"le matricule « 4\uFFFD2 » est inutilisable : il contient des caractères invisibles"},
		"4\xe92": {"the matricule \"4\uFFFD2\" cannot be used: its bytes are no text in UTF-8",
			"le matricule « 4\uFFFD2 » est inutilisable : ses octets ne sont pas un texte en UTF-8"},
		long: {`the matricule "` + long[:80] + `" cannot be used: it is longer than 200 bytes`, "le matricule « " + long[:80] +
			" » est inutilisable : il dépasse 200 octets"},
	} {
		for i, language := range []locale.Language{locale.English, locale.French} {
			if got := New(language, Options{Partner: payer}).Problem(mapping.KeyProblem([]byte(key), 1)); got != want[i] {
				t.Errorf("%q: %s", key, got)
			}
		}
	}
	old := mapping.Problem{Code: mapping.ProblemBadKey, Value: "42 "} // of a ledger from before
	if got := New(locale.English, Options{Partner: payer}).Problem(old); got != `the matricule "42 " cannot be used: it is too long, has spaces around it, or has characters that cannot be seen` {
		t.Error(got)
	}
}

// An empty value is no value that is masked, and who wrote a comma is told that a point is wanted.
func TestProblemOfAnEmptyValueAndOfAComma(t *testing.T) {
	t.Parallel()
	for want, problem := range map[string]mapping.Problem{
		`Contrat.Code: "" (empty) is not a code of the nomenclature NatureContrat; to correct: column code`:                        {Code: mapping.ProblemUnknownCode, Path: "Contrat.Code", Column: "code", Nomenclature: "NatureContrat", Why: mapping.WhyEmpty},
		`A: "" (empty) is not a date such as 2026-11-30`:                                                                           {Code: mapping.ProblemWrongFormat, Path: "/A", Want: "date", Got: "string", Why: mapping.WhyEmpty},
		`A: the value "12,50" does not fit this field: a number with a point is expected, such as 12.50; to correct: column a`:     {Code: mapping.ProblemBadValue, Path: "A", Column: "a", Value: "12,50", Why: mapping.WhyComma},
		`A: there is a text, where Isidoor takes a number: a number with a point is expected, such as 12.50; to correct: column a`: {Code: mapping.ProblemWrongType, Path: "/A", Column: "a", Want: "number", Got: "string", Why: mapping.WhyComma},
	} {
		if got := New(locale.English, Options{Partner: payer}).Problem(problem); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// A code that looks like the one in staging is told with what is different.
func TestNearestCodeThatLooksAlike(t *testing.T) {
	t.Parallel()
	problem := mapping.Problem{Code: mapping.ProblemUnknownCode, Path: "Civilite", Column: "civilite", Value: "Me\u0301",
		Nomenclature: "Civilite", Nearest: []mapping.Nearest{{Code: "Mé", Label: "Maître"}, {Code: "M"}}}
	want := "to correct: column civilite; nearest: Mé (Maître) (they look alike: accents are written as one character in the one, as two in " +
		"the other; Unicode NFC, NFD), M"
	if got := New(locale.English, Options{Partner: payer}).Problem(problem); !strings.HasSuffix(got, want) {
		t.Errorf("%s", got)
	}
}

// Who is likely meant, and differs by a space, is quoted.
func TestLikelyOwnerWithASpace(t *testing.T) {
	t.Parallel()
	problem := mapping.Problem{Code: mapping.ProblemMissingEmployee, Count: 2, Nearest: []mapping.Nearest{{Code: "00003 "}, {Code: "3"}}}
	if got := New(locale.English, Options{Partner: payer}).Problem(problem); !strings.HasSuffix(got, `likely those of "00003 ", 3`) {
		t.Error(got)
	}
}

// A difference that cannot be seen is said.
func TestDifferencesThatCannotBeSeen(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("rue ", 1000)
	for want, c := range map[string]diff.Change{
		"\"Jose\u0301\" → \"José\" (même apparence : les accents sont écrits en un caractère d'un côté, en deux de l'autre ; Unicode NFC, NFD)": {Op: "*", Old: "\"Jose\u0301\"", New: `"José"`, Unseen: diff.UnseenForm},
		`"a" → "b"`: {Op: "*", Old: `"a"`, New: `"b"`},
		"masqué":    {Op: "*", Masked: true, Unseen: diff.UnseenForm},
	} {
		if got := New(locale.French, Options{Partner: payer}).change(&c); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if got := New(locale.French, Options{Partner: payer}).change(&diff.Change{Op: "*", Old: `"` + long + `1"`,
		New: `"` + long + `2"`}); !strings.HasSuffix(got, " (la différence est plus loin que ce qui est montré)") {
		t.Error(got)
	}
}

// A line that counts several employees agrees with them.
func TestReasonOfSeveral(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]jobs.Reason{
		"modifiés depuis le dernier envoi de cette période":            {Code: jobs.ReasonChanged},
		"jamais transmis jusqu'ici":                                    {Code: jobs.ReasonNew},
		"non envoyés : Isidoor était occupé ou injoignable":            {Code: jobs.ReasonTemporary},
		"non envoyés : Isidoor était occupé ou injoignable (HTTP 503)": {Code: jobs.ReasonTemporary, Detail: "503"},
		"abandonnés : une personne a annulé l'exécution":               {Code: jobs.ReasonCancelled},
	} {
		if got := New(locale.French, Options{Partner: payer}).reasonOf(r, 2); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got, want := New(locale.French, Options{Partner: payer}).reasonOf(jobs.Reason{Code: jobs.ReasonChanged}, 1),
		"modifié depuis le dernier envoi de cette période"; got != want {
		t.Errorf("of one: %s", got)
	}
}
