package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// defaultGuards are those of a mapping without an IBAN and a NIR.
var defaultGuards = jobs.Guards{
	Created:         jobs.Limit{Count: jobs.NoCount, Share: 0.2, Floor: 5},
	Updated:         jobs.Limit{Count: jobs.NoCount, Share: 0.3, Floor: 5},
	Departed:        jobs.Limit{Count: jobs.NoCount, Share: 0.1, Floor: 2},
	Duplicates:      jobs.Limit{Count: jobs.NoCount, Share: 0.05, Floor: 2},
	Fall:            jobs.Limit{Count: jobs.NoCount, Share: 0.2, Floor: 3},
	Elements:        jobs.Limit{Count: jobs.NoCount, Share: 0.5, Floor: 10},
	CodeTotals:      jobs.Limit{Count: jobs.NoCount, Share: 1, Floor: 200},
	RequireElements: true,
	MaxGap:          2,
	MaxBack:         1,
	MaxAmount:       3,
	CheckKeys:       true,
	Recognise:       true,
}

// guarded is the valid document with lines of [job.guard], and lines of [job.fields].
func guarded(t *testing.T, guard, fields string) string {
	t.Helper()
	const source, members = "[job.source]", `Matricule = "matricule"`
	return valid(t, source, "[job.guard]\n"+guard+"\n"+source, members, members+"\n"+fields, `Code = "code"`,
		"Code = \"code\"\nMontant = \"amount\"")
}

func TestGuardDefaults(t *testing.T) {
	t.Parallel()
	c := parsed(t, guarded(t, "", ""))
	if got := c.Jobs[0].Guards; !reflect.DeepEqual(got, defaultGuards) {
		t.Errorf("got  %+v\nwant %+v", got, defaultGuards)
	}
	if got := c.Jobs[1].Guards; !reflect.DeepEqual(got, jobs.Guards{}) {
		t.Errorf("a pull has guards: %+v", got)
	}
	for _, j := range c.Jobs {
		if j.HoldExpires != 7*strict.Day {
			t.Errorf("%s: got %s", j.Name, j.HoldExpires)
		}
	}
	push, err := c.PushJob("paie")
	if err != nil || push.ReadBack != nil {
		t.Errorf("got %+v, %v", push.ReadBack, err)
	}
}

func TestGuardSettings(t *testing.T) {
	t.Parallel()
	document := guarded(t, `max_created = { count = 50 }
max_updated = { share = 0.5 }
max_departed = { count = 10, share = 0.25, floor = 4 }
max_duplicates = "off"
max_fall.share = 0
max_fall.floor = 1
max_elements = { share = 1 }
require_elements = false
max_gap = 0
max_back = 3
approval = true
verify = true
max_amount = 0
hold_fields = ["Adresse", "Adresse.Code.Pays"]
unique_fields = []
amount_fields = ["Elements.Montant"]
ready = "SELECT loaded FROM staging.import WHERE period = @period;"`, `"Adresse.Code.Pays" = "pays"`)
	document = strings.Replace(document, `kind = "push-salaries"`, "kind = \"push-salaries\"\nhold_expires = \"1h\"", 1)
	document = strings.Replace(document, "[[dossier]]", `[isidoor.salarie.read]
method = "POST"
path = "/V2/Relire?matricule={key}&mois={period}"
document = "/Salarie"
compare = ["Elements", "Adresse.Code"]

[[dossier]]`, 1)
	c := parsed(t, document+"hold_expires = \"90d\"\n")
	push, err := c.PushJob("paie")
	if err != nil {
		t.Fatal(err)
	}
	want := jobs.Guards{
		Created:      jobs.Limit{Count: 50, Share: jobs.NoShare},
		Updated:      jobs.Limit{Count: jobs.NoCount, Share: 0.5, Floor: 2},
		Departed:     jobs.Limit{Count: 10, Share: 0.25, Floor: 4},
		Duplicates:   jobs.Limit{Off: true},
		Fall:         jobs.Limit{Count: jobs.NoCount, Floor: 1},
		Elements:     jobs.Limit{Count: jobs.NoCount, Share: 1, Floor: 2},
		CodeTotals:   defaultGuards.CodeTotals,
		MaxBack:      3,
		Approval:     true,
		Verify:       true,
		CheckKeys:    true,
		Recognise:    true,
		HoldFields:   []string{"Adresse", "Adresse.Code.Pays"},
		UniqueFields: []string{},
		AmountFields: []string{"Elements.Montant"},
	}
	if push.Source.Ready != "SELECT loaded FROM staging.import WHERE period = @period" {
		t.Errorf("ready is %q", push.Source.Ready)
	}
	if !reflect.DeepEqual(push.Guards, want) {
		t.Errorf("got  %+v\nwant %+v", push.Guards, want)
	}
	if want := (&jobs.ReadBack{Compare: []string{"Elements", "Adresse.Code"}}); !reflect.DeepEqual(push.ReadBack, want) {
		t.Errorf("got %+v", push.ReadBack)
	}
	const wantRead = `"Read":{"Method":"POST","Path":"/V2/Relire?matricule={key}\u0026mois={period}","Document":"/Salarie"}`
	if got := own(t, c); !strings.Contains(got, wantRead) {
		t.Errorf("got %s", got)
	}
	if c.Jobs[0].HoldExpires != time.Hour || c.Jobs[1].HoldExpires != 90*strict.Day {
		t.Errorf("got %s and %s", c.Jobs[0].HoldExpires, c.Jobs[1].HoldExpires)
	}
}

