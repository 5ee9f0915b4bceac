package contract_test

import (
	"fmt"
	"strings"
	"testing"

	"syncd/internal/contract"
	"syncd/internal/mapping"
)

// benchmarkContract describes forty members: 19 of the employee, and three elements of seven.
func benchmarkContract(tb testing.TB) []byte {
	tb.Helper()
	return swagger2(`{"$ref":"#/definitions/Salarie"}`, `
	"Salarie":{"type":"object","required":["Matricule","NomNaissance","Nir","Periode","Elements"],"additionalProperties":false,"properties":{
		"Actif":{"type":"boolean"},
		"Adresse":{"$ref":"#/definitions/Adresse"},
		"Civilite":{"type":"string","enum":["M","MME"]},
		"CodeCategorie":{"type":"string","enum":["`+strings.Join(codes(200), `","`)+`"]},
		"DateDebut":{"type":"string","format":"date-time"},
		"DateNaissance":{"type":"string","format":"date"},
		"Elements":{"type":"array","maxItems":500,"items":{"$ref":"#/definitions/Element"}},
		"Email":{"type":"string","maxLength":255},
		"Iban":{"type":"string","pattern":"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"},
		"Identifiant":{"type":"string","format":"uuid"},
		"Matricule":{"type":"string","minLength":1,"maxLength":20},
		"Nir":{"type":"string","pattern":"^[0-9]{6}[0-9AB][0-9]{8}$"},
		"NomNaissance":{"type":"string","maxLength":80},
		"Periode":{"type":"string","pattern":"^[0-9]{4}-(0[1-9]|1[0-2])$"},
		"Prenom":{"type":"string","maxLength":80},
		"Taux":{"type":"number","minimum":0,"maximum":100,"multipleOf":0.01}}},
	"Adresse":{"type":"object","properties":{"CodePays":{"type":"string","minLength":2,"maxLength":2},"CodePostal":{"type":"string","maxLength":10},"Ville":{"type":"string","maxLength":80},"Voie":{"type":"string","maxLength":200}}},
	"Element":{"type":"object","required":["Code"],"properties":{"Code":{"type":"string","enum":["HSUP25","HSUP50","PRIME_EXC"]},
		"Date":{"type":"string","format":"date"},"Libelle":{"type":"string","maxLength":50},"Montant":{"type":"number","format":"decimal"},
		"Ordre":{"type":"integer","format":"int32"},"Quantite":{"type":"number","minimum":0,"multipleOf":0.01},"Soumis":{"type":"boolean"}}}`)
}

func codes(count int) []string {
	list := make([]string, count)
	for i := range list {
		list[i] = fmt.Sprintf("CAT_%03d", i)
	}
	return list
}

const benchmarkElement = `{"Code":"HSUP25","Date":"2026-11-30","Libelle":"Heures supplémentaires","Montant":null,"Ordre":12,"Quantite":3.5,"Soumis":true}`

const benchmarkDocument = `{"Actif":true,"Adresse":{"CodePays":"FR","CodePostal":"35000","Ville":"RENNES","Voie":"1 rue de l'Exemple"},` +
	`"Civilite":"MME","CodeCategorie":"CAT_117","DateDebut":"2023-09-01T00:00:00","DateNaissance":"1985-05-17",` +
	`"Elements":[` + benchmarkElement + "," + benchmarkElement + "," + benchmarkElement + `],"Email":"camille@example.org",` +
	`"Iban":"FR7630006000011234567890189","Identifiant":"0f8fad5b-d9cb-469f-a165-70867728950e","Matricule":"00042",` +
	`"Nir":"285057899900116","NomNaissance":"EXEMPLE","Periode":"2026-11","Prenom":"Camille","Taux":75.25}`

func TestCheckOfADocumentThatFitsAllocatesNothing(t *testing.T) { // AllocsPerRun counts for the whole process: not parallel
	checker := contract.NewChecker(bodyOf(t, benchmarkContract(t)))
	document := []byte(benchmarkDocument)
	if problems := checker.Check(document); problems != nil {
		t.Fatalf("the document does not fit:\n%s", problemLines(problems))
	}
	if allocations := testing.AllocsPerRun(1000, func() { checker.Check(document) }); allocations > allocationsAllowed {
		t.Errorf("%v allocations a document, want %d", allocations, allocationsAllowed)
	}
}

func BenchmarkCheck(b *testing.B) {
	checker := contract.NewChecker(bodyOf(b, benchmarkContract(b)))
	document := []byte(benchmarkDocument)
	var problems []mapping.Problem
	b.ReportAllocs()
	for b.Loop() {
		problems = checker.Check(document)
	}
	if problems != nil {
		b.Fatalf("the document does not fit:\n%s", problemLines(problems))
	}
}
