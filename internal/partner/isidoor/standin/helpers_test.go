package standin_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	clientID     = "editeur"
	clientSecret = "s3cret-du-client"
	keyA, keyB   = "{cle-A}", "cle-B"
	siretA       = "12345678200010"
)

// document is the sample of the sandbox: a synthetic person with a valid NIR key and IBAN.
const document = `{"Matricule":"00042","Civilite":"MME","NomNaissance":"EXEMPLE","NomUsage":"EXEMPLE-TEST","Prenom":"Camille",` +
	`"DateNaissance":"1985-05-17","Nir":"285057899900116","Email":"camille@example.org",` +
	`"Adresse":{"Voie":"1 rue de l'Exemple","CodePostal":"35000","Ville":"RENNES","CodePays":"FR"},` +
	`"Iban":"FR7630006000011234567890189",` +
	`"Contrat":{"CodeNature":"01","DateDebut":"2023-09-01","DateFin":null,"CodeCategorieTempsTravail":"EDU_1470",` +
	`"TauxActivite":75.00,"CodeStrate":"II","CodeCategorie":"EMPLOYE","CodeFonction":"F_VIESCO_01"},` +
	`"Periode":"2026-11",` +
	`"Elements":[{"Code":"HSUP25","Quantite":3.5,"Montant":null},{"Code":"PRIME_EXC","Quantite":null,"Montant":120.00}]}`

func documentOf(matricule string) string {
	return strings.Replace(document, `"Matricule":"00042"`, `"Matricule":"`+matricule+`"`, 1)
}

// bench is a running sandbox with a client of its own.
type bench struct {
	*testing.T
	sandbox *standin.Sandbox
	url     string
	client  *http.Client
	token   string
}

func start(t *testing.T, change func(*standin.Config)) *bench {
	t.Helper()
	config := standin.Config{
		ClientID: clientID, ClientSecret: clientSecret, Seed: 1,
		Dossiers: []sandbox.Dossier{{Name: "saint-martin", Key: keyA, Siret: siretA}, {Name: "sainte-anne", Key: keyB}},
	}
	if change != nil {
		change(&config)
	}
	s, err := standin.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client := server.Client()
	client.Timeout = 10 * time.Second
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	b := &bench{T: t, sandbox: s, url: server.URL, client: client}
	b.token = b.newToken()
	return b
}

func faults(f sandbox.Faults) func(*standin.Config) {
	return func(c *standin.Config) { c.Faults = f }
}

// reply is an answer read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

func (b *bench) do(method, path, body string, header map[string]string) (reply, error) {
	b.Helper()
	return b.doContext(b.Context(), method, path, body, header)
}

func (b *bench) doContext(ctx context.Context, method, path, body string, header map[string]string) (reply, error) {
	b.Helper()
	request, err := http.NewRequestWithContext(ctx, method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := b.client.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	return reply{response.StatusCode, response.Header, string(read)}, err
}

// controlling are the headers of who may control the sandbox.
func controlling() map[string]string {
	return map[string]string{"Authorization": "Bearer " + sandbox.ControlToken(clientSecret), "Content-Type": "application/json"}
}

func (b *bench) must(method, path, body string, header map[string]string) reply {
	b.Helper()
	got, err := b.do(method, path, body, header)
	if err != nil {
		b.Fatalf("%s %s: %v", method, path, err)
	}
	return got
}

func (b *bench) auth() map[string]string {
	return map[string]string{
		"Authorization": "Bearer " + b.token, standin.DefaultKeyName: keyA, "Content-Type": "application/json; charset=utf-8",
	}
}

func (b *bench) get(path string) reply {
	b.Helper()
	return b.must(http.MethodGet, "/Api2/V2/"+path, "", b.auth())
}

func (b *bench) send(body string) (reply, error) {
	b.Helper()
	return b.do(http.MethodPost, "/Api2/V2/Salarie", body, b.auth())
}

func (b *bench) mustSend(body string) reply {
	b.Helper()
	return b.must(http.MethodPost, "/Api2/V2/Salarie", body, b.auth())
}

func tokenForm(change func(url.Values)) string {
	form := url.Values{
		"client_id": {clientID}, "client_secret": {clientSecret},
		"grant_type": {"client_credentials"}, "scope": {standin.Scope},
	}
	if change != nil {
		change(form)
	}
	return form.Encode()
}

func (b *bench) newToken() string {
	b.Helper()
	got := b.must(http.MethodPost, standin.TokenPath, tokenForm(nil), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	var answer struct {
		Token string `json:"access_token"`
	}
	decode(b.T, got.body, &answer)
	return answer.Token
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("reading %.200q: %v", text, err)
	}
}

func wantStatus(t *testing.T, got reply, status int) {
	t.Helper()
	if got.status != status {
		t.Fatalf("status %d, want %d: %.300s", got.status, status, got.body)
	}
}
