package config

import (
	"regexp"

	"syncd/internal/config/strict"
)

// Dossier is one association's file at the partner.
type Dossier struct {
	Name  string // its identity for ever
	Label string // for people; may change
	Siret string // 14 digits
	Key   strict.Secret
}

func readDossiers(tables []*strict.Table) []Dossier {
	var dossiers []Dossier
	names, keys, sirets := map[string]bool{}, map[string]string{}, map[string]string{} // by whom they were taken first
	for _, t := range tables {
		d := readDossier(t, names)
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
		dossiers = append(dossiers, d)
	}
	return dossiers
}

func readDossier(t *strict.Table, taken map[string]bool) Dossier {
	defer t.Finish()
	d := Dossier{Name: t.Name("dossier", taken), Siret: readSiret(t, "siret"), Key: t.Secret("key")}
	d.Label = t.Text("label", d.Name)
	return d
}

var siretPattern = regexp.MustCompile(`^[0-9]{14}$`)

func readSiret(t *strict.Table, key string) string {
	next := strict.Say("siret-form")
	siret := t.Matching(key, siretPattern, strict.Say("no-14-digits"), next)
	if siret != "" && !luhn(siret) {
		t.Report(key, strict.Say("no-siret"), next)
	}
	return siret
}

// luhn checks the last digit, as INSEE defines it for a SIRET. (La Poste's establishments have a rule of their own;
// none of them is a dossier.)
func luhn(digits string) bool {
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

func dossierNames(dossiers []Dossier) []string {
	names := make([]string, len(dossiers))
	for i, d := range dossiers {
		names[i] = d.Name
	}
	return names
}
