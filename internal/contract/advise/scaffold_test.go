package advise_test

import (
	"strings"
	"testing"

	"syncd"
	"syncd/internal/contract/advise"
	"syncd/internal/contract/contracttest"
	"syncd/internal/contract/openapi"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

// drafted is the draft for a contract and columns of text, "name" or "name type".
func drafted(t *testing.T, definitions string, nomenclatures mapping.Nomenclatures, columns ...string) string {
	t.Helper()
	shape := mapping.Shape{}
	for _, one := range columns {
		name, kind, typed := strings.Cut(one, " ")
		if !typed {
			kind = "text"
		}
		shape.Employee = append(shape.Employee, mapping.Column{Name: name, Type: contracttest.OIDs[kind]})
	}
	push := jobs.PushJob{Name: "paie", Source: jobs.Source{Key: "matricule"}}
	return advise.Scaffold(hinted.English(), contracttest.Taking(t, definitions), push, shape, nomenclatures)
}

// TestScaffoldLines: one rule each; want is a line of the draft, but for the blanks that align it.
func TestScaffoldLines(t *testing.T) {
	t.Parallel()
	strates := mapping.Nomenclatures{"Strate": {"I": {Code: "I", Active: true}, "II": {Code: "II", Active: true}}}
	const withinList = `"Salarie":{"type":"object","required":["L"],"properties":{"L":{"type":"array","items":{"type":"object",` +
		`"required":["M"],"properties":{"M":{"type":"array","items":{"type":"object","properties":{"X":{"type":"string"}}}}}}}}}`
	const required = `"Salarie":{"type":"object","required":["V"],"properties":{"V":{%}}}`
	for _, test := range []struct {
		name, definitions string
		columns           []string
		want              string
	}{
		{"the same name", contracttest.Members(`"Nom":{"type":"string"}`), []string{"nom"}, `Nom = "nom" # string, null`},
		{"accents and signs", contracttest.Members(`"PrénomUsuel":{"type":"string"}`), []string{"prenom_usuel"},
			`"PrénomUsuel" = "prenom_usuel" # string, null`},
		{"the whole path", contracttest.Members(`"A":{"type":"object","properties":{"Ville":{"type":"string"}}},"Ville":{"type":"string"}`),
			[]string{"a_ville"}, `"A.Ville" = "a_ville" # string, null`},
		{"the less deep of two", contracttest.Members(`"A":{"type":"object","properties":{"Ville":{"type":"string"}}},"Ville":{"type":"string"}`),
			[]string{"ville"}, `Ville = "ville" # string, null`},
		{"the first of two", contracttest.Members(`"B":{"type":"object","properties":{"Ville":{"type":"string"}}},"A":{"type":"object","properties":{"Ville":{"type":"string"}}}`), []string{"ville"},
			`# "A.Ville" = "ville" # string, null, other members resemble this column, too: CHECK which one it is`},
		{"the town of a birth", contracttest.Members(`"Naissance":{"type":"object","properties":{"Ville":{"type":"string"}}}`), []string{"ville"},
			`# "Naissance.Ville" = { column = "ville", sensitive = true } # string, null, GUESSED from the name`},
		{"the first of two of one name", contracttest.Members(`"Nom":{"type":"string"},"NOM":{"type":"string"}`), []string{"nom"},
			`# NOM = "nom" # string, null, other members resemble this column, too: CHECK which one it is`},
		{"the month by its name", `"Salarie":{"type":"object","required":["Periode"],"properties":{"Periode":{"type":"string"}}}`, nil,
			`Periode = { value = "@period" } # required, string`},
		{"the column of the key", contracttest.Members(`"Identifiant":{"type":"string"}`), []string{"matricule"},
			`# Identifiant = { column = "matricule", null = "refuse" } # string, null, GUESSED from the name`},
		{"required", strings.Replace(required, "%", `"type":"string"`, 1), []string{"v"},
			`V = { column = "v", null = "refuse" } # required, string`},
		{"required, without a column", strings.Replace(required, "%", `"type":"string","description":"La\nvaleur"`, 1), nil,
			`# V = "…" # required, string, no column resembles it; La valeur`},
		{"no likeness", contracttest.Members(`"Zzz":{"type":"string"}`), []string{"v"}, `# No member of the contract resembles a column.`},
		{"a list without a query", withinList, nil, `# key = "…" # the member that tells the elements apart in a diff`},
		{"a list within a list", withinList, nil, `# # M # required: a list within a list, which cannot be mapped`},
		{"not nullable", contracttest.Members(`"V":{"type":"string","x-nullable":false}`), []string{"v"},
			`V = { column = "v", null = "omit" } # string`},
		{"a number as text", contracttest.Members(`"V":{"type":"string"}`), []string{"v numeric"},
			`V = { column = "v", type = "string" } # string, null`},
		{"text as a number", contracttest.Members(`"V":{"type":"number"}`), []string{"v"},
			`V = { column = "v", type = "number" } # number, null`},
		{"a column that cannot fit", contracttest.Members(`"V":{"type":"number"}`), []string{"v date"}, `# Columns that nothing carries: v`},
		{"a nomenclature that is described", contracttest.Members(`"V":{"type":"string","description":"Voir nomenclature Strate"}`),
			[]string{"v"}, `V = { column = "v", dictionary = "Strate" } # string, null; Voir nomenclature Strate`},
		{"a nomenclature that is listed", contracttest.Members(`"V":{"type":"string","enum":["I","II"]}`), []string{"v"},
			`V = { column = "v", dictionary = "Strate" } # string, null, one of "I" "II"`},
		{"a long list", contracttest.Members(`"V":{"type":"integer","enum":[1,2,3,4,5,6]}`), []string{"v int4"},
			`V = "v" # integer, null, one of 1 2 3 4 … (6)`},
		{"sensitive", contracttest.Members(`"CodeNir":{"type":"string"}`), []string{"code_nir"},
			`CodeNir = { column = "code_nir", sensitive = true } # string, null`},
		{"sensitive by its column", contracttest.Members(`"Banque":{"type":"string"}`), []string{"banque_iban"},
			`# Columns that nothing carries: banque_iban`},
		{"the month", `"Salarie":{"type":"object","required":["Mois"],"properties":{"Mois":{"type":"string","format":"date"}}}`, nil,
			`# Mois = { value = "@period_start" } # required, string(date), GUESSED from the name`},
		{"the month in a form that syncd does not have",
			`"Salarie":{"type":"object","required":["Mois"],"properties":{"Mois":{"type":"string","pattern":"^[0-9]{6}$"}}}`, nil,
			`# Mois = "…" # required, string, /^[0-9]{6}$/, no column resembles it`},
		{"a column of its own goes first", `"Salarie":{"type":"object","required":["Mois"],"properties":{"Mois":{"type":"string"}}}`,
			[]string{"mois"}, `Mois = { column = "mois", null = "refuse" } # required, string`},
		{"the name of a job's key", contracttest.Members(`"deadline":{"type":"string"}`), []string{"deadline"},
			`deadline = { column = "deadline" } # string, null`},
		{"read-only", contracttest.Members(`"V":{"type":"string","readOnly":true}`), []string{"v"}, `# Columns that nothing carries: v`},
		{"a json column for a list", contracttest.Members(`"V":{"type":"array","items":{"type":"string"}}`), []string{"v jsonb"},
			`V = "v" # array, null`},
		{"required objects of which nothing is required",
			`"Salarie":{"type":"object","required":["A"],"properties":{"A":{"type":"object","properties":{"B":{"type":"string"}}}}}`, nil,
			`# A # required: an object, of which at least one member must be mapped`},
		{"what an object requires once it is there", contracttest.Members(`"A":{"type":"object","required":["B"],"properties":{"B":{"type":"string"},"C":{"type":"string"}}}`), []string{"c"},
			`# "A.B" = "…" # required, string, no column resembles it`},
		{"a name with a dot", contracttest.Members(`"A.B":{"type":"string"}`), nil,
			`# These names cannot be mapped, as they have dots or brackets in them: A.B`},
		{"a list that is required", `"Salarie":{"type":"object","required":["L"],"properties":{"L":{"type":"array","items":{"type":"object","required":["C"],"properties":{"C":{"type":"string"}}}}}}`, nil,
			`# # C = "…" # required, string, no column resembles it`},
		{"a list that is not", contracttest.Members(`"L":{"type":"array","items":{"type":"object","properties":{"C":{"type":"string"}}}}`), nil,
			`# Not required, and no column resembles them: L (list of objects)`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			draft := drafted(t, test.definitions, strates, test.columns...)
			for line := range strings.Lines(draft) {
				if strings.Join(strings.Fields(line), " ") == strings.Join(strings.Fields(test.want), " ") {
					return
				}
			}
			t.Errorf("no line %s in\n%s", test.want, draft)
		})
	}
}

