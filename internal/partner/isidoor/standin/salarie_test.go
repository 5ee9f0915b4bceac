package standin_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"syncd/internal/partner/isidoor/standin"
)

func TestSalarieIsStoredAsReceivedAndReplaced(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	changed := strings.Replace(document, "120.00", "130.00", 1)
	for _, body := range []string{document, document, changed} {
		wantStatus(t, b.mustSend(body), http.StatusOK)
	}
	october := strings.Replace(document, "2026-11", "2026-10", 1)
	wantStatus(t, b.must(http.MethodPost, "/Api/V2/Salarie", october, b.auth()), http.StatusOK)

	got := b.sandbox.Received("saint-martin")
	if len(got) != 2 || got[0].Period != "2026-10" || got[1].Period != "2026-11" {
		t.Fatalf("received %+v", got)
	}
	if r := got[1]; string(r.Document) != changed || r.Matricule != "00042" || r.Deliveries != 3 || r.Repeats != 1 ||
		fmt.Sprint(r.Sequence) != "[1 2 3]" {
		t.Fatalf("received %+v", r)
	}
	if other := b.sandbox.Received("sainte-anne"); other == nil || len(other) != 0 {
		t.Fatalf("the other dossier received %v", other)
	}
	if b.sandbox.Received("nobody") != nil {
		t.Fatal("an unknown dossier received something")
	}
	stats := b.sandbox.Stats()
	if stats.Documents != 2 || stats.Deliveries != 4 || stats.Repeats != 1 || stats.Statuses[200] != 5 ||
		stats.Calls[standin.EndpointSalarie] != 4 {
		t.Fatalf("stats %+v", stats)
	}
}

func TestSalarieRefusals(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	replace := func(old, replacement string) string {
		if !strings.Contains(document, old) {
			t.Fatalf("the sample does not hold %s", old)
		}
		return strings.Replace(document, old, replacement, 1)
	}
	for name, test := range map[string]struct{ body, want string }{
		"missing":        {replace(`"Matricule":"00042",`, ``), `"salarie.Matricule":["The Matricule field is required."]`},
		"null":           {replace(`"Prenom":"Camille"`, `"Prenom":null`), `"salarie.Prenom":["The Prenom field is required."]`},
		"empty":          {replace(`"Prenom":"Camille"`, `"Prenom":""`), `"salarie.Prenom":["The Prenom field is required."]`},
		"nested missing": {replace(`"CodeNature":"01",`, ``), `"salarie.Contrat.CodeNature":["The CodeNature field is required."]`},
		"number as text": {replace(`75.00`, `"75.00"`),
			`"salarie.Contrat.TauxActivite":["Error converting value 75.00 to type 'number'. Path 'TauxActivite'."]`},
		"text as number": {replace(`"35000"`, `35000`),
			`"salarie.Adresse.CodePostal":["Error converting value 35000 to type 'string'. Path 'CodePostal'."]`},
		"not an object": {replace(`{"Voie":"1 rue de l'Exemple","CodePostal":"35000","Ville":"RENNES","CodePays":"FR"}`, `[]`),
			`"salarie.Adresse":["Error converting`},
		"not an array": {replace(`[{"Code":"HSUP25","Quantite":3.5,"Montant":null},{"Code":"PRIME_EXC","Quantite":null,"Montant":120.00}]`,
			`{}`), `"salarie.Elements":["Error converting`},
		"date": {replace(`"1985-05-17"`, `"17/05/1985"`),
			`"salarie.DateNaissance":["The value '17/05/1985' is not valid for DateNaissance."]`},
		"period": {replace(`"2026-11"`, `"2026-13"`), `"salarie.Periode":["The value '2026-13' is not valid for Periode."]`},
		"NIR key": {replace(`285057899900116`, `285057899900117`),
			`"salarie.Nir":["The value '285057899900117' is not valid for Nir."]`},
		"IBAN": {replace(`0189"`, `0188"`), `"salarie.Iban":["The value 'FR7630006000011234567890188' is not valid for Iban."]`},
		"unknown code": {replace(`"EMPLOYE"`, `"EMPLOYEE"`),
			`"salarie.Contrat.CodeCategorie":["La valeur 'EMPLOYEE' est absente de la nomenclature CategorieProfessionnelle."]`},
		"inactive code":    {replace(`"F_VIESCO_01"`, `"F_SURV_OLD"`), `"salarie.Contrat.CodeFonction":["La valeur 'F_SURV_OLD'`},
		"code of elements": {replace(`"PRIME_EXC"`, `"PRIME"`), `"salarie.Elements[1].Code":["La valeur 'PRIME'`},
		"bad element":      {replace(`{"Code":"HSUP25","Quantite":3.5,"Montant":null}`, `7`), `"salarie.Elements[0]":["Error converting value 7`},
		"not JSON":         {`{"Matricule":`, `"salarie":["The document is not a JSON object."]`},
		"an array":         {`[` + document + `]`, `"salarie":["The document is not a JSON object."]`},
		"null document":    {`null`, `"salarie":["The document is not a JSON object."]`},
		"no body":          {``, `"salarie":["The document is not a JSON object."]`},
	} {
		got := b.mustSend(test.body)
		if got.status != http.StatusBadRequest || !strings.HasPrefix(got.body, `{"Message":"The request is invalid.","ModelState":{`) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		if !strings.Contains(got.body, test.want) {
			t.Errorf("%s: %s, want %s", name, got.body, test.want)
		}
	}
	if n := len(b.sandbox.Received("saint-martin")); n != 0 {
		t.Errorf("%d refused documents were stored", n)
	}
}

