package standin_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"syncd/internal/sandbox"
)

func TestEditingAtTheOtherSide(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.mustSend(strings.Replace(document, "2026-11", "2026-10", 1))
	b.mustSend(document)
	edit := func(period, members string) {
		b.Helper()
		b.control(http.MethodPost, "document", `{"dossier":"saint-martin","matricule":"00042","period":"`+period+`","members":`+members+`}`, nil)
	}
	edit("2026-10", `{"Email":null,"Contrat.TauxActivite":50.10}`)
	edit("", `{"Elements":[]}`) // the newest
	october, november := b.get("Salarie/00042?periode=2026-10").body, b.get("Salarie/00042?periode=2026-11").body
	for text, in := range map[string]string{
		`"Email":null`: october, `"TauxActivite":50.10`: october, `"CodeNature":"01"`: october, `"Montant":120.00`: october,
		`"Elements":[]`: november, `"TauxActivite":75.00`: november, `"Email":"camille@example.org"`: november,
	} {
		if !strings.Contains(in, text) {
			t.Errorf("no %s in %s", text, in)
		}
	}
	edit("", `{"Adresse":null}`)
	edit("", `{"Adresse.Ville":"LYON"}`)
	if got := b.get("Salarie/00042").body; !strings.Contains(got, `"Adresse":{"Ville":"LYON"}`) {
		t.Errorf("a member of nothing: %s", got)
	}
	// The next delivery counts as it came, and takes the place of what was edited.
	b.mustSend(document)
	r := b.sandbox.Received("saint-martin")
	if len(r) != 2 || r[1].Deliveries != 2 || r[1].Repeats != 1 || string(r[1].Document) != document || r[0].Deliveries != 1 {
		t.Errorf("received %+v", r)
	}
}

func TestDeletingAtTheOtherSide(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.mustSend(strings.Replace(document, "2026-11", "2026-10", 1))
	b.mustSend(document)
	remove := func() {
		b.control(http.MethodDelete, "document", `{"dossier":"saint-martin","matricule":"00042"}`, nil)
	}
	remove()
	wantStatus(t, b.get("Salarie/00042?periode=2026-11"), http.StatusNotFound)
	wantStatus(t, b.get("Salarie/00042"), http.StatusOK) // October is left
	remove()
	wantStatus(t, b.get("Salarie/00042"), http.StatusNotFound)
	if stats := b.sandbox.Stats(); stats.Documents != 0 || stats.Deliveries != 2 {
		t.Errorf("stats %+v", stats)
	}
	wantStatus(t, b.must(http.MethodDelete, "/sandbox/document", `{"dossier":"saint-martin","matricule":"00042"}`, controlling()),
		http.StatusBadRequest)
}

func TestEditsThatAreRefused(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.mustSend(document)
	for name, test := range map[string]struct {
		change  func(*sandbox.Edit)
		members string
		want    string
	}{
		"dossier":         {func(e *sandbox.Edit) { e.Dossier = "x" }, `{"Iban":null}`, "no such dossier\nhint: "},
		"matricule":       {func(e *sandbox.Edit) { e.Matricule = "42" }, `{"Iban":null}`, "the sandbox holds no such document\nhint: "},
		"period":          {func(e *sandbox.Edit) { e.Period = "2026-10" }, `{"Iban":null}`, "the sandbox holds no such document\nhint: "},
		"nothing":         {nil, `{}`, "nothing is to be changed\nhint: "},
		"identity":        {nil, `{"Matricule":"00043"}`, "Matricule says whose document it is and cannot be edited\nhint: "},
		"its period":      {nil, `{"Periode":"2026-12"}`, "Periode says whose document it is and cannot be edited\nhint: "},
		"unknown":         {nil, `{"iban":null}`, "a Salarie has no member \"iban\"\nhint: "},
		"unknown inside":  {nil, `{"Contrat.Taux":1}`, "a Salarie has no member \"Contrat.Taux\"\nhint: "},
		"inside a text":   {nil, `{"Iban.Pays":1}`, "a Salarie has no member \"Iban.Pays\"\nhint: "},
		"inside elements": {nil, `{"Elements.Code":1}`, "a Salarie has no member \"Elements.Code\"\nhint: "},
		"not an object":   {nil, `{"Adresse":5,"Adresse.Ville":"LYON"}`, "Adresse is not an object"},
		"not valid": {nil, `{"Iban":"FR76 SECRET","Prenom":null}`,
			"the edited document is not valid: salarie.Iban, salarie.Prenom\nhint: "},
	} {
		e := sandbox.Edit{Dossier: "saint-martin", Matricule: "00042", Period: "2026-11"}
		decode(t, test.members, &e.Members)
		if test.change != nil {
			test.change(&e)
		}
		if err := b.sandbox.Edit(e); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	bad := map[string]json.RawMessage{"Iban": json.RawMessage(`FR76`)}
	if err := b.sandbox.Edit(sandbox.Edit{Dossier: "saint-martin", Matricule: "00042", Members: bad}); err == nil ||
		err.Error() != "the value of Iban is not JSON" {
		t.Errorf("not JSON: %v", err)
	}
	wantStatus(t, b.must(http.MethodPost, "/sandbox/document", `{"employee":"00042"}`, controlling()), http.StatusBadRequest)
	if got := b.get("Salarie/00042").body; got != document {
		t.Errorf("edited all the same: %s", got)
	}
}
