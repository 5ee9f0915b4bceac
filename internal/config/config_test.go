package config

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"syncd/internal/config/strict"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// sample is the file that users start from.
const sample = "../../config.toml"

func load(t *testing.T, path string, getenv func(string) string) *Config {
	t.Helper()
	c, err := Load(path, getenv, testSections)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// parsed checks a document that must be good.
func parsed(t *testing.T, document string) *Config {
	t.Helper()
	c, err := parseConfig("config.toml", []byte(document), noEnv)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// besides are a configuration's warnings but for the one that no member is held when it changes: the document below has no
// IBAN.
func besides(c *Config) []strict.Problem {
	return slices.DeleteFunc(slices.Clone(c.Warnings), func(w strict.Problem) bool { return strings.HasSuffix(w.Key, ".guard.hold_fields") })
}

// valid is the document that the bad fixtures differ from, with edits: pairs of old and new.
func valid(t *testing.T, edits ...string) string {
	t.Helper()
	content, err := os.ReadFile("testdata/valid.toml")
	if err != nil {
		t.Fatal(err)
	}
	document := string(content)
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(document, edits[i]) {
			t.Fatalf("nothing to replace: %s", edits[i])
		}
		document = strings.Replace(document, edits[i], edits[i+1], 1)
	}
	return document
}

func TestSample(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := load(t, sample, env(map[string]string{"CREDENTIALS_DIRECTORY": dir}))
	if len(c.Warnings) > 0 {
		t.Errorf("warnings: %v", c.Warnings)
	}
	if p := c.Documents(); p.Environment != "test" || p.BaseURL != "https://www.isidoor.org/Api2" {
		t.Errorf("the sample must be harmless, and goes to %s at %s", p.Environment, p.BaseURL)
	}
	secrets := c.Secrets()
	if len(secrets) != 4 {
		t.Errorf("got %d secrets", len(secrets))
	}
	for _, secret := range secrets {
		write(t, filepath.Join(dir, strings.TrimPrefix(secret.String(), "credential ")), "fake", 0o600)
		if got, err := secret.Read(); err != nil || got != "fake" {
			t.Errorf("%s: got %q, %v", secret, got, err)
		}
	}
	push, err := c.PushJob("paie")
	if err != nil {
		t.Fatal(err)
	}
	if len(push.Mapping.Fields) != 22 || len(push.Mapping.Children) != 1 {
		t.Errorf("got %d fields, %d children", len(push.Mapping.Fields), len(push.Mapping.Children))
	}
	if _, err := c.PullJob("dictionnaire"); err != nil {
		t.Error(err)
	}
}

// commentedDefault is a line of the sample that tells a default: "# key = value", from the line's beginning.
var commentedDefault = regexp.MustCompile(`(?m)^# ([a-z_]+ = (["{[0-9]|true|false).*)$`)

// sampleSections are those of the sample that are commented out as a whole.
var (
	sampleSections = regexp.MustCompile(`(?m)^# \[isidoor\.salarie\.(read|answer)\]\n(# [a-z]+ = .*\n)+`)
	sampleRecords  = regexp.MustCompile(`(?m)^# \[\[?(partner|dossier|job|alerts)[a-z.-]*\]\]?\n(# [a-z_]+ = .*\n)+`) // of partners that are only read from
	sampleWeb      = regexp.MustCompile(`(?m)^# \[web\]\n(# .*\n)+`)
)

// uncommented puts such a section of the sample into force.
func uncommented(section string) string {
	return strings.TrimPrefix(strings.ReplaceAll(section, "\n# ", "\n"), "# ")
}

// TestSampleDefaults puts the defaults that the sample tells into force: they must load, and change nothing.
func TestSampleDefaults(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	sections := sampleWeb.ReplaceAllString(sampleRecords.ReplaceAllString(sampleSections.ReplaceAllString(string(content), ""), ""), "")
	written := commentedDefault.ReplaceAllStringFunc(sections, func(line string) string {
		key, value, _ := strings.Cut(line[2:], " = ")
		switch key {
		case "schedule":
			if strings.HasPrefix(value, `"30 3 * * *"`) { // that of [retention]
				break
			}
			return line
		case "label":
			if strings.HasPrefix(value, `"/`) { // that of [isidoor.dictionnaire]
				break
			}
			return line
		case "staging_url", "ledger_key_former", "ca_file", "ping", "due", "amount_fields": // examples: they have no default
			return line
		}
		count++
		return line[2:]
	})
	if count != 78 {
		t.Errorf("%d defaults found", count)
	}
	plain, all := parsed(t, string(content)), parsed(t, written)
	// Written ones win over the contract, which is the one thing that writing them changes.
	documents := &all.Documents().Documents
	if !documents.KeySet || !documents.MethodSet {
		t.Error("the place of the dossier key and the method are written, and nobody notices")
	}
	documents.KeySet, documents.MethodSet = false, false
	if err := all.digestAll(); err != nil {
		t.Fatal(err)
	}
	if plain.Digest() != all.Digest() {
		t.Errorf("the defaults told in the sample are not the defaults:\n%+v\n%+v", plain.Documents(), all.Documents())
	}
}

// TestSampleRecords puts all partners that are only read from into force: they must load, with the values that are the defaults.
func TestSampleRecords(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	written := sampleRecords.ReplaceAllStringFunc(string(content), uncommented)
	c := parsed(t, regexp.MustCompile(`(?m)^ca_file = .*$`).ReplaceAllString(written, "")) // there is no such file
	if r := c.Alerts.Recipients; len(r) != 3 || r[1].Channel() != "webhook" || r[2].Channel() != "ntfy" || c.Alerts.SMTP.Port != 587 {
		t.Errorf("got %+v", c.Alerts)
	}
	var names []string
	for _, p := range c.Partners {
		names = append(names, p.Name)
	}
	if want := []string{"isidoor", "chorus-pro", "iopole", "jindexe"}; !slices.Equal(names, want) {
		t.Errorf("got %v", names)
	}
	job, err := c.FetchJob("factures", "saint-martin")
	if err != nil || len(job.Collections) != 1 || !job.Acknowledge || job.MaxFile != 20<<20 || job.MaxGone != 0.2 ||
		job.Customer != "00000000-0000-0000-0000-000000000000" {
		t.Errorf("got %+v, %v", job, err)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0].String(), "sainte-anne: no section for iopole") {
		t.Errorf("got %v", c.Warnings)
	}
}

