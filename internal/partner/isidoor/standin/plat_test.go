package standin_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sample"
	"syncd/internal/sandbox"
)

// sheet is a document of the profile "plat".
const sheet = `{"version":2,"identifiant":"00042","mois":"2026-11","civilite":"MME","nomNaissance":"EXEMPLE","prenom":"Camille",` +
	`"dateNaissance":"1985-05-17","numeroSecu":"285057899900116","coordonneesBancaires":"FR7630006000011234567890189",` +
	`"natureContrat":"01","dateEntree":"2023-09-01T00:00:00","dateSortie":null,"heuresAnnuelles":1470,"tauxActivite":"75",` +
	`"categorie":"EMPLOYE","fonction":"F_VIESCO_01",` +
	`"lignes":[{"rubrique":"HSUP25","base":"3.5","montant":null},{"rubrique":"PRIME_EXC","base":null,"montant":"120"}]}`

const storedSheet = `{"codeRetour":0,"libelle":"Fiche enregistrée.","anomalies":[]}`

// platBench is a sandbox with the profile "plat".
type platBench struct{ *bench }

func startPlat(t *testing.T, change func(*standin.Config)) platBench {
	t.Helper()
	return platBench{start(t, func(c *standin.Config) {
		c.Profile = standin.ProfilePlat
		if change != nil {
			change(c)
		}
	})}
}

func (b platBench) call(method, path, body string) reply {
	b.Helper()
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return b.must(method, "/Api2/V2/"+path+separator+"cle=%7Bcle-A%7D", body, map[string]string{
		"Authorization": "Bearer " + b.token, "Content-Type": "application/json",
	})
}

func (b platBench) put(body string) reply {
	b.Helper()
	return b.call(http.MethodPut, "Salaries", body)
}

func (b platBench) want(got reply, status int, body string) {
	b.Helper()
	if wantStatus(b.T, got, status); got.body != body {
		b.Errorf("answers %s, want %s", got.body, body)
	}
}

func TestPlatTakesAndAnswersInItsOwnWay(t *testing.T) {
	t.Parallel()
	b := startPlat(t, nil)
	december := strings.Replace(sheet, "2026-11", "2026-12", 1)
	b.want(b.put(sheet), http.StatusOK, storedSheet)
	b.want(b.put(december), http.StatusOK, storedSheet)
	b.want(b.call(http.MethodGet, "Salaries/00042?mois=2026-11", ""), http.StatusOK, `{"fiche":`+sheet+`}`)
	b.want(b.call(http.MethodGet, "Salaries/00042", ""), http.StatusOK, `{"fiche":`+december+`}`)
	wantStatus(t, b.call(http.MethodGet, "Salaries/00043", ""), http.StatusNotFound)
	wantStatus(t, b.call(http.MethodGet, "Salaries/00042?mois=2026-13", ""), http.StatusBadRequest)
	b.want(b.call(http.MethodGet, "Dossier", ""), http.StatusOK, `{"raisonSociale":"saint-martin","numeroSiret":"`+siretA+`"}`)
	codes := b.call(http.MethodGet, "Dictionnaire", "").body
	if !strings.HasPrefix(codes, `{"listes":[{"liste":"CategorieProfessionnelle","valeur":"AGENT_MAITRISE","intitule":"Agent de maîtrise","enVigueur":true},`) {
		t.Errorf("codes %.200s", codes)
	}
	b.set(sandbox.Faults{EmptyNomenclatures: true, Identity: "1"})
	b.want(b.call(http.MethodGet, "Dictionnaire", ""), http.StatusOK, `{"listes":[]}`)
	b.want(b.call(http.MethodGet, "Dossier", ""), http.StatusOK, `{"raisonSociale":"saint-martin","numeroSiret":"1"}`)

	// The other shape's verb, path and key place lead nowhere.
	wantStatus(t, b.call(http.MethodPost, "Salaries", sheet), http.StatusMethodNotAllowed)
	wantStatus(t, b.call(http.MethodPut, "Salarie", sheet), http.StatusNotFound)
	wantStatus(t, b.must(http.MethodPut, "/Api2/V2/Salaries", sheet, b.auth()), http.StatusForbidden)
}

