package config

import (
	"reflect"
	"strings"
	"testing"

	"syncd/internal/config/strict"
)

func TestPlace(t *testing.T) {
	t.Parallel()
	document := valid(t, `Matricule = "matricule"`, `Matricule = "matricule"
"Adresse.Ville" = { column = "ville" }
Contrat = "contrat"
[job.fields.Nir]
column = "nir"`, `Code = "code"`, "Code = \"code\"\nMontant = \"amount\"")
	c := parsed(t, document)
	for _, test := range []struct{ job, path, at, key string }{ // at: the beginning of the line, "" = the whole file
		{"paie", "", "[[job]]", "job.paie"},
		{"paie", "Matricule", "Matricule", "job.paie.fields.Matricule"},
		{"paie", "Adresse.Ville", `"Adresse.Ville"`, "job.paie.fields.Adresse.Ville"},
		{"paie", "Adresse.Ville.Nom", `"Adresse.Ville"`, "job.paie.fields.Adresse.Ville"},
		{"paie", "Contrat.CodeNature", "Contrat", "job.paie.fields.Contrat"},
		{"paie", "Nir", "[job.fields.Nir]", "job.paie.fields.Nir"},
		{"paie", "Adresse", "[job.fields]", "job.paie.fields"},
		{"paie", "Prenom", "[job.fields]", "job.paie.fields"},
		{"paie", "Elements", "[[job.children]]", "job.paie.children[1]"},
		{"paie", "Elements[].Montant", "Montant", "job.paie.children[1].fields.Montant"},
		{"paie", "Elements[].Quantite", "[job.children.fields]", "job.paie.children[1].fields"},
		{"paie", "Absences[].Code", "[job.fields]", "job.paie.fields"},
		{"dictionnaire", "", "[[job]]", "job.dictionnaire"},
		{"dictionnaire", "Nom", "[[job]]", "job.dictionnaire"},
		{"other", "Nom", "", ""},
	} {
		got := c.Place(test.job, test.path)
		if got.File != "config.toml" || got.Key != test.key || got.Code+got.Next.Code != "" || !begins(document, got, test.at) {
			t.Errorf("%s %s: got %+v", test.job, test.path, got)
		}
	}
	if got := (&Config{File: "other.toml"}).Place("paie", "Nom"); !reflect.DeepEqual(got, strict.Problem{File: "other.toml"}) {
		t.Errorf("of a configuration that was not read: %+v", got)
	}
}

// begins reports whether the place of a problem is within a line that begins so.
func begins(document string, at strict.Problem, text string) bool {
	if at.Line == 0 {
		return text == "" && at.Column == 0
	}
	line := strings.Split(document, "\n")[at.Line-1]
	return text != "" && strings.HasPrefix(line, text) && at.Column >= 1 && at.Column <= len(text)
}

// Each job has its own members.
func TestPlaceOfTheSecondJob(t *testing.T) {
	t.Parallel()
	document := valid(t, `kind = "push-salaries"`, "kind = \"push-salaries\"\ndossiers = [\"saint-martin\"]") +
		"[[dossier]]\nname = \"other\"\nsiret = \"99999999800019\"\nkey = { env = \"OTHER_KEY\" }\n"
	second := "[[job]]\nname = \"second\"\nkind = \"push-salaries\"\ndossiers = [\"other\"]\n[job.source]\nemployees = \"SELECT * FROM " +
		"e\"\nkey = \"m\"\n[job.fields]\nMatricule = \"m\"\n"
	c := parsed(t, document+second)
	first, last := c.Place("paie", "Matricule").Line, c.Place("second", "Matricule").Line
	if want := strings.Count(document+second, "\n"); last != want || first >= last || first == 0 {
		t.Errorf("got lines %d and %d, want the second at %d", first, last, want)
	}
}
