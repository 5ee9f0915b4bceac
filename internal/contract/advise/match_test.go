package advise_test

import (
	"strings"
	"testing"

	"syncd"
	"syncd/internal/contract/advise"
	"syncd/internal/contract/contracttest"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/partner/isidoor/standin"
)

// hasLine reports whether a draft has a line, but for the blanks that align it.
func hasLine(draft, want string) bool {
	for line := range strings.Lines(draft) {
		if strings.Join(strings.Fields(line), " ") == strings.Join(strings.Fields(want), " ") {
			return true
		}
	}
	return false
}

// rowsDrafted is the draft for one list "Lignes" with these properties, of elements whose query returns the columns of the
// default staging table.
func rowsDrafted(t *testing.T, required, properties string) string {
	t.Helper()
	shape := staging()
	shape.Employee = shape.Employee[:0]
	push := jobs.PushJob{Name: "paie", Source: jobs.Source{Key: "matricule",
		Children: []jobs.ChildSource{{Rows: "SELECT 1", Employee: "matricule"}}}}
	return advise.Scaffold(hinted.English(), contracttest.Taking(t, contracttest.Members(`"Lignes":{"type":"array","items":{"type":"object","required":[`+
		required+`],"properties":{`+properties+`}}}`)), push, shape, nil)
}

func TestScaffoldRows(t *testing.T) {
	t.Parallel()
	const text, number = `{"type":"string","x-nullable":false}`, `{"type":"number"}`
	for _, test := range []struct {
		name, required, properties string
		want                       []string
	}{
		{"other words", `"rubrique"`, `"rubrique":` + text + `,"base":` + number + `,"montant":` + number, []string{
			`# key = "rubrique"`, `# # rubrique = { column = "code", null = "refuse" } # required, string, GUESSED from the name`,
			`# # base = "quantity" # number, null, GUESSED from the name`, `# montant = "amount" # number, null`}},
		{"numbers as texts", `"rubrique"`, `"base":{"type":"string"},"rubrique":` + text + `,"valeur":{"type":"string"}`, []string{
			`# key = "rubrique"`, `# # base = { column = "quantity", type = "string" } # string, null, GUESSED from the name`,
			`# # valeur = { column = "amount", type = "string" } # string, null, GUESSED from the name`}},
		{"two that may be meant", ``, `"nombre":` + number + `,"base":` + number + `,"montant":` + number,
			[]string{`# Columns that nothing carries: code, quantity`}},
		{"a key that no column resembles", `"poste"`, `"poste":` + text + `,"montant":` + number,
			[]string{`key = "poste"`, `# poste = "…" # required, string, no column resembles it`}},
		{"a list of values", `"a","sorte"`, `"a":` + text + `,"sorte":{"type":"string","enum":["H","P"]},"montant":` + number,
			[]string{`key = "sorte"`}},
		{"no amount, though a text", `"montant","libelle"`, `"montant":` + text + `,"libelle":` + text, []string{`key = "libelle"`}},
		{"no date", `"debut","poste"`, `"debut":{"type":"string","format":"date"},"poste":` + text + `,"montant":` + number,
			[]string{`key = "poste"`}},
		{"numbers alone", ``, `"montant":` + number, []string{`key = "montant" # CHECK: no member looks like a code; it must tell the elements apart`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			draft := rowsDrafted(t, test.required, test.properties)
			for _, want := range test.want {
				if !hasLine(draft, want) {
					t.Errorf("no line %s in\n%s", want, draft)
				}
			}
		})
	}
}

// TestScaffoldFromNothing: before anything is mapped or pulled, elements are drafted all the same.
func TestScaffoldFromNothing(t *testing.T) {
	t.Parallel()
	push := job(t, standin.PlatConfig)
	push.Mapping = mapping.Spec{}
	draft := advise.Scaffold(hinted.English(), operation(t, standin.ProfilePlat, "PUT /V2/Salaries"), push, staging(), nil)
	for _, want := range []string{`# path = "lignes"`, `# key = "rubrique"`} {
		if !hasLine(draft, want) {
			t.Errorf("no line %s in\n%s", want, draft)
		}
	}
	for _, part := range []string{"\n# # rubrique = { column = \"code\"", "\n# # base = { column = \"quantity\", type = \"string\"",
		"\n# montant = { column = \"amount\", type = \"string\""} {
		if !strings.Contains(draft, part) {
			t.Errorf("no %q in\n%s", part, draft)
		}
	}
}

// TestScaffoldGuards: which members guards are about is told where they have other names than guards look for.
func TestScaffoldGuards(t *testing.T) {
	t.Parallel()
	const named = `# This API has other names for an IBAN or a NIR: see that [job.guard] watches these, once they are mapped:`
	for _, test := range []struct {
		name, properties string
		want             []string
	}{
		{"other names", `"coordonneesBancaires":{"type":"string"},"numeroSecu":{"type":"string"}`, []string{
			named, `# hold_fields = ["coordonneesBancaires", "numeroSecu"]`, `# unique_fields = ["coordonneesBancaires", "numeroSecu"]`}},
		{"one of them", `"Banque":{"type":"object","properties":{"Rib":{"type":"string"},"Bic":{"type":"string"}}},"Nir":{"type":"string"}`,
			[]string{
				named, `# hold_fields = ["Banque.Rib", "Nir"]`, `# unique_fields = ["Banque.Rib", "Nir"]`}},
		{"no account", `"numeroSecu":{"type":"string"}`, []string{named, `# hold_fields = ["numeroSecu"]`, `# unique_fields = ["numeroSecu"]`}},
		{"the names that are looked for", `"Iban":{"type":"string"},"CodeNir":{"type":"string"}`, nil},
		{"neither", `"Nom":{"type":"string"}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			draft := drafted(t, contracttest.Members(test.properties), nil, "matricule", "iban", "nir")
			for _, want := range test.want {
				if !hasLine(draft, want) {
					t.Errorf("no line %s in\n%s", want, draft)
				}
			}
			if got := strings.Count(draft, "_fields = "); got != max(0, len(test.want)-1) {
				t.Errorf("%d lines in\n%s", got, draft)
			}
		})
	}
	_ = job(t, pasted(t, syncd.SampleConfig, advise.Scaffold(hinted.English(), operation(t, standin.ProfileIsidoor, "Salarie_Post"),
		sampleJob(t), staging(), nil)))
}
