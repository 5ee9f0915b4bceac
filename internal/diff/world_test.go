package diff

import (
	"fmt"
	"testing"

	"syncd/internal/mapping"
)

// sampleSpec maps the sample document of the sandbox, which is an assumption about the real API.
func sampleSpec() mapping.Spec {
	return mapping.Spec{
		Fields: []mapping.Field{
			{Path: "Matricule", Column: "matricule"},
			{Path: "Civilite", Column: "civilite", Nomenclature: "Civilite"},
			{Path: "NomNaissance", Column: "nom"},
			{Path: "NomUsage", Column: "nom_usage"},
			{Path: "Prenom", Column: "prenom"},
			{Path: "DateNaissance", Column: "naissance"},
			{Path: "Nir", Column: "nir", Sensitive: true, Null: mapping.NullRefuse},
			{Path: "Email", Column: "email", Null: mapping.NullOmit},
			{Path: "Adresse.Voie", Column: "voie"},
			{Path: "Adresse.CodePostal", Column: "cp"},
			{Path: "Adresse.Ville", Column: "ville"},
			{Path: "Adresse.CodePays", Value: "FR"},
			{Path: "Iban", Column: "iban", Sensitive: true},
			{Path: "Contrat.CodeNature", Column: "contrat", Nomenclature: "NatureContrat"},
			{Path: "Contrat.DateDebut", Column: "debut"},
			{Path: "Contrat.DateFin", Column: "fin"},
			{Path: "Contrat.TauxActivite", Column: "taux"},
			{Path: "Contrat.CodeStrate", Column: "strate", Nomenclature: "Strate"},
			{Path: "Contrat.CodeFonction", Column: "fonction"},
			{Path: "Periode", Value: "@period"},
		},
		Children: []mapping.Children{{
			Path: "Elements", Key: "Code",
			Fields: []mapping.Field{
				{Path: "Code", Column: "code", Nomenclature: "ElementVariable"},
				{Path: "Libelle", Column: "label", Null: mapping.NullOmit},
				{Path: "Quantite", Column: "quantity"},
				{Path: "Montant", Column: "amount"},
			},
		}},
	}
}

const sampleDocument = `{"Adresse":{"CodePays":"FR","CodePostal":"35000","Ville":"RENNES","Voie":"1 rue de l'Exemple"},"Civilite":"MME",` +
	`"Contrat":{"CodeFonction":"F_VIESCO_01","CodeNature":"01","CodeStrate":"II","DateDebut":"2023-09-01","DateFin":null,"TauxActivite":75},` +
	`"DateNaissance":"1985-05-17","Elements":[{"Code":"HSUP25","Libelle":"Heures","Montant":null,"Quantite":3.5},` +
	`{"Code":"HSUP25","Montant":null,"Quantite":1},{"Code":"PRIME_EXC","Montant":120,"Quantite":null}],"Email":"camille@example.org",` +
	`"Iban":"FR7630006000011234567890189","Matricule":"00042","Nir":"285057899900116","NomNaissance":"EXEMPLE","NomUsage":"EXEMPLE-TEST",` +
	`"Periode":"2026-11","Prenom":"Hélène"}`

const oidText = 25

func columns(oid uint32, names ...string) []mapping.Column {
	var all []mapping.Column
	for _, name := range names {
		all = append(all, mapping.Column{Name: name, Type: oid})
	}
	return all
}

// values makes a row: nil is NULL.
func values(values ...any) [][]byte {
	var row [][]byte
	for _, v := range values {
		if v == nil {
			row = append(row, nil)
		} else {
			row = append(row, fmt.Append([]byte{}, v))
		}
	}
	return row
}

func mustCompile(t testing.TB, spec mapping.Spec, shape mapping.Shape) *mapping.Mapping {
	t.Helper()
	m, err := mapping.Compile(spec, shape, nil, nil)
	if err != nil {
		t.Fatalf("compiling: %v", err)
	}
	return m
}

func build(b *mapping.Builder, row [][]byte, children ...[][]byte) ([]byte, []mapping.Problem) {
	b.Reset(row)
	for _, child := range children {
		b.AddChild(0, child)
	}
	return b.Document()
}
