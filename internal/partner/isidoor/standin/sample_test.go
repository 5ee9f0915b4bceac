package standin_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"syncd/internal/sample"
)

type fields = map[string]any

// salarieOf is the document that the sample configuration makes of a row.
func salarieOf(e sample.Employee, elements []sample.Element) fields {
	list := []fields{}
	for _, element := range elements {
		list = append(list, fields{"Code": element.Code, "Quantite": number(element.Quantity), "Montant": number(element.Amount)})
	}
	return fields{
		"Matricule": e.Matricule, "Civilite": e.Civilite, "NomNaissance": e.NomNaissance, "NomUsage": e.NomUsage, "Prenom": e.Prenom,
		"DateNaissance": date(e.DateNaissance), "Nir": e.Nir, "Email": e.Email, "Iban": e.Iban,
		"Adresse": fields{"Voie": e.Voie, "CodePostal": e.CodePostal, "Ville": e.Ville, "CodePays": e.CodePays},
		"Contrat": fields{
			"CodeNature": e.Contrat, "DateDebut": date(e.DateDebut), "DateFin": date(e.DateFin),
			"CodeCategorieTempsTravail": e.CategorieTemps, "TauxActivite": number(e.TauxActivite),
			"CodeStrate": e.Strate, "CodeCategorie": e.Categorie, "CodeFonction": e.Fonction,
		},
		"Periode": "2026-11", "Elements": list,
	}
}

func number(decimal string) any {
	if decimal == "" {
		return nil
	}
	return json.Number(decimal)
}

func date(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(time.DateOnly)
}

// The codes of the sample data and those of the sandbox are kept in two packages: here they meet.
func TestTheSampleDataIsAccepted(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	options := sample.Options{Dossier: "saint-martin", Employees: 300, ElementsPerEmployee: 2.5, Period: "2026-11", Seed: 1}
	elements := map[string][]sample.Element{}
	for e := range sample.Elements(options) {
		elements[e.Matricule] = append(elements[e.Matricule], e)
	}
	for e := range sample.Employees(options) {
		document, err := json.Marshal(salarieOf(e, elements[e.Matricule]))
		if err != nil {
			t.Fatal(err)
		}
		wantStatus(t, b.mustSend(string(document)), http.StatusOK)
	}
}
