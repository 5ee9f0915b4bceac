package standin

import (
	_ "embed" // the configuration below
	"net/http"
)

// PlatConfig is a configuration of syncd for the profile "plat", to be pointed at a sandbox and a database.
//
//go:embed plat.toml
var PlatConfig string

// Samples are the configurations of the profiles that the program's own sample does not fit.
var Samples = map[string]string{ProfilePlat: PlatConfig}

// plat has other names, verbs and places, no nested objects, and numbers as texts. It is nobody's API.
var plat = profile{
	name:             ProfilePlat,
	keyIn:            KeyInQuery,
	keyName:          "cle",
	keyScheme:        true,
	dossierPath:      "/Dossier",
	dictionnairePath: "/Dictionnaire",
	salariePath:      "/Salaries",
	method:           http.MethodPut,
	body:             "fiche",
	document:         fiche,
	key:              "identifiant",
	period:           "mois",
	elements:         "lignes",
	examples:         "coordonneesBancaires, tauxActivite or lignes",
	person:           personNames{nir: "numeroSecu", firstName: "prenom", lastName: "nomNaissance"},
	readPeriod:       "mois",
	readMember:       "fiche",
	dossier: member{definition: "DossierReponse", members: []member{
		{name: "raisonSociale", kind: kindString},
		{name: "numeroSiret", kind: kindString},
	}},
	entry: member{definition: "Valeur", members: []member{
		{name: "liste", kind: kindString},
		{name: "valeur", kind: kindString},
		{name: "intitule", kind: kindString},
		{name: "enVigueur", kind: kindBoolean},
	}},
	listed:   "listes",
	accepted: result{Libelle: "Fiche enregistrée.", Anomalies: []anomaly{}}.answer(),
	coded:    true,
}

var fiche = member{kind: kindObject, definition: "Fiche", members: []member{
	{name: "version", kind: kindInteger, required: true, limits: &limits{1, 2}},
	{name: "identifiant", kind: kindString, required: true, maxLength: 12},
	{name: "mois", kind: kindString, required: true, format: formatPeriod},
	{name: "civilite", kind: kindString, enum: []string{"M", "MME"}},
	{name: "nomNaissance", kind: kindString, required: true, maxLength: 80},
	{name: "nomUsage", kind: kindString, maxLength: 80},
	{name: "prenom", kind: kindString, required: true, maxLength: 60},
	{name: "dateNaissance", kind: kindString, required: true, format: formatDateTime},
	{name: "numeroSecu", kind: kindString, required: true, format: formatNir},
	{name: "courriel", kind: kindString, maxLength: 120},
	{name: "adresseVoie", kind: kindString, maxLength: 100},
	{name: "adresseCodePostal", kind: kindString, maxLength: 10},
	{name: "adresseVille", kind: kindString, maxLength: 60},
	{name: "adressePays", kind: kindString, format: formatCountry},
	{name: "coordonneesBancaires", kind: kindString, required: true, format: formatIban},
	{name: "natureContrat", kind: kindString, required: true, nomenclature: "NatureContrat", maxLength: 20},
	{name: "dateEntree", kind: kindString, required: true, format: formatDateTime},
	{name: "dateSortie", kind: kindString, format: formatDateTime},
	{name: "tempsTravail", kind: kindString, nomenclature: "CategorieTempsTravail", maxLength: 20},
	{name: "heuresAnnuelles", kind: kindInteger, limits: &limits{0, 2000}},
	{name: "tauxActivite", kind: kindString, required: true, format: formatDecimal},
	{name: "strate", kind: kindString, nomenclature: "Strate", maxLength: 20},
	{name: "categorie", kind: kindString, enum: []string{"AGENT_MAITRISE", "CADRE", "EMPLOYE"}},
	{name: "fonction", kind: kindString, required: true, nomenclature: "Fonction", maxLength: 20},
	{name: "lignes", kind: kindArray, required: true, definition: "Ligne", maxItems: 200, closed: true, members: []member{
		{name: "rubrique", kind: kindString, required: true, nomenclature: "ElementVariable", maxLength: 20},
		{name: "base", kind: kindString, format: formatDecimal},
		{name: "montant", kind: kindString, format: formatDecimal},
	}},
}}
