package config

import (
	"maps"
	"slices"
	"strings"
	"time"

	"syncd/internal/config/strict"
	"syncd/internal/lazyregexp"
)

// Dossier is one association's file at the partners.
type Dossier struct {
	Name     string // its identity for ever
	Label    string // for people; may change
	Siret    string // 14 digits
	Key      strict.Secret
	Sections map[string]DossierSection `json:",omitempty"` // by partner that is read from
}

// DossierSection is what a dossier shows a partner who it is by.
type DossierSection struct {
	Values   map[string]string        `json:",omitempty"` // in the open
	Secrets  map[string]strict.Secret `json:",omitempty"`
	Dates    map[string]time.Time     `json:",omitempty"`
	Customer string                   `json:",omitempty"` // for whom the partner must answer; "" = it is not asked
}

// secrets are those that open the dossier at its partners.
func (d *Dossier) secrets() (all []strict.Secret) {
	if !d.Key.IsZero() {
		all = append(all, d.Key)
	}
	for _, partner := range slices.Sorted(maps.Keys(d.Sections)) {
		secrets := d.Sections[partner].Secrets
		for _, name := range slices.Sorted(maps.Keys(secrets)) {
			all = append(all, secrets[name])
		}
	}
	return all
}

func (c *Config) readDossiers(tables []*strict.Table, sections []Section) []Dossier {
	var dossiers []Dossier
	names, keys, sirets := map[string]bool{}, map[string]string{}, map[string]string{} // by whom they were taken first
	for _, t := range tables {
		d := c.readDossier(t, names, sections)
		if other, taken := keys[d.Key.String()]; taken && !d.Key.IsZero() {
			t.Report("key", strict.Say("key-taken", "dossier", other))
		} else {
			keys[d.Key.String()] = d.Name
		}
		if other, taken := sirets[d.Siret]; taken && d.Siret != "" {
			t.Warn("siret", strict.Say("siret-taken", "dossier", other))
		} else {
			sirets[d.Siret] = d.Name
		}
		c.refuseTaken(t, &d, dossiers)
		dossiers = append(dossiers, d)
	}
	return dossiers
}

func (c *Config) readDossier(t *strict.Table, taken map[string]bool, sections []Section) Dossier {
	defer t.Finish()
	d := Dossier{Name: t.Name("dossier", taken), Siret: readSiret(t, "siret"), Sections: map[string]DossierSection{}}
	for i := range sections {
		if s := &sections[i]; s.Listed {
			c.readDossierSection(t, &d, s)
		}
	}
	switch {
	case t.Has("key") || len(d.Sections) == 0 && len(c.takers) > 0:
		d.Key = t.Secret("key")
	case len(d.Sections) == 0 && len(c.Partners) > 0:
		t.Report("name", strict.Say("no-section"), strict.Say("add-section", "name", c.Partners[0].Name))
	}
	t.Know("key")
	d.Label = t.Text("label", d.Name)
	return d
}

func (c *Config) readDossierSection(t *strict.Table, d *Dossier, s *Section) {
	if !t.Has(s.Name) {
		t.Know(s.Name)
		return
	}
	p := c.PartnerNamed(s.Name)
	if p == nil {
		t.Know(s.Name)
		if c.strange { // it may be the one that was told of
			d.Sections[s.Name] = DossierSection{}
			return
		}
		t.Report(s.Name, strict.Say("section-of-nobody", "name", s.Name))
		return
	}
	d.Sections[s.Name] = s.ReadDossier(p, t.Table(s.Name))
}

// refuseTaken refuses two dossiers that show a partner the same.
func (c *Config) refuseTaken(t *strict.Table, d *Dossier, others []Dossier) {
	for _, partner := range slices.Sorted(maps.Keys(d.Sections)) {
		p := c.PartnerNamed(partner)
		if p == nil || p.Pull == nil {
			continue
		}
		for _, name := range p.Pull.Distinct {
			value := d.Sections[partner].Values[name]
			same := slices.IndexFunc(others, func(o Dossier) bool { return strings.EqualFold(o.Sections[partner].Values[name], value) })
			if value != "" && same >= 0 {
				t.Inside(partner).Report(name, strict.Say("value-taken", "dossier", others[same].Name))
			}
		}
	}
}

// wantKeys reports dossiers without a key that a job wants one of: what else they have is for other partners.
func (c *Config) wantKeys(tables []*strict.Table) {
	for i, t := range tables {
		d := &c.AllDossiers[i]
		if t.Has("key") || len(d.Sections) == 0 {
			continue
		}
		for _, j := range c.Jobs {
			if j.Partner == "" && c.takers[j.Kind] != nil && j.Covers(d.Name) {
				t.Report("key", strict.Say("key-for-job", "job", j.Name), strict.Say("key-or-names"))
				break
			}
		}
	}
}

var siretPattern = lazyregexp.New(`^[0-9]{14}$`)

func readSiret(t *strict.Table, key string) string {
	next := strict.Say("siret-form")
	siret := t.Matching(key, siretPattern, strict.Say("no-14-digits"), next)
	if siret != "" && !luhn(siret) {
		t.Report(key, strict.Say("no-siret"), next)
	}
	return siret
}

// IsSiret reports whether a text has the form of a SIRET: 14 digits, of which the last checks the others.
func IsSiret(text string) bool { return siretPattern().MatchString(text) && luhn(text) }

// laPoste is the SIREN whose establishments have a rule of their own: the sum of their digits is a multiple of 5.
const laPoste = "356000000"

// luhn checks the last digit, as INSEE defines it for a SIRET.
func luhn(digits string) bool {
	if rest, is := strings.CutPrefix(digits, laPoste); is && len(rest) == 5 && sumOfDigits(digits)%5 == 0 {
		return true
	}
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return sum%10 == 0
}

func sumOfDigits(digits string) (sum int) {
	for _, d := range []byte(digits) {
		sum += int(d - '0')
	}
	return sum
}

func dossierNames(dossiers []Dossier) []string {
	names := make([]string, len(dossiers))
	for i, d := range dossiers {
		names[i] = d.Name
	}
	return names
}
