package config_test

import (
	"slices"
	"testing"

	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/jobs"
	"syncd/internal/partner"
)

func init() { config.SetTestSections(append(partner.Sections(), greffe)) }

// greffe is a partner that is read from, and that nobody else knows.
var greffe = config.Section{Name: "greffe", Kinds: []jobs.Kind{jobs.PullRecords}, Listed: true,
	Read: func(t *strict.Table) config.Partner {
		defer t.Finish()
		p := config.ReadPartner(t)
		p.Name, p.ClientSecret = "greffe", t.Secret("client_secret")
		p.Pull = &config.Pull{Collections: []jobs.Collection{{Name: "actes"}, {Name: "avis"}}, Acknowledge: t.Boolean("acknowledge", true),
			MaxFile: 20 << 20, Distinct: []string{"login"}}
		return p
	},
	ReadDossier: func(_ *config.Partner, t *strict.Table) config.DossierSection {
		defer t.Finish()
		login := t.Required("login", strict.Say("credential-form"))
		return config.DossierSection{Values: map[string]string{"login": login},
			Secrets: map[string]strict.Secret{"password": t.Secret("password")}, Customer: "customer of " + login}
	},
}

// Each kind of job has a partner that takes part in it, and is one that the configuration can read.
func TestEachKindHasAPartner(t *testing.T) {
	t.Parallel()
	kinds := jobs.KindsThat(func(jobs.Kind) bool { return true })
	if len(kinds) == 0 {
		t.Fatal("there are no kinds")
	}
	taken := slices.Clone(greffe.Kinds)
	for _, s := range partner.Sections() {
		taken = append(taken, s.Kinds...)
	}
	for _, kind := range kinds {
		if !slices.Contains(taken, kind) {
			t.Errorf("no partner takes part in %s", kind)
		}
		if !config.Reads(kind) {
			t.Errorf("the configuration cannot read a job of kind %s", kind)
		}
	}
}