// TestSampleRead puts the section into force that the sample tells as an assumption: it must be what one gets without
// writing any of its keys.
func TestSampleRead(t *testing.T) {
	t.Parallel()
	all, none := parsed(t, sampleWith(t, "read", uncommented)), parsed(t, sampleWith(t, "read", func(string) string {
		return "[isidoor.salarie.read]\n"
	}))
	const want = `"Read":{"Method":"GET","Path":"/V2/Salarie/{key}?periode={period}","Document":""}`
	if !strings.Contains(own(t, all), want) || all.Documents().Documents.ReadBack == nil || all.Digest() != none.Digest() ||
		len(all.Warnings) > 0 {
		t.Errorf("got %s, %v", own(t, all), all.Warnings)
	}
}

// own is what only a partner's package understands of its section.
func own(t *testing.T, c *Config) string {
	t.Helper()
	rendered, err := json.Marshal(c.Documents().Own)
	if err != nil {
		t.Fatal(err)
	}
	return string(rendered)
}

// sampleWith is the sample with one of the sections that are commented out changed.
func sampleWith(t *testing.T, section string, edit func(string) string) string {
	t.Helper()
	content, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	return sampleSections.ReplaceAllStringFunc(string(content), func(found string) string {
		if strings.HasPrefix(found, "# [isidoor.salarie."+section+"]") {
			return edit(found)
		}
		return found
	})
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := load(t, "testdata/valid.toml", noEnv)
	p := c.Documents().WithoutSecrets()
	p.Own = nil
	want := Partner{
		ClientID: "our-editor",
		Name:     "isidoor", Environment: "test", BaseURL: "https://www.isidoor.org/Api2",
		MaxInFlight: 8, RatePerSecond: 20, RequestTimeout: 30 * time.Second, ConnectTimeout: 10 * time.Second,
		RetryFor: 2 * time.Minute, RetryAfterCap: time.Minute, TechnicalTries: 3, StopAfter: 10,
		Documents: Documents{
			Section: "isidoor.salarie", AnswerSection: "isidoor.salarie.answer", ReadBackSection: "isidoor.salarie.read",
			Call:      jobs.Call{Method: "POST", Path: "/V2/Salarie", KeyIn: "header", KeyName: "X-Cle-Dossier"},
			Semantics: jobs.Replace, Scope: jobs.ScopeEmployeePeriod, Send: jobs.SendChanged, Contract: "auto",
		},
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
	if c.Database.Lease != 15*time.Second || c.Database.StagingURL.Open != "postgres:///paie" {
		t.Errorf("got %+v", c.Database)
	}
	if j := c.Jobs[0]; j.Timezone != "Europe/Paris" || j.Period != "current" || j.Missed != "latest" ||
		!slices.Equal(j.DossierNames, []string{"*"}) {
		t.Errorf("got %+v", j)
	}
}

func TestProduction(t *testing.T) {
	t.Parallel()
	c := parsed(t, valid(t, `"test"`, `"production"`))
	if c.Documents().BaseURL != "https://www.isidoor.org/Api" {
		t.Errorf("got %s", c.Documents().BaseURL)
	}
}

func TestOverrides(t *testing.T) {
	t.Parallel()
	c := parsed(t, valid(t,
		`client_id = "our-editor"`, `client_id = "our-editor"
base_url = "http://127.0.0.1:8080/Api2/"
token_url = "http://localhost:8080/Auth/connect/token"
rate_per_second = 1_000
max_in_flight = 0x10
dossier_key = { in = "query", name = "cle" }`,
		`url = "postgres:///paie"`, "url.file = \"secrets/url\"\nstaging_url = \"host=/run/postgresql dbname=staging\""))
	p := c.Documents()
	if p.BaseURL != "http://127.0.0.1:8080/Api2" || p.RatePerSecond != 1000 || p.MaxInFlight != 16 ||
		!strings.Contains(own(t, c), `"DossierKey":{"In":"query","Name":"cle"}`) {
		t.Errorf("got %+v", p)
	}
	if c.Database.URL.Reference.String() != "file secrets/url" || c.Database.StagingURL.Open == "" {
		t.Errorf("got %+v", c.Database)
	}
}

func TestPushJob(t *testing.T) {
	t.Parallel()
	c := load(t, "testdata/valid.toml", noEnv)
	got, err := c.PushJob("paie")
	if err != nil {
		t.Fatal(err)
	}
	want := jobs.PushJob{
		Name: "paie",
		Source: jobs.Source{
			Employees: "SELECT * FROM staging.employee WHERE dossier = @dossier", Key: "matricule",
			Children: []jobs.ChildSource{{
				Rows:     "SELECT * FROM staging.payroll_element WHERE dossier = @dossier AND period = @period",
				Employee: "matricule",
			}},
			Zone: "Europe/Paris", LockWait: time.Minute,
		},
		Mapping: mapping.Spec{
			Fields:   []mapping.Field{{Path: "Matricule", Column: "matricule"}},
			Children: []mapping.Children{{Path: "Elements", Key: "Code", Fields: []mapping.Field{{Path: "Code", Column: "code"}}}},
		},
		Semantics: jobs.Replace, Scope: jobs.ScopeEmployeePeriod, Send: jobs.SendChanged,
		Call:        jobs.Call{Method: "POST", Path: "/V2/Salarie", KeyIn: "header", KeyName: "X-Cle-Dossier"},
		MaxInFlight: 8, StopAfter: 10, RequestTimeout: 30 * time.Second, Guards: defaultGuards, ConfigDigest: c.Digest(),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestWrongKind(t *testing.T) {
	t.Parallel()
	c := load(t, "testdata/valid.toml", noEnv)
	_, err := c.PullJob("paie")
	want := "testdata/valid.toml: job.paie.kind: is push-salaries, not pull-dictionnaire\nhint: jobs of this kind: dictionnaire"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if _, err := c.PushJob("dictionnaire"); err == nil {
		t.Error("a pull was taken for a push")
	}
	_, err = parsed(t, valid(t, "[[job]]\nname = \"dictionnaire\"\nkind = \"pull-dictionnaire\"", "")).PullJob("paie")
	want = "config.toml: job.paie.kind: is push-salaries, not pull-dictionnaire\nhint: no job is of this kind: add a [[job]] with kind = " +
		`"pull-dictionnaire"`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// Staging is read in the job's time zone, and as [job.source] says.
func TestSourceIsReadAsConfigured(t *testing.T) {
	t.Parallel()
	c := parsed(t, valid(t, `key = "matricule"`, "key = \"matricule\"\nlock_wait = \"5m\"\nrow_security = \"apply\"",
		`kind = "push-salaries"`, "kind = \"push-salaries\"\ntimezone = \"Indian/Reunion\""))
	if s := c.Jobs[0].Source; s.Zone != "Indian/Reunion" || s.LockWait != 5*time.Minute || !s.RowSecurity {
		t.Errorf("%+v", s)
	}
}

func TestUnknownNames(t *testing.T) {
	t.Parallel()
	c := load(t, "testdata/valid.toml", noEnv)
	_, jobErr := c.PushJob("pai")
	_, dossierErr := c.Dossier("x")
	_, none := (&Config{}).Job("paie")
	for _, test := range []struct {
		err  error
		want string
	}{
		{jobErr, "unknown job \"pai\"\nhint: did you mean \"paie\"?"},
		{dossierErr, "unknown dossier \"x\"\nhint: known: saint-martin"},
		{none, "unknown job \"paie\"\nhint: none is configured: add a [[job]]"},
	} {
		if unknown, ok := errors.AsType[*UnknownError](test.err); !ok || unknown.Error() != test.want {
			t.Errorf("got %v, want %s", test.err, test.want)
		}
	}
}

func TestDossiersOfAJob(t *testing.T) {
	t.Parallel()
	second := "[[dossier]]\nname = \"sainte-anne\"\nsiret = \"99999999800019\"\nkey = { env = \"OTHER\" }\n\n[[job]]"
	c := parsed(t, valid(t, "[[job]]", second, `kind = "push-salaries"`, "kind = \"push-salaries\"\ndossiers = [\"sainte-anne\"]"))
	for name, want := range map[string][]string{"paie": {"sainte-anne"}, "dictionnaire": {"saint-martin", "sainte-anne"}} {
		j, err := c.Job(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := dossierNames(c.Dossiers(j)); !slices.Equal(got, want) {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestPeriodAt(t *testing.T) {
	t.Parallel()
	midnightInParis := time.Date(2026, 11, 30, 23, 30, 0, 0, time.UTC)
	for edit, want := range map[string]jobs.Period{
		"":                                 "2026-12",
		"\nperiod = \"previous\"":          "2026-11",
		"\ntimezone = \"Atlantic/Azores\"": "2026-11",
	} {
		c := parsed(t, valid(t, `kind = "push-salaries"`, `kind = "push-salaries"`+edit))
		if got := c.Jobs[0].PeriodAt(midnightInParis); got != want {
			t.Errorf("%q: got %s, want %s", edit, got, want)
		}
		if got := c.Jobs[0].PeriodIn(midnightInParis, time.UTC); got > "2026-11" {
			t.Errorf("%q: got %s by the clock of another zone", edit, got)
		}
		if got := c.Jobs[1].PeriodAt(midnightInParis); got != "" {
			t.Errorf("a pull has the period %s", got)
		}
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	plain := parsed(t, valid(t)).Digest()
	if len(plain) != 64 {
		t.Fatalf("got %q", plain)
	}
	const first, second = "environment = \"test\"", "client_id = \"our-editor\""
	reordered := "language = \"fr\" # a comment\n" + valid(t, first+"\n"+second, second+"\n"+first)
	if got := parsed(t, reordered).Digest(); got != plain {
		t.Error("order, comments and language change the digest")
	}
	for _, edit := range [][]string{{`"CLIENT_SECRET"`, `"OTHER"`}, {"employee WHERE", "employee  WHERE"},
		{`Code = "code"`, `Code = "kode"`}} {
		if got := parsed(t, valid(t, edit...)).Digest(); got == plain {
			t.Errorf("%s has the same digest as %s", edit[1], edit[0])
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	c := parsed(t, valid(t,
		"[[job]]", "[[dossier]]\nname = \"sainte-anne\"\nsiret = \"12345678200010\"\nkey = { env = \"OTHER\" }\n\n[[job]]"))
	var got []string
	for _, w := range besides(c) {
		got = append(got, w.Key)
	}
	if want := []string{"dossier.sainte-anne.siret"}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

// What is only warned of is told with the next step, too.
func TestWarningsInWords(t *testing.T) {
	t.Parallel()
	for want, edits := range map[string][]string{
		"dossier.sainte-anne.siret: is also that of the dossier \"saint-martin\"\nhint: check that these are two establishments": {
			"[[job]]", "[[dossier]]\nname = \"sainte-anne\"\nsiret = \"12345678200010\"\nkey = { env = \"OTHER\" }\n\n[[job]]"},
		"job.paie.children[1].rows: tells no months apart: it names no @period, so each month gets the elements of all\nhint: add WHERE " +
			"period = @period, or @period_start and @period_end": {" AND period = @period", ""},
		"isidoor.salarie.read.path: does not say of which month, but there is one document per employee and month\nhint: write {period} where " +
			"the month goes, such as \"/V2/Salarie/{key}?periode={period}\"": {"[[dossier]]", "[isidoor.salarie]\nscope = \"employee-period\"\n\n" +
			"[isidoor.salarie.read]\nmethod = \"GET\"\npath = \"/V2/Salarie/{key}\"\n\n[[dossier]]"},
		"isidoor.headers.X-Api-Key: looks like a secret, which does not belong in this file\nhint: keep it apart and write " +
			`{ file = "/path/to/file" }, { credential = "name" } or { env = "NAME" }`: {"[[dossier]]", "[isidoor.headers]\nX-Api-Key = \"abc\"\n\n[[dossier]]"},
	} {
		c := parsed(t, valid(t, edits...))
		if !slices.ContainsFunc(besides(c), func(w strict.Problem) bool { return strings.HasSuffix(w.String(), want) }) {
			t.Errorf("got %v, want %s", besides(c), want)
		}
	}
}

// parseConfig is Load for a document that stands in no file.
func parseConfig(name string, document []byte, getenv func(string) string) (*Config, error) {
	root, err := strict.Parse(name, document, getenv)
	if err != nil {
		return nil, err
	}
	return check(name, root, testSections)
}