func TestSalarieAcceptsWhatIsOptional(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	minimal := `{"Matricule":"1","NomNaissance":"L'Hostis","Prenom":"Zoé","DateNaissance":"1985-05-17","Nir":"285057899900116",` +
		`"Contrat":{"CodeNature":"01","DateDebut":"2023-09-01"},"Periode":"2026-11","Elements":[],"Email":null,"Inconnu":{"a":1}}`
	wantStatus(t, b.mustSend(minimal), http.StatusOK)
}

func TestMethodsPathsTypesAndSizes(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	got := b.get("Salarie")
	wantStatus(t, got, http.StatusMethodNotAllowed)
	if got.header.Get("Allow") != http.MethodPost || !strings.Contains(got.body, "does not support http method") {
		t.Errorf("405: %v %s", got.header, got.body)
	}
	wantStatus(t, b.must(http.MethodPost, "/Api2/V2/Dossier", "{}", b.auth()), http.StatusMethodNotAllowed)

	got = b.get("Salaries?cle=x")
	wantStatus(t, got, http.StatusNotFound)
	if !strings.Contains(got.body, "No HTTP resource was found that matches the request URI") || !strings.Contains(got.body, "cle=x") {
		t.Errorf("404: %s", got.body)
	}

	header := b.auth()
	header["Content-Type"] = "text/plain"
	wantStatus(t, b.must(http.MethodPost, "/Api2/V2/Salarie", document, header), http.StatusUnsupportedMediaType)

	padding := strings.Repeat(" ", 1<<20-len(document))
	wantStatus(t, b.mustSend(document+padding), http.StatusOK)
	wantStatus(t, b.mustSend(document+padding+" "), http.StatusRequestEntityTooLarge)
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	const workers, each = 8, 25
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := range each {
				got, err := b.send(documentOf(fmt.Sprint(w*each + i)))
				if err != nil || got.status != http.StatusOK {
					t.Errorf("sending: %v %d", err, got.status)
				}
			}
		})
	}
	group.Wait()
	seen := map[int64]bool{}
	for _, r := range b.sandbox.Received("saint-martin") {
		if r.Deliveries != 1 || string(r.Document) != documentOf(r.Matricule) {
			t.Errorf("received %+v", r)
		}
		seen[r.Sequence[0]] = true
	}
	stats := b.sandbox.Stats()
	if len(seen) != workers*each || stats.Documents != workers*each || stats.MaxConcurrent < 1 || stats.MaxConcurrent > workers {
		t.Errorf("%d numbers, stats %+v", len(seen), stats)
	}
}