// TestScaffoldOfHostileText: a contract comes from outside, and what it says must not become lines of the configuration.
func TestScaffoldOfHostileText(t *testing.T) {
	t.Parallel()
	draft := drafted(t, `"Salarie":{"type":"object","required":["Matricule","a\n[isidoor]\nbase_url","b\u001b[31m","q\\u0022\""],"properties":{
		"Matricule":{"type":"string","description":"x\n[isidoor]\r\nbase_url = 'https://example.net'\u2028\u0085y\u0000z","pattern":"\n[isidoor]"},
		"a\n[isidoor]\nbase_url":{"type":"string"},"c\nd":{"type":"string"},"f\u009b2J":{"type":"string"},"b\u001b[31m":{"type":"string"},"e\\":{"type":"string","enum":["\n[x]"]}}}`, nil, "matricule", "e", "c\nd", "f2j\u009b")
	for line := range strings.Lines(draft) {
		if strings.HasPrefix(line, "[") && line != "[job.fields]\n" || strings.HasPrefix(line, "base_url") {
			t.Errorf("a line of its own: %q", line)
		}
		if strings.ContainsAny(line, "\x1b\x00\r\u0085\u2028\u009b") {
			t.Errorf("a control character: %q", line)
		}
	}
	_ = job(t, pasted(t, syncd.SampleConfig, draft))
}

