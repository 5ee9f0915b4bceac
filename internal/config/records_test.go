package config

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"syncd/internal/jobs"
)

// records is a configuration of which nothing is sent, with edits: pairs of old and new.
func records(t *testing.T, edits ...string) string {
	t.Helper()
	content, err := os.ReadFile("testdata/records.toml")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(string(content), edits[i]) {
			t.Fatalf("nothing to replace: %s", edits[i])
		}
	}
	return strings.NewReplacer(edits...).Replace(string(content))
}

// A partner that is read from is all that there has to be.
func TestOnePartnerIsEnough(t *testing.T) {
	t.Parallel()
	c := parsed(t, records(t))
	j, err := c.Job("actes")
	if err != nil {
		t.Fatal(err)
	}
	if p := c.PartnerOf(j); p == nil || p.Name != "greffe" || c.PartnerName() != "greffe" || c.Documents() != nil || len(c.Warnings) > 0 {
		t.Errorf("got %+v, %v, %v", p, c.Documents(), c.Warnings)
	}
	if got := jobDossiers(c, j); !slices.Equal(got, []string{"saint-martin", "sainte-anne"}) {
		t.Errorf("got %v", got)
	}
	want := jobs.FetchJob{Name: "actes", Partner: "greffe", Collections: []jobs.Collection{{Name: "actes"}},
		Acknowledge: true, MaxFile: 20 << 20, MaxGone: 0.2, StopAfter: 10, Customer: "customer of sainte-anne", ConfigDigest: c.Digest()}
	if job, err := c.FetchJob("actes", "sainte-anne"); err != nil || !reflect.DeepEqual(job, want) {
		t.Errorf("got %+v, %v", job, err)
	}
	var secrets []string
	for _, s := range c.Secrets() {
		secrets = append(secrets, s.String())
	}
	if want := []string{"env LEDGER_KEY", "env GREFFE_SECRET", "env GREFFE_SAINT_MARTIN", "env GREFFE_SAINTE_ANNE"}; !slices.Equal(secrets,
		want) {
		t.Errorf("got %v", secrets)
	}
	if _, err := c.PushJob("actes"); err == nil || !strings.Contains(err.Error(), "is pull, not push-salaries") {
		t.Errorf("got %v", err)
	}
}

func jobDossiers(c *Config, j Job) []string { return dossierNames(c.Dossiers(j)) }

// Left out, collections are all that the partner has.
func TestAllCollections(t *testing.T) {
	t.Parallel()
	job, err := parsed(t, records(t, "collections = [\"actes\"]\n", "")).FetchJob("actes", "saint-martin")
	if err != nil || len(job.Collections) != 2 || job.Collections[1].Name != "avis" {
		t.Errorf("got %+v, %v", job, err)
	}
}

// A job for all is for those who have a section, and says who has none; named ones are meant.
func TestDossiersWithoutSection(t *testing.T) {
	t.Parallel()
	other := "[[job]]\n"
	without := "[[dossier]]\nname = \"saint-paul\"\nsiret = \"12345678200036\"\nkey = { env = \"KEY\" }\n\n[[job]]\n"
	all := parsed(t, records(t, other, without))
	j, _ := all.Job("actes")
	if got := jobDossiers(all, j); !slices.Equal(got, []string{"saint-martin", "sainte-anne"}) {
		t.Errorf("got %v", got)
	}
	if len(all.Warnings) != 1 || !strings.Contains(all.Warnings[0].String(), "job.actes: saint-paul: no section for greffe") &&
		!strings.Contains(all.Warnings[0].String(), "job.actes.dossiers: saint-paul: no section for greffe") {
		t.Errorf("got %v", all.Warnings)
	}
	named := parsed(t, records(t, other, without, "schedule = ", "dossiers = [\"saint-martin\"]\nschedule = "))
	if len(named.Warnings) > 0 {
		t.Errorf("got %v", named.Warnings)
	}
}

// Both kinds of partners may stand side by side: a key is wanted of the dossiers that documents are sent for.
func TestBothKindsOfPartners(t *testing.T) {
	t.Parallel()
	c := parsed(t, records(t, "[[partner]]", "[isidoor]\nenvironment = \"test\"\nclient_id = \"x\"\nclient_secret = "+
		"{ env = \"S\" }\n\n[[partner]]",
		"siret = \"12345678200010\"", "siret = \"12345678200010\"\nkey = { env = \"KEY\" }",
		"[[job]]", "[[job]]\nname = \"dictionnaire\"\nkind = \"pull-dictionnaire\"\ndossiers = [\"saint-martin\"]\n\n[[job]]"))
	codes, _ := c.Job("dictionnaire")
	acts, _ := c.Job("actes")
	if c.PartnerOf(codes) != c.Documents() || c.PartnerOf(acts).Name != "greffe" || c.PartnerName() != "" {
		t.Errorf("got %+v, %+v", c.PartnerOf(codes), c.PartnerOf(acts))
	}
}

// What a job does is known by what its dossiers show, and not by where secrets are kept.
func TestDigestOfRecords(t *testing.T) {
	t.Parallel()
	first := parsed(t, records(t)).JobDigest("actes")
	for edit, same := range map[[2]string]bool{
		{"env = \"GREFFE_SAINT_MARTIN\"", "env = \"ELSEWHERE\""}:                   true,
		{"env = \"GREFFE_SECRET\"", "env = \"ELSEWHERE\""}:                         true,
		{"login = \"saint-martin\"", "login = \"martin\""}:                         false,
		{"collections = [\"actes\"]", "collections = [\"avis\"]"}:                  false,
		{"client_secret = ", "acknowledge = false\nclient_secret = "}:              false,
		{"collections = [\"actes\"]", "max_gone = 0.5\ncollections = [\"actes\"]"}: false,
	} {
		if got := parsed(t, records(t, edit[0], edit[1])).JobDigest("actes"); (got == first) != same {
			t.Errorf("%v: equal is %v", edit, got == first)
		}
	}
}
