package config

import (
	"path/filepath"
	"reflect"
	"testing"

	"syncd/internal/jobs"
)

// salarie is the valid document with lines of [isidoor.salarie].
func salarie(t *testing.T, lines string) string {
	t.Helper()
	return valid(t, "[[dossier]]", "[isidoor.salarie]\n"+lines+"\n\n[[dossier]]")
}

func TestContract(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"auto": "auto", "none": "none",
		"swagger.json":       "swagger.json",
		"/etc/syncd/v2.yaml": "/etc/syncd/v2.yaml",
		"https://api.example.org/swagger?format=json": "https://api.example.org/swagger?format=json",
		"http://127.0.0.1:8080/Api2/swagger/docs/V2":  "http://127.0.0.1:8080/Api2/swagger/docs/V2",
		"http://[::1]:8080/docs":                      "http://[::1]:8080/docs",
	} {
		c := parsed(t, salarie(t, `contract = "`+written+`"`))
		if c.Documents().Documents.Contract != want || len(besides(c)) > 0 {
			t.Errorf("%s: got %s, %v", written, c.Documents().Documents.Contract, c.Warnings)
		}
	}
}

// A relative path starts at the folder of the configuration.
func TestContractFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "config.toml")
	write(t, file, salarie(t, `contract = "contracts/v2.json"`), 0o600)
	if got := load(t, file, noEnv).Documents().Documents.Contract; got != filepath.Join(dir, "contracts", "v2.json") {
		t.Errorf("got %s", got)
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	for lines, want := range map[string]jobs.AnswerRules{
		`code = "/codeRetour"` + "\n" + `success = ["0"]`:            {Code: "/codeRetour", Success: []string{"0"}},
		`errors = ["/Erreurs", "/a~1b/0"]`:                           {Errors: []string{"/Erreurs", "/a~1b/0"}},
		`errors = ["/Erreurs"]` + "\n" + `message = ""`:              {Errors: []string{"/Erreurs"}},
		`texts = ["OK", ""]`:                                         {Texts: []string{"OK", ""}},
		`items = "/listes"` + "\n" + `errors = ["/e"]`:               {Items: "/listes", Errors: []string{"/e"}},
		`code = "/c"` + "\n" + `success = [0, "0", 0.0]`:             {Code: "/c", Success: []string{"0"}},
		`code = "/c"` + "\n" + `success = [true, false, "OK", ""]`:   {Code: "/c", Success: []string{"true", "false", "OK", ""}},
		`code = "/c"` + "\n" + `success = [0x10, 1_000, -7, +8]`:     {Code: "/c", Success: []string{"16", "1000", "-7", "8"}},
		`code = "/c"` + "\n" + `success = [1_0.50, 1e3, -0.0, 0.10]`: {Code: "/c", Success: []string{"10.5", "1000", "0", "0.1"}},
	} {
		c := parsed(t, salarie(t, "[isidoor.salarie.answer]\n"+lines))
		if got := c.Documents().Documents.Answer; got == nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: got %+v", lines, got)
		}
	}
	if parsed(t, valid(t)).Documents().Documents.Answer != nil {
		t.Error("rules without a section")
	}
}

// TestSampleAnswer puts the section into force that the sample tells as an assumption.
func TestSampleAnswer(t *testing.T) {
	t.Parallel()
	c := parsed(t, sampleWith(t, "answer", uncommented))
	want := &jobs.AnswerRules{Code: "/codeRetour", Success: []string{"0"}, Errors: []string{"/erreurs"},
		Message: "/libelle", Texts: []string{"OK"}}
	if !reflect.DeepEqual(c.Documents().Documents.Answer, want) || len(c.Warnings) > 0 {
		t.Errorf("got %+v, %v", c.Documents().Documents.Answer, c.Warnings)
	}
}

func TestWrittenSettings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		edits       []string
		key, method bool
	}{
		{nil, false, false},
		{[]string{"[[dossier]]", "[isidoor.dossier_key]\nin = \"header\"\n\n[[dossier]]"}, true, false},
		{[]string{"[[dossier]]", "[isidoor.salarie]\nmethod = \"POST\"\n\n[[dossier]]"}, false, true},
		{[]string{"[[dossier]]", "[isidoor.salarie]\npath = \"/V2/Salaries\"\n\n[[dossier]]"}, false, false},
	} {
		d := parsed(t, valid(t, test.edits...)).Documents().Documents
		if d.KeySet != test.key || d.MethodSet != test.method {
			t.Errorf("%q: got %v, %v", test.edits, d.KeySet, d.MethodSet)
		}
	}
}

// That a setting is written is part of the digest only where leaving it out could mean something else.
func TestDigestOfWrittenSettings(t *testing.T) {
	t.Parallel()
	digests := func(lines string) [2]string {
		c := parsed(t, salarie(t, lines))
		return [2]string{c.Digest(), c.JobDigest("paie")}
	}
	bare, post := digests(""), digests(`method = "POST"`)
	if bare[0] == post[0] || bare[1] == post[1] {
		t.Error("a method that the contract may choose has the digest of one that is written")
	}
	none, nonePost := digests(`contract = "none"`), digests(`contract = "none"`+"\n"+`method = "POST"`)
	if none != nonePost {
		t.Error("without a contract, writing the default changes the digest")
	}
}