// TestScaffoldEnds: circles and multitudes are cut.
func TestScaffoldEnds(t *testing.T) {
	t.Parallel()
	draft := drafted(t, `"Salarie":{"type":"object","required":["Matricule","Chef"],"properties":{"Matricule":{"type":"string"},"Chef":{"$ref":"#/definitions/Salarie"},
		"Equipe":{"type":"array","items":{"$ref":"#/definitions/Salarie"}}}}`, nil, "matricule", "chef")
	if n := strings.Count(draft, "\n"); n > 20 {
		t.Errorf("%d lines:\n%s", n, draft)
	}
	if !strings.Contains(draft, `Matricule = { column = "matricule", null = "refuse" }`) {
		t.Errorf("no matricule:\n%s", draft)
	}
}

func TestScaffoldWithoutBody(t *testing.T) {
	t.Parallel()
	for _, op := range []*openapi.Operation{nil, {Method: "POST"}} {
		draft := advise.Scaffold(hinted.English(), op, jobs.PushJob{}, mapping.Shape{}, nil)
		if !strings.HasPrefix(draft, "# The contract does not say") {
			t.Errorf("drafted %q", draft)
		}
		draft = advise.Scaffold(locale.Of(locale.French, ""), op, jobs.PushJob{}, mapping.Shape{}, nil)
		if !strings.HasPrefix(draft, "# Le contrat ne dit pas") {
			t.Errorf("drafted %q", draft)
		}
	}
}
