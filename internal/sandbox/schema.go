package sandbox

// member is one member of a document: what the Swagger document says of it and what the Salarie call checks. One table
// serves both, so that they cannot disagree.
type member struct {
	name         string
	kind         kind
	required     bool
	format       format
	nomenclature string   // the code must be an active one of it; "" = not a code
	members      []member // of an object, or of the objects of an array
	definition   string   // name of that object in the Swagger document
}

type kind string

const (
	kindString kind = "string"
	kindNumber kind = "number"
	kindObject kind = "object"
	kindArray  kind = "array"
)

// format is what a string must look like besides being one.
type format string

const (
	formatNone   format = ""
	formatDate   format = "date"   // 2026-11-30
	formatPeriod format = "period" // 2026-11
	formatNir    format = "nir"    // 15 characters, with a valid key
	formatIban   format = "iban"   // no spaces, with valid check digits
)

// patterns say in the Swagger document what it has no standard format for.
var patterns = map[format]string{
	formatPeriod: `^[0-9]{4}-(0[1-9]|1[0-2])$`,
	formatNir:    `^[0-9]{6}[0-9AB][0-9]{8}$`,
	formatIban:   `^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`,
}

// salarie is the assumed document. A member that is not required may be absent or null.
var salarie = member{kind: kindObject, definition: "Salarie", members: []member{
	{name: "Matricule", kind: kindString, required: true},
	{name: "Civilite", kind: kindString, nomenclature: "Civilite"},
	{name: "NomNaissance", kind: kindString, required: true},
	{name: "NomUsage", kind: kindString},
	{name: "Prenom", kind: kindString, required: true},
	{name: "DateNaissance", kind: kindString, required: true, format: formatDate},
	{name: "Nir", kind: kindString, required: true, format: formatNir},
	{name: "Email", kind: kindString},
	{name: "Adresse", kind: kindObject, definition: "Adresse", members: []member{
		{name: "Voie", kind: kindString},
		{name: "CodePostal", kind: kindString},
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
		{name: "CodeStrate", kind: kindString, nomenclature: "Strate"},
		{name: "CodeCategorie", kind: kindString, nomenclature: "CategorieProfessionnelle"},
		{name: "CodeFonction", kind: kindString, nomenclature: "Fonction"},
		{name: "CodeRegimePrevoyance", kind: kindString, nomenclature: "RegimePrevoyance"},
		{name: "CodeDispenseEepSante", kind: kindString, nomenclature: "DispenseEepSante"},
	}},
	{name: "Periode", kind: kindString, required: true, format: formatPeriod},
	{name: "Elements", kind: kindArray, definition: "Element", members: []member{
		{name: "Code", kind: kindString, required: true, nomenclature: "ElementVariable"},
		{name: "Quantite", kind: kindNumber},
		{name: "Montant", kind: kindNumber},
	}},
}}
