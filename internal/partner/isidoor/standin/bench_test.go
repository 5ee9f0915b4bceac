package standin

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"syncd/internal/sandbox"
)

const benchDocument = `{"Matricule":"00042","Civilite":"MME","NomNaissance":"EXEMPLE","NomUsage":"EXEMPLE-TEST","Prenom":"Camille",` +
	`"DateNaissance":"1985-05-17","Nir":"285057899900116","Email":"camille@example.org",` +
	`"Adresse":{"Voie":"1 rue de l'Exemple","CodePostal":"35000","Ville":"RENNES","CodePays":"FR"},` +
	`"Iban":"FR7630006000011234567890189",` +
	`"Contrat":{"CodeNature":"01","DateDebut":"2023-09-01","DateFin":null,"CodeCategorieTempsTravail":"EDU_1470",` +
	`"TauxActivite":75.00,"CodeStrate":"II","CodeCategorie":"EMPLOYE","CodeFonction":"F_VIESCO_01"},` +
	`"Periode":"2026-11",` +
	`"Elements":[{"Code":"HSUP25","Quantite":3.5,"Montant":null},{"Code":"PRIME_EXC","Quantite":null,"Montant":120.00}]}`

func BenchmarkSalarie(b *testing.B) {
	s, err := New(Config{ClientID: "id", ClientSecret: "secret", Dossiers: []sandbox.Dossier{{Name: "a", Key: "key"}}})
	if err != nil {
		b.Fatal(err)
	}
	ask := httptest.NewRequest(http.MethodPost, TokenPath,
		strings.NewReader("client_id=id&client_secret=secret&grant_type=client_credentials&scope="+Scope))
	ask.Host = "127.0.0.1"
	ask.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, ask)
	var given struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &given); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "/Api2/V2/Salarie", strings.NewReader(benchDocument))
		if err != nil {
			b.Fatal(err)
		}
		r.Host = "127.0.0.1"
		r.Header.Set("Authorization", "Bearer "+given.Token)
		r.Header.Set(DefaultKeyName, "key")
		r.Header.Set("Content-Type", "application/json")
		s.ServeHTTP(discard{http.Header{}}, r)
	}
	if n := len(s.Received("a")); n != 1 {
		b.Fatalf("%d documents stored", n)
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return io.Discard.Write(p) }
func (d discard) WriteHeader(int)             {}