// TestWatchedByDefault finds an IBAN and a NIR wherever they are, and watches all numbers of elements.
func TestWatchedByDefault(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fields       string
		hold, unique []string
	}{
		{"", nil, nil},
		{"Iban = \"iban\"\nNir = \"nir\"", []string{"Iban", "Nir"}, []string{"Iban", "Nir"}},
		{"IBAN = \"iban\"\n\"Etat.NIR\" = { column = \"nir\" }", []string{"Etat.NIR", "IBAN"}, []string{"Etat.NIR", "IBAN"}},
		{"\"Banque.Compte.iban\" = \"iban\"", []string{"Banque.Compte.iban"}, []string{"Banque.Compte.iban"}},
		{"Iban = { value = \"\" }\nIbantest = \"ancien\"\n\"Nir.Cle\" = \"cle\"", nil, nil},
		{"coordonneesBancaires = \"iban\"\nnumeroSecu = { column = \"NIR\" }", []string{"coordonneesBancaires", "numeroSecu"},
			[]string{"coordonneesBancaires", "numeroSecu"}},
		{"Compte = \"code_iban\"\n\"Etat.CodeNir\" = \"secu\"", []string{"Compte", "Etat.CodeNir"}, []string{"Compte", "Etat.CodeNir"}},
		{"ibanSalarie = \"a\"\nCodeIBAN2 = \"b\"", []string{"CodeIBAN2", "ibanSalarie"}, []string{"CodeIBAN2", "ibanSalarie"}},
		{"Souvenir = \"souvenir\"\nRiban = \"caribane\"\nSecu = \"numero_secu\"", nil, nil},
		{"Compte = { column = \"n\" }\nC = { value = \"iban\" }", nil, nil},
		{"coordonneesBancaires = \"compte\"\nNumero = \"rib\"\nmodeBancaire = \"m\"\nBancaire = { column = \"b\", dictionary = \"D\" }",
			[]string{"Numero", "coordonneesBancaires"}, nil},
		{"Nss = \"n\"\nRegimeSecu = \"r\"", []string{"Nss"}, []string{"Nss"}},
		{"A = \"nir_cle\"\nB = \"iban_pays\"\nDateIban = \"c\"", []string{"B", "DateIban"}, nil},
	} {
		g := parsed(t, guarded(t, "", test.fields)).Jobs[0].Guards
		if !slices.Equal(g.HoldFields, test.hold) || !slices.Equal(g.UniqueFields, test.unique) || g.AmountFields != nil {
			t.Errorf("%s: got %v, %v, %v", test.fields, g.HoldFields, g.UniqueFields, g.AmountFields)
		}
	}
	const renamed = "Compte = \"iban\"\nSecu = \"nir\""
	if plain, written := parsed(t, guarded(t, "", renamed)), parsed(t, guarded(t, `hold_fields = ["Compte", "Secu"]
unique_fields = ["Compte", "Secu"]`, renamed)); plain.JobDigest("paie") != written.JobDigest("paie") {
		t.Error("to write what is found changes the digest")
	}
	none := parsed(t, guarded(t, "hold_fields = []\namount_fields = []", `Iban = "iban"`)).Jobs[0].Guards
	if len(none.HoldFields) > 0 || none.AmountFields == nil || len(none.AmountFields) > 0 {
		t.Errorf("got %v, %v", none.HoldFields, none.AmountFields)
	}
}

// TestReadyOfAllDossiers has several dossiers: whether the month is loaded may be one answer for all.
func TestReadyOfAllDossiers(t *testing.T) {
	t.Parallel()
	document := strings.Replace(guarded(t, `ready = "SELECT true"`, ""), "[[job]]",
		"[[dossier]]\nname = \"sainte-anne\"\nsiret = \"99999999800019\"\nkey = { env = \"OTHER\" }\n\n[[job]]", 1)
	if got := parsed(t, document).Jobs[0].Source.Ready; got != "SELECT true" {
		t.Errorf("got %q", got)
	}
}

func TestGuardsChangeTheDigest(t *testing.T) {
	t.Parallel()
	digest := func(guard string) string { return parsed(t, guarded(t, guard, `Iban = "iban"`)).JobDigest("paie") }
	plain := digest("")
	for _, same := range []string{`hold_fields = ["Iban"]`, "max_gap = 2", "max_fall = { floor = 3, share = 0.2 }", `ready = " "`} {
		if digest(same) != plain {
			t.Errorf("%s is another guard than the default", same)
		}
	}
	for _, other := range []string{"hold_fields = []", "check_keys = false", "recognise = false", `max_fall = "off"`, "approval = true",
		"max_fall = { share = 0.2 }"} {
		if digest(other) == plain {
			t.Errorf("%s is not seen", other)
		}
	}
}