func TestPlatRefusesInsideA200WhatNoContractSays(t *testing.T) {
	t.Parallel()
	b := startPlat(t, func(c *standin.Config) { c.Faults.Reject = []string{"00007"} })
	for name, test := range map[string]struct{ old, replacement, libelle, champ string }{
		"unknown code":   {`"F_VIESCO_01"`, `"F_AUTRE"`, "La valeur 'F_AUTRE' est absente de la nomenclature Fonction.", "fiche.fonction"},
		"withdrawn code": {`"F_VIESCO_01"`, `"F_SURV_OLD"`, "La valeur 'F_SURV_OLD' est absente de la nomenclature Fonction.", "fiche.fonction"},
		"code of a line": {`"PRIME_EXC"`, `"PRIME"`, "La valeur 'PRIME' est absente de la nomenclature ElementVariable.",
			"fiche.lignes[1].rubrique"},
		"IBAN": {`0189"`, `0188"`, "The value 'FR7630006000011234567890188' is not valid for coordonneesBancaires.",
			"fiche.coordonneesBancaires"},
		"rejected": {`"00042"`, `"00007"`, "Le NIR '285057899900116' est déjà celui de Camille EXEMPLE dans un autre dossier.",
			"fiche.numeroSecu"},
	} {
		got := b.put(strings.Replace(sheet, test.old, test.replacement, 1))
		want, err := json.Marshal(map[string]any{
			"codeRetour": 20, "libelle": test.libelle, "anomalies": []any{map[string]any{"champ": test.champ, "texte": test.libelle}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if wantStatus(t, got, http.StatusOK); !equalJSON(t, got.body, string(want)) {
			t.Errorf("%s: %s, want %s", name, got.body, want)
		}
	}
	if n := b.stored(); n != 0 {
		t.Errorf("%d refused documents were stored", n)
	}
	// What breaks the contract comes first, and as before.
	both := strings.NewReplacer(`"F_VIESCO_01"`, `"F_AUTRE"`, `"75"`, `75`).Replace(sheet)
	b.want(b.put(both), http.StatusBadRequest, `{"Message":"The request is invalid.","ModelState":{"fiche.tauxActivite":[`+
		`"Error converting value 75 to type 'string'. Path 'tauxActivite'."]}}`)
}

func equalJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var first, second any
	decode(t, a, &first)
	decode(t, b, &second)
	x, y := mustMarshal(t, first), mustMarshal(t, second)
	return x == y
}

func mustMarshal(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPlatIsEditedAppendedAndControlled(t *testing.T) {
	t.Parallel()
	b := startPlat(t, func(c *standin.Config) { c.Append = true })
	b.put(sheet)
	b.put(sheet)
	if held := b.sandbox.Received("saint-martin"); len(held) != 1 || held[0].Deliveries != 2 || held[0].Matricule != "00042" ||
		held[0].Period != "2026-11" || strings.Count(string(held[0].Document), "rubrique") != 4 {
		t.Errorf("received %+v", held)
	}
	b.control(http.MethodPost, "document", `{"dossier":"saint-martin","matricule":"00042","members":{"tauxActivite":"50","lignes":[]}}`, nil)
	if got := b.call(http.MethodGet, "Salaries/00042", "").body; !strings.Contains(got, `"tauxActivite":"50"`) ||
		!strings.Contains(got, `"lignes":[]`) {
		t.Errorf("after an edit: %s", got)
	}
	for members, want := range map[string]string{
		`{"identifiant":"00043"}`:    "identifiant says whose document it is and cannot be edited",
		`{"mois":"2026-12"}`:         "mois says whose document it is and cannot be edited",
		`{"Iban":null}`:              "a Fiche has no member \"Iban\"\nhint: for example coordonneesBancaires, tauxActivite or lignes",
		`{"tauxActivite":50}`:        "the edited document is not valid: fiche.tauxActivite",
		`{"fonction":"F_AUTRE"}`:     "the edited document is not valid: fiche.fonction",
		`{"lignes.rubrique":"ABCD"}`: "a Fiche has no member \"lignes.rubrique\"",
	} {
		got := b.must(http.MethodPost, "/sandbox/document", `{"dossier":"saint-martin","matricule":"00042","members":`+members+`}`, controlling())
		if got.status != http.StatusBadRequest || !strings.HasPrefix(got.body, want) {
			t.Errorf("%s: %d %s", members, got.status, got.body)
		}
	}
	odd := strings.Replace(sheet, "PRIME_EXC", "PRIME_NEW", 1)
	b.control(http.MethodPost, "dictionary", `{"Nom":"ElementVariable","Code":"PRIME_NEW","Libelle":"Prime","Actif":true}`, nil)
	b.want(b.put(odd), http.StatusOK, storedSheet)
	b.control(http.MethodPost, "faults", `{"503": 1}`, nil)
	wantStatus(t, b.put(sheet), http.StatusServiceUnavailable)
	b.control(http.MethodDelete, "document", `{"dossier":"saint-martin","matricule":"00042"}`, nil)
	b.control(http.MethodPost, "faults", `{}`, nil)
	wantStatus(t, b.call(http.MethodGet, "Salaries/00042", ""), http.StatusNotFound)
}

func TestTheSampleDataFitsPlat(t *testing.T) {
	t.Parallel()
	b := startPlat(t, nil)
	options := sample.Options{Dossier: "saint-martin", Employees: 300, ElementsPerEmployee: 2.5, Period: "2026-11", Seed: 1}
	lines := map[string][]fields{}
	for e := range sample.Elements(options) {
		lines[e.Matricule] = append(lines[e.Matricule], fields{"rubrique": e.Code, "base": text(e.Quantity), "montant": text(e.Amount)})
	}
	for e := range sample.Employees(options) {
		document := mustMarshal(t, fields{
			"version": 2, "identifiant": e.Matricule, "mois": "2026-11", "civilite": e.Civilite, "nomNaissance": e.NomNaissance,
			"nomUsage": text(e.NomUsage), "prenom": e.Prenom, "dateNaissance": date(e.DateNaissance), "numeroSecu": e.Nir, "courriel": e.Email,
			"adresseVoie": e.Voie, "adresseCodePostal": e.CodePostal, "adresseVille": e.Ville, "adressePays": e.CodePays,
			"coordonneesBancaires": e.Iban, "natureContrat": e.Contrat, "dateEntree": date(e.DateDebut), "dateSortie": date(e.DateFin),
			"tempsTravail": e.CategorieTemps, "tauxActivite": e.TauxActivite, "strate": e.Strate, "categorie": e.Categorie, "fonction": e.Fonction,
			"lignes": append([]fields{}, lines[e.Matricule]...),
		})
		b.want(b.put(document), http.StatusOK, storedSheet)
	}
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}
