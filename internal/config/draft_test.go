package config

import (
	"slices"
	"strings"
	"testing"

	"syncd/internal/jobs"
)

// withoutFields drops a table of fields with its lines; header false leaves the empty table.
func withoutFields(t *testing.T, name, line string, header bool) string {
	t.Helper()
	table := "[" + name + "]\n"
	left := ""
	if header {
		left = table
	}
	return valid(t, table+line+"\n", left)
}

// TestDraft: a job whose members are not mapped yet loads, can be looked at, and cannot be executed.
func TestDraft(t *testing.T) {
	t.Parallel()
	const hint = "\nhint: write a draft: syncd contract scaffold paie"
	const noFields, noChildren = "config.toml:15:3: job.paie.fields: is missing: no member of the document is mapped" + hint,
		"job.paie.children[1].fields: is missing: no member of the element is mapped" + hint
	both := strings.Replace(withoutFields(t, "job.fields", `Matricule = "matricule"`, false), "[job.children.fields]\nCode = \"code\"\n", "",
		1)
	guarded := strings.Replace(both, "[job.source]", "[job.guard]\nhold_fields = [\"Iban\"]\namount_fields = "+
		"[\"Elements.Montant\"]\n[job.source]", 1)
	compared := strings.Replace(both, "[[dossier]]", "[isidoor.salarie.read]\ncompare = [\"Iban\"]\n[[dossier]]", 1)
	for name, test := range map[string]struct {
		document string
		want     string
	}{
		"no fields":          {withoutFields(t, "job.fields", `Matricule = "matricule"`, false), noFields},
		"empty fields":       {withoutFields(t, "job.fields", `Matricule = "matricule"`, true), strings.Replace(noFields, "15:3", "23:6", 1)},
		"children":           {withoutFields(t, "job.children.fields", `Code = "code"`, false), "config.toml:26:7: " + noChildren},
		"both":               {both, noFields},
		"guards name some":   {guarded, noFields},
		"a read-back of one": {compared, strings.Replace(noFields, "15:3", "17:3", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := parsed(t, test.document)
			if _, err := c.PushJob("paie"); err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if len(c.Warnings) > 0 {
				t.Errorf("warned: %v", c.Warnings)
			}
			draft, err := c.DraftJob("paie")
			if err != nil || draft.Source.Key != "matricule" || len(draft.Source.Children) != 1 {
				t.Errorf("drafted from %+v, %v", draft, err)
			}
			if len(draft.Mapping.Children) != 1 || draft.Mapping.Children[0].Path != "Elements" || draft.Mapping.Children[0].Key != "Code" {
				t.Errorf("its children are %+v", draft.Mapping.Children)
			}
		})
	}
}

// TestDraftOfAWholeJob: a job that is mapped is its own draft, and a pull has none.
func TestDraftOfAWholeJob(t *testing.T) {
	t.Parallel()
	c := parsed(t, valid(t))
	push, err := c.PushJob("paie")
	if err != nil {
		t.Fatal(err)
	}
	draft, err := c.DraftJob("paie")
	if err != nil || draft.Mapping.Digest() != push.Mapping.Digest() || draft.Source.Employees != push.Source.Employees {
		t.Errorf("got %+v, %v", draft, err)
	}
	if _, err := c.DraftJob("dictionnaire"); err == nil {
		t.Error("a pull has a draft")
	}
	if j, err := c.Job("paie"); err != nil || j.Kind != jobs.PushSalaries {
		t.Errorf("got %+v, %v", j, err)
	}
}

// TestUnheld: that a changed IBAN is not seen is told once for each job, unless somebody wants it so.
func TestUnheld(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		guard, fields string
		told          bool
	}{
		{"", "", true},
		{"", `Compte = "compte"`, true},
		{"", `Nir = "nir"`, true},
		{"", `Compte = "iban"`, false},
		{"hold_fields = []", "", false},
		{`hold_fields = ["Matricule"]`, "", false},
	} {
		var got []string
		for _, w := range parsed(t, guarded(t, test.guard, test.fields)).Warnings {
			got = append(got, w.String())
		}
		var want []string
		if test.told {
			want = []string{"config.toml:19:6: job.paie.guard.hold_fields: no member is held when it changes, but for values that are a valid " +
				"IBAN or NIR: none is called, or comes from a column called, iban\n" +
				`hint: name the member of the IBAN in [job.guard], such as hold_fields = ["Iban"]; [] = none on purpose`}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s, %s: told %q, want %q", test.guard, test.fields, got, want)
		}
	}
}
