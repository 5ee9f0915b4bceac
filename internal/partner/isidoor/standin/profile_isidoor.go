package standin

import (
	"net/http"

	"syncd/internal/sandbox"
)

// isidoor is the shape that syncd assumes.
var isidoor = profile{
	name:             ProfileIsidoor,
	keyIn:            KeyInHeader,
	keyName:          DefaultKeyName,
	dossierPath:      "/Dossier",
	dictionnairePath: "/Dictionnaire",
	salariePath:      "/Salarie",
	method:           http.MethodPost,
	body:             "salarie",
	document:         salarie,
	key:              "Matricule",
	period:           "Periode",
	elements:         "Elements",
	examples:         "Iban, Contrat.TauxActivite or Elements",
	person:           personNames{nir: "Nir", firstName: "Prenom", lastName: "NomNaissance"},
	nullable:         true,
	readPeriod:       "periode",
	dossier: member{definition: "DossierReponse", members: []member{
		{name: "Nom", kind: kindString},
		{name: "Siret", kind: kindString},
	}},
	entry: member{definition: "Entree", members: []member{
		{name: "Nom", kind: kindString},
		{name: "Code", kind: kindString},
		{name: "Libelle", kind: kindString},
		{name: "Actif", kind: kindBoolean},
	}},
	// Assumed: nothing public says what Isidoor answers.
	accepted: &sandbox.Answer{Status: http.StatusOK, Body: []byte(`{"Message":"Salarié enregistré."}`)},
}

// salarie is the assumed document.
var salarie = member{kind: kindObject, definition: "Salarie", members: []member{
	{name: "Matricule", kind: kindString, required: true, maxLength: 50},
	{name: "Civilite", kind: kindString, nomenclature: "Civilite", maxLength: 20},
	{name: "NomNaissance", kind: kindString, required: true, maxLength: 80},
	{name: "NomUsage", kind: kindString, maxLength: 80},
	{name: "Prenom", kind: kindString, required: true, maxLength: 80},
	{name: "DateNaissance", kind: kindString, required: true, format: formatDate},
	{name: "Nir", kind: kindString, required: true, format: formatNir},
	{name: "Email", kind: kindString, maxLength: 254},
	{name: "Adresse", kind: kindObject, definition: "Adresse", members: []member{
		{name: "Voie", kind: kindString},
		{name: "CodePostal", kind: kindString, maxLength: 10},
		{name: "Ville", kind: kindString},
		{name: "CodePays", kind: kindString},
	}},
	{name: "Iban", kind: kindString, format: formatIban},
	{name: "Contrat", kind: kindObject, required: true, definition: "Contrat", members: []member{
		{name: "CodeNature", kind: kindString, required: true, nomenclature: "NatureContrat"},
		{name: "CodeMotifCdd", kind: kindString, nomenclature: "MotifCDD"},
		{name: "DateDebut", kind: kindString, required: true, format: formatDate},
		{name: "DateFin", kind: kindString, format: formatDate},
		{name: "CodeCategorieTempsTravail", kind: kindString, nomenclature: "CategorieTempsTravail"},
		{name: "TauxActivite", kind: kindNumber},
		{name: "HeuresAnnuelles", kind: kindInteger, limits: &limits{0, 2000}},
		{name: "CodeStrate", kind: kindString, nomenclature: "Strate"},
		{name: "CodeCategorie", kind: kindString, nomenclature: "CategorieProfessionnelle"},
		{name: "CodeFonction", kind: kindString, nomenclature: "Fonction"},
		{name: "CodeRegimePrevoyance", kind: kindString, nomenclature: "RegimePrevoyance"},
		{name: "CodeDispenseEepSante", kind: kindString, nomenclature: "DispenseEepSante"},
	}},
	{name: "Periode", kind: kindString, required: true, format: formatPeriod},
	{name: "Elements", kind: kindArray, definition: "Element", members: []member{
		{name: "Code", kind: kindString, required: true, nomenclature: "ElementVariable", maxLength: 20},
		{name: "Quantite", kind: kindNumber},
		{name: "Montant", kind: kindNumber},
	}},
}}
