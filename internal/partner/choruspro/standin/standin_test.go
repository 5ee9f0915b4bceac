package standin_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"syncd/internal/partner/choruspro/standin"
	"syncd/internal/sandbox"
	"syncd/internal/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	client, secret  = "piste-app", "piste-secret"
	login, password = "TECH_1@cpro.fr", "é:mot de passe"
	siret           = "12345678200010"
)

type answer struct {
	CodeRetour int              `json:"codeRetour"`
	Libelle    string           `json:"libelle"`
	Factures   []map[string]any `json:"listeFactures"`
	Retour     struct {
		Page  int `json:"pageCourante"`
		Pages int `json:"pages"`
		Total int `json:"total"`
	} `json:"parametresRetour"`
}

type bench struct {
	*sandboxtest.Client
	sandbox *standin.Sandbox
}

func start(t *testing.T, faults ...string) *bench {
	t.Helper()
	parsed, err := standin.API.ParseFaults(faults...)
	if err != nil {
		t.Fatal(err)
	}
	s, err := standin.New(standin.Config{ClientID: client, ClientSecret: secret, Seed: 1, Faults: parsed, Dossiers: []sandbox.Dossier{
		{Name: "saint-martin", Siret: siret, Login: login, Password: password},
		{Name: "sainte-anne", Siret: "99999999800019", Login: "TECH_2@cpro.fr", Password: "x"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{sandboxtest.Start(t, s, secret), s}
	b.Authorize(standin.TokenPath, client, "openid")
	b.Header["cpro-account"] = account(login, password)
	b.Header["Content-Type"] = "application/json"
	return b
}

func account(login, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(login + ":" + password))
}

// ask is one page; size 0 leaves it to the partner.
func (b *bench) ask(members string, page, size int) (a answer) {
	b.Helper()
	paging := fmt.Sprintf(`"pageResultatDemandee":%d`, page)
	if size > 0 {
		paging += fmt.Sprintf(`,"nbResultatsParPage":%d`, size)
	}
	b.Want(http.StatusOK, http.MethodPost, standin.SearchPath,
		`{`+members+`"rechercheFactureParFournisseur":{`+paging+`,"triColonne":"NumeroFacture","triSens":"Ascendant"}}`, &a)
	return a
}

// walk is all pages once: the distinct keys, how many were shown, and the totals that were told.
func (b *bench) walk() (keys map[string]bool, shown int, totals map[int]bool) {
	b.Helper()
	keys, totals = map[string]bool{}, map[int]bool{}
	for page, pages := 1, 1; page <= pages; page++ {
		a := b.ask("", page, 100)
		pages = a.Retour.Pages
		totals[a.Retour.Total] = true
		for _, f := range a.Factures {
			keys[string(f["identifiantFactureCPP"].(json.Number))] = true
			shown++
		}
	}
	return keys, shown, totals
}

func TestAllPagesOfAllTypes(t *testing.T) {
	t.Parallel()
	b := start(t)
	if a := b.ask("", 1, 0); len(a.Factures) != 10 || a.Retour.Pages != 82 {
		t.Errorf("a page of no size holds %d of %d pages, want 10 of 82", len(a.Factures), a.Retour.Pages)
	}
	keys, shown, totals := b.walk()
	if len(keys) != 812 || shown != 812 || len(totals) != 1 || !totals[812] {
		t.Errorf("%d invoices, %d shown, totals %v", len(keys), shown, totals)
	}
	for _, f := range b.ask("", 1, 3).Factures {
		if amount := f["montantHT"].(json.Number); len(amount)-strings.IndexByte(string(amount), '.') != 3 {
			t.Errorf("the amount %s has not both decimals", amount)
		}
	}
	if a := b.ask(`"typeFacture":"FACTURE",`, 1, 1); a.Retour.Total >= 812 || a.Retour.Total == 0 {
		t.Errorf("%d of one type", a.Retour.Total)
	}
	if a := b.ask("", 2, 501); a.CodeRetour == 0 {
		t.Error("any size of a page is taken")
	}
}

// TestPeriods: a state that changes 200 days after the deposit is found by the date of the state, and not by that of the deposit.
func TestPeriods(t *testing.T) {
	t.Parallel()
	b := start(t)
	key := b.sandbox.Invoices("saint-martin").All()[7].Key
	later := time.Now().AddDate(0, 0, 200)
	if !b.sandbox.Invoices("saint-martin").Edit(key, map[string]any{"statut": "MISE_EN_PAIEMENT",
		"dateHeureEtatCourant": later.Format(time.RFC3339)}) {
		t.Fatal("there is no such invoice")
	}
	since := later.AddDate(0, 0, -2).Format(time.DateOnly)
	a := b.ask(`"periodeDateHeureEtatCourantDu":"`+since+`",`, 1, 10)
	if a.Retour.Total != 1 || a.Factures[0]["statut"] != "MISE_EN_PAIEMENT" {
		t.Errorf("found by the state: %+v", a)
	}
	if a := b.ask(`"periodeDateDepotDu":"`+since+`",`, 1, 10); a.Retour.Total != 0 || a.Factures == nil {
		t.Errorf("found by the deposit: %+v", a)
	}
	if a := b.ask(`"periodeDateDepotDu":"01/02/2026",`, 1, 10); a.CodeRetour == 0 {
		t.Error("a date of another form is taken")
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	b := start(t)
	other := func(value string) sandboxtest.Reply {
		return b.Call(http.MethodPost, standin.SearchPath, "{}", map[string]string{"cpro-account": value})
	}
	for _, value := range []string{"", "no base64", account(login, "wrong"), account("nobody", "x"),
		base64.StdEncoding.EncodeToString([]byte("x"))} {
		if got := other(value); got.Status != http.StatusForbidden || got.Body != "" {
			t.Errorf("account %q: %d %q", value, got.Status, got.Body)
		}
	}
	if n := b.sandbox.WrongTries(login); n != 1 {
		t.Errorf("%d wrong tries counted, want 1", n)
	}
	if other(account(login, password)).Status != http.StatusOK || b.sandbox.WrongTries(login) != 0 {
		t.Error("a right password does not end the count")
	}
	for range 5 {
		other(account(login, "wrong"))
	}
	if got := other(account(login, password)); got.Status != http.StatusForbidden {
		t.Errorf("after 5 wrong passwords: %d", got.Status)
	}
	got := b.Call(http.MethodPost, standin.SearchPath, "{}", map[string]string{"Authorization": ""})
	if got.Status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", got.Status)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for fault, check := range map[string]func(*testing.T, *bench){
		"code=20001": func(t *testing.T, b *bench) {
			if a := b.ask("", 3, 100); a.CodeRetour != 0 || len(a.Factures) != 100 {
				t.Errorf("page 3: %d", a.CodeRetour)
			}
			if a := b.ask("", 4, 100); a.CodeRetour != 20001 || !strings.Contains(a.Libelle, "FR76") || a.Factures != nil {
				t.Errorf("page 4: %+v", a)
			}
		},
		"ties": func(t *testing.T, b *bench) {
			keys, shown, totals := b.walk()
			if shown != 812 || len(totals) != 1 || len(keys) == 812 {
				t.Errorf("%d distinct of %d shown: a walk that misses nobody", len(keys), shown)
			}
		},
		"delete-between": func(t *testing.T, b *bench) {
			keys, _, totals := b.walk()
			alive := b.sandbox.Invoices("saint-martin").All()
			missed := 0
			for _, one := range alive {
				if !keys[one.Key] {
					missed++
				}
			}
			if len(totals) != 4 || len(alive) != 809 || missed != 3 {
				t.Errorf("totals %v, %d alive, %d of them not shown", totals, len(alive), missed)
			}
			if keys, shown, totals := b.walk(); len(keys) != 809 || shown != 809 || len(totals) != 1 {
				t.Errorf("the second walk: %d of %d, totals %v", len(keys), shown, totals)
			}
		},
		"update-between": func(t *testing.T, b *bench) {
			before := b.ask("", 1, 5).Factures[0]
			after := b.ask("", 1, 5).Factures[0]
			if before["identifiantFactureCPP"] != after["identifiantFactureCPP"] || after["statut"] != "MISE_EN_PAIEMENT" {
				t.Errorf("%v, then %v", before["statut"], after["statut"])
			}
		},
		"echo": func(t *testing.T, b *bench) {
			if a := b.ask("", 3, 100); a.Retour.Page != 1 || a.Factures[0]["numeroFacture"] != "F00000" {
				t.Errorf("page %d", a.Retour.Page)
			}
		},
		"401-account": func(t *testing.T, b *bench) {
			got := b.Call(http.MethodPost, standin.SearchPath, "{}", map[string]string{"cpro-account": account(login, "wrong")})
			if got.Status != http.StatusUnauthorized || b.sandbox.WrongTries(login) != 1 {
				t.Errorf("%d, %d tries", got.Status, b.sandbox.WrongTries(login))
			}
		},
		"null": func(t *testing.T, b *bench) {
			if got := b.Want(200, http.MethodPost, standin.SearchPath, "{}", nil); !strings.Contains(got.Body, `"listeFactures":null`) {
				t.Errorf("%.300s", got.Body)
			}
		},
		"nul": func(t *testing.T, b *bench) {
			got := b.Want(200, http.MethodPost, standin.SearchPath, "{}", nil)
			for _, want := range []string{`\u0000`, `\ud800`, "1e200000"} {
				if strings.Count(got.Body, want) != 1 {
					t.Errorf("%s is there %d times", want, strings.Count(got.Body, want))
				}
			}
		},
		"huge": func(t *testing.T, b *bench) {
			if got := b.Want(200, http.MethodPost, standin.SearchPath, "{}", nil); len(got.Body) < sandbox.HugeText {
				t.Errorf("%d bytes", len(got.Body))
			}
		},
		"foreign": func(t *testing.T, b *bench) {
			if keys, _, totals := b.walk(); len(keys) != 819 || !totals[819] {
				t.Errorf("%d invoices", len(keys))
			}
		},
		"404=1": func(t *testing.T, b *bench) {
			b.Want(http.StatusNotFound, http.MethodPost, standin.SearchPath, "{}", nil)
		},
		"html": func(t *testing.T, b *bench) {
			if got := b.Want(200, http.MethodPost, standin.SearchPath, "{}", nil); !strings.HasPrefix(got.Body, "<!DOCTYPE html>") {
				t.Errorf("%.100s", got.Body)
			}
		},
		"gzip": func(t *testing.T, b *bench) {
			got := b.Call(http.MethodPost, standin.SearchPath, "{}", map[string]string{"Accept-Encoding": "identity"})
			if got.Header.Get("Content-Encoding") != "gzip" || strings.HasPrefix(got.Body, "{") {
				t.Errorf("%v", got.Header)
			}
		},
		"expire=1s": func(t *testing.T, b *bench) {
			time.Sleep(1100 * time.Millisecond) // the life of a token is real time
			b.Want(http.StatusUnauthorized, http.MethodPost, standin.SearchPath, "{}", nil)
		},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			b := start(t, fault)
			b.T = t
			check(t, b)
		})
	}
	if _, err := standin.API.ParseFaults("spent"); err == nil {
		t.Error("a fault of another partner is taken")
	}
	if _, err := standin.API.ParseFaults("ties=2"); err == nil {
		t.Error("a switch takes a value")
	}
}

// TestControl: invoices are changed, added and taken away behind the back of who reads them, and come back with a reset.
func TestControl(t *testing.T) {
	t.Parallel()
	b := start(t)
	key := b.sandbox.Invoices("saint-martin").All()[0].Key
	of := `"dossier":"saint-martin","collection":"factures","key":`
	steps := []struct {
		method, path, body string
		status, total      int
	}{
		{"POST", "/sandbox/record", `{` + of + `"` + key + `","members":{"statut":"SUPPRIMEE","devise":null}}`, 204, 812},
		{"POST", "/sandbox/record", `{` + of + `"42","members":{"identifiantFactureCPP":42,"dateDepot":"2026-01-01","dateHeureEtatCourant":"2026-01-01"}}`, 204, 813},
		{"DELETE", "/sandbox/record", `{` + of + `"42"}`, 204, 812},
		{"DELETE", "/sandbox/record", `{` + of + `"42"}`, 404, 812},
		{"POST", "/sandbox/record", `{"dossier":"nobody","collection":"factures","key":"1"}`, 404, 812},
		{"DELETE", "/sandbox/record", `{` + of + `"` + key + `"}`, 204, 811},
		{"POST", "/sandbox/reset", "", 204, 812},
	}
	for _, s := range steps {
		if got := b.Control(s.method, s.path, s.body); got.Status != s.status {
			t.Errorf("%s %s %s: %d %s", s.method, s.path, s.body, got.Status, got.Body)
		}
		if a := b.ask("", 1, 1); a.Retour.Total != s.total {
			t.Errorf("after %s %s: %d invoices, want %d", s.method, s.body, a.Retour.Total, s.total)
		}
	}
	if got := b.Control("GET", "/sandbox/records?dossier=saint-martin&collection=factures", ""); !strings.Contains(got.Body, `"marks":0`) {
		t.Errorf("%.200s", got.Body)
	}
	if n := b.sandbox.MostWithin(time.Minute); n != 1 {
		t.Errorf("%d calls in a minute, want the one since the reset", n)
	}
}

// TestManyInvoices: what is found once is not searched for again on each page, and a change is seen at once.
func TestManyInvoices(t *testing.T) {
	t.Parallel()
	s, err := standin.New(standin.Config{ClientID: client, ClientSecret: secret, Invoices: 4_000,
		Dossiers: []sandbox.Dossier{{Name: "saint-martin", Siret: siret, Login: login, Password: password}}})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{sandboxtest.Start(t, s, secret), s}
	b.Authorize(standin.TokenPath, client, "openid")
	b.Header["cpro-account"] = account(login, password)
	if keys, shown, totals := b.walk(); len(keys) != 4_000 || shown != 4_000 || !totals[4_000] {
		t.Errorf("%d of %d, totals %v", len(keys), shown, totals)
	}
	first := b.ask("", 1, 1).Factures[0]
	if !s.Invoices("saint-martin").Remove(string(first["identifiantFactureCPP"].(json.Number))) {
		t.Fatal("it is not there")
	}
	if a := b.ask("", 1, 1); a.Retour.Total != 3_999 || a.Factures[0]["numeroFacture"] == first["numeroFacture"] {
		t.Errorf("after a removal: %d", a.Retour.Total)
	}
}
