package config

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"syncd/internal/config/strict"
)

func TestLanguage(t *testing.T) {
	t.Parallel()
	french := parsed(t, "language = \"fr\"\n"+valid(t))
	byLocale := parsed(t, valid(t))
	for _, test := range []struct {
		config *Config
		env    map[string]string
		want   string
	}{
		{french, map[string]string{"LC_ALL": "en_GB.UTF-8"}, "fr"},
		{byLocale, map[string]string{}, "en"},
		{byLocale, map[string]string{"LANG": "fr_FR.UTF-8"}, "fr"},
		{byLocale, map[string]string{"LANG": "fr"}, "fr"},
		{byLocale, map[string]string{"LANG": "fr.UTF-8"}, "fr"},
		{byLocale, map[string]string{"LANG": "fur_IT"}, "en"},
		{byLocale, map[string]string{"LANG": "frr_DE"}, "en"},
		{byLocale, map[string]string{"LC_ALL": "C.UTF-8", "LANG": "fr_FR.UTF-8"}, "en"},
		{byLocale, map[string]string{"LC_ALL": "", "LC_MESSAGES": "fr_BE@euro", "LANG": "de_DE"}, "fr"},
		{byLocale, map[string]string{"LANG": "de_DE.UTF-8"}, "en"},
	} {
		if got := test.config.Language(env(test.env)); got != test.want {
			t.Errorf("%v: got %s", test.env, got)
		}
	}
}

func TestConstantsStayExact(t *testing.T) {
	t.Parallel()
	c := parsed(t, valid(t, `Matricule = "matricule"`, `Matricule = "matricule"
Texte = { value = "x" }
Entier = { value = 1_000 }
Taux = { value = 75.10 }
Grand = { value = 12345678901234567.89 }
Actif = { value = true }
Ecart.value = false`))
	got := map[string]any{}
	for _, f := range c.Jobs[0].Mapping.Fields {
		got[f.Path] = f.Value
	}
	for path, want := range map[string]any{
		"Texte": "x", "Entier": int64(1000), "Taux": json.Number("75.10"), "Grand": json.Number("12345678901234567.89"),
		"Actif": true, "Ecart": false, "Matricule": nil,
	} {
		if got[path] != want {
			t.Errorf("%s: got %#v, want %#v", path, got[path], want)
		}
	}
}

func TestQueriesAreReadAsSQL(t *testing.T) {
	t.Parallel()
	for _, query := range []string{
		`with e as (select 1) select * from e where d = @dossier;`,
		`-- the staff\nSELECT * FROM e WHERE mail <> 'x@example; --' AND \"a@b\" = @siret`,
		`SELECT * FROM e WHERE d = @dossier AND tags @> '{x}' AND until >= @period_end::date /* @nobody */`,
	} {
		edited := valid(t, `"SELECT * FROM staging.employee WHERE dossier = @dossier"`, `"`+query+`"`)
		if got := parsed(t, edited).Jobs[0].Source.Employees; strings.HasSuffix(got, ";") {
			t.Errorf("got %s", got)
		}
	}
}

func TestFilesOfTheSystem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none.toml"): "DIR/none.toml: does not exist\n" +
			"hint: start from the sample config.toml of the sources, or name your file with --config",
		dir: "DIR: cannot be read: is a directory\nhint: name your file with --config",
		write(t, filepath.Join(dir, "large.toml"), strings.Repeat("#", strict.MaxFile+1),
			0o600): "DIR/large.toml: is larger than 1048576 bytes\nhint: name your file with --config",
	} {
		_, err := Load(path, noEnv, testSections)
		if err == nil || strings.ReplaceAll(err.Error(), dir, "DIR") != want {
			t.Errorf("got %v", err)
		}
	}
}

// FuzzParse looks for documents that go-toml accepts and that are then read wrongly or not at all.
func FuzzParse(f *testing.F) {
	for _, document := range []string{
		"job = []\n[[job]]\n", "job = []\n[job.source]\n", "job = [{}]\n[job.source]\n", "job = [[]]\n", "dossier = {}\n[dossier.x]\n",
		"[[job]]\n[job.fields]\na.b.c = 1\na.b.d = { e.f = 2 }\n", "[[job.children]]\n[[job]]\n", "isidoor = 1\n", "a = inf\nb = 07:32:00\n",
		"[job]\nfields = { \"\" = \"x\" }\n", "[[job]]\nkind = \"push-salaries\"\nchildren = [1]\nfields = { a = [1] }\n",
	} {
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, document string) {
		_, err := parseConfig("config.toml", []byte(document), noEnv)
		if _, ok := errors.AsType[*strict.Error](err); err != nil && !ok {
			t.Errorf("got %v", err)
		}
	})
}

func TestByteOrderMark(t *testing.T) {
	t.Parallel()
	parsed(t, "\ufeff"+valid(t))
}

// TestNoValueIsEverShown puts a secret, as people do by mistake, into each place of the sample that takes a text, and
// looks for it in the errors.
func TestNoValueIsEverShown(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.Replace(string(content), "# [isidoor.salarie.read]", "[isidoor.salarie.read]", 1), "\n")
	failed := 0
	for i, line := range lines {
		setting := strings.TrimPrefix(line, "# ")
		key, value, found := strings.Cut(setting, " = ")
		if !found || strings.Contains(key, " ") || value == "" {
			continue
		}
		mistakes := []string{`"` + canary + `"`, canary, `["` + canary + `"]`, `{ x = "` + canary + `" }`, `"` + canary, canary + `"`}
		for _, mistake := range []string{mistakes[i%6], mistakes[(i+3)%6]} { // in turns: each costs a whole reading
			edited := append([]string{}, lines...)
			edited[i] = key + " = " + mistake
			_, err := parseConfig("config.toml", []byte(strings.Join(edited, "\n")), noEnv)
			if err == nil {
				continue // a place where any text is right
			}
			failed++
			if strings.Contains(err.Error(), canary) {
				t.Errorf("%s = %s: %v", key, mistake, err)
			}
		}
	}
	if failed < 150 {
		t.Errorf("only %d mistakes were refused", failed)
	}
}
