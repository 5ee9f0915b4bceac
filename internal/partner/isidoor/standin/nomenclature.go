package standin

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// Entry is one code of a nomenclature. Its JSON is that of the control routes, and of the Dictionnaire of "isidoor" (assumed shape).
type Entry struct {
	Nom     string `json:"Nom"`
	Code    string `json:"Code"`
	Libelle string `json:"Libelle"`
	Actif   bool   `json:"Actif"`
}

// NewEntry is an Entry for who knows none.
func NewEntry(nomenclature, code, label string, active bool) any {
	return Entry{nomenclature, code, label, active}
}

type entryKey struct{ nom, code string }

// nomenclatures are read by every Salarie call and changed rarely: a change makes a new map.
type nomenclatures struct {
	changing sync.Mutex
	entries  atomic.Pointer[map[entryKey]Entry]
}

func (n *nomenclatures) replace(list []Entry) {
	n.changing.Lock()
	defer n.changing.Unlock()
	entries := make(map[entryKey]Entry, len(list))
	for _, e := range list {
		entries[entryKey{e.Nom, e.Code}] = e
	}
	n.entries.Store(&entries)
}

func (n *nomenclatures) change(edit func(map[entryKey]Entry)) {
	n.changing.Lock()
	defer n.changing.Unlock()
	entries := maps.Clone(*n.entries.Load())
	edit(entries)
	n.entries.Store(&entries)
}

func (n *nomenclatures) active(nom, code string) bool {
	return (*n.entries.Load())[entryKey{nom, code}].Actif
}

func (n *nomenclatures) list() []Entry {
	list := slices.AppendSeq([]Entry{}, maps.Values(*n.entries.Load()))
	slices.SortFunc(list, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Nom, b.Nom), cmp.Compare(a.Code, b.Code))
	})
	return list
}

// SetEntry adds a code to a nomenclature or changes it. A code that is not active is refused in a Salarie.
func (s *Sandbox) SetEntry(e Entry) {
	s.nomenclatures.change(func(m map[entryKey]Entry) { m[entryKey{e.Nom, e.Code}] = e })
}

// RemoveEntry takes a code out of its nomenclature altogether.
func (s *Sandbox) RemoveEntry(nom, code string) {
	s.nomenclatures.change(func(m map[entryKey]Entry) { delete(m, entryKey{nom, code}) })
}

// DefaultNomenclatures are the codes that the sandbox knows when it is given no others. They are plausible, not
// official: only the contract natures are those of the DSN.
func DefaultNomenclatures() []Entry {
	var list []Entry
	for _, n := range defaultCodes {
		for i := 0; i < len(n.codes); i += 2 {
			list = append(list, Entry{Nom: n.name, Code: n.codes[i], Libelle: n.codes[i+1], Actif: true})
		}
	}
	return append(list, Entry{Nom: "Fonction", Code: "F_SURV_OLD", Libelle: "Surveillance (ancien code)", Actif: false})
}

// defaultCodes contains codes and labels in turn.
var defaultCodes = []struct {
	name  string
	codes []string
}{
	{"Civilite", []string{
		"M", "Monsieur",
		"MME", "Madame",
	}},
	{"NatureContrat", []string{
		"01", "Contrat à durée indéterminée",
		"02", "Contrat à durée déterminée",
		"07", "Contrat à durée indéterminée intermittent",
	}},
	{"MotifCDD", []string{
		"REMPLACEMENT", "Remplacement d'un salarié absent",
		"ACCROISSEMENT", "Accroissement temporaire d'activité",
		"SAISONNIER", "Emploi saisonnier",
		"USAGE", "Emploi d'usage",
	}},
	{"Strate", []string{
		"I", "Strate I",
		"II", "Strate II",
		"III", "Strate III",
		"IV", "Strate IV",
	}},
	{"CategorieProfessionnelle", []string{
		"EMPLOYE", "Employé",
		"AGENT_MAITRISE", "Agent de maîtrise",
		"CADRE", "Cadre",
	}},
	{"CategorieTempsTravail", []string{
		"EDU_1470", "Éducation et vie scolaire, 1470 heures par an",
		"SUP_1558", "Services supports, 1558 heures par an",
	}},
	{"Fonction", []string{
		"F_VIESCO_01", "Surveillance et vie scolaire",
		"F_VIESCO_02", "Responsable de vie scolaire",
		"F_ASEM_01", "Aide à l'enseignant en maternelle",
		"F_SECR_01", "Secrétariat",
		"F_COMPTA_01", "Comptabilité",
		"F_CUISINE_01", "Cuisine et restauration",
		"F_ENTRETIEN_01", "Entretien des locaux",
		"F_MAINT_01", "Maintenance et espaces verts",
		"F_INFO_01", "Informatique",
		"F_GESTION_01", "Attaché de gestion",
	}},
	{"RegimePrevoyance", []string{
		"NON_CADRE", "Prévoyance des non-cadres",
		"CADRE", "Prévoyance des cadres",
	}},
	{"DispenseEepSante", []string{
		"AUCUNE", "Pas de dispense",
		"AYANT_DROIT", "Couvert par le contrat du conjoint",
		"CDD_COURT", "Contrat court",
		"CSS", "Complémentaire santé solidaire",
	}},
	{"ElementVariable", []string{
		"HSUP25", "Heures supplémentaires à 25 %",
		"HSUP50", "Heures supplémentaires à 50 %",
		"HCOMP", "Heures complémentaires",
		"ABS_MAL", "Absence pour maladie",
		"ABS_CP", "Congés payés",
		"ABS_SS", "Absence sans solde",
		"PRIME_EXC", "Prime exceptionnelle",
		"ACOMPTE", "Acompte",
		"AVN_REPAS", "Avantage en nature repas",
		"IND_KM", "Indemnités kilométriques",
	}},
}
