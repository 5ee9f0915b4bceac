package sample

import (
	"strings"
	"time"
)

// post is a kind of work with what belongs to it. The codes are those of the sandbox: plausible, not official.
type post struct {
	fonction, categorieTemps, strate, categorie string
}

var posts = []post{
	{"F_VIESCO_01", "EDU_1470", "II", "EMPLOYE"},
	{"F_VIESCO_01", "EDU_1470", "I", "EMPLOYE"},
	{"F_VIESCO_02", "EDU_1470", "III", "AGENT_MAITRISE"},
	{"F_ASEM_01", "EDU_1470", "II", "EMPLOYE"},
	{"F_SECR_01", "SUP_1558", "II", "EMPLOYE"},
	{"F_COMPTA_01", "SUP_1558", "III", "AGENT_MAITRISE"},
	{"F_CUISINE_01", "SUP_1558", "I", "EMPLOYE"},
	{"F_ENTRETIEN_01", "SUP_1558", "I", "EMPLOYE"},
	{"F_MAINT_01", "SUP_1558", "II", "EMPLOYE"},
	{"F_INFO_01", "SUP_1558", "III", "AGENT_MAITRISE"},
	{"F_GESTION_01", "SUP_1558", "IV", "CADRE"},
}

var rates = []string{"100.00", "100.00", "100.00", "80.00", "75.00", "66.67", "50.00", "28.57"}

// The school year in which fixed-term contracts run.
var (
	schoolYearStart = time.Date(2026, time.September, 1, 0, 0, 0, 0, time.UTC)
	schoolYearEnd   = time.Date(2027, time.July, 6, 0, 0, 0, 0, time.UTC)
)

func (d *draw) employee(matricule string) Employee {
	e := Employee{Dossier: d.options.Dossier, Matricule: matricule, CodePays: "FR"}
	d.person(&e)
	d.address(&e)
	d.contract(&e)
	e.Iban = d.iban()
	return e
}

func (d *draw) person(e *Employee) {
	firstNames := womenNames
	e.Civilite = "MME"
	if d.chance(25) {
		firstNames, e.Civilite = menNames, "M"
	}
	e.Prenom = one(d, firstNames)
	e.NomNaissance = one(d, surnames)
	if e.Civilite == "MME" && d.chance(40) {
		e.NomUsage = one(d, surnames)
		if d.chance(30) && !strings.Contains(e.NomUsage, "-") && !strings.Contains(e.NomNaissance, "-") {
			e.NomUsage = e.NomNaissance + "-" + e.NomUsage
		}
	}
	e.DateNaissance = d.day(1961, 2004)
	e.Nir = d.nir(e.Civilite == "MME", e.DateNaissance)
	surname := e.NomUsage
	if surname == "" {
		surname = e.NomNaissance
	}
	e.Email = mailName(e.Prenom) + "." + mailName(surname) + "." + e.Matricule + "@example.org"
}

func (d *draw) address(e *Employee) {
	town := one(d, towns)
	e.Voie = one(d, houseNumbers) + " " + one(d, streets)
	e.CodePostal, e.Ville = town[0], town[1]
}

func (d *draw) contract(e *Employee) {
	p := one(d, posts)
	e.Fonction, e.CategorieTemps, e.Strate, e.Categorie = p.fonction, p.categorieTemps, p.strate, p.categorie
	e.TauxActivite = one(d, rates)
	switch n := d.IntN(100); {
	case n < 80:
		e.Contrat = "01"
	case n < 87:
		e.Contrat = "07"
	default:
		e.Contrat, e.DateDebut, e.DateFin = "02", schoolYearStart, schoolYearEnd
		return
	}
	adult := e.DateNaissance.Year() + 18
	e.DateDebut = time.Date(adult+d.IntN(2026-adult), time.September, 1, 0, 0, 0, 0, time.UTC)
}

// unaccented spells a name for a mail address.
var unaccented = strings.NewReplacer(
	"à", "a", "â", "a", "ä", "a", "ç", "c", "é", "e", "è", "e", "ê", "e", "ë", "e", "î", "i", "ï", "i", "ô", "o", "ö", "o",
	"ù", "u", "û", "u", "ü", "u", "ÿ", "y", "œ", "oe", "æ", "ae", "'", "", " ", "-",
)

func mailName(name string) string { return unaccented.Replace(strings.ToLower(name)) }