// warnings are those of a document, without their hints.
func warnings(t *testing.T, document string) []string {
	t.Helper()
	var list []string
	for _, w := range besides(parsed(t, document)) {
		text, hint := w.Apart(hinted.English(), w.Next)
		if w.Line == 0 || hint == "" {
			t.Errorf("no place or no hint: %s", w)
		}
		list = append(list, w.Key+": "+text)
	}
	return list
}

func TestGuardWarnings(t *testing.T) {
	t.Parallel()
	const (
		nothing = "lets nothing pass: the first one holds the run"
		count   = "is always count: floor is above it, so neither floor nor share has an effect"
		never   = "never holds anything: there cannot be more than all"
		usual   = "is not above 1: it holds usual amounts"
	)
	for guard, want := range map[string]string{
		"max_created = { count = 0 }":                         nothing,
		"max_updated = { share = 0 }":                         nothing,
		"max_updated = { share = 0.0, floor = 0, count = 3}":  nothing,
		"max_departed = { count = 0, floor = 2, share = 1 }":  nothing,
		"max_elements = { count = 3, share = 0.2, floor = 4}": count,
		"max_departed = { share = 1 }":                        never,
		"max_duplicates = { share = 1.0, floor = 3 }":         never,
		"max_fall = { share = 1 }":                            never,
		"max_updated = { share = 1 }":                         never,
		"max_amount = 0.5":                                    usual,
		"max_amount = 1":                                      usual,

		"max_created = { share = 1 }":                            "", // more can be new than were there
		"max_fall = { share = 1, count = 5 }":                    "",
		"max_fall = { share = 0, floor = 2 }":                    "",
		"max_fall = { count = 4, share = 0.2, floor = 4 }":       "",
		"max_fall = \"off\"":                                     "",
		"max_code_total = { share = 1 }\nmax_elements.share = 1": "",
		"max_amount = 1.1":                                       "",
	} {
		got := warnings(t, guarded(t, guard, ""))
		if want == "" && len(got) > 0 || want != "" && !slices.Equal(got, []string{"job.paie.guard." + strings.Fields(guard)[0] + ": " + want}) {
			t.Errorf("%s: got %v", guard, got)
		}
	}
}

func TestGuardsOfElementsWithoutElements(t *testing.T) {
	t.Parallel()
	document := guarded(t, "require_elements = true\nmax_amount = 2", "")
	from, to := strings.Index(document, "[[job.children]]"), strings.LastIndex(document, "[[job]]")
	const none = ": has no effect: the job has no [[job.children]]"
	got := warnings(t, document[:from]+document[to:])
	if want := []string{"job.paie.guard.require_elements" + none, "job.paie.guard.max_amount" + none}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

// TestKeysOfTheJobAmongMembers writes keys of the job below its last table, where TOML makes them members.
func TestKeysOfTheJobAmongMembers(t *testing.T) {
	t.Parallel()
	const hint = "\nhint: write it above the first [job.…] table; a member of that name is written as { column = \"…\" }"
	c := parsed(t, valid(t, `Code = "code"`, "Code = \"code\"\nschedule = \"last-working-day 06:00\"\nperiod = { column = \"period\" }",
		`Matricule = "matricule"`, "Matricule = \"matricule\"\nmissed = \"all\"\nperiod = { value = \"@period\" }\nPeriod = \"x\""))
	want := []string{
		"config.toml:25:1: job.paie.fields.missed: is taken for a member of the document: the job's own key has no effect here" + hint,
		"config.toml:35:1: job.paie.children[1].fields.schedule: is taken for a member of the document: the job's own key has no effect here" +
			hint,
	}
	var got []string
	for _, w := range besides(c) {
		got = append(got, w.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestReadWithoutPeriod(t *testing.T) {
	t.Parallel()
	for scope, want := range map[string]int{"employee-period": 1, "employee": 0} {
		got := warnings(t, valid(t, "[[dossier]]", "[isidoor.salarie]\nscope = \""+scope+"\"\nread.path = \"/V2/Salarie/{key}\"\n\n[[dossier]]"))
		if len(got) != want || want == 1 && !strings.HasPrefix(got[0], "isidoor.salarie.read.path: does not say of which month") {
			t.Errorf("%s: got %v", scope, got)
		}
	}
}

func TestReadWithTheKeyInThePath(t *testing.T) {
	t.Parallel()
	const path = "/V2/{dossier}/Salarie/{key}?periode={period}"
	c := parsed(t, valid(t, "[[dossier]]", `dossier_key = { in = "path" }
dossier.path = "/V2/{dossier}"
dictionnaire.path = "/V2/{dossier}/Dictionnaire"
[isidoor.salarie]
path = "/V2/{dossier}/Salarie"
semantics = "append"
read = { path = "`+path+`", compare = ["Elements"] }

[[dossier]]`))
	if got := own(t, c); !strings.Contains(got, path) || len(besides(c)) > 0 {
		t.Errorf("got %s, %v", got, c.Warnings)
	}
}
